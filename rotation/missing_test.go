package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
)

// TestMissingKey: a folder without the key that a conversation needs is told at
// the start, by the daily count, and when the conversation is read; each names the
// key.
func TestMissingKey(t *testing.T) {
	r := newRig(t)
	before := r.start(t)
	if _, err := token(t.Context(), before, 1, 1); err != nil {
		t.Fatal(err)
	}
	old := before.set.Primary()
	id, err := r.folder.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	if err := before.worker.Close(); err != nil { // or it would move the record
		t.Fatal(err)
	}
	if err := r.folder.Promote(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	ring, err := os.ReadFile(filepath.Join(r.folder.Path, "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.folder.Retire(t.Context(), old, true); err != nil {
		t.Fatal(err)
	}
	if err := rotation.Probe(t.Context(), r.open(t), r.conversations); err != nil {
		t.Errorf("records that an operator gave up keep serve from starting: %v", err)
	}
	if err := os.WriteFile(filepath.Join(r.folder.Path, "ring.json"), ring, 0o600); err != nil {
		t.Fatal(err)
	}
	err = rotation.Probe(t.Context(), r.open(t), r.conversations)
	if !errors.Is(err, keys.ErrSealed) || !strings.Contains(err.Error(), "sealed under key "+old) {
		t.Errorf("at the start: %v", err)
	}
	after := r.start(t)
	alarmed := func() (lines []string) {
		for _, line := range after.log.FilterLevelExact(zap.ErrorLevel).All() {
			lines = append(lines, fmt.Sprint(line.ContextMap()["event"], " ", line.ContextMap()["key"]))
		}
		return lines
	}
	r.await(t, "the count alarms", func() bool { return slices.Contains(alarmed(), "key_missing "+old) })
	alarms := len(alarmed())
	_, err = token(t.Context(), after, 1, 1)
	if !errors.Is(err, conversation.ErrTampered) || !strings.Contains(err.Error(), old) {
		t.Errorf("when it is read: %v", err)
	}
	if len(alarmed()) == alarms {
		t.Error("reading does not alarm")
	}
}

// TestReloadKeepsWhatWorks: a folder that cannot be read leaves the keys in use,
// and says so.
func TestReloadKeepsWhatWorks(t *testing.T) {
	r := newRig(t)
	i := r.start(t)
	before := i.set.Primary()
	path := filepath.Join(r.folder.Path, "aead.json")
	other := keys.Folder{Path: filepath.Join(t.TempDir(), "other")}
	if err := keys.Init(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	failures := func() int { return i.log.FilterField(zap.String("event", "keys_reload_failed")).Len() }
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.await(t, "the damaged folder is alarmed", func() bool { return failures() == 1 })
	for _, name := range []string{"kek", "aead.json", "prf.json", "sign.json"} {
		content, err := os.ReadFile(filepath.Join(other.Path, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.folder.Path, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.await(t, "another installation's folder is alarmed", func() bool { return failures() >= 2 })
	if _, err := token(t.Context(), i, 1, 1); err != nil || i.set.Primary() != before {
		t.Errorf("the keys in use are gone: %v", err)
	}
}

// away is a key-encrypting key whose source does not answer for a while.
type away struct {
	keys.KEK
	gone atomic.Bool
}

func (a *away) DecryptWithContext(ctx context.Context, sealed, ad []byte) ([]byte, error) {
	if a.gone.Load() {
		return nil, errors.New("the engine does not answer")
	}
	return a.KEK.DecryptWithContext(ctx, sealed, ad)
}

// TestReloadAfterFault: where the KEK's source was away while a key was staged, the
// instance takes the key up when it is back, though the folder has not changed since.
func TestReloadAfterFault(t *testing.T) {
	r := newRig(t)
	kek := &away{KEK: keys.FileKEK(filepath.Join(r.folder.Path, "kek"))}
	r.folder.KEK = kek
	i := r.start(t)
	kek.gone.Store(true)
	id, err := keys.Folder{Path: r.folder.Path}.Stage(t.Context(), keys.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	failures := func() int { return i.log.FilterField(zap.String("event", "keys_reload_failed")).Len() }
	r.await(t, "the fault is alarmed", func() bool { return failures() == 1 })
	kek.gone.Store(false)
	r.await(t, "the instance has the new key", func() bool { return i.set.Has(id) })
}
