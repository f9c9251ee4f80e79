package e2e

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// records counts the keys in the store of a piiproxy that has stopped. It
// knows nothing of what they mean.
func records(t *testing.T, p *rig.Proxy) int {
	t.Helper()
	store, err := bolt.Open(filepath.Join(p.Dir, "data", "piiproxy.db"), 0o600, &bolt.Options{ReadOnly: true, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	defer store.Close()
	keys := 0
	var walk func(*bolt.Bucket) error
	walk = func(bucket *bolt.Bucket) error {
		return bucket.ForEach(func(key, value []byte) error {
			if value == nil {
				return walk(bucket.Bucket(key))
			}
			keys++
			return nil
		})
	}
	err = store.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(_ []byte, bucket *bolt.Bucket) error { return walk(bucket) })
	})
	if err != nil {
		t.Fatalf("reading the store: %v", err)
	}
	return keys
}

// The platform delivers again, for days if it must, and at once: the same
// delivery gives the same tokens and leaves no new records.
func TestRepeatsAddNothing(t *testing.T) {
	d := newDesk(t, nil)
	sent := letters(3, 5)
	for _, l := range sent {
		d.deliver(l.body)
	}
	if code := d.proxy.Stop(t); code != 0 {
		t.Fatalf("stopping: exit code %d", code)
	}
	before := records(t, d.proxy)
	if before == 0 {
		t.Fatal("the store is empty: the test would show nothing")
	}
	d.proxy.Run(t)
	var all sync.WaitGroup
	for _, l := range sent {
		for range 3 {
			all.Go(func() { d.platform.Insist(t.Context(), d.webhook(), mainApp, l.body) })
		}
	}
	all.Wait()
	if code := d.proxy.Stop(t); code != 0 {
		t.Fatalf("stopping: exit code %d", code)
	}
	if after := records(t, d.proxy); after != before {
		t.Errorf("the store had %d records, and after repeats %d", before, after)
	}
	texts := map[string]string{}
	for _, delivery := range d.bot.Deliveries() {
		for _, m := range messages(t, delivery.Body) {
			if first, ok := texts[m.id]; ok && first != m.text {
				t.Errorf("message %s: %q, then %q", m.id, first, m.text)
			}
			texts[m.id] = m.text
		}
	}
	if n := len(d.bot.Deliveries()); n != 4*len(sent) {
		t.Errorf("the bot got %d deliveries, want %d", n, 4*len(sent))
	}
}

// Many new values at once, for the same people: one value is one token.
func TestOneValueOneToken(t *testing.T) {
	d := newDesk(t, nil)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			d.platform.Insist(t.Context(), d.webhook(), mainApp, rig.Page(rig.PageEntry(page, rig.Text(anna, page, fmt.Sprintf("m_one_%d", i), "mine is "+email))))
		})
	}
	all.Wait()
	tokens := map[string]bool{}
	for _, delivery := range d.bot.Deliveries() {
		for _, m := range messages(t, delivery.Body) {
			tokens[emailToken.FindString(m.text)] = true
		}
	}
	if len(tokens) != 1 || tokens[""] {
		t.Errorf("want one token, got %v", tokens)
	}
}
