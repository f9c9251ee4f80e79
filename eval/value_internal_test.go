package eval

import (
	"strings"
	"testing"
)

func TestShape(t *testing.T) {
	for value, want := range map[string]string{
		"+49 (30) 1234567-x": "+99 (99) 9999999-a", "José Ñandú": "aaaa aaaaa", "jose\u0301": "aaaa",
		"٤٢ ①½": "99 99", "a\nb\tc\x00": "a a a?", "🎉—": "??",
		strings.Repeat("7", 60): strings.Repeat("9", maxShape) + "…",
	} {
		if got := shape(value); got != want {
			t.Errorf("shape of %q is %q, want %q", value, got, want)
		}
	}
}

func TestHidden(t *testing.T) {
	for _, c := range []struct {
		text     string
		value    string // its first place in the text is the label
		findings [][2]int
		want     bool
	}{
		{"a 12 34 b", "12 34", [][2]int{{2, 7}}, true},
		{"a 12 34 b", "12 34", [][2]int{{2, 4}, {5, 7}}, true},
		{"a 12 34 b", "12 34", [][2]int{{0, 9}}, true},
		{"a 12 34 b", "12 34", [][2]int{{2, 6}}, false},
		{"a 12 34 b", "12 34", nil, false},
		{"(12)", "(12)", [][2]int{{1, 3}}, true},
		{"use :: now", "::", [][2]int{{4, 6}}, true},
		{"use :: now", "::", nil, false},
		{"x ①② y", "①②", [][2]int{{2, 5}}, false},
	} {
		start := strings.Index(c.text, c.value)
		var findings []Finding
		for _, f := range c.findings {
			findings = append(findings, Finding{Start: f[0], End: f[1]})
		}
		if got := (Label{Start: start, End: start + len(c.value)}).hidden(c.text, findings); got != c.want {
			t.Errorf("%q in %q by %v: %v", c.value, c.text, c.findings, got)
		}
	}
}
