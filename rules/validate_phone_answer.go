package rules

import (
	"strings"
	"unicode"
)

const (
	// An answer of so many digits is a phone number, valid or not: what else
	// people are asked for in chat is shorter or longer, or comes with a word.
	leastAnswerDigits = 9
	mostAnswerDigits  = 12
	// maxAnswerWords is how many words of a name or place may stand before it.
	maxAnswerWords = 6
)

var (
	// answerWords are what people say around an answer, in the built-in languages.
	answerWords = wordSet(`yes yeah yea yep yup ya yah sure ok okay k of course absolutely certainly definitely no not oh um uh
		umm and so well hi hey hello sorry thanks thank thx you please pls correct it is its s this that here the my mine a
		an number numbers num no nr new other should would be also same alright right good great
		si claro es mi el numero nuevo por favor gracias sim e o meu obrigado obrigada oui c est le mon numero merci
		ja meine die ist das nummer danke bitte il mio grazie haan ji mera hai dhanyavad iya nomor saya ini adalah makasih`)
	// noNames are words of sentences about orders and other things with numbers;
	// with one of them a message is no name and number.
	noNames = wordSet(`order orders item items parcel package shipment track tracking awb waybill courier dhl fedex ups usps
		label lot batch consignment ref reference ticket booking reservation confirmation code invoice bill account acct acc
		policy claim case member membership id ids sku upc ean barcode serial model product part flight pnr utr txn
		transaction payment amount total check find status where what when how why cancel return refund about for is are
		need want buy cost price pay paid usd rs inr eur gbp asset device license licence passport tax vat gst registration
		employee student patient application complaint request docket card zip pin otp date since year balance bank iban
		pedido reserva cuenta conta codigo commande compte bestellung konto ordine conto codice pesanan resi rekening kode
		have has had was were will would can could at in on by from with to the this that version build`)
)

// wordSet makes a set of the words of a text.
func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// validatePhoneAnswer judges a message that holds one number and perhaps a few
// words: "yes, it's 202 555 0143", "Alice Smith 2025550143". Valid is a number
// that is valid where the text comes from; invalid one that has the digits of an
// answer. Everything else is nothing.
func validatePhoneAnswer(text string, regions []string) []part {
	if coordinate(text) {
		return nil
	}
	start := strings.IndexAny(text, "0123456789")
	if start < 0 {
		return nil
	}
	var g digitGroups
	if !g.read(text[start:]) || g.digits < leastPhoneDigits || g.digits > mostPhoneDigits || g.dated(text[start:]) {
		return nil
	}
	before := text[:start]
	if start > 0 && text[start-1] == '(' {
		start--
	}
	number := strings.TrimRight(text[start:], " \t\r\n.,;!?")
	number, after := cutAfter(number)
	if !onlyAnswerWords(after) || !onlyAnswerWords(before) && !g.named(before) {
		return nil
	}
	if g.seconds(number) {
		return nil
	}
	_, valid := parsePhone(number, regions)
	if !valid && !g.answered() {
		return nil
	}
	return []part{{start, start + len(number), valid}}
}

// cutAfter splits a number, with its extension, from the words after it.
func cutAfter(text string) (number, after string) {
	last := strings.LastIndexAny(text, "0123456789)")
	return text[:last+1], text[last+1:]
}

// onlyAnswerWords tells whether all words of a text are such.
func onlyAnswerWords(text string) bool {
	return eachWord(text, func(word string) bool { return answerWords[word] })
}

// named tells whether the words before a number may be a name or a place: the
// number has the ten digits of most of the world, in one piece.
func (g *digitGroups) named(words string) bool {
	count := 0
	ok := eachWord(words, func(word string) bool {
		count++
		return count <= maxAnswerWords && !noNames[word] && len(word) > 1
	})
	return ok && g.count == 1 && (g.digits == 10 || g.digits == 11)
}

// eachWord calls visit for every word in normal form until it returns false.
func eachWord(text string, visit func(word string) bool) bool {
	for text != "" {
		start := strings.IndexFunc(text, unicode.IsLetter)
		if start < 0 {
			return true
		}
		text = text[start:]
		end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) })
		if end < 0 {
			end = len(text)
		}
		if !visit(normalWord(text[:end])) {
			return false
		}
		text = text[end:]
	}
	return true
}

// answered tells whether the groups are such as people type a number in: in one
// piece, or in groups of three and more after at most one shorter one.
func (g *digitGroups) answered() bool {
	if g.digits < leastAnswerDigits || g.digits > mostAnswerDigits || g.count > 4 {
		return false
	}
	for i := range g.count {
		n := g.size(i)
		switch {
		case g.count == 1:
		case i == 0 && n <= 2 && g.count == 2 && g.size(1) < 7:
			return false
		case i == 0 && n > 5, i > 0 && n < 3, i > 0 && n > 8 && g.count > 2:
			return false
		}
	}
	return true
}

// seconds tells a time in seconds since 1970 of the years 2020 to 2033, which
// programs send.
func (g *digitGroups) seconds(number string) bool {
	return g.count == 1 && g.digits == 10 && number[0] == '1' && number[1] >= '6'
}
