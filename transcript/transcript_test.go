package transcript_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
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
type values struct{ vault *vault.Vault }

func (values) Name() string { return "values" }

func (values) Count(_ context.Context, subjects []erasure.Subject) ([]int, error) {
	return make([]int, len(subjects)), nil
}

func (v values) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	counts := make([]int, len(subjects))
	for i, s := range subjects {
		for _, c := range s.Conversations {
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
		Book: i.book, Stores: erasure.Stores{Conversations: h.conversations, Values: h.values}, Keys: h.keys, Audit: h.log,
		Parts: []erasure.Part{values{i.vault}}, Lifetime: 400 * day, Now: h.now, Observe: h.observe,
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

// TestEnd: a conversation ends some days after its last message, and what remains
// names tokens, times and messages; nothing of it can be revealed.
func TestEnd(t *testing.T) {
	for _, drawn := range []bool{false, true} {
		h := newHouse(t)
		i := h.instance()
		began := h.now()
		gone := []string{i.says("shop", "psid:1", "mid.1", "anna@x.example", drawn), i.says("shop", "psid:1", "mid.2", "bruno@x.example", drawn)}
		bare, other := i.says("bare", "psid:1", "mid.1", "anna@x.example", drawn), i.says("other", "psid:1", "mid.1", "anna@x.example", drawn)
		h.move(9 * day)
		busy := i.says("shop", "psid:2", "mid.3", "anna@x.example", drawn)
		h.move(2*day - time.Second)
		i.end()
		if !i.resolves("shop", "psid:1", gone[0]) || len(i.list("shop")) != 0 {
			t.Fatal("ended too early")
		}
		h.move(time.Second)
		i.end()
		for _, token := range gone {
			if _, err := i.vault.Locate(t.Context(), token); i.resolves("shop", "psid:1", token) || !errors.Is(err, vault.ErrNoToken) {
				t.Errorf("a token goes on resolving (%v)", err)
			}
		}
		if i.resolves("bare", "psid:1", bare) || !i.resolves("other", "psid:1", other) || !i.resolves("shop", "psid:2", busy) {
			t.Error("not those ended that were to end")
		}
		left := i.list("shop")
		if len(left) != 1 || len(i.list("bare"))+len(i.list("other")) != 0 {
			t.Fatalf("%d transcripts", len(left))
		}
		made := left[0]
		if len(made.Lines) != 2 || !made.Ended.Equal(h.now()) || made.Used.Sub(began).Abs() > time.Second {
			t.Errorf("the transcript is %+v", made)
		}
		for _, line := range made.Lines {
			if !slices.Contains(gone, line.Token) || line.Kind != "email" || len(line.Message) != 16 || line.Created.Sub(began).Abs() > time.Second {
				t.Errorf("a line is %+v", line)
			}
		}
		plain, _ := json.Marshal(made)
		for _, canary := range []string{"anna", "bruno", "x.example", "psid", "mid."} {
			if strings.Contains(string(plain), canary) {
				t.Errorf("the transcript tells %q", canary)
			}
		}
		if again := i.says("shop", "psid:1", "mid.1", "anna@x.example", drawn); slices.Contains(gone, again) {
			t.Error("the same value has the same token after the conversation has ended")
		}
		h.move(100 * day)
		if len(i.list("shop")) != 0 {
			t.Error("the transcript outlives its time")
		}
	}
}

// TestEndOnSeveral: instances that end the same conversation at once leave one
// transcript, with all of its tokens.
func TestEndOnSeveral(t *testing.T) {
	h := newHouse(t)
	all := []*instance{h.instance(), h.instance(), h.instance()}
	for n := range 20 {
		all[n%3].says("shop", "psid:1", "mid.1", string(rune('a'+n))+"@x.example", n%2 == 0)
	}
	h.move(12 * day)
	var wait sync.WaitGroup
	for _, i := range all {
		wait.Go(func() {
			if err := i.ender.End(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if left := all[0].list("shop"); len(left) != 1 || len(left[0].Lines) != 20 {
		t.Errorf("%d transcripts", len(left))
	}
}

// TestEndFails: what cannot be ended now is ended later, with what is there then.
func TestEndFails(t *testing.T) {
	h := newHouse(t)
	i := h.instance()
	token := i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
	h.move(12 * day)
	i.fault = erasure.ErrUnaudited
	if err := i.ender.End(t.Context()); !errors.Is(err, erasure.ErrUnaudited) || !i.resolves("shop", "psid:1", token) {
		t.Fatalf("ended without an audit line (%v)", err)
	}
	i.fault = nil
	i.says("shop", "psid:1", "mid.2", "bruno@x.example", false) // they are back
	i.end()
	if !i.resolves("shop", "psid:1", token) {
		t.Error("ended though the person is back")
	}
	h.move(12 * day)
	i.end()
	if left := i.list("shop"); len(left) != 1 || len(left[0].Lines) != 2 || i.resolves("shop", "psid:1", token) {
		t.Errorf("transcripts are %+v", left)
	}
}

// TestTranscriptTampered: altered, moved, and signed by nobody that is known.
func TestTranscriptTampered(t *testing.T) {
	for name, tamper := range map[string]func(h *house, a, b *store.Record){
		"altered": func(_ *house, a, _ *store.Record) { a.Value[50] ^= 1 },
		"swapped": func(_ *house, a, b *store.Record) { a.Value, b.Value = b.Value, a.Value },
		"emptied": func(_ *house, a, _ *store.Record) { a.Value = nil },
	} {
		h := newHouse(t)
		i := h.instance()
		i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
		i.says("shop", "psid:2", "mid.1", "anna@x.example", false)
		h.move(12 * day)
		i.end()
		records, err := h.values.List(t.Context(), "transcript/", "", 10)
		if err != nil || len(records) != 2 {
			t.Fatal(len(records), err)
		}
		tamper(h, &records[0], &records[1])
		if err := h.values.Put(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
		page, err := i.ender.List(t.Context(), "shop", "")
		if err != nil || page.Tampered == 0 || page.Tampered+len(page.Signed) != 2 {
			t.Errorf("%s: %d transcripts, %d tampered (%v)", name, len(page.Signed), page.Tampered, err)
		}
	}
	h := newHouse(t)
	i := h.instance()
	i.says("shop", "psid:1", "mid.1", "anna@x.example", false)
	h.move(12 * day)
	i.end()
	page, err := i.ender.List(t.Context(), "shop", "")
	if err != nil || len(page.Signed) != 1 {
		t.Fatal(err)
	}
	stranger, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	signed := page.Signed[0]
	if _, err := signed.Verify(stranger.VerifyingKeys()); !errors.Is(err, transcript.ErrTampered) {
		t.Errorf("verified under other keys: %v", err)
	}
	signed.Statement = []byte(strings.Replace(string(signed.Statement), "email", "phone", 1))
	if _, err := signed.Verify(h.keys.VerifyingKeys()); !errors.Is(err, transcript.ErrTampered) {
		t.Errorf("an altered statement is verified: %v", err)
	}
}
