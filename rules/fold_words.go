package rules

// spokenLists: units from zero, teens from ten, tens from twenty; spellings of
// one number are separated by a stroke.
var spokenLists = []struct {
	lang               uint32
	units, teens, tens string
}{
	{
		english, "zero|nought|naught one two three four five|fife six seven eight nine|niner",
		"ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
		"twenty thirty forty|fourty fifty sixty seventy eighty ninety",
	},
	{
		spanish, "cero uno|una dos tres cuatro cinco seis siete ocho nueve",
		"diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
		"veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
	},
	{
		portuguese, "zero um|uma dois|duas tres quatro cinco seis|meia sete oito nove",
		"dez onze doze treze quatorze|catorze quinze dezesseis|dezasseis dezessete|dezassete dezoito dezenove|dezanove",
		"vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
	},
	{
		french, "zero un|une deux trois quatre cinq six sept huit neuf",
		"dix onze douze treize quatorze quinze seize dixsept dixhuit dixneuf",
		"vingt|vingts trente quarante cinquante soixante septante huitante|octante nonante",
	},
	{
		german, "null eins|ein|eine zwei|zwo drei vier funf|fuenf sechs sieben acht neun",
		"zehn elf zwolf|zwoelf dreizehn vierzehn funfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn",
		"zwanzig dreißig|dreissig vierzig funfzig|fuenfzig sechzig siebzig achtzig neunzig",
	},
	{
		italian, "zero uno due tre quattro cinque sei sette otto nove",
		"dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove",
		"venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
	},
	{
		dutch, "nul een|één twee drie vier vijf zes zeven acht negen",
		"tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
		"twintig dertig veertig vijftig zestig zeventig tachtig negentig",
	},
	{hindi, "shunya|sifar|zero|शून्य|जीरो ek|एक do|दो teen|tin|तीन char|chaar|चार paanch|panch|पांच|पाँच chhah|chah|chhe|che|छह|छः saat|sat|सात aath|ath|आठ nau|नौ", "das|दस", ""},
	{malay, "nol|kosong satu dua tiga empat lima enam tujuh delapan|lapan sembilan", "sepuluh", ""},
	{russian, "ноль|нуль один два три четыре пять шесть семь восемь девять", "десять", ""},
	{turkish, "sifir bir iki uc dort bes alti yedi sekiz dokuz", "", ""},
	{polish, "zero jeden dwa trzy cztery piec szesc siedem osiem dziewiec", "", ""},
	{tagalog, "sero isa dalawa tatlo apat lima anim pito walo siyam", "", ""},
	{swedish, "noll ett två tre fyra fem sex sju åtta nio", "tio", ""},
	{romanian, "zero unu doi trei patru cinci șase șapte opt nouă", "zece", ""},
	{vietnamese, "không một hai ba bốn năm sáu bảy tám chín", "", ""},
	{thai, "ศูนย์ หนึ่ง สอง สาม สี่ ห้า หก เจ็ด แปด เก้า", "", ""},
	{arabic, "صفر واحد اثنان|اثنين|إثنان ثلاثة أربعة|اربعة خمسة ستة سبعة ثمانية تسعة", "عشرة", ""},
}

// spokenOthers are the words around the digits.
var spokenOthers = []struct {
	lang  uint32
	kind  wordKind
	value rune
	words string
}{
	{english, wordHundred, 0, "hundred"},
	{spanish, wordHundred, 0, "cien ciento"},
	{portuguese, wordHundred, 0, "cem cento"},
	{french, wordHundred, 0, "cent cents"},
	{german, wordHundred, 0, "hundert"},
	{italian, wordHundred, 0, "cento"},
	{dutch, wordHundred, 0, "honderd"},
	{english, wordThousand, 0, "thousand"},
	{spanish | portuguese, wordThousand, 0, "mil"},
	{french | italian, wordThousand, 0, "mille"},
	{german, wordThousand, 0, "tausend"},
	{dutch, wordThousand, 0, "duizend"},
	{allLanguages, wordTimes, 2, "double"},
	{allLanguages, wordTimes, 3, "triple treble"},
	{english, wordTimes, 4, "quadruple"},
	{spanish, wordTimes, 2, "doble"},
	{german, wordTimes, 2, "doppel doppelt zweimal"},
	{german, wordTimes, 3, "dreimal"},
	{italian, wordTimes, 2, "doppio doppia"},
	{dutch, wordTimes, 2, "dubbel dubbele"},
	{english, wordAnd, 0, "and"},
	{spanish, wordAnd, 0, "y"},
	{portuguese | italian, wordAnd, 0, "e"},
	{french, wordAnd, 0, "et"},
	{german, wordAnd, 0, "und"},
	{dutch, wordAnd, 0, "en"},
	{allLanguages, wordPlus, '+', "plus"},
	{spanish, wordPlus, '+', "mas"},
	{portuguese, wordPlus, '+', "mais"},
	{italian, wordPlus, '+', "piu"},
	{allLanguages, wordParts, '-', "dash hyphen minus"},
	{spanish, wordParts, '-', "guion"},
	{portuguese, wordParts, '-', "traco hifen"},
	{french, wordParts, '-', "tiret"},
	{german, wordParts, '-', "strich bindestrich minus"},
	{italian, wordParts, '-', "trattino"},
	{allLanguages, wordParts, '/', "slash"},
	{allLanguages, wordParts, '.', "dot point"},
	{german | dutch, wordParts, '.', "punkt punt"},
	{spanish | italian, wordParts, '.', "punto"},
	{portuguese, wordParts, '.', "ponto"},
	{allLanguages, wordParts, ' ', "space then uh er erm ehm eh"},
	{spanish | portuguese | french, wordParts, ' ', "espacio espaco espace luego entao puis"},
	{german, wordParts, ' ', "leerzeichen dann"},
	{allLanguages, wordAt, 0, "at aet"},
	{allLanguages, wordAt, 1, "arroba arrobas arroba arobase arobas arrobase klammeraffe chiocciola apenstaart apenstaartje malpa собака"},
	{allLanguages, wordParts, '.', "titik kropka точка"},
	{allLanguages, wordLow, '_', "underscore unterstrich sublinhado underline"},
	{english, wordWeak, '0', "oh o nil"},
	{english, wordSounds, '1', "won"},
	{english, wordSounds, '2', "to too"},
	{english, wordSounds, '3', "tree"},
	{english, wordSounds, '4', "for fore"},
	{english, wordSounds, '8', "ate"},
}
