package fragment

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/rules"
)

const card = "credit_card"

// splittable says of which kinds people send parts, and how many characters a
// part has at most: one fewer than the longest value.
var splittable = map[string]int{
	card:           18, // ISO/IEC 7812-1
	"iban":         33, // ISO 13616-1
	"bank_account": 19,
	"ssn":          8,
	"national_id":  17,
}

// volatile kinds never touch the disk (PCI DSS 4.0.1, 3.3.1), so no trail
// remembers them.
var volatile = map[string]bool{"cvv": true, "otp": true}

// maxRead is the longest part of any value.
const maxRead = 33

// unkept stands for a character of a volatile kind.
const unkept = '?'

// reading returns what a text that is a number reads as, its groups parted by
// spaces, and how many of its characters no finding hides.
func (s Setting) reading(m Message) (read string, bare int, ok bool) {
	digits, ok := rules.ReadNumber(m.Text)
	if !ok || len(digits) > maxRead {
		return "", 0, false
	}
	written := make([]byte, 0, 2*len(digits))
	for i, d := range digits {
		if i > 0 && d.Group != digits[i-1].Group {
			written = append(written, ' ')
		}
		at := slices.IndexFunc(m.Found, func(f Found) bool { return f.Start < d.End && d.Start < f.End })
		switch {
		case at < 0:
			bare++
		case volatile[m.Found[at].Kind] && !s.group(m, m.Found[at]):
			d.Char = unkept
		}
		written = append(written, d.Char)
	}
	return string(written), bare, true
}

// count returns how many digits and letters a reading has.
func count(read string) int { return len(read) - strings.Count(read, " ") }

// armed says that the bot asked for something that people split.
func (s Setting) armed() bool {
	return slices.ContainsFunc(s.Asked, func(kind string) bool { return splittable[kind] > 0 })
}

// part says that a message is heard at all. What the bot asked for, what is whole,
// and anything when it asked only for what nobody splits, is what it is.
func (s Setting) part(m Message, read string, bare int) bool {
	if len(s.Asked) > 0 && !s.armed() {
		return false
	}
	for _, f := range m.Found {
		whole := bare == 0 && !s.group(m, f) && (volatile[f.Kind] || slices.Contains(s.Asked, f.Kind))
		if whole || splittable[f.Kind] > 0 && !s.inside(read, f) {
			return false
		}
	}
	if lettered(read) {
		return slices.Contains(s.Asked, "iban") || slices.Contains(s.Asked, "national_id") && everyGroupHasDigit(read)
	}
	return true
}

// group says that a finding may be a group of the card number that the bot asked
// for and has not got yet: four digits, which are an expiry date or a security code
// only once the number is there.
func (s Setting) group(m Message, f Found) bool {
	if f.Kind != "cvv" && f.Kind != "card_expiry" || !slices.Contains(s.Asked, card) {
		return false
	}
	digits, ok := rules.ReadNumber(m.Text[f.Start:f.End])
	return ok && len(digits) == 4
}

// inside says that a finding may be a stretch of the IBAN that the bot asked for:
// its account number, which people tell by itself, too.
func (s Setting) inside(read string, f Found) bool {
	return f.Kind == "bank_account" && lettered(read) && slices.Contains(s.Asked, "iban")
}

func lettered(read string) bool {
	return strings.ContainsFunc(read, func(r rune) bool { return r >= 'A' })
}

func everyGroupHasDigit(read string) bool {
	return !slices.ContainsFunc(strings.Fields(read), func(group string) bool { return !strings.ContainsAny(group, "0123456789") })
}

// run is consecutive parts up to the newest.
type run struct {
	read    string // of all, with spaces between groups and parts
	visible int    // characters that the bot saw, or would see if the held went out as they are
	hidden  bool   // findings hide some of it
	newest  Part
	laidOut bool // the parts are grouped as cards are
}

func (t *Trail) run(from int) run {
	parts := t.Parts[from:]
	r := run{visible: parts[0].Before, newest: parts[len(parts)-1], laidOut: laidOut(parts[len(parts)-1].Read, len(parts) == 1)}
	for i, p := range parts {
		if i > 0 {
			r.read += " "
		}
		r.read += p.Read
		r.hidden = r.hidden || p.Bare < count(p.Read)
		if p.Fate == left {
			r.visible += p.Shown
		} else {
			r.visible += p.Bare
		}
	}
	return r
}

