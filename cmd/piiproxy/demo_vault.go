package main

import (
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/demo"
	"github.com/piiproxy/piiproxy/vault"
)

// watchedVault notes which tokens were handed out, so that the demo can show
// their records. It never keeps a value.
type watchedVault struct {
	*vault.Vault
	mu     sync.Mutex
	handed []*handed
}

type handed struct {
	conversation *conversation.Conversation
	kind, token  string
	word         string // the token that names the record
	form         bool
	at           time.Time
}

// Tokens implements redact.Vault.
func (w *watchedVault) Tokens(ctx context.Context, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	tokens, err := w.Vault.Tokens(ctx, c, values)
	w.note(c, values, tokens, tokens)
	return tokens, err
}

// Likes implements redact.Vault. A look-alike has its record under the word token
// of the same value.
func (w *watchedVault) Likes(ctx context.Context, c *conversation.Conversation, values []vault.Value) ([]string, error) {
	likes, err := w.Vault.Likes(ctx, c, values)
	if err != nil {
		return nil, err
	}
	words, err := w.Vault.Tokens(ctx, c, values)
	w.note(c, values, likes, words)
	return likes, err
}

func (w *watchedVault) note(c *conversation.Conversation, values []vault.Value, tokens, words []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, word := range words {
		form := values[i].Origin == vault.Form
		if known := w.known(word); known != nil {
			known.form = known.form || form
			continue
		}
		w.handed = append(w.handed, &handed{c, values[i].Kind, tokens[i], word, form, time.Now()})
	}
}

func (w *watchedVault) known(word string) *handed {
	for _, h := range w.handed {
		if h.word == word {
			return h
		}
	}
	return nil
}

// rows lists what lies in the store. Volatile kinds have no record there.
func (w *watchedVault) rows(ctx context.Context) ([]demo.Row, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := make([]demo.Row, 0, len(w.handed))
	for _, h := range w.handed {
		record, err := w.Sealed(ctx, h.conversation, h.word)
		if errors.Is(err, vault.ErrNoToken) {
			lifetime, _ := vault.Lifetime(h.kind)
			record.Expires = h.at.Add(lifetime)
		} else if err != nil {
			return nil, err
		}
		rows = append(rows, demo.Row{Kind: h.kind, Token: h.token, Sealed: hex.EncodeToString(record.Value), Expires: record.Expires, Form: h.form})
	}
	return rows, nil
}
