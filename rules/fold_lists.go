package rules

// foldRun is a run of characters that read as first, first+1 and so on.
type foldRun struct {
	start, count rune
	first        rune
}

// compatibilityBlocks hold every character whose compatibility decomposition is
// ASCII text, and the accented Latin letters (a test looks for others).
var compatibilityBlocks = [][2]rune{
	{0x00A0, 0x024F},
	{0x02B0, 0x02FF},
	{0x0374, 0x037E},
	{0x1D2C, 0x1DBF},
	{0x1E00, 0x1EFF},
	{0x1FEF, 0x1FEF},
	{0x2000, 0x24FF},
	{0x2A74, 0x2A76},
	{0x2C7C, 0x2C7D},
	{0x3000, 0x33FF},
	{0xA7F1, 0xA7F4},
	{0xFB00, 0xFB29},
	{0xFE10, 0xFE6B},
	{0xFF00, 0xFFE6},
	{0x10780, 0x107BF}, // Latin Extended-F
	{0x1CCD6, 0x1CCF9},
	{0x1D400, 0x1D7FF},
	{0x1F100, 0x1F190},
	{0x1FBF0, 0x1FBF9},
}

// digitRuns are signs for one digit that have no decomposition: circled,
// negative, double circled and sans-serif (U+2460 to U+27BF), with full stop
// and comma (U+2488, U+1F100), Ethiopic, Kharosthi, Brahmi, Rumi, Aegean,
// counting rods, Mayan; and outlined digits, which Go's tables may lack.
var digitRuns = []foldRun{
	{0x2474, 9, '1'},
	{0x2488, 9, '1'},
	{0x24F5, 9, '1'},
	{0x24EA, 1, '0'},
	{0x24FF, 1, '0'},
	{0x2776, 9, '1'},
	{0x2780, 9, '1'},
	{0x278A, 9, '1'},
	{0x1F100, 1, '0'},
	{0x1F101, 10, '0'},
	{0x1F10B, 1, '0'},
	{0x1F10C, 1, '0'},
	{0x1369, 9, '1'},
	{0x10A40, 4, '1'},
	{0x11052, 9, '1'},
	{0x10E60, 9, '1'},
	{0x10107, 9, '1'},
	{0x1D360, 9, '1'},
	{0x1D369, 9, '1'},
	{0x1D2E0, 10, '0'},
	{0x1CCF0, 10, '0'},
}

// letterRuns are squared and circled capital letters (U+1F110 to U+1F189) and
// outlined ones.
var letterRuns = []foldRun{{0x1F110, 26, 'A'}, {0x1F150, 26, 'A'}, {0x1F170, 26, 'A'}, {0x1CCD6, 26, 'A'}}

// numberRuns are signs for a number of two digits.
var numberRuns = []struct{ start, count, first, step rune }{
	{0x2469, 11, 10, 1},
	{0x247D, 11, 10, 1},
	{0x2491, 11, 10, 1},
	{0x24EB, 10, 11, 1},
	{0x24FE, 1, 10, 1},
	{0x277F, 1, 10, 1},
	{0x2789, 1, 10, 1},
	{0x2793, 1, 10, 1},
	{0x3248, 8, 10, 10},
	{0x1F51F, 1, 10, 1},
}

// written lists characters that read as one ASCII character.
type written struct {
	as   byte
	text string
}

// punctuation: the ideographic full stops are RFC 3490, section 3.1; the middle
// dots and bullets are what people put between groups of digits. Quotation marks
// stay: patterns name them.
var punctuation = []written{
	{'.', "\u3002\uFF61\u00B7\u0387\u2022\u2027\u30FB\uFF65\u22C5\u2219\u2E31\u2E33\u06D4\u066B\u2024"},
	{',', "\u060C\u066C\u3001\uFF64"},
	{':', "\u2236\uA789"},
	{'-', "\u2212\u2043\u02D7\u2500\u2501\u2796"},
	{'+', "\u2795"},
	{'/', "\u2044\u2215\u29F8\u2571"},
	{'\\', "\u2216\u29F5\u29F9\u2572"},
	{'|', "\u2223\u2502\u2503\u23D0\u2758\u2759\u275A"},
	{'*', "\u2217\u204E\u066D\u2731"},
	{'~', "\u223C"},
	{' ', "\u2800"}, // a Braille cell without dots
	{'\n', "\u0085\u2028\u2029"},
}

// blanks are characters without a shape that are not format characters: Hangul
// fillers, a note without a head, and what half a surrogate pair in JSON reads as.
const blanks = "\u115F\u1160\u3164\uFFA0\U0001D159\uFFFD"

