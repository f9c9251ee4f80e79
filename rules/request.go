package rules

import (
	"slices"
	"strings"
)

const (
	maxLabelWords  = 3   // around a word that stands as a label: "2. Zip code (optional)"
	maxTailWords   = 4   // between a word and the question mark that asks for it
	maxListReach   = 600 // characters from a label back to the request it belongs to
	deniedNearness = 3   // words from a word to a "not" behind it
)

// wanting are the words with which somebody asks for something, whole, in
// normal form: English, Spanish, Portuguese, French, German, Italian, Hindi and
// Indonesian.
var wanting = setOf(`
	choose select pick elige elija escolha choisissez wahlen scegli scelga pilih
	type answer enter reenter send share give provide tell confirm verify reply write input submit need require requires spell repeat state leave drop fill include
	specify say supply retype resend know what whats which may key message dm add list mention read
	escribe escriba escriban escribir introduce introduzca introducir ingresa ingrese ingresar envia envie enviar enviame enviarme enviarnos indica indique indicar indicame
	dime diga digame dame deme denos facilita facilite facilitame proporciona proporcione proporcioname necesito necesitamos comparte comparta confirma confirme confirmar cual
	cuales podria podrias puede puedes escribeme
	digite digita informe informa informar envie envia escreva insira fornece forneca preciso precisamos compartilhe qual quais confirme mande manda diga pode poderia pode passe passa
	saisissez saisir entrez entrer tapez envoyez envoyer donnez donner indiquez indiquer communiquez communiquer fournissez fournir quel quelle quels quelles confirmez besoin
	partagez precisez pouvez pourriez puis donne envoie tape dites rappelez
	eingeben geben gib tippen tippe senden sende schicken schicke schreiben nennen nenne teilen brauche brauchen benotige benotigen lautet lauten welche welcher welches angeben
	bestatigen bestatige buchstabieren verraten sagen durfte darf konnen konnten kannst
	digiti inserisci inserisca inserire invia invii inviami inviare scrivi scriva scrivere fornisci fornisca fornire indica indichi indicare dammi mi mandami comunica comunichi
	comunicare conferma confermi confermare serve bisogno posso puo potrebbe puoi qual dica dimmi
	bataye batao bataiye batayein bataiyega bhejo bheje bhejiye bhej likhe likho likhiye dijiye dijie de kripya kya chahiye darj daliye
	masukkan kirim kirimkan tulis tuliskan ketik berikan sebutkan isi apa berapa boleh mohon tolong konfirmasi konfirmasikan minta beritahu`)

// nobodys stand before a request word that is none: "we send", "I'll share".
var nobodys = setOf("we ll will ve have has been was were they wir nous nosotros noi kami hum")

// turners begin another clause.
var turners = setOf("but so pero mas mais aber ma tapi lekin")

// deniers turn a request around, up to a request in the next clause.
var deniers = setOf("not t dont cannot without no nicht kein keine keinen nao ne pas non sin nahi nahin mat jangan tidak ohne sans senza sem bukan never")

// refusers turn a whole sentence around.
var refusers = setOf("never nunca jamas jamais niemals nie mai kabhi jangan")

// others stand before what is not the person's own.
var others = setOf("our their his its nuestro nuestra nosso nossa notre unsere unser unseren nostro nostra hamara kami")

// openers begin a question that is answered with yes or no.
var openers = setOf("is are was were did does has have had am isnt arent didnt hast haben ist sind hai es esta son sont est avez e sono")

// closers are the request words of languages that put them last.
var closers = setOf("eingeben ein angeben an nennen mit mitteilen senden schicken schreiben bataye batao bataiye batayein bhejo bhejiye bheje likhiye likhe dijiye dein daliye kya")

// politely stand behind what is asked for.
var politely = setOf("please pls plz bitte kripya tolong prego")

