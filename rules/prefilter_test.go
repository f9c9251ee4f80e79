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
		{`\w+@\w+\.com`, `chars "@", chars ".", one of [.com]`},
		{`(?:card|cc)\s+number`, `one of [number], one of [cc card]`},
		{`(?:card|\d)`, `chars "0123456789Cc"`},
		{`(?:card)?x{0,3}`, ""},
		{`(?!card)\w`, ""},
		{`(?<=card )\w`, `chars "Dd", chars "Rr", chars "Aa", chars "Cc"`},
		{`(?=\d{3})\d`, "digits 3"},
		{`(?=\d)\d{3}`, "digits 3"},
		{`(\d)\1`, "digits 1"},
		{`(?(?=x)\d|\d)`, ""},
		{`[^a]`, ""},
		{`é`, `chars "other"`},
		{`[é€]x`, `chars "other", chars "Xx"`},
		{`k`, `chars "Kk"`},
		{`https?://`, `chars ":", chars "/", one of [http:// https://]`},
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
		parts = append(parts, fmt.Sprintf("one of %v", list))
	}
	return strings.Join(parts, ", ")
}

func TestLiterals(t *testing.T) {
	words := []string{"he", "she", "his", "hers", "://", "card", "ard n"}
	l := newLiterals(slices.Clone(words))
	for _, text := range []string{"", "ushers", "HIS CARD", "card number", "ahe://x", "c\u00e9rd she\u00e9his", "hi s"} {
		found := make(hits, l.words)
		l.search(text, found)
		for word, id := range l.ids {
			if want := strings.Contains(strings.ToLower(text), word); found.has(id) != want {
				t.Errorf("%q in %q: %v", word, text, !want)
			}
		}
	}
	if _, ok := l.set([]string{"she", "unknown"}); ok {
		t.Error("an unknown literal has a set")
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
		for range 8 {
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
	if _, known := l.literals.ids["zebrafinches"]; known {
		t.Error("the automaton is not full: the test tries nothing")
	}
	result, err := set.Scan("one zebrafinches", Context{})
	if err != nil || len(result.Findings) != 1 || len(l.literals.found) > maxLiteralStates {
		t.Errorf("%v, %v, %d states", result, err, len(l.literals.found))
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

// reached returns the patterns that a text's profile does not rule out.
func (s *Set) reached(t *testing.T, text string, c Context) (ran []string) {
	t.Helper()
	sc := new(scan)
	sc.set, sc.context = s, c
	if err := sc.read(text); err != nil {
		t.Fatal(err)
	}
	for i := range s.rules {
		a := &s.rules[i]
		for j := range a.patterns {
			if s.allows(a, &c) && sc.promising(a, &a.patterns[j]) && a.patterns[j].when.met(&sc.profile) {
				ran = append(ran, a.id+" "+a.patterns[j].name)
			}
		}
	}
	for _, p := range s.prompts {
		for i := range p.patterns {
			if c.Direction == Outbound && p.patterns[i].when.met(&sc.profile) {
				ran = append(ran, p.id)
			}
		}
	}
	return ran
}
