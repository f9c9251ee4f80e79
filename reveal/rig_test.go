package reveal_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/reveal"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/vault"
)

// counted counts what is read and what is opened.
type counted struct {
	store.Store
	*keys.Set
	gets, opens atomic.Int64
	down        atomic.Bool
}

var errDown = errors.New("store is down")

// Get implements store.Store.
func (c *counted) Get(ctx context.Context, key string) (store.Record, error) {
	c.gets.Add(1)
	if c.down.Load() {
		return store.Record{}, errDown
	}
	return c.Store.Get(ctx, key)
}

// Open implements the keys' side.
func (c *counted) Open(sealed, ad []byte) ([]byte, error) {
	c.opens.Add(1)
	return c.Set.Open(sealed, ad)
}

// lines is an audit log in memory that can fail; the real one has tests of its own.
type lines struct {
	audit.Nop
	events  []audit.Event
	durable int // how many of them were on disk when it last returned
	broken  bool
}

var errBroken = errors.New("disk is full")

// Record implements reveal.Auditor.
func (l *lines) Record(e audit.Event) error {
	if l.broken {
		return errBroken
	}
	l.events = append(l.events, e)
	return nil
}

// RecordDurable implements reveal.Auditor.
func (l *lines) RecordDurable(e audit.Event) error {
	err := l.Record(e)
	l.durable = len(l.events)
	return err
}

// rig is a desk over a real vault with the values of two accounts.
type rig struct {
	t      testing.TB
	below  *counted
	now    atomic.Int64
	book   *conversation.Book
	vault  *vault.Vault
	audit  *lines
	desk   *reveal.Desk
	anna   *conversation.Conversation // of shop
	ben    *conversation.Conversation // of shop
	far    *conversation.Conversation // of another account
	tokens map[string]string
}

func newRig(t testing.TB, under store.Store) *rig {
	t.Helper()
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, audit: &lines{}, tokens: map[string]string{}}
	r.now.Store(time.Now().UnixNano())
	if under == nil {
		under = memory.Open(&memory.Storage{}, r.clock)
	}
	r.below = &counted{Store: under, Set: set}
	r.book = conversation.NewBook(r.below, r.below, r.clock)
	r.vault = vault.New(vault.Config{Store: r.below, Keys: r.below, Now: r.clock})
	t.Cleanup(func() { _ = r.vault.Close() })
	r.desk = reveal.New(reveal.Config{
		Vault: r.vault, Conversations: r.book, Audit: r.audit, Kinds: func() []string { return []string{"credit_card", "email", "cvv"} },
	})
	r.anna, r.ben, r.far = r.person("shop", "anna"), r.person("shop", "ben"), r.person("other", "carl")
	r.keep("card", r.anna, "credit_card", "4111 1111 1111 1111")
	r.keep("email", r.anna, "email", "anna@example.com")
	r.keep("cvv", r.anna, "cvv", "123")
	r.keep("ben's", r.ben, "credit_card", "5555 5555 5555 4444")
	r.keep("foreign", r.far, "credit_card", "4000 0000 0000 0002")
	return r
}

func (r *rig) clock() time.Time { return time.Unix(0, r.now.Load()) }

func (r *rig) person(account, alias string) *conversation.Conversation {
	r.t.Helper()
	c, err := r.book.Ensure(context.Background(), account, []string{alias})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) keep(name string, c *conversation.Conversation, kind, text string) {
	r.t.Helper()
	tokens, err := r.vault.Tokens(context.Background(), c, []vault.Value{{Kind: kind, Canonical: strings.ReplaceAll(text, " ", ""), Text: text, Origin: vault.Chat}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.tokens[name] = tokens[0]
}

// shop may have everything of one account.
var shop = reveal.Asker{Actor: "caller:shop", Source: "127.0.0.1", Accounts: []string{"shop"}, AllKinds: true}

func (r *rig) values(asker reveal.Asker, tokens ...string) []reveal.Answer {
	r.t.Helper()
	answers, err := r.desk.Values(context.Background(), asker, reveal.Order{Action: "reveal", Purpose: "test", Tokens: tokens})
	if err != nil {
		r.t.Fatal(err)
	}
	return answers
}

// unknown is a well-formed token that nobody has.
func unknown(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	id := []byte(strings.Repeat("q", 26))
	for i := 25; n > 0; i-- {
		id[i], n = letters[n%32], n/32
	}
	return "pii_creditcard_" + string(id)
}
