package capture_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// bench is a store, a key set, a clock and a house that Books share.
type bench struct {
	*bolt.Store
	t        testing.TB
	path     string
	keys     *keys.Set
	persons  *conversation.Book
	vault    *vault.Vault
	log      string // the audit log's path
	audit    *audit.Log
	accounts map[string]capture.Account
	limits   capture.Limits

	mutex  sync.Mutex
	at     time.Time
	events map[string]int
	said   []saying
	mute   error // what Say returns
	unborn error // what Resume returns
}

type saying struct {
	text   string
	button *capture.Button
}

func newBench(t testing.TB) *bench {
	t.Helper()
	folder := t.TempDir()
	b := &bench{
		t: t, path: filepath.Join(folder, "store.db"), log: filepath.Join(folder, "audit.jsonl"), at: start,
		events: map[string]int{}, accounts: map[string]capture.Account{},
	}
	b.accounts["shop"] = capture.Account{Name: "shop", Look: capture.Look{Title: "Example Shop", Color: "#224466"}, Regions: []string{"US"}}
	var err error
	if b.keys, err = keys.Ephemeral(); err != nil {
		t.Fatal(err)
	}
	if b.Store, err = bolt.Open(bolt.Config{Path: b.path, Now: b.now}); err != nil {
		t.Fatal(err)
	}
	if b.audit, err = audit.Open(b.log); err != nil {
		t.Fatal(err)
	}
	b.persons = conversation.NewBook(b.Store, b.keys, b.now)
	b.vault = vault.New(vault.Config{Store: b.Store, Now: b.now})
	t.Cleanup(func() {
		for _, closing := range []func() error{b.vault.Close, b.audit.Close, b.Close} {
			if err := closing(); err != nil {
				t.Error(err)
			}
		}
	})
	return b
}

func (b *bench) now() time.Time {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.at
}

func (b *bench) move(by time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.at = b.at.Add(by)
}

func (b *bench) count(event string) int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.events[event]
}

func (b *bench) config() capture.Config {
	return capture.Config{
		Records: capture.Records{Store: b.Store, Keys: b.keys},
		House: capture.House{
			Conversations: b.persons, Shower: shower{b.vault}, Outbox: outbox{b}, Speaker: speaker{b}, Audit: b.audit,
		},
		Accounts:  func(name string) (capture.Account, bool) { account, ok := b.accounts[name]; return account, ok },
		Limits:    b.limits,
		PublicURL: "https://chat.example.com",
		Now:       b.now,
		Observe: func(_, event string) {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.events[event]++
			if !slices.Contains(capture.Events, event) {
				b.t.Errorf("%q is counted and not listed", event)
			}
		},
	}
}

func (b *bench) book() *capture.Book {
	b.t.Helper()
	book, err := capture.New(b.config())
	if err != nil {
		b.t.Fatal(err)
	}
	return book
}

func (b *bench) person(alias string) *conversation.Conversation {
	b.t.Helper()
	c, err := b.persons.Ensure(b.t.Context(), "shop", []string{alias})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) records(prefix string) []store.Record {
	b.t.Helper()
	records, err := b.List(b.t.Context(), prefix, "", store.MaxPage)
	if err != nil {
		b.t.Fatal(err)
	}
	return records
}

// order asks for kinds in full.
func order(c *conversation.Conversation, kinds ...string) capture.Order {
	o := capture.Order{Account: "shop", Conversation: c, Language: "en", Source: capture.Prompt}
	for _, kind := range kinds {
		o.Fields = append(o.Fields, capture.Field{Kind: kind})
	}
	return o
}

func (b *bench) issue(book *capture.Book, o capture.Order) capture.Issued {
	b.t.Helper()
	issued, err := book.Issue(b.t.Context(), o)
	if err != nil {
		b.t.Fatalf("issuing: %v", err)
	}
	return issued
}

// shower shows tokens.
type shower struct{ vault *vault.Vault }

func (s shower) Show(ctx context.Context, _ string, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	return s.vault.Tokens(ctx, c, values)
}

// outbox seals turns as records of their own, and never sends them.
type outbox struct{ b *bench }

func (o outbox) Resume(_ context.Context, t capture.Turn) (capture.Reservation, error) {
	o.b.mutex.Lock()
	defer o.b.mutex.Unlock()
	if o.b.unborn != nil {
		return nil, o.b.unborn
	}
	o.b.events["reserved"]++
	key := fmt.Sprintf("outbox/%016x", o.b.events["reserved"])
	sealed, err := o.b.keys.Seal([]byte(t.Serial+" "+t.Text), []byte(key))
	return &reservation{o.b, store.Record{Key: key, Value: sealed, Expires: o.b.at.Add(24 * time.Hour)}, 0}, err
}

type reservation struct {
	b       *bench
	record  store.Record
	settled int
}

func (r *reservation) Records() []store.Record { return []store.Record{r.record} }

func (r *reservation) Settle(written bool) {
	r.b.mutex.Lock()
	defer r.b.mutex.Unlock()
	if r.settled++; r.settled > 1 {
		r.b.t.Error("a reservation was settled twice")
	}
	r.b.events[fmt.Sprintf("settled_%v", written)]++
}

// turns are the texts of all turns that wait.
func (b *bench) turns() []string {
	b.t.Helper()
	var texts []string
	for _, record := range b.records("outbox/") {
		plain, err := b.keys.Open(record.Value, []byte(record.Key))
		if err != nil {
			b.t.Fatal(err)
		}
		texts = append(texts, string(plain[27:]))
	}
	return texts
}

type speaker struct{ b *bench }

func (s speaker) Say(_ context.Context, _ string, _ *conversation.Conversation, text string, button *capture.Button) error {
	s.b.mutex.Lock()
	defer s.b.mutex.Unlock()
	if s.b.mute != nil {
		return s.b.mute
	}
	s.b.said = append(s.b.said, saying{text, button})
	return nil
}
