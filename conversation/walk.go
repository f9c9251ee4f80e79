package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Page is part of a walk over all conversations.
type Page struct {
	Conversations []*Conversation
	// Used is when each was last used, up to a day before the last message in it.
	Used []time.Time
	// Next is where the walk goes on; "" at its end.
	Next string
}

// Walk reads up to limit conversations of these accounts, in no order that means
// anything, after the place where an earlier page ended ("" to begin). What does
// not open or is of another account is left out. It is for searches that have to
// look everywhere: the store needs List.
func (b *Book) Walk(ctx context.Context, accounts []string, after string, limit int) (Page, error) {
	lister, ok := b.store.(Lister)
	if !ok {
		return Page{}, errors.New("walking over conversations: the store cannot list")
	}
	names := make(map[string]string, len(accounts))
	for _, account := range accounts {
		names[strings.TrimSuffix(b.path(account, ""), "/")] = account
	}
	const prefix = "conversation/"
	if after != "" {
		after = prefix + after
	}
	records, err := lister.List(ctx, prefix, after, limit)
	if err != nil {
		return Page{}, fmt.Errorf("walking over conversations: %w", err)
	}
	var page Page
	for _, record := range records {
		page.Next = strings.TrimPrefix(record.Key, prefix)
		of, id, _ := strings.Cut(page.Next, "/")
		account, known := names[of]
		if !known {
			continue
		}
		if opened, err := b.openPage(account, id, record); err == nil && !b.buried.has(page.Next) {
			page.Conversations = append(page.Conversations, opened.conversation)
			page.Used = append(page.Used, record.Expires.Add(-Lifetime))
		}
	}
	return page, nil
}

// Where returns the conversations of an account that an alias leads to of which want
// is true. It opens every conversation of the account: for what cannot be looked up,
// such as the groups that somebody is in.
func (b *Book) Where(ctx context.Context, account string, want func(alias string) bool) ([]*Conversation, error) {
	lister, ok := b.store.(Lister)
	if !ok {
		return nil, errors.New("looking through conversations: the store cannot list")
	}
	var found []*Conversation
	const prefix = "conversation/"
	of := b.path(account, "")
	for after := ""; ; {
		records, err := lister.List(ctx, prefix+of, after, store.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("looking through conversations: %w", err)
		}
		if len(records) == 0 {
			return found, nil
		}
		for _, record := range records {
			after = record.Key
			path := strings.TrimPrefix(record.Key, prefix)
			opened, err := b.openPage(account, strings.TrimPrefix(path, of), record)
			if err == nil && !b.buried.has(path) && slices.ContainsFunc(opened.content.Aliases, want) {
				found = append(found, opened.conversation)
			}
		}
	}
}

// Lister is a Store that can list.
type Lister interface {
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
}

// Prefixes are what the store keys of all that this package keeps of a
// conversation start with, beside its own record, by what it is.
func Prefixes(path string) map[string]string {
	return map[string]string{"chat": "chat/" + path, "residues": residuePrefix + path + "/"}
}
