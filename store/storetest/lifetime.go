package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

func testExpiry(t *testing.T, b *bench) {
	r := b.record("value/a", "x")
	r.Expires = start.Add(10 * time.Minute)
	r.Due = start
	b.put(t, r, b.record("value/b", "x"))
	old := b.get(t, "value/a")

	b.clock.move(10*time.Minute - time.Second)
	b.get(t, "value/a")
	b.clock.move(time.Second) // the instant itself is the first without it
	_, err := b.Get(t.Context(), "value/a")
	wantError(t, "getting an expired record", err, store.ErrNotFound)
	wantError(t, "deleting an expired record", b.Delete(t.Context(), "value/a", old.Version), store.ErrNotFound)
	old.Expires = start.Add(hour)
	wantError(t, "changing an expired record", b.Put(t.Context(), old), store.ErrConflict)
	listed, err := b.List(t.Context(), "value/", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "listing", listed, "value/b")

	fresh := b.record("value/a", "second life")
	b.put(t, fresh)
	if got := b.get(t, "value/a"); string(got.Value) != "second life" || !got.Due.IsZero() || got.Version <= old.Version {
		t.Errorf("the key of an expired record holds %+v", got)
	}
	if n, err := b.Sweep(t.Context(), b.clock.now(), 10); err != nil || n != 0 {
		t.Errorf("sweeping removed %d (%v): the index still knows the old expiry", n, err)
	}
	b.get(t, "value/a")

	// Expiry can be moved, and the old one is forgotten.
	later := b.get(t, "value/b")
	later.Expires = start.Add(3 * hour)
	b.put(t, later)
	b.clock.move(2 * hour)
	b.get(t, "value/b")
}

func testSweep(t *testing.T, b *bench) {
	for i := range 10 {
		r := b.record(fmt.Sprintf("value/%d", i), "x")
		r.Expires = start.Add(time.Duration(10-i) * time.Minute)
		r.Due = start
		b.put(t, r)
	}
	b.put(t, b.record("value/stays", "x"))
	if n, err := b.Sweep(t.Context(), start, 100); err != nil || n != 0 {
		t.Fatalf("sweeping before anything expired removed %d (%v)", n, err)
	}
	for _, want := range []int{4, 4, 2, 0} {
		if n, err := b.Sweep(t.Context(), start.Add(10*time.Minute), 4); err != nil || n != want {
			t.Fatalf("sweeping removed %d (%v), want %d", n, err, want)
		}
	}
	leased, err := b.Lease(t.Context(), "", start, hour, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "leasing what was swept", leased)
	listed, err := b.List(t.Context(), "", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "listing after sweeping", listed, "value/stays")
}

func testList(t *testing.T, b *bench) {
	// Byte order: digits, capitals, underscore, small letters; a key is before
	// those it starts.
	keys := []string{"value/1", "value/B", "value/_", "value/a", "value/a/1", "value/ab", "valued", "values/a"}
	shuffled := slices.Clone(keys)
	slices.Reverse(shuffled)
	for _, key := range shuffled {
		b.put(t, b.record(key, key))
	}
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 100, keys},
		{"value/", "", 100, keys[:6]},
		{"value/a", "", 100, keys[3:6]},
		{"value/a", "value/a", 100, keys[4:6]},
		{"value/", "value/B", 2, keys[2:4]},
		{"value/", "value/C", 1, keys[2:3]},
		{"value/", "a", 2, keys[:2]},
		{"value/", "z", 2, nil},
		{"value/", "valued", 2, nil},
		{"none", "", 2, nil},
	} {
		got, err := b.List(t.Context(), test.prefix, test.after, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		wantKeys(t, fmt.Sprintf("listing %q after %q", test.prefix, test.after), got, test.want...)
		for i := range got {
			if string(got[i].Value) != got[i].Key || got[i].Version == 0 {
				t.Errorf("%s came back with value %q at %d", got[i].Key, got[i].Value, got[i].Version)
			}
		}
	}
}

