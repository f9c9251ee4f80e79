package route

import (
	"strings"
	"testing"
	"time"
)

// However text is made, looking through its encodings ends: all of it was read, or
// the budget is spent, and then it is not called clean.
func TestLayersEnd(t *testing.T) {
	for name, unit := range map[string]string{
		"percent": "%2525", "percent percent": "%%%%", "backslashes": `\\\\`, "entities": "&amp;amp;", "base64": "QUFBQUFBQUFBQUFBQUFB", "hex": "41",
		"equals": "=3D3D", "all": `%5C\u0026amp;=3DQUFB`, "words": "some words ", "binary": "\x00\xff%41&\\=", "wide": "ｐｉｉ", "nested": "JTI1MjUyNTI1",
	} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		budget := maxDecoded
		started := time.Now()
		found, whole := layers{see: hasToken, least: shortest, budget: &budget}.search(text)
		if found || !whole && budget >= 0 {
			t.Errorf("%s: found %v, whole %v, %d bytes left", name, found, whole, budget)
		}
		t.Logf("%s: whole %v, %d bytes, %s", name, whole, maxDecoded-budget, time.Since(started))
	}
	budget := 1 << 10
	if found, whole := (layers{see: hasToken, least: shortest, budget: &budget}).search(strings.Repeat("a", 2<<10)); found || whole {
		t.Errorf("over the budget: found %v, whole %v", found, whole)
	}
}
