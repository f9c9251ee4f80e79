package form

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// answer is what somebody typed into one field and what it is judged by.
type answer struct {
	kind    string
	raw     string   // as typed
	text    string   // as it reads: rules.Plain of raw
	regions []string // ISO 3166
	scheme  string   // of the card number on the same form, "" when unknown
	now     time.Time
}

// verdict is a value in normal form, or the problem with it.
type verdict struct {
	canonical string
	text      string
	problem   string // key of a text, without "problem."
}

type reader func(answer) verdict

func problem(key string) verdict { return verdict{problem: key} }

// same is for kinds whose normal form is how they are used.
func same(text string) verdict { return verdict{canonical: text, text: text} }

// Read judges what was posted. It returns a value for every field, each once, in
// the order asked; or the problems by kind asked, as keys that a Page
// understands, and no value at all. Regions are ISO 3166 codes, separated by
// spaces: the first is where phone numbers are dialled and whose order dates
// have; identifiers may be of any of them.
//
// Besides one string for each kind, dob and date may be posted as kind.day,
// kind.month and kind.year, and address as address.street, .city, .state and
// .postcode: so does the form.
func Read(fields []Field, typed url.Values, regions string) ([]Value, map[string]string) {
	return readAt(fields, typed, regions, time.Now())
}

func readAt(fields []Field, typed url.Values, regions string, now time.Time) ([]Value, map[string]string) {
	var values []Value
	problems := map[string]string{}
	card := onlyDigits(rules.Plain(typed.Get("credit_card")))
	for _, kind := range kindsOf(fields) {
		how := specOf(kind)
		raw := assemble(kind, how.widget, typed, regions)
		a := answer{kind, raw, rules.Plain(raw), strings.Fields(regions), rules.CardScheme(card), now}
		v := judge(a, how)
		if v.problem != "" {
			problems[kind] = v.problem
			continue
		}
		values = append(values, Value{kind, v.canonical, v.text})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return values, nil
}

// judge looks at what is the same for all kinds before the kind's own reader.
func judge(a answer, how spec) verdict {
	switch {
	case !utf8.ValidString(a.raw):
		return problem("other")
	case a.text == "" && how.widget == asChoice:
		return problem("choice")
	case a.text == "":
		return problem("missing")
	case utf8.RuneCountInString(a.raw) > most(how):
		return problem("length")
	}
	v := how.read(a)
	if v.problem == "" && (v.canonical == "" || v.text == "") {
		return problem("other") // a reader that lost the value accepts nothing
	}
	return v
}

// most is how many characters a whole value may have.
func most(how spec) int {
	if how.widget == asAddress {
		return 4 * how.longest
	}
	return max(how.longest, 12)
}

// kindsOf returns what fields ask for, each once.
func kindsOf(fields []Field) []string {
	var kinds []string
	seen := map[string]bool{}
	for _, f := range fields {
		if kind := f.Asks(); !seen[kind] {
			seen[kind] = true
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// assemble returns what was typed for a kind as one string.
func assemble(kind, widget string, typed url.Values, regions string) string {
	if whole := typed.Get(kind); whole != "" {
		return whole
	}
	part := func(name string) string { return rules.Plain(typed.Get(kind + "." + name)) }
	switch widget {
	case asDate:
		year, month, day := part("year"), part("month"), part("day")
		if year+month+day == "" {
			return ""
		}
		return year + "-" + month + "-" + day
	case asAddress:
		return joinAddress(kind, typed, regions)
	}
	return ""
}
