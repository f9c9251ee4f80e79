package channel

import (
	"strings"
	"testing"
)

// TestLead: what fits at the borders of the limits, and where a text is cut.
func TestLead(t *testing.T) {
	const sentence = "Please enter it here:" // 21
	page, gram, wa := size{640, noBytes}, size{640, 1000}, size{1024, noBytes}
	fill := func(n int) string { return "One. " + strings.Repeat("x", n-5-22) }
	tests := []struct {
		name       string
		limit      size
		kept, want string // want: what stays of kept
		cut        bool
	}{
		{"nothing", page, "", "", false},
		{"space", page, " \n\t", "", false},
		{"short", page, " Hi. \n", "Hi.", false},
		{"639", page, fill(639), fill(639), false},
		{"640", page, fill(640), fill(640), false},
		{"641", page, fill(641), "One.", true},
		{"1024", wa, fill(1024), fill(1024), false},
		{"1025", wa, fill(1025), "One.", true},
		{"emoji are two", page, fill(638) + "😀", fill(638) + "😀", false},
		{"emoji over", page, fill(639) + "😀", "One.", true},
		{"1000 bytes", gram, "One. " + strings.Repeat("한", 324) + "x", "One. " + strings.Repeat("한", 324) + "x", false},
		{"1001 bytes", gram, "One. " + strings.Repeat("한", 324) + "xx", "One.", true},
		{"messenger counts no bytes", page, "One. " + strings.Repeat("한", 334), "One. " + strings.Repeat("한", 334), false},
		{"one long sentence", page, strings.Repeat("x ", 400), "", true},
		{"no end inside a number", page, "Pay 3.5 now " + strings.Repeat("x", 700), "", true},
		{"closing quote", page, `He said "go." ` + strings.Repeat("x", 700), `He said "go."`, true},
		{"lines", page, "First line\nsecond " + strings.Repeat("x", 700), "First line", true},
		{"wide", page, "はい。カード" + strings.Repeat("字", 700), "はい。", true},
		{"danda", page, "ठीक है। " + strings.Repeat("x", 700), "ठीक है।", true},
		{"last end at the border", page, strings.Repeat("x", 617) + ". y" + strings.Repeat("y", 100), strings.Repeat("x", 617) + ".", true},
		{"end one over", page, strings.Repeat("x", 618) + ". y" + strings.Repeat("y", 100), "", true},
	}
	for _, test := range tests {
		want := sentence
		if test.want != "" {
			want = test.want + " " + sentence
		}
		got, cut := test.limit.lead(test.kept, sentence)
		if got != want || cut != test.cut {
			t.Errorf("%s: %q, %v", test.name, got, cut)
		}
		if !test.limit.holds(measure(got)) {
			t.Errorf("%s: over the limit", test.name)
		}
	}
}
