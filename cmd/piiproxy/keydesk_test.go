package main

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
)

// book keeps what would be in the audit log, or fails.
type book struct {
	events []audit.Event
	broken bool
}

func (b *book) Record(e audit.Event) error { return b.RecordDurable(e) }

func (b *book) RecordDurable(e audit.Event) error {
	if b.broken {
		return errors.New("the disk is full")
	}
	b.events = append(b.events, e)
	return nil
}

// keysRig is a folder, a store in memory, and a desk as a command has it.
type keysRig struct {
	*testing.T
	folder keys.Folder
	meta   *memory.Store
	log    *book
	desk   keyDesk
}

func newKeysRig(t *testing.T) *keysRig {
	t.Helper()
	r := &keysRig{T: t, folder: keys.Folder{Path: filepath.Join(t.TempDir(), "keys")}, meta: memory.Open(new(memory.Storage), nil), log: &book{}}
	if err := keys.Init(t.Context(), r.folder); err != nil {
		t.Fatal(err)
	}
	r.desk = keyDesk{set: r.open(), meta: r.meta, stores: []store.Store{r.meta}, audit: r.log}
	return r
}

func (r *keysRig) open() *keys.Set {
	r.Helper()
	set, err := keys.Open(r.Context(), r.folder)
	if err != nil {
		r.Fatal(err)
	}
	return set
}

// serve starts what a running instance says of its keys; it reads the folder only
// when told to.
func (r *keysRig) serve() *rotation.Worker {
	r.Helper()
	worker, err := rotation.Start(r.Context(), rotation.Config{
		Keys: r.open(), Meta: r.meta, Stores: []store.Store{r.meta}, Log: zap.NewNop(), Look: time.Hour, Again: time.Hour,
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = worker.Close() })
	return worker
}

func (r *keysRig) order(action, key string, force bool) (int, error) {
	answer, err := r.desk.Order(r.Context(), console.KeyOrder{Action: action, Key: key, Actor: "cli:anna", Reason: "why", Force: force})
	return answer.Records, err
}

// staged stages a key.
func (r *keysRig) staged() string {
	r.Helper()
	id, err := r.folder.Stage(r.Context(), keys.Sealing)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *keysRig) promote(id string) {
	r.Helper()
	if err := r.folder.Promote(r.Context(), id); err != nil {
		r.Fatal(err)
	}
}

// TestKeysPromoteWaits: a key is not promoted past a running instance that could
// not read what is sealed under it.
func TestKeysPromoteWaits(t *testing.T) {
	r := newKeysRig(t)
	one, two := r.serve(), r.serve()
	id := r.staged()
	one.Refresh(t.Context())
	if _, err := r.order(console.KeysPromote, id, false); !errors.Is(err, errLagging) || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("one lacks it: %v", err)
	}
	list, err := r.desk.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if list.Instances != 2 || list.Keys[1].ID != id || list.Keys[1].State != keys.Staged || list.Keys[1].Lagging != 1 {
		t.Errorf("listed %+v", list)
	}
	two.Refresh(t.Context())
	if _, err := r.order(console.KeysPromote, id, false); err != nil {
		t.Errorf("both have it: %v", err)
	}
	want := []audit.Event{
		{Actor: "cli:anna", Action: console.KeysPromote, Reason: id + ": why", Result: audit.Refused},
		{Actor: "cli:anna", Action: console.KeysPromote, Reason: id + ": why", Result: audit.Done},
	}
	if !reflect.DeepEqual(r.log.events, want) {
		t.Errorf("audited %+v", r.log.events)
	}
}

// TestKeysRetireRefuses: while an instance seals under a key, while records need
// it, and without an audit log; forced, it says how many are lost.
func TestKeysRetireRefuses(t *testing.T) {
	r := newKeysRig(t)
	old := r.desk.set.Primary()
	for _, key := range []string{"outbox/1", "conversation/1"} {
		sealed, err := r.desk.set.Seal([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.meta.Put(t.Context(), store.Record{Key: key, Value: sealed, Expires: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	worker := r.serve()
	id := r.staged()
	worker.Refresh(t.Context())
	r.promote(id)
	if _, err := r.order(console.KeysRetire, old, false); err == nil || !strings.Contains(err.Error(), "still seals with key "+old) {
		t.Errorf("an instance seals with it: %v", err)
	}
	worker.Refresh(t.Context())
	// The command moves what can be moved, and the outbox's waits.
	if _, err := r.order(console.KeysRetire, old, false); err == nil || !strings.Contains(err.Error(), "1 records are sealed under key "+old+" (1 of them wait for the bot") || !strings.Contains(err.Error(), "--force") {
		t.Errorf("records need it: %v", err)
	}
	for _, event := range r.log.events {
		if event.Result != audit.Refused {
			t.Errorf("a refusal is audited as %+v", event)
		}
	}
	r.log.events = nil
	r.log.broken = true
	if _, err := r.order(console.KeysRetire, old, true); err == nil || !strings.Contains(err.Error(), "audit log") {
		t.Errorf("without an audit log: %v", err)
	}
	r.log.broken = false
	if n, err := r.order(console.KeysRetire, old, true); err != nil || n != 1 {
		t.Errorf("forced: %d (%v)", n, err)
	}
	if got := r.log.events[0]; got.Count != 1 || got.Result != audit.Done || got.Reason != old+" (forced): why" {
		t.Errorf("audited %+v", got)
	}
	if err := r.meta.Delete(t.Context(), "outbox/1", 0); err != nil {
		t.Fatal(err)
	}
	if n, err := r.order(console.KeysRetire, old, false); err != nil || n != 0 {
		t.Errorf("delivered: %d (%v)", n, err)
	}
}

// TestKeysReasonTooLong: an order whose reason the audit log cannot keep is not
// blamed on the log.
func TestKeysReasonTooLong(t *testing.T) {
	r := newKeysRig(t)
	_, err := r.desk.Order(t.Context(), console.KeyOrder{Action: console.KeysStage, Key: keys.Sealing, Actor: "cli:ann", Reason: strings.Repeat("x", maxReason+1)})
	if err == nil || !strings.Contains(err.Error(), "longer than 400 bytes") || len(r.log.events) > 0 {
		t.Errorf("%v, %d lines", err, len(r.log.events))
	}
}
