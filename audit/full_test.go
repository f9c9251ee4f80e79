//go:build unix

package audit_test

import (
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDiskFull: a line that does not fit is an error, so that what it was for
// does not happen; when there is room again, the chain goes on, whole.
func TestDiskFull(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := opened(t, path)
	if err := l.Record(reveal); err != nil {
		t.Fatal(err)
	}
	room := len(read(t, path)) + 100 // for a part of the next line
	limit(t, uint64(room), func() {
		for range 3 {
			if err := l.Record(reveal); err == nil {
				t.Error("recorded on a full disk")
			}
			if err := l.RecordDurable(reveal); err == nil {
				t.Error("recorded durably on a full disk")
			}
		}
	})
	if got := len(read(t, path)); got != room {
		t.Errorf("%d bytes, want a torn line up to %d: this test does not fill the disk", got, room)
	}
	if err := l.Record(reveal); err != nil {
		t.Fatal(err)
	}
	wantIntact(t, path, 2)
}

// limit bounds the size of files while it runs do: past it, writes fail as they
// do on a full disk.
func limit(t *testing.T, size uint64, do func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()
	do()
}
