package vault_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	instances = 3
	callers   = 64 // of each instance
)

// fleet is several vaults, each with a store and a book of its own, on one
// storage.
type fleet struct {
	vaults []*vault.Vault
	chats  []*conversation.Conversation
	store  store.Store
}

func newFleet(t *testing.T, open func() store.Store) *fleet {
	t.Helper()
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{}
	for range instances {
		s := open()
		v := vault.New(vault.Config{Store: s, Keys: set, Renew: true})
		t.Cleanup(func() { _, _ = v.Close(), s.Close() })
		c, err := conversation.NewBook(s, set, nil).Ensure(t.Context(), "shop", []string{"psid:1"})
		if err != nil {
			t.Fatal(err)
		}
		f.vaults, f.chats, f.store = append(f.vaults, v), append(f.chats, c), s
	}
	return f
}

// TestFleetValues: 64 callers on each of three instances bring the same 1,000 values at
// once, each in an order of its own and several in a call. Each value has one
// token everywhere, and every token resolves and is located, though each instance
// was asked for a part only.
func TestFleetValues(t *testing.T) {
	stores := map[string]func(t *testing.T) func() store.Store{
		"memory": func(*testing.T) func() store.Store {
			storage := new(memory.Storage)
			return func() store.Store { return memory.Open(storage, nil) }
		},
		"postgres": onPostgres,
	}
	for name, open := range stores {
		for _, drawn := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/drawn=%v", name, drawn), func(t *testing.T) {
				count, share := 1000, 1
				if testing.Short() {
					count = 100
				}
				if name == "postgres" {
					share = 8 // a round trip for each
				}
				newFleet(t, open(t)).meet(t, drawn, count, share)
			})
		}
	}
}

func onPostgres(t *testing.T) func() store.Store {
	server := pgtest.Start(t)
	url := server.Database(t)
	return func() store.Store {
		s, err := postgres.Open(context.Background(), postgres.Config{URL: url, Table: "records"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// meet has every caller bring the values, or every so many of them.
func (f *fleet) meet(t *testing.T, drawn bool, count, share int) {
	values := make([]vault.Value, count)
	for i := range values {
		values[i] = by(fmt.Sprint("mid.", i), email(fmt.Sprint(i, "@corp.example")))
		values[i].Terms.Random = drawn
	}
	var mutex sync.Mutex
	given := make([]map[string]bool, count)
	var all sync.WaitGroup
	for i := range instances * callers {
		all.Go(func() {
			order := rand.New(rand.NewPCG(1, uint64(i))).Perm(count)[:count/share]
			for len(order) > 0 {
				part := order[:min(len(order), 20)]
				order = order[len(part):]
				asked := make([]vault.Value, len(part))
				for j, n := range part {
					asked[j] = values[n]
				}
				tokens, err := f.vaults[i%instances].Tokens(t.Context(), f.chats[i%instances], asked)
				if err != nil {
					t.Errorf("caller %d: %v", i, err)
					return
				}
				mutex.Lock()
				for j, token := range tokens {
					if given[part[j]] == nil {
						given[part[j]] = map[string]bool{}
					}
					given[part[j]][token] = true
				}
				mutex.Unlock()
			}
		})
	}
	all.Wait()
	f.check(t, values, given)
}

// check looks for every token in every instance, and counts what is kept.
func (f *fleet) check(t *testing.T, values []vault.Value, given []map[string]bool) {
	for i, tokens := range given {
		if len(tokens) != 1 {
			t.Fatalf("value %d has %d tokens", i, len(tokens))
		}
		for token := range tokens {
			n := i % instances
			if got, err := f.vaults[n].Resolve(t.Context(), f.chats[n], token); err != nil || got != plain(values[i]) {
				t.Errorf("value %d does not resolve: %v", i, err)
			}
			if owner, err := f.vaults[n].Locate(t.Context(), token); err != nil || owner.Conversation != f.chats[n].ID {
				t.Errorf("value %d is not located: %v", i, err)
			}
		}
	}
	kept := map[string]int{}
	for after := ""; ; {
		page, err := f.store.List(t.Context(), "", after, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			kept[strings.Split(r.Key, "/")[0]]++
			after = r.Key
		}
	}
	if kept["value"] != len(values) || kept["owner"] != len(values) || kept["index"] != 0 && kept["index"] != len(values) {
		t.Errorf("%v of %d values", kept, len(values))
	}
}

// TestGuesses: a million guessed tokens, about half of them a byte away from real ones,
// find nothing, by themselves or in a conversation.
func TestGuesses(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count = 20_000
	}
	f := newFleet(t, func() store.Store { return memory.Open(new(memory.Storage), nil) })
	v, c := f.vaults[0], f.chats[0]
	var real []string
	for i := range 100 {
		value := email(fmt.Sprint(i, "@corp.example"))
		value.Terms.Random = i%2 == 0
		real = append(real, token(t, v, c, value), token(t, v, c, cvv(fmt.Sprint(i))))
	}
	dice := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	for range count {
		guess := []byte(real[dice.IntN(len(real))])
		at := len(guess) - 26 + dice.IntN(26)
		if old := guess[at]; dice.IntN(2) == 0 {
			for guess[at] == old {
				guess[at] = letters[dice.IntN(32)]
			}
		} else {
			for i := len(guess) - 26; i < len(guess); i++ {
				guess[i] = letters[dice.IntN(32)]
			}
		}
		if _, err := v.Locate(t.Context(), string(guess)); err != vault.ErrNoToken {
			t.Fatalf("a guess was located (%v)", err)
		}
		if _, err := v.Resolve(t.Context(), c, string(guess)); err != vault.ErrNoToken {
			t.Fatalf("a guess resolved (%v)", err)
		}
	}
	for _, token := range real {
		if _, err := v.Locate(t.Context(), token); err != nil {
			t.Fatalf("a real one does not: %v", err)
		}
	}
}
