package names

import (
	"strings"
	"testing"
)

func TestLook(t *testing.T) {
	for word, want := range map[string]Kind{
		"jane": First, "priya": First, "giuseppe": First, "will": First | Common, "hope": First | Common,
		"garcia": Last, "kowalski": Last, "please": Stop, "donnerstag": Stop, "": 0, "a": 0, "zzzzz": 0, "kqxz": 0, "  ": 0,
	} {
		if got := Look([]byte(word)); got&want != want || want == 0 && got != 0 {
			t.Errorf("%q is %04b, want %04b", word, got, want)
		}
	}
}

// TestLookFindsAll wants every line found where it stands, and nothing between
// two lines.
func TestLookFindsAll(t *testing.T) {
	lines := strings.Split(strings.Trim(list().lines, "\n"), "\n")
	if len(lines) < 40_000 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		word, letters, _ := strings.Cut(line, " ")
		if got := Look([]byte(word)); got != kindsOf(letters) || got == 0 {
			t.Errorf("%q is %04b, want %q", word, got, letters)
		}
		if i > 0 && word <= strings.Fields(lines[i-1])[0] {
			t.Errorf("%q is not sorted", word)
		}
		if got := Look([]byte(word + "0")); got != 0 {
			t.Errorf("%q0 is %04b", word, got)
		}
	}
}

func BenchmarkLook(b *testing.B) {
	word := []byte("jennifer")
	for b.Loop() {
		Look(word)
	}
}