// attached belong to the character before: grapheme joiner, keycap box, what
// joins the parts of a picture, and the stroke that stretches Arabic words.
const attached = "\u034F\u20E3\u200D\u0640"

// apostrophes are the ones that word processors make; in an address they are
// ASCII.
const apostrophes = "\u2018\u2019\u02BC"

// kept are signs that say something about the number they stand by: degrees,
// minutes and seconds of an angle, per mille, sections, and the accents that
// are letters of their own.
const kept = "\u00B0\u2032\u2033\u2030\u2031\u00A7\u00B5"

// stroked are Latin letters that do not decompose.
var stroked = []written{
	{'o', "ø"}, {'O', "Ø"}, {'l', "ł"}, {'L', "Ł"}, {'d', "đ"}, {'D', "Đ"}, {'h', "ħ"}, {'H', "Ħ"}, {'t', "ŧ"}, {'T', "Ŧ"}, {'i', "ı"},
}

// lookalikes are letters that are drawn like ASCII ones, after Unicode Technical
// Standard #39 (Unicode Security Mechanisms), section 4: Cyrillic, Greek,
// Armenian, Cherokee, Lisu, Coptic, and Latin small capitals.
var lookalikes = []written{
	{'A', "АΑᎪꓮⲀ"},
	{'B', "ВΒᏴꓐⲂ"},
	{'C', "СϹᏟꓚⲤ"},
	{'D', "Ꭰꓓ"},
	{'E', "ЕΕᎬꓰⲈ"},
	{'F', "Ϝꓝ"},
	{'G', "ԌᏀꓖ"},
	{'H', "НΗᎻꓧⲎ"},
	{'I', "ІΙꓲⲒӀ"},
	{'J', "ЈͿᎫꓙ"},
	{'K', "КΚᏦꓗⲔ"},
	{'L', "Ꮮꓡ"},
	{'M', "МΜᎷꓟⲘ"},
	{'N', "ΝꓠⲚ"},
	{'O', "ОΟՕꓳⲞ"},
	{'P', "РΡᏢꓑⲢ"},
	{'Q', "Ԛ"},
	{'R', "Ꭱꓣ"},
	{'S', "ЅՏᏚꓢ"},
	{'T', "ТΤᎢꓔⲦ"},
	{'U', "Սꓴ"},
	{'V', "ѴᏙꓦ"},
	{'W', "ԜᎳꓪ"},
	{'X', "ХΧꓫⲬ"},
	{'Y', "УҮΥꓬⲨ"},
	{'Z', "ΖᏃꓜ"},
	{'a', "аαɑᴀ"},
	{'b', "ЬьвƄʙᏏ"},
	{'c', "сϲⲥᴄ"},
	{'d', "ԁᴅᏧꓒ"},
	{'e', "еεᴇ"},
	{'f', "ꜰ"},
	{'g', "ɡցɢ"},
	{'h', "һհнʜ"},
	{'i', "іιɩɪᎥ"},
	{'j', "јյϳᴊ"},
	{'k', "кκᴋ"},
	{'l', "ӏǀʟ"},
	{'m', "мᴍ"},
	{'n', "пηոɴ"},
	{'o', "оοօⲟᴏσ"},
	{'p', "рρⲣᴘ"},
	{'q', "ԛզ"},
	{'r', "гʀ"},
	{'s', "ѕꜱ"},
	{'t', "тτᴛ"},
	{'u', "υսᴜ"},
	{'v', "νѵᴠ"},
	{'w', "ԝωᴡ"},
	{'x', "хχⲭ"},
	{'y', "уүγʏ"},
	{'z', "ᴢ"},
	{'3', "ЗзƷʒ"},
	{'6', "б"},
}

// hanDigits are the Chinese numerals by digit: everyday, as banks write them, on
// the telephone, in a circle and as merchants write them (U+3021).
var hanDigits = [10]string{
	"〇零", "一壹弌幺㊀㈠〡", "二貳贰弐両㊁㈡〢", "三參叁参㊂㈢〣", "四肆㊃㈣〤",
	"五伍㊄㈤〥", "六陸陆㊅㈥〦", "七柒漆㊆㈦〧", "八捌㊇㈧〨", "九玖㊈㈨〩",
}

// hangulDigits are the Sino-Korean numerals, as telephone numbers are said.
var hangulDigits = [10]string{"공영", "일", "이", "삼", "사", "오", "육륙", "칠", "팔", "구"}
