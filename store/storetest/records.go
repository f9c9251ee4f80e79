package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

func testGet(t *testing.T, b *bench) {
	_, err := b.Get(t.Context(), "value/none")
	wantError(t, "getting what was never put", err, store.ErrNotFound)
	for name, value := range map[string]string{"text": "sealed", "empty": "", "zero": "\x00\xff\x00", "large": strings.Repeat("\x01", 1<<20)} {
		b.put(t, b.record("value/"+name, value))
		if got := b.get(t, "value/"+name); string(got.Value) != value || got.Key != "value/"+name {
			t.Errorf("%s: %d bytes under %s came back, want %d", name, len(got.Value), got.Key, len(value))
		}
	}
	r := b.record("value/times", "x")
	r.Expires = start.Add(hour + 123456*time.Microsecond)
	r.Due = start.Add(-hour + 654321*time.Microsecond)
	b.put(t, r)
	got := b.get(t, r.Key)
	if !got.Expires.Equal(r.Expires) || !got.Due.Equal(r.Due) {
		t.Errorf("times came back as %v and %v, want %v and %v", got.Expires, got.Due, r.Expires, r.Due)
	}
	if got.Expires.Location() != time.UTC {
		t.Errorf("times come back in %v, want UTC", got.Expires.Location())
	}
	if due := b.get(t, "value/text").Due; !due.IsZero() {
		t.Errorf("a record without a due time came back with %v", due)
	}
}

func testVersions(t *testing.T, b *bench) {
	r := b.record("value/a", "one")
	b.put(t, r)
	first := b.get(t, r.Key)
	if first.Version == 0 {
		t.Fatal("a record that was put has version 0")
	}
	wantError(t, "creating twice", b.Put(t.Context(), r), store.ErrConflict)

	r.Value, r.Version = []byte("two"), first.Version
	b.put(t, r)
	second := b.get(t, r.Key)
	if second.Version <= first.Version || string(second.Value) != "two" {
		t.Fatalf("after the second put: version %d after %d, value %q", second.Version, first.Version, second.Value)
	}
	wantError(t, "putting at an old version", b.Put(t.Context(), r), store.ErrConflict)
	r.Version = second.Version + 1
	wantError(t, "putting at a version to come", b.Put(t.Context(), r), store.ErrConflict)
	r.Key = "value/none"
	wantError(t, "changing what is not there", b.Put(t.Context(), r), store.ErrConflict)
	if got := b.get(t, "value/a"); string(got.Value) != "two" || got.Version != second.Version {
		t.Errorf("conflicts changed the record to %q at %d", got.Value, got.Version)
	}
}