// testListPages walks pages that end by number and by weight.
func testListPages(t *testing.T, b *bench) {
	const n = 2*store.MaxPage + 7
	records := make([]store.Record, n)
	for i := range records {
		records[i] = b.record(fmt.Sprintf("value/%05d", i), "")
	}
	for i := range 3 {
		records[i].Value = make([]byte, store.PageBytes/2)
	}
	for _, part := range [][]store.Record{records[:2], records[2:]} {
		b.put(t, part...)
	}
	after, seen, pages := "", 0, 0
	for {
		page, err := b.List(t.Context(), "value/", after, 2*store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		if len(page) > store.MaxPage {
			t.Fatalf("a page of %d records", len(page))
		}
		for i := range page {
			if page[i].Key != records[seen].Key {
				t.Fatalf("record %d of all is %s", seen, page[i].Key)
			}
			seen++
		}
		if pages++; pages == 1 && len(page) != 2 {
			t.Errorf("the first page has %d records: it does not end by weight", len(page))
		}
		after = page[len(page)-1].Key
	}
	if seen != n {
		t.Errorf("%d records on all pages, want %d", seen, n)
	}
}

func testDeletePrefix(t *testing.T, b *bench) {
	const n = store.MaxPage + 50
	records := make([]store.Record, n)
	for i := range records {
		records[i] = b.record(fmt.Sprintf("value/a/%05d", i), "x")
		records[i].Due = start
	}
	records[0].Expires = start.Add(time.Minute)
	b.put(t, records...)
	b.put(t, b.record("value/a", "x"), b.record("value/ab/1", "x"), b.record("value/b/1", "x"))
	b.clock.move(2 * time.Minute)
	if got, err := b.DeletePrefix(t.Context(), "value/a/"); err != nil || got != n {
		t.Fatalf("deleted %d (%v), want %d, the expired one too", got, err, n)
	}
	if got, err := b.DeletePrefix(t.Context(), "value/a/"); err != nil || got != 0 {
		t.Fatalf("deleting again removed %d (%v)", got, err)
	}
	left, err := b.List(t.Context(), "", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "listing what is left", left, "value/a", "value/ab/1", "value/b/1")
	leased, err := b.Lease(t.Context(), "", start, hour, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "leasing what was deleted", leased)
}

func testDueOrder(t *testing.T, b *bench) {
	for _, r := range []struct {
		key string
		due time.Duration
	}{{"outbox/x/1", -3 * time.Second}, {"outbox/x/2", -5 * time.Second}, {"outbox/y/1", -4 * time.Second}, {"link/1", -6 * time.Second}, {"outbox/x/3", time.Second}, {"outbox/x/4", 0}} {
		record := b.record(r.key, r.key)
		record.Due = start.Add(r.due)
		b.put(t, record)
	}
	b.put(t, b.record("outbox/x/never", "x"))
	for _, test := range []struct {
		prefix string
		limit  int
		want   []string
	}{
		{"outbox/x/", 1, []string{"outbox/x/2"}},
		{"out", 2, []string{"outbox/y/1", "outbox/x/1"}},
		{"outbox/none/", 9, nil},
		{"", 9, []string{"link/1", "outbox/x/4"}},
		{"", 9, nil},
	} {
		got, err := b.Lease(t.Context(), test.prefix, start, hour/2, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		wantKeys(t, fmt.Sprintf("leasing %d of %q", test.limit, test.prefix), got, test.want...)
		for i := range got {
			if string(got[i].Value) != got[i].Key {
				t.Errorf("%s was leased with value %q", got[i].Key, got[i].Value)
			}
		}
	}
}

func testLease(t *testing.T, b *bench) {
	r := b.record("outbox/a", "x")
	r.Due = start
	b.put(t, r)
	before := b.get(t, r.Key)
	lease := func(at time.Duration) []store.Record {
		t.Helper()
		got, err := b.Lease(t.Context(), "outbox/", start.Add(at), time.Minute, 10)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	wantKeys(t, "leasing early", lease(-time.Second))
	first := lease(0)
	wantKeys(t, "leasing", first, "outbox/a")
	if !first[0].Due.Equal(start.Add(time.Minute)) || first[0].Version <= before.Version || !first[0].Expires.Equal(before.Expires) {
		t.Errorf("leased %+v, was %+v", first[0], before)
	}
	if now := b.get(t, r.Key); now.Version != first[0].Version || !now.Due.Equal(first[0].Due) {
		t.Errorf("the record is %+v, the lease says %+v", now, first[0])
	}
	wantError(t, "finishing with what was read before the lease", b.Delete(t.Context(), r.Key, before.Version), store.ErrConflict)
	wantKeys(t, "leasing what is leased", lease(59*time.Second))
	second := lease(time.Minute)
	wantKeys(t, "leasing when the lease is over", second, "outbox/a")
	wantError(t, "finishing after the lease", b.Delete(t.Context(), r.Key, first[0].Version), store.ErrConflict)

	done := second[0]
	done.Due = time.Time{} // nothing to be done any more
	b.put(t, done)
	wantKeys(t, "leasing what is done", lease(30*time.Minute))
}

func testLeaseExpired(t *testing.T, b *bench) {
	r := b.record("outbox/a", "x")
	r.Due, r.Expires = start, start.Add(time.Minute)
	other := b.record("outbox/b", "x")
	other.Due = start.Add(time.Second)
	b.put(t, r, other)
	b.clock.move(time.Minute)
	got, err := b.Lease(t.Context(), "outbox/", b.clock.now(), time.Minute, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "leasing past an expired record", got, "outbox/b")
}

func testLeaseTies(t *testing.T, b *bench) {
	for _, key := range []string{"outbox/c", "outbox/a", "link/b"} {
		r := b.record(key, "x")
		r.Due = start
		b.put(t, r)
	}
	got, err := b.Lease(t.Context(), "", start, time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "leasing what is due at one instant", got, "link/b", "outbox/a")
}
