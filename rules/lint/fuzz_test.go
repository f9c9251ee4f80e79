package lint

import (
	"testing"

	"github.com/dlclark/regexp2/v2/syntax"
)

// The analysis of a pattern ends, whatever the pattern, and every attack that it
// makes has a pump.
func FuzzAutomaton(f *testing.F) {
	for _, seed := range []string{
		`^(a+)+$`, `(x+x+)+y`, `(.*a){20}`, `(?:[a-z]|[0-9]|\w)+(?=\d*)`, `(?<!a{2,9}b)(?>c+)*\1`, `((a|b|c|d|e|f|g)*)*`, `[^\p{L}]{3,}?(?i:k)`, `(?(1)a|b)(?:){0,}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, regex string) {
		if len(regex) > 200 {
			return
		}
		tree, err := syntax.Parse(regex, syntax.ParseOptions{RegexOptions: syntax.IgnoreCase})
		if err != nil {
			return
		}
		a := newAlphabet(tree.Root)
		for _, part := range searched(tree.Root) {
			m := newAutomaton(part, a)
			if m.tooLarge {
				continue
			}
			attacks := append(m.ambiguous(), m.cycles()...)
			for _, attack := range append(attacks, m.same()...) {
				if attack.pump == "" || len(attack.text(100)) == 0 {
					t.Errorf("an attack without a pump: %+v", attack)
				}
			}
		}
	})
}

// Ambiguity is found where it is, and not where one text has one way.
func TestAmbiguous(t *testing.T) {
	for regex, want := range map[string]bool{
		`(a+)+b`: true, `(a|a)*b`: false /* the engine merges them */, `(a|ab|b)*c`: true, `(x+x+)+y`: true, `(\w|\d)+!`: false, /* merged, too */
		`(?:a|\w)*!`: false, `(a*b*)*c`: true, `(?:\w+\s?)+!`: true, `(?:\w+\s)+!`: false, `(a?b)*c`: false, `(?:ab|a(?:b))*c`: false,
		`a+a+b`: false, `(?>a+)+b`: false, `(?:a{1,3}c?){2,}b`: true, `(\d{3}-)+x`: false, `(?:[a-c]|[c-e]x?)+!`: true, `(?:[a-c]|[d-f]x?)+!`: false, `(?:[a-c]x?|x)+!`: true,
	} {
		tree, err := syntax.Parse(regex, syntax.ParseOptions{RegexOptions: syntax.IgnoreCase})
		if err != nil {
			t.Fatal(err)
		}
		m := newAutomaton(tree.Root, newAlphabet(tree.Root))
		if found := len(m.ambiguous()) > 0; found != want {
			t.Errorf("%s: found %v", regex, found)
		}
	}
}
