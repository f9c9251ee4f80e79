package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestNeeds holds what the prefilter derives from patterns.
func TestNeeds(t *testing.T) {
	tests := []struct{ pattern, want string }{
		{`\d{3}-\d{2}-\d{4}`, `digits 9, chars "-"`},
		{`[0-9]{3}`, "digits 3"},
		{`\d{2,}?x?`, "digits 2"},
		{`(?:\d[ -]?){13,16}`, "digits 13"},
		{`(?>\d+)(?<a>\d)`, "digits 2"},
		{`a\d|b\d\d`, "digits 1"},
		{`\d+|@`, `chars "0123456789@"`},
		{`\w+@\w+\.com`, `chars "@", chars ".", one of [@], one of [.com]`},
		{`(?:card|cc)\s+number`, `one of [cc card] after 0, one of [number]`},
		{`(?:card|\d)`, `chars "0123456789Cc"`},
		{`(?:card)?x{0,3}`, ""},
		{`(?!card)\w`, ""},
		{`(?<=card )\w`, `chars "Dd", chars "Rr", chars "Aa", chars "Cc"`},
		{`(?=\d{3})\d`, "digits 3"},
		{`(?=\d)\d{3}`, "digits 3"},
		{`((?=\d\d))\d\d`, "digits 2"},
		{`(?:(?=\d)){3}\d`, "digits 1"},
		{`(?:(?=\d\d)|x\d\d)\d\d`, "digits 2"},
		{`(?:card|\u20ac)\d`, `digits 1, chars "Ccother"`},
		{`(?:card|[^\x00-\x7f])\d`, `digits 1, chars "Ccother"`},
		{`(?:card|[éα])\d`, `digits 1, chars "Ccother"`},
		{`(\d)\1`, "digits 1"},
		{`(?(?=x)\d|\d)`, ""},
		{`[^a]`, ""},
		{`é`, `chars "other"`},
		{`[é€]x`, `chars "other", chars "Xx"`},
		{`k`, `chars "Kk"`},
		{`\b(?:car[dt]|boa[dt]|x)`, `chars "BCXbcx"`},
		{`\b(?:car[dt]|boa[dt])`, "chars \"BCbc\", one of [\x01boa \x01car] after 0"},
		{`https?://`, `chars ":", chars "/", one of [http:// https://] after 0`},
		{`.*`, ""},
		{`^$`, ""},
		{`\p{L}{2}`, ""},
		{`[a-z0-9]{5}`, ""},
	}
	for _, test := range tests {
		if got := describe(needOf(test.pattern)); got != test.want {
			t.Errorf("%s\n  needs %s\n  want  %s", test.pattern, got, test.want)
		}
	}
}

// TestHidesNothing holds texts that a need which claims too much hides.
func TestHidesNothing(t *testing.T) {
	tests := []struct{ pattern, text string }{
		{`((?=\d\d))\d\d`, "12"},
		{`(?:(?=\d\d)|x\d\d)\d\d`, "12"},
		{`(?:(?=\d)a?){1,3}\d`, "1"},
		{`a≠b`, "a≠b"},
		{`ångström`, "\u212bngström"},
		{`(?:card|€)\d{2}`, "€12"},
		{`(?:card|\u20ac)\d{2}`, "€12"},
		{`(?:card|\p{So})\d\d`, "😀12"},
		{`(?:card|[éα])\d\d`, "é12"},
		{`(?:card|é{2})\d\d`, "éé12"},
	}
	for _, test := range tests {
		l := patternLibrary(test.pattern)
		if l == nil {
			t.Fatalf("%s does not compile", test.pattern)
		}
		compare(t, l, test.text, Context{Direction: Outbound})
	}
}

