package rules

import (
	"strings"
	"testing"
	"time"
)

// TestFoldCost wants the cost of a text to grow with its length, whatever it
// consists of.
func TestFoldCost(t *testing.T) {
	for _, piece := range append([]string{
		"un ", "1 ", "1x", "l", "Il1", "one", "six", "seventeen", "quatre-vingt-", "(", "&amp;", "&amp;amp;", "%25", "\\", "\\u00", "=3", "<b", "<!--", "a@", "@ ", "a.", "a at ",
		"at ", " dot ", "四", "四 ", "💳", "1💳", "а", "аa", "🇬", "\u202e1", "\u0301", "1\n", "1\n\n", "1, ", "1)(", "1(a)", "+1", "1+", "plus ", "plus 1 ", "o1", "G B 8 2 ", "⠼⠁", "zweiund", "3", "f", "MTEx", "A1",
		"a-", "a_b.", "double ", "for four ", "hundred one ", "sixsixt", "-1-a", "l l l l", "1 llll ", "a1@b.c ", "oh ",
	}, foldSeeds[3:]...) {
		cost := func(size int) time.Duration {
			text := strings.Repeat(piece, size/len(piece))
			best := time.Hour
			for range 3 {
				var b body
				start := time.Now()
				foldAny(&b, text)
				best = min(best, time.Since(start))
			}
			return best
		}
		small, large := cost(1<<13), cost(1<<17)
		if large > 64*small && large > 100*time.Millisecond {
			t.Errorf("%q: %v for 8 KiB, %v for 128 KiB", piece, small, large)
		}
	}
}
