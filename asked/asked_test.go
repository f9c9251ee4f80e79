package asked_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/asked"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// Counts are exact over many goroutines, two books and a restart; the store shows
// neither accounts nor kinds.
func TestCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	one, two := asked.New(s, set, time.Now), asked.New(s, set, time.Now)
	var all sync.WaitGroup
	for range 50 {
		for _, b := range []*asked.Book{one, two} {
			all.Go(func() {
				b.Note("canaryshop", "canary_kind", asked.Counts{Asked: 1, Swapped: 1})
				if err := b.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	one.Note("canaryshop", "canary_kind", asked.Counts{Filled: 2})
	if got, err := one.Of(t.Context(), "canaryshop"); err != nil || got["canary_kind"] != (asked.Counts{Asked: 100, Swapped: 100, Filled: 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, b := range []*asked.Book{one, two} {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	three := asked.New(s, set, time.Now)
	if got, err := three.Of(t.Context(), "canaryshop"); err != nil || got["canary_kind"].Filled != 2 {
		t.Errorf("after a restart %+v, %v", got, err)
	}
	if got, err := three.Of(t.Context(), "other"); err != nil || len(got) != 0 {
		t.Errorf("another account: %+v, %v", got, err)
	}
	if err := three.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(path); err != nil || bytes.Contains(content, []byte("canary")) {
		t.Error("the store shows an account or a kind")
	}
}
