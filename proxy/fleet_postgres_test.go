package proxy_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/vault"
)

// newFleetOn starts n proxies on a database of a PostgreSQL server.
func newFleetOn(t *testing.T, server *pgtest.Server, n int, change ...func(*plan)) *fleet {
	t.Helper()
	f := &fleet{t: t}
	url := server.Database(t)
	tables := map[string]string{"values.db": "piiproxy_values", "conversations.db": "piiproxy_conversations"}
	f.open = func(name string) store.Store {
		opened, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: tables[name], Now: f.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	f.start(n, change...)
	return f
}

// TestFleetOnPostgres: what holds on a store in memory holds on the real one.
func TestFleetOnPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	t.Run("order", func(t *testing.T) { keepsOrder(t, newFleetOn(t, server, 3, spooling)) })
	t.Run("behind the outbox", func(t *testing.T) { directBehindOutbox(t, newFleetOn(t, server, 2, long)) })
	t.Run("joins", func(t *testing.T) { joins(t, newFleetOn(t, server, 3, long)) })
	t.Run("adopts", func(t *testing.T) { adopts(t, newFleetOn(t, server, 2, spooling)) })
	t.Run("absorbs", func(t *testing.T) { absorbsItsOwnWords(t, newFleetOn(t, server, 2, telling)) })
	t.Run("third time", func(t *testing.T) { setsAsideTheThirdTime(t, newFleetOn(t, server, 3)) })
	t.Run("forms", func(t *testing.T) { formFromStepToStep(t, newFleetOn(t, server, 4)) })
	t.Run("one token a value", func(t *testing.T) { oneTokenEach(t, newFleetOn(t, server, 3)) })
}

// TestFleetOneTokenEach is the same race on the store in memory.
func TestFleetOneTokenEach(t *testing.T) {
	t.Parallel()
	oneTokenEach(t, newFleet(t, 3))
}

// oneTokenEach lets 64 writers on each of three instances keep values that are new
// to all, at once: each value has one token, and it is known everywhere.
func oneTokenEach(t *testing.T, f *fleet) {
	const writers, values, each, together = 64, 1000, 200, 25
	addresses := make([]vault.Value, values)
	for i := range addresses {
		address := fmt.Sprintf("walker%04d@corp%d.example", i, i%17)
		addresses[i] = vault.Value{Kind: "email", Canonical: address, Text: address, Origin: vault.Form}
	}
	var mu sync.Mutex
	tokens := map[string]string{} // of an address
	keep := func(r *rig, engine *redact.Engine, from int) error {
		c, err := r.book.Ensure(t.Context(), "shop", []string{"psid:" + anna})
		if err != nil {
			return err
		}
		account, _ := r.tenants.Account("shop")
		texts, err := engine.Show(t.Context(), account.Policy, c, addresses[from:from+together])
		mu.Lock()
		defer mu.Unlock()
		for i, token := range texts {
			address := addresses[from+i].Canonical
			if before := tokens[address]; before != "" && before != token {
				t.Errorf("%s and %s stand for one value", before, token)
			}
			tokens[address] = token
		}
		return err
	}
	var all sync.WaitGroup
	for _, r := range f.all {
		engine := redact.New(r.book, r.vault, r.plan.limits.Payload)
		for writer := range writers {
			all.Go(func() {
				for n := range each / together {
					from := (writer*7 + n) * together % values // everybody some, each by many
					if err := keep(r, engine, from); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	seen := map[string]bool{}
	for _, token := range tokens { // the bot sees look-alikes of what came by a form
		if seen[token] || !strings.HasSuffix(token, "@example.com") {
			t.Fatalf("%q stands for a value", token)
		}
		seen[token] = true
	}
	for from := 0; from < values; from += together {
		var before []string
		for _, r := range f.all {
			c, err := r.book.Find(t.Context(), "shop", []string{"psid:" + anna})
			r.must(err)
			got, err := r.vault.Tokens(t.Context(), c, addresses[from:from+together])
			if err != nil || before != nil && !slices.Equal(got, before) {
				t.Fatalf("instances have other tokens: %v", err)
			}
			before = got
			if value, err := r.value("shop", "psid:"+anna, got[0]); err != nil || value.Canonical != addresses[from].Canonical {
				t.Fatalf("a token does not lead to its value: %v", err)
			}
		}
	}
	if len(tokens) != values {
		t.Errorf("%d values have a token, of %d", len(tokens), values)
	}
}
