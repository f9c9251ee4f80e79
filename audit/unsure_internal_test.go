package audit

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// TestWaitingWhileTheDiskRefuses: whose line waited while the disk refused another's
// is not told that it is kept: the system has said it once, to the other.
func TestWaitingWhileTheDiskRefuses(t *testing.T) {
	l, err := Open(filepath.Join(t.TempDir(), "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.syncing.Lock() // the other writes to disk
	done := make(chan error)
	go func() { done <- l.RecordDurable(Event{Actor: "caller:a", Action: ActionReveal}) }()
	for l.Head().Seq == 0 {
		time.Sleep(time.Millisecond)
	}
	l.unsure.Store(true) // and is refused
	l.syncing.Unlock()
	if err := <-done; !errors.Is(err, errUnsure) {
		t.Errorf("%v, want an order that is not carried out", err)
	}
}
