//go:build unix

package bolt_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// TestDiskFull: a write that finds no room is an error and changes nothing; when
// there is room again, the store goes on, and so does one opened anew.
func TestDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	path := filepath.Join(t.TempDir(), "store.db")
	s := open(t, path)
	record := func(key string) store.Record {
		return store.Record{Key: "value/" + key, Value: make([]byte, 1<<20), Expires: time.Now().Add(time.Hour)}
	}
	if err := s.Put(t.Context(), record("before")); err != nil {
		t.Fatal(err)
	}
	found, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(found.Size()), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, key := range []string{"one", "two", "three"} {
		if s.Put(t.Context(), record(key), record(key+"/second")) != nil {
			failed++
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if failed != 3 {
		t.Fatalf("%d of 3 writes failed on a full disk", failed)
	}
	if err := s.Put(t.Context(), record("after")); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	check := func(s store.Store) {
		t.Helper()
		listed, err := s.List(t.Context(), "", "", 100)
		if err != nil || len(listed) != 2 || listed[0].Key != "value/after" || listed[1].Key != "value/before" {
			t.Errorf("%d records (%v), want those two that were acknowledged", len(listed), err)
		}
	}
	check(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(open(t, path))
}
