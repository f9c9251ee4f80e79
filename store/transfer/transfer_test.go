//go:build linux

package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/store/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backends are all that can be copied from and to.
func backends(t *testing.T) map[string]func() transfer.Store {
	t.Helper()
	server := pgtest.Start(t)
	url := server.Database(t)
	n := 0
	closing := func(s transfer.Store, err error) transfer.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	return map[string]func() transfer.Store{
		"memory": func() transfer.Store { return memory.Open(&memory.Storage{}, nil) },
		"bolt": func() transfer.Store {
			s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "store.db")})
			return closing(s, err)
		},
		"postgres": func() transfer.Store {
			n++
			s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: fmt.Sprintf("records%d", n)})
			return closing(s, err)
		},
	}
}

// records is how many the source of a test has: some pages.
const records = 2*store.MaxPage + 345

func fill(t *testing.T, s store.Store) {
	t.Helper()
	now := time.Now()
	var all []store.Record
	for i := range records {
		r := store.Record{Key: fmt.Sprintf("value/%05d", i), Value: []byte(fmt.Sprintf("sealed %d", i)), Expires: now.Add(time.Hour + time.Duration(i)*time.Microsecond)}
		if i%3 == 0 {
			r.Due = now.Add(time.Duration(i) * time.Microsecond)
		}
		all = append(all, r)
	}
	all[7].Expires = now.Add(-time.Hour) // expired, and not yet swept
	if err := s.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
}

func copied(t *testing.T, from, to transfer.Store) {
	t.Helper()
	done, err := transfer.Copy(t.Context(), from, to, nil)
	if err != nil || done.Records != records-1 {
		t.Fatalf("copied %d records (%v), want %d", done.Records, err, records-1)
	}
	count, hash, err := transfer.Verify(t.Context(), from, to, time.Now())
	if err != nil || count != done || len(hash) != 64 {
		t.Fatalf("the copy holds %v, %s (%v), want %v", count, hash, err, done)
	}
}

// TestCopy copies from each kind of store to each.
func TestCopy(t *testing.T) {
	kinds := backends(t)
	for from, source := range kinds {
		for to, target := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				a, b := source(), target()
				fill(t, a)
				old, err := a.Get(t.Context(), "value/00003")
				if err != nil {
					t.Fatal(err)
				}
				// A record that is gone had the highest version of all.
				if err := a.Put(t.Context(), store.Record{Key: "value/gone", Expires: time.Now().Add(time.Hour)}); err != nil {
					t.Fatal(err)
				}
				gone, err := a.Get(t.Context(), "value/gone")
				if err != nil {
					t.Fatal(err)
				}
				if err := a.Delete(t.Context(), "value/gone", 0); err != nil {
					t.Fatal(err)
				}
				copied(t, a, b)

				now, err := b.Get(t.Context(), "value/00003")
				if err != nil || string(now.Value) != "sealed 3" || !now.Due.Equal(old.Due.Truncate(time.Microsecond)) && !now.Due.Equal(old.Due) {
					t.Errorf("the copy is %+v (%v), was %+v", now, err, old)
				}
				if now.Version <= gone.Version {
					t.Errorf("version %d after %d: versions go back", now.Version, gone.Version)
				}
				if err := b.Put(t.Context(), old); !errors.Is(err, store.ErrConflict) {
					t.Errorf("a writer from before the copy: %v", err)
				}
			})
		}
	}
}

// broken is a target that fails after some writes, as one that is killed.
type broken struct {
	transfer.Store
	left int
}

var errKilled = errors.New("killed")

func (b *broken) Put(ctx context.Context, records ...store.Record) error {
	if b.left--; b.left < 0 {
		return errKilled
	}
	return b.Store.Put(ctx, records...)
}

// TestCopyGoesOn: a copy that ended in the middle is started again, after the
// source has changed: what was written is not written again, and what was changed,
// made or removed since is too.
func TestCopyGoesOn(t *testing.T) {
	a, b := memory.Open(&memory.Storage{}, nil), memory.Open(&memory.Storage{}, nil)
	fill(t, a)
	if _, err := transfer.Copy(t.Context(), a, &broken{b, 2}, nil); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if _, _, err := transfer.Verify(t.Context(), a, b, time.Now()); !errors.Is(err, transfer.ErrDiffers) {
		t.Fatalf("half a copy: %v", err)
	}
	first, err := b.Get(t.Context(), "value/00000")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Delete(t.Context(), "value/00001", 0); err != nil {
		t.Fatal(err)
	}
	changed, err := a.Get(t.Context(), "value/00002")
	if err != nil {
		t.Fatal(err)
	}
	changed.Value = []byte("changed")
	added := store.Record{Key: "value/00003/", Expires: time.Now().Add(time.Hour)}
	if err := a.Put(t.Context(), changed, added); err != nil {
		t.Fatal(err)
	}
	copied(t, a, b)
	again, err := b.Get(t.Context(), "value/00000")
	if err != nil || again.Version != first.Version {
		t.Errorf("what was copied was copied again: version %d after %d (%v)", again.Version, first.Version, err)
	}
}

// TestVerifyFinds every kind of difference.
func TestVerifyFinds(t *testing.T) {
	later := time.Now().Add(time.Hour)
	for name, change := range map[string]store.Record{
		"value":  {Key: "value/00100", Value: []byte("other"), Expires: later},
		"extra":  {Key: "value/x", Expires: later},
		"expiry": {Key: "value/00100", Value: []byte("sealed 100"), Expires: later.Add(time.Hour)},
		"due":    {Key: "value/00100", Value: []byte("sealed 100"), Expires: later, Due: later},
		"gone":   {Key: "value/00100"},
	} {
		a, b := memory.Open(&memory.Storage{}, nil), memory.Open(&memory.Storage{}, nil)
		fill(t, a)
		copied(t, a, b)
		if change.Key == "value/00100" {
			if err := b.Delete(t.Context(), change.Key, 0); err != nil {
				t.Fatal(err)
			}
		}
		if !change.Expires.IsZero() {
			if err := b.Put(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		for _, pair := range [][2]store.Store{{a, b}, {b, a}} {
			if _, _, err := transfer.Verify(t.Context(), pair[0], pair[1], time.Now()); !errors.Is(err, transfer.ErrDiffers) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
