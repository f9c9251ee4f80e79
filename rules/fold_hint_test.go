package rules

import (
	"cmp"
	"slices"
	"strings"
)

// testHint is a hint and what it says of the text.
type testHint struct {
	foldHint
	worthwhile bool
}

// hintOf fills a hint the slow way.
func hintOf(text string) testHint {
	type hit struct{ literal, end int }
	var found []hit
	lowered := strings.ToLower(text)
	for literal, want := range foldTrigger() {
		for from := 0; ; {
			at := strings.Index(lowered[from:], want)
			if at < 0 {
				break
			}
			found = append(found, hit{literal, from + at + len(want)})
			from += at + 1
		}
	}
	slices.SortStableFunc(found, func(a, b hit) int {
		return cmp.Or(a.end-b.end, len(foldTrigger()[b.literal])-len(foldTrigger()[a.literal]))
	})
	var h foldHint
	for _, hit := range found {
		h.hit(text, hit.literal, hit.end)
	}
	digits := 0
	for _, r := range text {
		if isNumber(r) {
			digits++
		}
	}
	worthwhile := h.worth(strings.ContainsAny(text, foldSigns), digits)
	return testHint{h, worthwhile}
}
