package transcript_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/transcript"
	"github.com/piiproxy/piiproxy/vault"
)

const day = 24 * time.Hour

// house is two storages, an audit log and a clock, for several instances.
type house struct {
	t                     *testing.T
	keys                  *keys.Set
	conversations, values *memory.Store
	log                   *audit.Log
	mutex                 sync.Mutex
	at                    time.Time
	events                []string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, at: time.Now()}
	h.conversations, h.values = memory.Open(new(memory.Storage), h.now), memory.Open(new(memory.Storage), h.now)
	var err error
	if h.keys, err = keys.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	if h.log, err = audit.Open(filepath.Join(t.TempDir(), "audit.jsonl")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.log.Close() })
	return h
}

func (h *house) now() time.Time {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.at
}

func (h *house) move(by time.Duration) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.at = h.at.Add(by)
}

func (h *house) observe(event string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.events = append(h.events, event)
}

// instance is one piiproxy on the house's stores. fault is what its eraser fails
// with.
type instance struct {
	*house
	book  *conversation.Book
	vault *vault.Vault
	ender *transcript.Ender
	fault error
}

// values is the part of an erasure that the vault has.
type values struct {
	vault *vault.Vault
	store store.Store
}

func (values) Name() string { return "values" }

func (values) Count(_ context.Context, subjects []erasure.Subject) ([]int, error) {
	return make([]int, len(subjects)), nil
}

func (v values) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	counts := make([]int, len(subjects))
	for i, s := range subjects {
		for _, c := range s.Conversations {
			if _, err := v.store.DeletePrefix(ctx, transcript.DraftPrefix(c.Path())); err != nil {
				return counts, err
			}
			n, err := v.vault.Erase(ctx, c)
			if counts[i] += n; err != nil {
				return counts, err
			}
		}
	}
	return counts, nil
}

// failing is an eraser that may fail.
type failing struct {
	*instance
	eraser *erasure.Eraser
}

func (f failing) Erase(ctx context.Context, account string, aliases []string, o erasure.Order) (erasure.Report, error) {
	if f.fault != nil {
		return erasure.Report{}, f.fault
	}
	return f.eraser.Erase(ctx, account, aliases, o)
}

func (h *house) instance() *instance {
	h.t.Helper()
	i := &instance{house: h, book: conversation.NewBook(h.conversations, h.keys, h.now)}
	i.vault = vault.New(vault.Config{Store: h.values, Keys: h.keys, Now: h.now, Renew: true})
	h.t.Cleanup(func() { _ = i.vault.Close() })
	eraser := erasure.New(erasure.Config{
		Book: i.book, Records: erasure.Records{Conversations: h.conversations, Values: h.values, Keys: h.keys}, Audit: h.log,
		Parts: []erasure.Part{values{i.vault, h.values}}, Lifetime: 400 * day, Now: h.now, Observe: h.observe,
	})
	i.ender = transcript.New(transcript.Config{
		Book: i.book, Values: i.vault, Eraser: failing{i, eraser}, Store: h.values, Keys: h.keys, Now: h.now, Observe: h.observe,
		Accounts: map[string]transcript.Terms{
			"shop": {After: 10 * day, Keep: 100 * day}, "bare": {After: 10 * day}, "other": {},
		},
	})
	return i
}

func (i *instance) says(account, person, mid, address string, drawn bool) string {
	i.t.Helper()
	c, err := i.book.Ensure(i.t.Context(), account, []string{person})
	if err != nil {
		i.t.Fatal(err)
	}
	value := vault.Value{Kind: "email", Canonical: address, Text: address, Origin: vault.Chat, Message: mid, Terms: vault.Terms{Random: drawn}}
	tokens, err := i.vault.Tokens(i.t.Context(), c, []vault.Value{value})
	if err != nil {
		i.t.Fatal(err)
	}
	return tokens[0]
}

func (i *instance) resolves(account, person, token string) bool {
	c, err := i.book.Find(i.t.Context(), account, []string{person})
	if err != nil {
		return false
	}
	_, err = i.vault.Resolve(i.t.Context(), c, token)
	return err == nil
}

func (i *instance) end() {
	i.t.Helper()
	if err := i.ender.End(i.t.Context()); err != nil {
		i.t.Fatal(err)
	}
}

func (i *instance) list(account string) (all []transcript.Transcript) {
	i.t.Helper()
	page, err := i.ender.List(i.t.Context(), account, "")
	if err != nil || page.Tampered > 0 {
		i.t.Fatalf("%d tampered (%v)", page.Tampered, err)
	}
	for _, signed := range page.Signed {
		made, err := signed.Verify(i.keys.VerifyingKeys())
		if err != nil {
			i.t.Fatal(err)
		}
		all = append(all, made)
	}
	return all
}
