package payload

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzRelaxed: what is taken becomes strict JSON, which reads as itself when it is
// read again, and strict JSON is taken for what it says.
func FuzzRelaxed(f *testing.F) {
	for _, seed := range []string{
		`{'id':'<PSID>'}`, `{text:'Hello'}`, `{"a":[1,-2.5e3,true,null,{}],b_1:'it\'s "q" \\ \u00e9'}`, ` [ 'a' , "b" ] `, `{a:1,}`, `{a:'b`, `{'a':"'"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // no field holds such
		}
		lim := DefaultLimits()
		given, err := Parse([]byte(text), lim)
		strict, ok := Strictly(text, lim.Depth)
		if err == nil && (given.Nodes[0].Kind == Object || given.Nodes[0].Kind == Array) && !ok {
			t.Fatalf("%q is JSON and is not taken", text)
		}
		if !ok {
			return
		}
		document, problem := Parse([]byte(strict), lim)
		if problem != nil {
			if err == nil {
				t.Fatalf("%q became %q", text, strict)
			}
			return // names that stand twice, numbers that are none: refused by who reads it
		}
		if !json.Valid([]byte(strict)) {
			t.Fatalf("%q became %q, which encoding/json does not read", text, strict)
		}
		if again, ok := Strictly(strict, lim.Depth); !ok || again != strict {
			t.Fatalf("%q is read again as %q", strict, again)
		}
		if err != nil {
			return
		}
		for i := range given.Nodes {
			if given.Nodes[i].Kind != document.Nodes[i].Kind || given.Name(i) != document.Name(i) ||
				len(given.Nodes) != len(document.Nodes) || given.Nodes[i].Kind != Object && given.Nodes[i].Kind != Array && given.Text(i) != document.Text(i) {
				t.Fatalf("%q became %q", text, strict)
			}
		}
	})
}
