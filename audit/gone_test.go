package audit_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

// TestFileTakenAway: whoever moves or removes the file of a running log, as programs
// that rotate logs do, ends all orders until it is back: their lines would be in a
// file that has no name. Messages go on, and it is told.
func TestFileTakenAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	s, faults := newSigner(t), make(chan string, 100)
	l := openedWith(t, audit.Config{Path: path, Signer: s, Observe: func(fault string) { faults <- fault }})
	if err := l.RecordDurable(reveal); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if l.RecordDurable(reveal) == nil {
		t.Error("recorded durably in a file without its name")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if l.RecordDurable(reveal) == nil {
		t.Error("recorded durably beside another file of that name")
	}
	if err := l.Record(reveal); err != nil {
		t.Errorf("decisions on messages: %v", err)
	}
	select {
	case fault := <-faults:
		if fault != audit.FaultGone {
			t.Errorf("fault %s", fault)
		}
	case <-time.After(30 * time.Second):
		t.Error("nobody is told")
	}
	if err := os.Rename(path+".1", path); err != nil {
		t.Fatal(err)
	}
	if err := l.RecordDurable(reveal); err != nil {
		t.Error(err)
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 {
		t.Errorf("%+v", report)
	}
}
