package vault

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// draw is what a form is made of.
type draw struct {
	conversation *conversation.Conversation
	canonical    string    // of the value
	random       [32]byte  // the same for value and probe, where the token is derived
	now          time.Time // when the form is made: it is kept with the value
}

// look is how the look-alikes of a kind are made.
type look struct {
	// form makes a canonical form; "" when there is no safe one.
	form func(d draw) string
	// spell writes a form in the place of a value.
	spell func(value Value, form string) string
	// restorable says that the kind has a million forms at least.
	restorable bool
}

// looks are the kinds that have look-alikes, each with the canonical form that
// the rules give it.
var looks = map[string]look{
	"credit_card": {form: cardForm, spell: spellCharacters},
	"email":       {form: emailForm, spell: spellForm, restorable: true},
	"phone":       {form: phoneForm, spell: spellForm},
	"iban":        {form: ibanForm, spell: spellCharacters, restorable: true},
	"ssn":         {form: ssnForm, spell: spellCharacters, restorable: true},
	"national_id": {form: idForm, spell: spellCharacters, restorable: true},
	"tax_id":      {form: idForm, spell: spellCharacters, restorable: true},
	"card_expiry": {form: expiryForm, spell: spellExpiry},
	"dob":         {form: birthForm, spell: spellDate},
	"date":        {form: dateForm, spell: spellDate},
}

// families are kinds that rules tell apart by the words around a value only: a
// look-alike of one may be found as another, so their forms keep apart.
var families = [][]string{{"ssn", "national_id", "tax_id"}, {"dob", "date"}}

// LikeKinds are the kinds whose look-alikes rules may find as a kind: itself
// first. Nobody may change what it returns.
func LikeKinds(kind string) []string {
	for _, family := range families {
		if i := slices.Index(family, kind); i >= 0 {
			return append([]string{kind}, slices.Delete(slices.Clone(family), i, i+1)...)
		}
	}
	return []string{kind}
}

// LikeRestorable says whether a look-alike of this kind may be turned back into
// its value at all: when the kind has a million forms at least, the bound that
// NIST SP 800-38G (revision 1) sets for a domain. With fewer, what looks like a form may be
// somebody's guess, or a number that was meant as it stands. No for cards, for phone, whose
// reserved ranges hold 100 (+1) to 10,000 (+33, +61) numbers in a conversation, for
// dates, and for every kind without look-alikes. It says nothing about word
// tokens.
//
// The count is of the kind's forms. A card of 16 digits whose first six and
// last four are kept has 100,000 forms, so it is not restored either.
func LikeRestorable(kind string) bool { return looks[kind].restorable }

// formOf is the canonical form of a value's look-alike at a probe from 1; "" when
// the kind, or this value, has no safe one, or this probe hit the value itself.
func formOf(c *conversation.Conversation, value Value, probe byte, now time.Time) string {
	l, ok := looks[value.Kind]
	if !ok {
		return ""
	}
	d := draw{conversation: c, canonical: value.Canonical, now: now}
	if value.Terms.Random {
		cryptorand.Read(d.random[:]) // never fails (crypto/rand)
	} else {
		copy(d.random[:], c.Derive("piiproxy like", value.Kind, value.Canonical, strconv.Itoa(int(probe))))
	}
	if form := l.form(d); form != value.Canonical {
		return form
	}
	return ""
}

// dice are what a form is drawn with: the same numbers for the same seed, in
// every version (C2SP, chacha8rand).
type dice struct{ source *rand.ChaCha8 }

func (d draw) dice() dice { return dice{rand.NewChaCha8(d.random)} }

// below draws a number from 0 to n-1.
func (d dice) below(n int) int { return int(d.source.Uint64() % uint64(n)) }

// of draws one of the characters.
func (d dice) of(characters string) byte { return characters[d.below(len(characters))] }

func spellForm(_ Value, form string) string { return form }

const (
	cardFirst = 6
	cardLast  = 4
)

// cardRemoved is, for each length of a card number, how many digits must go for
// the rest to be a truncated number (PCI SSC FAQ 1091): 5 of the 15 digits of
// American Express, 4 of 16, all but first six and four others of shorter ones.
// Longer ones are not in its table: there its baseline holds, first six and last
// four at most.
var cardRemoved = map[int]int{13: 3, 14: 4, 15: 5, 16: 4, 17: 7, 18: 8, 19: 9}

// cardForm keeps length, first six and last four, and replaces the digits
// between. The last of them is what makes Luhn's check (ISO/IEC 7812-1, annex B)
// pass; the others are derived, and where one is what it was, that is chance.
func cardForm(d draw) string {
	digits := d.canonical
	between := len(digits) - cardFirst - cardLast
	removed, known := cardRemoved[len(digits)]
	if !known || between < removed || !isDigits(digits) {
		return ""
	}
	form := []byte(digits)
	number := binary.BigEndian.Uint64(d.random[:])
	for i := range between {
		form[cardFirst+i] = '0' + byte(number%10)
		number /= 10
	}
	last := &form[cardFirst+between-1]
	for *last = '0'; !luhn(form); { // one of the ten digits passes, doubled or not
		*last++
	}
	return string(form)
}

// luhn reports whether the check digit of a card number is right.
func luhn(digits []byte) bool {
	sum := 0
	for i, digit := range digits {
		n := int(digit - '0')
		if (len(digits)-i)%2 == 0 {
			n = n/5 + n*2%10 // the sum of the digits of 2n
		}
		sum += n
	}
	return sum%10 == 0
}

// spellCharacters writes the characters of a form between the separators of the
// value's text, in its case; without separators when the text is written in
// other ways.
func spellCharacters(value Value, form string) string {
	spelled := make([]byte, 0, len(value.Text))
	n := 0
	for i := range len(value.Text) {
		b := value.Text[i]
		small := 'a' <= b && b <= 'z'
		switch {
		case n < len(form) && n < len(value.Canonical) && (b == value.Canonical[n] || small && b-'a'+'A' == value.Canonical[n]):
			if b = form[n]; small && b >= 'A' {
				b += 'a' - 'A'
			}
			n++
		case b == ' ' || b == '-' || value.Kind != "credit_card" && (b == '.' || b == '/'):
		default:
			return form
		}
		spelled = append(spelled, b)
	}
	if n < len(form) {
		return form
	}
	return string(spelled)
}

// emailForm is at example.com, which nobody can register (RFC 2606, section 3).
// The reserved top-level domains of its section 2 (test, example, invalid) are
// safe too, but many validators refuse what is no public top-level domain. The
// local part has 80 bits.
func emailForm(d draw) string {
	return encoding.EncodeToString(d.random[:10]) + "@example.com"
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
