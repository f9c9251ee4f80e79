//go:build linux

package postgres_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// TestNoRoom: a put that the server finds no room for is an error and changes
// nothing, what was acknowledged can still be read, and with room again the store
// goes on.
func TestNoRoom(t *testing.T) {
	server := pgtest.Start(t)
	s := openAt(t, server.Database(t))
	record := func(key string) store.Record {
		value := make([]byte, 1<<20)
		_, _ = rand.Read(value) // so that it cannot be compressed
		return store.Record{Key: key, Value: value, Expires: time.Now().Add(time.Hour)}
	}
	if err := server.LimitFiles(24 << 20); err != nil {
		t.Fatal(err)
	}
	acknowledged, failed := 0, 0
	for i := 0; failed < 3 && i < 60; i++ {
		err := s.Put(t.Context(), record(fmt.Sprintf("value/a/%02d", i)), record(fmt.Sprintf("value/b/%02d", i)))
		switch {
		case err == nil:
			acknowledged++
		case errors.Is(err, store.ErrConflict):
			t.Fatal(err)
		default:
			failed++
		}
	}
	if failed != 3 || acknowledged == 0 {
		t.Fatalf("%d puts failed and %d did not", failed, acknowledged)
	}
	wantPairs(t, s, acknowledged)
	if err := server.LimitFiles(0); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), record("value/a/z"), record("value/b/z")); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	wantPairs(t, s, acknowledged+1)
}

// wantPairs counts the records of each half.
func wantPairs(t *testing.T, s store.Store, want int) {
	t.Helper()
	for _, prefix := range []string{"value/a/", "value/b/"} {
		n := 0
		for after := ""; ; {
			page, err := s.List(t.Context(), prefix, after, store.MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			n, after = n+len(page), page[len(page)-1].Key
		}
		if n != want {
			t.Errorf("%d records under %s, want %d", n, prefix, want)
		}
	}
}
