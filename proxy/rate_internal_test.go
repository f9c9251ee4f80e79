package proxy

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The table of persons does not grow, whoever is in it, and still tells one who
// sends too often from those who do not.
func TestRateMemory(t *testing.T) {
	persons := newCrowd(Rate{Count: 5, Per: time.Minute})
	now := time.Unix(1_750_000_000, 0)
	before := heap()
	for i := range 1_000_000 {
		if !persons.take("shop", fmt.Sprint(i), now.Add(time.Duration(i)*time.Millisecond)) {
			t.Fatalf("person %d is refused for the others", i)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 256<<10 {
		t.Errorf("grew by %d bytes for a million persons", grown)
	}
	allowed := 0
	for range 100 {
		if persons.take("shop", strings.Repeat("9", 16), now.Add(time.Hour)) {
			allowed++
		}
	}
	if allowed != 5 {
		t.Errorf("one person got %d through, want 5", allowed)
	}
}

func heap() uint64 {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}