func describe(n need) string {
	var parts []string
	if n.digits > 0 {
		parts = append(parts, fmt.Sprintf("digits %d", n.digits))
	}
	for _, c := range n.classes {
		chars := ""
		for r := range rune(128) {
			if classOf(r).within(c) {
				chars += string(r)
			}
		}
		if c.other {
			chars += "other"
		}
		parts = append(parts, fmt.Sprintf("chars %q", chars))
	}
	for _, list := range n.words {
		part := fmt.Sprintf("one of %v", list.texts)
		if list.before < unbounded {
			part += fmt.Sprintf(" after %d", list.before)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestLiterals(t *testing.T) {
	l := newLiterals([]string{"he", "she", "his", "hers", "://", "card", "ard n", border + "cc" + border, border + "is", "num" + border})
	tests := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"ushers", []string{"he", "hers", "she"}},
		{"HIS CARD", []string{"card", "his"}},
		{"card number", []string{"ard n", "card"}},
		{"ahe://x", []string{"://", "he"}},
		{"c\u00e9rd she\u00e9his", []string{"he", "his", "she"}},
		{"hi s", nil},
		{"cc", []string{"cc"}},
		{"my cc, account", []string{"cc"}},
		{"\u00e9cc cc\u00e9 accent", nil},
		{"\u20accc", []string{"cc"}},
		{"this is", []string{"his", "is"}},
		{"num1", []string{"num"}},
		{"nums", nil},
	}
	for _, test := range tests {
		var p profile
		p.reset(l.words)
		if !p.readASCII(l, test.text) {
			p.reset(l.words)
			p.readRunes(l, []rune(test.text))
		}
		var got []string
		for word, id := range l.ids {
			if p.found.has(id) {
				got = append(got, strings.Trim(word, border))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%q holds %q, want %q", test.text, got, test.want)
		}
	}
	if _, ok := l.set([]string{"she", "unknown"}); ok {
		t.Error("an unknown literal is known")
	}
}

// TestLiteralLimit loads more literals than the automaton holds: what does not
// fit must run always.
func TestLiteralLimit(t *testing.T) {
	var text strings.Builder
	text.WriteString("rules:\n")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 999 {
		fmt.Fprintf(&text, "  - {id: r%d, kind: k, words: [", i)
		for range 16 {
			fmt.Fprintf(&text, "w%08d, ", random.IntN(1e8))
		}
		text.WriteString("end]}\n")
	}
	text.WriteString("  - {id: last, kind: last, words: [zebrafinches]}\n")
	l, err := Load([]Source{{Name: "many", Body: []byte(text.String())}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := l.Set(View{})
	if err != nil {
		t.Fatal(err)
	}
	if _, known := l.indexes[Inbound].literals.ids["zebrafinches"]; known {
		t.Error("the automaton is not full: the test tries nothing")
	}
	result, err := set.Scan("one zebrafinches", Context{})
	if err != nil || len(result.Findings) != 1 || len(l.indexes[Inbound].literals.found) > maxLiteralStates {
		t.Errorf("%v, %v, %d states", result, err, len(l.indexes[Inbound].literals.found))
	}
}

// TestCleanReachesNoPattern wants the prefilter to keep every pattern of the
// built-in packs away from ordinary messages.
func TestCleanReachesNoPattern(t *testing.T) {
	l, err := Load(Sources(builtin))
	if err != nil {
		t.Fatal(err)
	}
	set, err := l.Set(View{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range cleanTexts {
		for _, direction := range []Direction{Inbound, Outbound} {
			if ran := set.reached(t, text, Context{Direction: direction, Field: "text"}); ran != nil {
				t.Errorf("%s %q reaches %v", direction, text, ran)
			}
		}
	}
}

var cleanTexts = []string{
	"ok 👍",
	"Hi there, I would like to know if the blue jacket is back in stock in size medium please?",
	"Your order has left our warehouse and should arrive on Tuesday before noon. Anything else?",
	"see you at 5, table for 2",
	"¿Tienen la chaqueta azul en talla mediana? Gracias, la necesito para el viernes.",
	"Gerne! Die Lieferung kommt am Montag.",
	"My new jacket has not been delivered to my home yet. What is going on?",
}

// reached returns the patterns that run on a text.
func (s *Set) reached(t *testing.T, text string, c Context) (ran []string) {
	t.Helper()
	sc := new(scan)
	sc.begin(s, c)
	if err := sc.read(text); err != nil {
		t.Fatal(err)
	}
	for _, j := range sc.queue {
		e := &sc.index.entries[j.entry]
		if e.said != nil {
			continue // no regular expression
		}
		if e.rule != nil {
			ran = append(ran, e.rule.id+" "+e.pattern.name)
		} else {
			ran = append(ran, e.prompt.id)
		}
	}
	return ran
}
