package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
)

// descriptor finds the open file of this process that is the file at path.
func descriptor(t *testing.T, path string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && target == path {
			var fd int
			if _, err := fmt.Sscan(entry.Name(), &fd); err != nil {
				t.Fatal(err)
			}
			return fd
		}
	}
	t.Fatal("the log is not open")
	return -1
}

// instead puts another open file in the place of the log's while it runs do: root
// may write a file whose mode says that nobody may.
func instead(t *testing.T, path string, other int, do func()) {
	t.Helper()
	fd := descriptor(t, path)
	kept, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(kept)
	if err := syscall.Dup3(other, fd, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Dup3(kept, fd, 0); err != nil {
			t.Error(err)
		}
	}()
	do()
}

// TestReadOnly: a log that has turned read-only takes nothing, and says so; when it
// can be written again the chain goes on.
func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	s := newSigner(t)
	l := openedWith(t, audit.Config{Path: path, Signer: s})
	if err := l.RecordDurable(reveal); err != nil {
		t.Fatal(err)
	}
	aside := filepath.Join(t.TempDir(), "aside")
	if err := os.WriteFile(aside, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(aside)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	instead(t, path, int(file.Fd()), func() {
		if l.Record(reveal) == nil || l.RecordDurable(reveal) == nil {
			t.Error("recorded in a file that cannot be written")
		}
	})
	if err := l.RecordDurable(reveal); err != nil {
		t.Fatal(err)
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || report.Lines != 2 {
		t.Errorf("%+v", report)
	}
}

// TestDiskRefuses: after the disk has refused to keep what it had taken, no order is
// taken until a restart: the system says so only once.
func TestDiskRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path})
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = syscall.Close(pipe[0]), syscall.Close(pipe[1]) }()
	instead(t, path, pipe[1], func() { // takes a line, and cannot be written to disk
		if l.RecordDurable(reveal) == nil {
			t.Error("recorded durably where nothing is durable")
		}
	})
	if l.RecordDurable(reveal) == nil {
		t.Error("recorded durably after the disk had refused")
	}
	if err := l.Record(reveal); err != nil {
		t.Errorf("decisions on messages: %v", err)
	}
}