// open is the first part that is not joined yet.
func (t *Trail) open() int {
	for i := len(t.Parts) - 1; i >= 0; i-- {
		if t.Parts[i].Fate > left {
			return i + 1
		}
	}
	return 0
}

// compact returns a reading without spaces.
func compact(read string) string { return strings.ReplaceAll(read, " ", "") }

// cardBegins says that a card number of some issuer may begin with the run and
// go on, and that the newest part is written as such a part is.
func (r run) cardBegins() bool {
	return r.laidOut && r.likeCard()
}

// likeCard is cardBegins however the newest part is written.
func (r run) likeCard() bool {
	digits := compact(r.read)
	known, _, unsure := strings.Cut(digits, string(unkept))
	if unsure {
		return len(digits) <= longest(card, digits) && (known == "" || rules.CardBegins(known))
	}
	return !lettered(digits) && rules.CardBegins(digits)
}

// fits says that the run may be a proper part of what the bot asked for.
func (s Setting) fits(r run) bool {
	digits := compact(r.read)
	if r.newest.Bare == 0 {
		return slices.Contains(s.Asked, card) && r.likeCard()
	}
	for _, kind := range s.Asked {
		if len(digits) > longest(kind, digits) {
			continue
		}
		if !lettered(r.read) || kind == "national_id" && everyGroupHasDigit(r.read) || kind == "iban" && ibanBegins(r.read) {
			return true
		}
	}
	return false
}

// longest is how many characters a proper part of a kind has at most. Whether one
// with characters that are not kept is whole is never known: it has one more.
func longest(kind, digits string) int {
	if splittable[kind] > 0 && strings.ContainsRune(digits, unkept) {
		return splittable[kind] + 1
	}
	return splittable[kind]
}

// ibanBegins says that a reading begins with a country and a check digit in one
// group (ISO 13616-1).
func ibanBegins(read string) bool {
	return len(read) > 2 && read[0] >= 'A' && read[1] >= 'A' && read[2] >= '0' && read[2] <= '9'
}

// laidOut says that a part is written as a part of a card number is: digits in
// one piece, or in groups of four (or six, in the middle of an American Express
// or Diners number), or all of one or two. Sums ("5 000 000"), decimal numbers
// and dates are written otherwise. Only the first part begins with a whole group.
func laidOut(read string, first bool) bool {
	groups := strings.Fields(read)
	if len(groups) == 1 || evenly(groups, first) {
		return true
	}
	for i, group := range groups {
		switch {
		case i == 0 && first:
			if len(group) != 4 {
				return false
			}
		case i == 0 || i == len(groups)-1:
			if len(group) > 6 {
				return false
			}
		case len(group) != 4 && len(group) != 6:
			return false
		}
	}
	return true
}

// evenly says that all groups have one digit or two, as in "4 1 1 1".
func evenly(groups []string, first bool) bool {
	size := len(groups[0])
	if size > 2 || first && len(groups) < 4 {
		return false
	}
	for i, group := range groups {
		if len(group) != size && (i < len(groups)-1 || len(group) > size) {
			return false
		}
	}
	return true
}

// worthJoining says whether to look for a value in a run.
func (s Setting) worthJoining(r run) bool {
	if strings.ContainsRune(r.read, unkept) {
		return false
	}
	if s.armed() {
		return true
	}
	// What is hidden already is joined only where too much would show: a phone
	// number and a code after it can be a card number by chance.
	return !lettered(r.read) && count(r.read) >= 12 && count(r.read) <= 19 && (!r.hidden || r.visible > Shown)
}

// scan looks for one value that is all of the parts: unarmed a card number, armed
// what was asked for as well.
func (s Setting) scan(parts []Part) (kind, canonical string, ok bool) {
	if s.Scan == nil {
		return "", "", false
	}
	reads := make([]string, len(parts))
	for i, p := range parts {
		reads[i] = p.Read
	}
	for _, text := range []string{compact(strings.Join(reads, "")), strings.Join(reads, " ")} {
		kind, canonical, ok = s.Scan(text)
		if ok && (kind == card || splittable[kind] > 0 && slices.Contains(s.Asked, kind)) {
			return kind, canonical, true
		}
	}
	return "", "", false
}