// testVersionsNeverRepeat is what keeps an erased record erased: a writer that
// read it before must not be able to write it back over its successor.
func testVersionsNeverRepeat(t *testing.T, b *bench) {
	seen := map[uint64]bool{}
	for round := range 5 {
		r := b.record("conversation/a", fmt.Sprint(round))
		b.put(t, r)
		stale := b.get(t, r.Key)
		if seen[stale.Version] {
			t.Fatalf("round %d: version %d came before", round, stale.Version)
		}
		seen[stale.Version] = true
		if err := b.Delete(t.Context(), r.Key, stale.Version); err != nil {
			t.Fatal(err)
		}
		wantError(t, "changing an erased record", b.Put(t.Context(), stale), store.ErrConflict)
		b.put(t, r)
		wantError(t, "changing its successor", b.Put(t.Context(), stale), store.ErrConflict)
		wantError(t, "deleting its successor", b.Delete(t.Context(), r.Key, stale.Version), store.ErrConflict)
		next := b.get(t, r.Key)
		if seen[next.Version] {
			t.Fatalf("round %d: version %d came before", round, next.Version)
		}
		seen[next.Version] = true
		if err := b.Delete(t.Context(), r.Key, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func testAllOrNone(t *testing.T, b *bench) {
	b.put(t)
	b.put(t, b.record("value/b", "old"))
	err := b.Put(t.Context(), b.record("value/a", "new"), b.record("value/b", "new"), b.record("value/c", "new"))
	wantError(t, "putting three, one of them there", err, store.ErrConflict)
	for _, key := range []string{"value/a", "value/c"} {
		_, err := b.Get(t.Context(), key)
		wantError(t, "getting "+key, err, store.ErrNotFound)
	}
	if got := b.get(t, "value/b"); string(got.Value) != "old" {
		t.Errorf("the conflicting record is %q now", got.Value)
	}
	changed := b.get(t, "value/b")
	changed.Value = []byte("new")
	b.put(t, b.record("value/a", "new"), changed, b.record("value/c", "new"))
	for _, key := range []string{"value/a", "value/b", "value/c"} {
		if got := b.get(t, key); string(got.Value) != "new" {
			t.Errorf("%s is %q", key, got.Value)
		}
	}
}

func testDelete(t *testing.T, b *bench) {
	wantError(t, "deleting nothing", b.Delete(t.Context(), "value/a", 0), store.ErrNotFound)
	wantError(t, "deleting nothing at a version", b.Delete(t.Context(), "value/a", 7), store.ErrNotFound)
	b.put(t, b.record("value/a", "x"))
	r := b.get(t, "value/a")
	wantError(t, "deleting at another version", b.Delete(t.Context(), r.Key, r.Version+1), store.ErrConflict)
	if err := b.Delete(t.Context(), r.Key, r.Version); err != nil {
		t.Fatal(err)
	}
	_, err := b.Get(t.Context(), r.Key)
	wantError(t, "getting what was deleted", err, store.ErrNotFound)
	b.put(t, b.record("value/a", "again"))
	if err := b.Delete(t.Context(), r.Key, 0); err != nil {
		t.Fatalf("deleting at any version: %v", err)
	}
}

func testBounds(t *testing.T, b *bench) {
	good := b.record("value/a", "x")
	many := make([]store.Record, store.MaxRecords+1)
	for i := range many {
		many[i] = b.record(fmt.Sprintf("value/%d", i), "")
	}
	heavy := make([]store.Record, store.MaxPut/store.MaxValue+1)
	shared := make([]byte, store.MaxValue)
	for i := range heavy {
		heavy[i] = store.Record{Key: fmt.Sprintf("value/%d", i), Value: shared, Expires: good.Expires}
	}
	with := func(change func(*store.Record)) []store.Record {
		r := good
		change(&r)
		return []store.Record{r}
	}
	for _, test := range []struct {
		name    string
		records []store.Record
		want    error
	}{
		{"no key", with(func(r *store.Record) { r.Key = "" }), store.ErrInvalid},
		{"long key", with(func(r *store.Record) { r.Key = strings.Repeat("k", store.MaxKey+1) }), store.ErrInvalid},
		{"space in key", with(func(r *store.Record) { r.Key = "a b" }), store.ErrInvalid},
		{"zero in key", with(func(r *store.Record) { r.Key = "a\x00b" }), store.ErrInvalid},
		{"letter outside ASCII", with(func(r *store.Record) { r.Key = "é" }), store.ErrInvalid},
		{"no expiry", with(func(r *store.Record) { r.Expires = time.Time{} }), store.ErrInvalid},
		{"expiry out of range", with(func(r *store.Record) { r.Expires = start.AddDate(400, 0, 0) }), store.ErrInvalid},
		{"due out of range", with(func(r *store.Record) { r.Due = start.AddDate(-400, 0, 0) }), store.ErrInvalid},
		{"large value", with(func(r *store.Record) { r.Value = make([]byte, store.MaxValue+1) }), store.ErrTooLarge},
		{"one key twice", []store.Record{good, good}, store.ErrInvalid},
		{"too many", many, store.ErrTooLarge},
		{"too heavy", heavy, store.ErrTooLarge},
	} {
		wantError(t, test.name, b.Put(t.Context(), test.records...), test.want)
	}
	if left, err := b.List(t.Context(), "", "", 10); err != nil || len(left) != 0 {
		t.Fatalf("refused puts left %d records (%v)", len(left), err)
	}
	longest := good
	longest.Key, longest.Value = strings.Repeat("k", store.MaxKey), shared
	b.put(t, longest)
	b.put(t, many[:store.MaxRecords]...)

	_, err := b.Get(t.Context(), "")
	wantError(t, "getting no key", err, store.ErrInvalid)
	_, err = b.List(t.Context(), "", "", 0)
	wantError(t, "listing none", err, store.ErrInvalid)
	_, err = b.List(t.Context(), "ä", "", 1)
	wantError(t, "listing a wrong prefix", err, store.ErrInvalid)
	_, err = b.Lease(t.Context(), "", start, hour, 0)
	wantError(t, "leasing none", err, store.ErrInvalid)
	_, err = b.Lease(t.Context(), "", start, 0, 1)
	wantError(t, "leasing for no time", err, store.ErrInvalid)
	_, err = b.Sweep(t.Context(), start, 0)
	wantError(t, "sweeping none", err, store.ErrInvalid)
	_, err = b.DeletePrefix(t.Context(), "")
	wantError(t, "deleting everything", err, store.ErrInvalid)
}

// testOwnBytes: neither side sees what the other does to its slices.
func testOwnBytes(t *testing.T, b *bench) {
	r := b.record("value/a", "sealed")
	b.put(t, r)
	copy(r.Value, "XXXXXX")
	got := b.get(t, r.Key)
	copy(got.Value, "YYYYYY")
	listed, err := b.List(t.Context(), "value/", "", 1)
	if err != nil || len(listed) != 1 || !bytes.Equal(listed[0].Value, []byte("sealed")) {
		t.Errorf("listing shows other bytes than were put (%v)", err)
	}
}

func testContext(t *testing.T, b *bench) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r := b.record("value/a", "x")
	wantError(t, "putting", b.Put(ended, r), context.Canceled)
	_, err := b.Get(ended, r.Key)
	wantError(t, "getting", err, context.Canceled)
	wantError(t, "deleting", b.Delete(ended, r.Key, 0), context.Canceled)
	_, err = b.List(ended, "", "", 1)
	wantError(t, "listing", err, context.Canceled)
	_, err = b.Lease(ended, "", start, hour, 1)
	wantError(t, "leasing", err, context.Canceled)
	_, err = b.Get(t.Context(), r.Key)
	wantError(t, "getting what was put under an ended context", err, store.ErrNotFound)
}

func testReopen(t *testing.T, b *bench) {
	gone := b.record("value/gone", "x")
	due := b.record("outbox/a", "x")
	due.Due = start
	b.put(t, b.record("value/a", "sealed"), gone, due)
	before := b.get(t, "value/a")
	if err := b.Delete(t.Context(), gone.Key, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.Store = b.reopen(t)
	after := b.get(t, "value/a")
	if string(after.Value) != "sealed" || after.Version != before.Version || !after.Expires.Equal(before.Expires) {
		t.Errorf("after opening again: %+v, want %+v", after, before)
	}
	_, err := b.Get(t.Context(), gone.Key)
	wantError(t, "getting what was deleted", err, store.ErrNotFound)
	b.put(t, gone)
	if again := b.get(t, gone.Key); again.Version <= before.Version {
		t.Errorf("versions start again after opening: %d after %d", again.Version, before.Version)
	}
	leased, err := b.Lease(t.Context(), "outbox/", start, hour, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, "leasing after opening again", leased, "outbox/a")
}

func testClosed(t *testing.T, b *bench) {
	b.put(t, b.record("value/a", "x"))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	_, err := b.Get(t.Context(), "value/a")
	wantError(t, "getting", err, store.ErrClosed)
	wantError(t, "putting", b.Put(t.Context(), b.record("value/b", "x")), store.ErrClosed)
	wantError(t, "deleting", b.Delete(t.Context(), "value/a", 0), store.ErrClosed)
	_, err = b.List(t.Context(), "", "", 1)
	wantError(t, "listing", err, store.ErrClosed)
	_, err = b.Lease(t.Context(), "", start, hour, 1)
	wantError(t, "leasing", err, store.ErrClosed)
	_, err = b.Sweep(t.Context(), start, 1)
	wantError(t, "sweeping", err, store.ErrClosed)
}
