package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// testLeasePages: a lease ends by number and by weight, and takes the longest due
// first whatever collection it is in; what did not fit is still due.
func testLeasePages(t *testing.T, b *bench) {
	for i := range 4 {
		r := b.record(fmt.Sprintf("outbox/%d", i), "")
		r.Value = make([]byte, store.PageBytes/2)
		r.Due = start.Add(-time.Duration(i) * time.Second)
		b.put(t, r)
	}
	for _, want := range [][]string{{"outbox/3", "outbox/2"}, {"outbox/1", "outbox/0"}, nil} {
		got, err := b.Lease(t.Context(), "outbox/", start, hour/2, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		wantKeys(t, "leasing by weight", got, want...)
	}
	many := make([]store.Record, store.MaxPage+7)
	for i := range many {
		many[i] = b.record(fmt.Sprintf("link/%05d", i), "")
		many[i].Due = start.Add(time.Duration(i) * time.Microsecond)
	}
	b.put(t, many...)
	at := start.Add(time.Second)
	for _, want := range []int{store.MaxPage, 7, 0} {
		got, err := b.Lease(t.Context(), "link/", at, hour/2, 2*store.MaxPage)
		if err != nil || len(got) != want {
			t.Fatalf("leased %d records (%v), want %d", len(got), err, want)
		}
		for i := 1; i < want; i++ {
			if got[i].Key <= got[i-1].Key {
				t.Fatalf("%s was leased after %s, which is due before", got[i-1].Key, got[i].Key)
			}
		}
	}
}

// testLeaseFair: what was handed out and comes due again stands behind what has
// waited longer, so no record keeps the others from their turn.
func testLeaseFair(t *testing.T, b *bench) {
	const n = 5
	for i := range n {
		r := b.record(fmt.Sprintf("outbox/%d", i), "")
		r.Due = start.Add(time.Duration(i) * time.Millisecond)
		b.put(t, r)
	}
	turns := map[string]int{}
	for turn := range 4 * n {
		at := start.Add(time.Duration(turn+1) * time.Second)
		got, err := b.Lease(t.Context(), "outbox/", at, time.Nanosecond*1000, 1)
		if err != nil || len(got) != 1 {
			t.Fatalf("turn %d: leased %d (%v)", turn, len(got), err)
		}
		turns[got[0].Key]++
	}
	for key, times := range turns {
		if times != 4 {
			t.Errorf("%s had %d turns of %d", key, times, 4*n)
		}
	}
}

// testSweepOrder: the longest expired goes first, so that a sweep with a limit
// leaves nothing behind for ever.
func testSweepOrder(t *testing.T, b *bench) {
	for i, key := range []string{"value/c", "value/a", "value/b"} {
		r := b.record(key, "x")
		r.Expires = start.Add(time.Duration(i+1) * time.Minute)
		b.put(t, r)
	}
	if n, err := b.Sweep(t.Context(), start.Add(hour), 1); err != nil || n != 1 {
		t.Fatalf("swept %d (%v)", n, err)
	}
	left, err := b.List(t.Context(), "", "", 10) // the store's clock has not moved
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "what a sweep of one has left", left, "value/a", "value/b")
}

// testKeyEdges: the lowest and the highest byte of a key's grammar.
func testKeyEdges(t *testing.T, b *bench) {
	keys := []string{"!", "!/!", "a/!", "a/~", "a/~/~", "a/~~", "b", "~", "~/~"}
	for _, key := range keys {
		b.put(t, b.record(key, key))
	}
	for prefix, want := range map[string][]string{
		"": keys, "a/": keys[2:6], "a/~": keys[3:6], "a/~~": keys[5:6], "~": keys[7:], "!": keys[:2],
	} {
		got, err := b.List(t.Context(), prefix, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		wantKeys(t, fmt.Sprintf("listing %q", prefix), got, want...)
	}
	if n, err := b.DeletePrefix(t.Context(), "a/~"); err != nil || n != 3 {
		t.Errorf("deleted %d (%v), want 3", n, err)
	}
}

// testVersionsOverExpiry: what takes the key of an expired record has a larger
// version, and who still holds the expired one's cannot write or delete it.
func testVersionsOverExpiry(t *testing.T, b *bench) {
	last := uint64(0)
	for round := range 5 {
		r := b.record("link/a", fmt.Sprint(round))
		b.put(t, r)
		stale := b.get(t, r.Key)
		if stale.Version <= last {
			t.Fatalf("version %d comes after %d", stale.Version, last)
		}
		b.clock.move(2 * hour)
		stale.Expires = b.clock.now().Add(hour)
		wantError(t, "writing what has expired", b.Put(t.Context(), stale), store.ErrConflict)
		b.put(t, b.record(r.Key, "next"))
		wantError(t, "writing over its successor", b.Put(t.Context(), stale), store.ErrConflict)
		wantError(t, "deleting its successor", b.Delete(t.Context(), r.Key, stale.Version), store.ErrConflict)
		last = b.get(t, r.Key).Version
		b.clock.move(2 * hour)
		if round%2 == 0 {
			if _, err := b.Sweep(t.Context(), b.clock.now(), 10); err != nil {
				t.Fatal(err)
			}
		}
	}
}
