package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Shelf is the quarantine as operators see it: what is there, and why. Nothing that
// it gives holds a word of a message.
type Shelf struct {
	Store store.Store
	Keys  interface {
		Open(sealed, ad []byte) ([]byte, error)
	}
}

// SetAside is one item.
type SetAside struct {
	ID       string
	Reason   string // of docs/reasons.md; ReasonUnreadable when it does not open
	App      string // "" for one whose account is gone
	Account  string // "" where it is not one account's
	Request  string // request_id of the delivery that brought it
	Accepted time.Time
	Expires  time.Time
	Bytes    int
}

// ReasonUnreadable is the reason of an item that does not open: its key is gone, or
// it was altered.
const ReasonUnreadable = "unreadable"

// ErrNotAside says that there is no such item, or not any more.
var ErrNotAside = errors.New("there is no such item in quarantine: piiproxy quarantine list shows them")

// shelfPage is how many items are read at once: a body may have megabytes.
const shelfPage = 64

// List gives a page of items after an id, by id, and the id after which the next
// page begins; "" when there is none.
func (s Shelf) List(ctx context.Context, after string) (items []SetAside, next string, err error) {
	if after != "" {
		after = quarantinePrefix + after
	}
	records, err := s.Store.List(ctx, quarantinePrefix, after, shelfPage)
	if err != nil {
		return nil, "", err
	}
	for _, record := range records {
		next = strings.TrimPrefix(record.Key, quarantinePrefix)
		seen := SetAside{ID: next, Reason: ReasonUnreadable, Expires: record.Expires, Bytes: len(record.Value)}
		if item, err := s.open(record); err == nil {
			seen.Reason, seen.App, seen.Account, seen.Request = item.Reason, item.App, item.Account, item.Trace
			seen.Accepted, seen.Bytes = item.Accepted, len(item.Body)
		}
		items = append(items, seen)
	}
	return items, next, nil
}

// Drop destroys an item. Errors: ErrNotAside, and faults of the store.
func (s Shelf) Drop(ctx context.Context, id string) error {
	err := s.Store.Delete(ctx, quarantinePrefix+id, 0)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return ErrNotAside
	}
	return err
}

func (s Shelf) get(ctx context.Context, id string) (store.Record, quarantined, error) {
	record, err := s.Store.Get(ctx, quarantinePrefix+id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return record, quarantined{}, ErrNotAside
	}
	if err != nil {
		return record, quarantined{}, err
	}
	item, err := s.open(record)
	return record, item, err
}

// errUnreadable says that an item does not open.
var errUnreadable = errors.New("the item does not open: its key is gone, or it was altered")

func (s Shelf) open(record store.Record) (quarantined, error) {
	var item quarantined
	plain, err := s.Keys.Open(record.Value, []byte(record.Key))
	if err != nil || json.Unmarshal(plain, &item) != nil { // the decoder's error may quote
		return item, errUnreadable
	}
	return item, nil
}
