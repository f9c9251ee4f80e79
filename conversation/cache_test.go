package conversation

import (
	"fmt"
	"testing"
	"time"
)

// TestCacheIsBounded: what is used least is dropped, with all its aliases.
func TestCacheIsBounded(t *testing.T) {
	const size = 8
	c := newCache(size)
	now := time.Now()
	alias := func(i int, spelling string) string { return fmt.Sprintf("%s:%d", spelling, i) }
	for i := range 100 {
		p := &page{conversation: &Conversation{Account: "shop", path: fmt.Sprint(i)}, expires: now.Add(time.Hour)}
		c.add(p, []string{alias(i, "wa"), alias(i, "bsuid")}, now, c.generation())
		if c.find("shop", []string{alias(0, "wa")}, now) == nil {
			t.Fatalf("the one used all the time is gone after %d others", i)
		}
	}
	if c.used.Len() != size || len(c.byPath) != size || len(c.byAlias) != 2*size {
		t.Errorf("%d entries, %d paths, %d aliases, want %d, %d, %d", c.used.Len(), len(c.byPath), len(c.byAlias), size, size, 2*size)
	}
	if c.find("shop", []string{alias(50, "wa")}, now) != nil {
		t.Error("an old one is still there")
	}
	if c.find("shop", []string{alias(99, "wa"), alias(98, "wa")}, now) != nil {
		t.Error("aliases of two conversations find one")
	}
	if c.find("shop", []string{alias(99, "wa")}, now.Add(trusted+1)) != nil || c.find("shop", []string{alias(99, "wa")}, now.Add(-1)) != nil {
		t.Error("an entry is trusted for too long, or by a clock that went back")
	}
}
