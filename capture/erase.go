package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// LinkPrefix is what the store keys of links start with, whoever they are for.
const LinkPrefix = linkPrefix

// ChartPrefix is what the store key of a conversation's chart starts with, from
// the conversation's path.
func ChartPrefix(path string) string { return "chart/" + path }

// OwnerOf returns the account and the conversation, by its id, that the record of
// a link is of. False: it does not open.
func OwnerOf(keys Keys, record store.Record) (account, conversation string, ok bool) {
	e, err := unseal(keys, record)
	return e.Account, e.Conversation, err == nil
}

func unseal(keys Keys, record store.Record) (e envelope, err error) {
	plain, err := keys.Open(record.Value, binding("piiproxy link", record.Key))
	if err != nil || json.Unmarshal(plain, &e) != nil {
		return envelope{}, errors.New("reading link: it was altered, or its key was removed")
	}
	return e, nil
}

// FormFacts is what may be told of a form to the person it was for.
type FormFacts struct {
	Fields  []Field   `json:"fields"`
	Source  string    `json:"source"` // prompt, warning, api
	State   string    `json:"state"`  // open, used, expired
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Tries   int       `json:"tries"`
}

// Lister is a Store that can list.
type Lister interface {
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
}

// Forms lists the forms of some conversations that are still in the store, the
// oldest first, for an export. It looks through all links.
func Forms(ctx context.Context, s Lister, keys Keys, of []*conversation.Conversation, now time.Time) ([]FormFacts, error) {
	forms := []FormFacts{}
	for after := ""; ; {
		page, err := s.List(ctx, linkPrefix, after, store.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("listing links: %w", err)
		}
		if len(page) == 0 {
			slices.SortFunc(forms, func(a, b FormFacts) int { return a.Created.Compare(b.Created) })
			return forms, nil
		}
		for _, record := range page {
			after = record.Key
			if facts, ok := factsOf(keys, record, of, now); ok {
				forms = append(forms, facts)
			}
		}
	}
}

func factsOf(keys Keys, record store.Record, of []*conversation.Conversation, now time.Time) (FormFacts, bool) {
	e, err := unseal(keys, record)
	at := slices.IndexFunc(of, func(c *conversation.Conversation) bool { return c.Account == e.Account && c.ID == e.Conversation })
	if err != nil || at < 0 {
		return FormFacts{}, false
	}
	plain, err := of[at].Open(e.Content, binding("piiproxy link", record.Key))
	l := link{}
	if err != nil || json.Unmarshal(plain, &l.content) != nil {
		return FormFacts{}, false
	}
	facts := FormFacts{Fields: l.Fields, Source: l.Source, State: l.State, Created: l.Created, Expires: l.Expires, Tries: l.Tries}
	if l.State == replaced || l.State == open && l.over(now) {
		facts.State = expired
	}
	return facts, true
}
