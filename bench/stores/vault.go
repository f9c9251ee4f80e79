//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	// people and valuesEach are what the vault of the bench knows.
	people     = 200
	valuesEach = 25
)

// known is a vault with values in it.
type known struct {
	vault  *vault.Vault
	book   *conversation.Book
	chats  []*conversation.Conversation
	values [][]vault.Value
	tokens [][]string
}

func fillVault(ctx context.Context, s store.Store) (*known, error) {
	set, err := keys.Ephemeral()
	if err != nil {
		return nil, err
	}
	k := &known{book: conversation.NewBook(s, set, time.Now), vault: vault.New(vault.Config{Store: s, Keys: set, Renew: true})}
	for person := range people {
		c, err := k.book.Ensure(ctx, "shop", []string{fmt.Sprint("psid:", person)})
		if err != nil {
			return nil, err
		}
		values := make([]vault.Value, valuesEach)
		for i := range values {
			text := fmt.Sprintf("person%d.%d@example.org", person, i)
			values[i] = vault.Value{Kind: "email", Canonical: text, Text: text, Origin: vault.Chat}
		}
		tokens, err := k.vault.Tokens(ctx, c, values)
		if err != nil {
			return nil, err
		}
		k.chats, k.values, k.tokens = append(k.chats, c), append(k.values, values), append(k.tokens, tokens)
	}
	return k, nil
}

// again trades a value that is known.
func (k *known) again(ctx context.Context, n int64) error {
	person, value := n%people, n/people%valuesEach
	_, err := k.vault.Tokens(ctx, k.chats[person], k.values[person][value:value+1])
	return err
}

// reveal goes from a token alone to its value, as a reveal does.
func (k *known) reveal(ctx context.Context, n int64) error {
	person, value := n%people, n/people%valuesEach
	token := k.tokens[person][value]
	owner, err := k.vault.Locate(ctx, token)
	if err != nil {
		return err
	}
	c, err := k.book.Open(ctx, owner.Account, owner.Conversation)
	if err != nil {
		return err
	}
	_, err = k.vault.Resolve(ctx, c, token)
	return err
}

// throughVault measures known values and reveals on both stores.
func throughVault(ctx context.Context, p plan, folder string, out io.Writer) (err error) {
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "vault.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	d, err := openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	cores := runtime.GOMAXPROCS(0)
	for _, each := range []struct {
		name       string
		store      store.Store
		goroutines int
	}{{"bolt", file, 2 * cores}, {"postgres", d.store, writers}} {
		k, err := fillVault(ctx, each.store)
		if err != nil {
			return err
		}
		if err := k.measure(ctx, p, out, each.name, each.goroutines); err != nil {
			return err
		}
		if err := k.vault.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (k *known) measure(ctx context.Context, p plan, out io.Writer, name string, goroutines int) error {
	for _, each := range []struct {
		what string
		work func(context.Context, int64) error
	}{{"known values", k.again}, {"reveals", k.reveal}} {
		var figures []figure
		for range p.rounds {
			f, err := load(ctx, p.each, goroutines, each.work)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, each.what, err)
			}
			figures = append(figures, f)
		}
		m := median(figures)
		fmt.Fprintf(out, "%-9s %-13s %9.0f/s  p50 %s  p99 %s  CPU each %s  (%d at once)\n", name, each.what, m.perSec, brief(m.p50), brief(m.p99), brief(m.cpu), goroutines)
	}
	return nil
}