// requests tells whether the words start to end are asked for in the sentence
// first to last.
func (sc *scan) requests(first, last, start, end int) bool {
	v := &voice{body: &sc.body, from: first, to: last}
	r := v.request(start)
	tail := v.tailOf(end)
	switch {
	case r.refused || r.denied || r.others || tail.denied || tail.value:
		return false
	case r.wanted && !r.opened, r.has && sc.questioned(first, last):
		return true
	case tail.polite:
		return true
	case r.opened:
		return false
	case sc.questioned(first, last) && (tail.words <= maxTailWords || v.interrogates(start)):
		return true
	}
	return r.words <= maxLabelWords && tail.words <= maxLabelWords && (tail.colon || sc.listed(first))
}

// request is what stands before the words that may be asked for.
type request struct {
	words                                   int
	wanted, opened, denied, refused, others bool
	has                                     bool // "do you have"
}

// request reads the words before a place.
func (v *voice) request(start int) (r request) {
	at, previous, clause := v.from, "", false
	for {
		w, ok := v.next(at)
		if !ok || w.start >= start {
			break
		}
		key := string(v.key(w))
		clause = clause || v.comma(at, w.start) || turners[key]
		r.words++
		r.opened = r.opened || r.words == 1 && openers[key]
		r.refused = r.refused || refusers[key]
		if deniers[key] {
			r.denied, clause = true, false
		}
		r.others = others[key]
		switch key {
		case "have", "get":
			r.has = r.has || previous == "you"
		case "i", "we":
			r.wanted = r.wanted || previous == "can" || previous == "could" || previous == "may"
		}
		if wanting[key] && !nobodys[previous] {
			r.wanted, r.opened = true, r.opened && openers[previous]
			r.denied = r.denied && !clause
		}
		at, previous = w.end, key
	}
	return r
}

func (v *voice) comma(from, to int) bool {
	for ; from < to; from++ {
		if strings.ContainsRune(",:", v.body.at(from)) {
			return true
		}
	}
	return false
}

// tail is what stands behind the words that may be asked for.
type tail struct {
	words                 int
	denied, polite, colon bool
	value                 bool // "Zip code: 99999" tells one
}

func (v *voice) tailOf(end int) (t tail) {
	for at := end; at < v.to; at++ {
		if r := v.body.at(at); inWord(r) {
			break
		} else if r == ':' {
			t.colon = true
		}
	}
	closed := false
	for w, ok := v.next(end); ok; w, ok = v.next(w.end) {
		key := string(v.key(w))
		if t.words < deniedNearness {
			t.denied = t.denied || deniers[key] && key != "no"
		}
		t.polite = t.polite || t.words == 0 && politely[key]
		closed = closers[key] || closed && politely[key]
		t.words++
	}
	t.polite = t.polite || closed
	t.value = t.colon && t.words > 0
	t.colon = t.colon && t.words == 0
	return t
}

// interrogatives begin what is a question by itself: "to whom", "wie heißen Sie".
var interrogatives = setOf("to with from for who a con de para por com em como cuanto quien quem comment au pour avec auf unter fur an mit wie come per da kiske kisko naam siapa atas dengan untuk kepada")

// interrogates tells whether the words at a place begin a question by
// themselves.
func (v *voice) interrogates(start int) bool {
	w, ok := v.next(start)
	return ok && interrogatives[string(v.key(w))]
}

// questioned tells whether a sentence is a question.
func (sc *scan) questioned(first, last int) bool {
	return last < sc.body.length() && sc.body.at(last) == '?' || first > 0 && sc.body.at(first-1) == '¿'
}

// listed tells whether a label belongs to a list that a request begins:
// "Please send:\n1. name".
func (sc *scan) listed(first int) bool {
	from := max(0, first-maxListReach)
	colon := first
	for colon > from && !slices.Contains([]rune{':', '?'}, sc.body.at(colon-1)) {
		colon--
	}
	if colon == from {
		return false
	}
	v := &voice{body: &sc.body, from: from, to: colon}
	start, _ := sc.sentence(colon-1, colon-1, from, colon)
	v.from = start
	r := v.request(colon)
	return r.wanted && !r.denied && !r.refused
}
