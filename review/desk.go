package review

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/store"
)

// List gives the items of an account without their words, by rule and id: the
// same sample gives the same list.
func (b *Book) List(ctx context.Context, account string) ([]Item, error) {
	items, err := b.items(ctx, account)
	if err != nil {
		return nil, err
	}
	for i := range items {
		items[i].words = nil
	}
	return items, nil
}

// Show gives one item with its words.
func (b *Book) Show(ctx context.Context, account, id string) (Item, error) {
	items, err := b.items(ctx, account)
	if err != nil {
		return Item{}, err
	}
	i := slices.IndexFunc(items, func(item Item) bool { return item.ID == id })
	if i < 0 {
		return Item{}, ErrNoItem
	}
	return items[i], nil
}

// maxNote bounds what is noted beside a verdict, in bytes.
const maxNote = 400

// Mark keeps what a person says of an item. The item's week goes on.
func (b *Book) Mark(ctx context.Context, account, id string, verdict Verdict, note string) (Item, error) {
	if verdict != Open && verdict != False && verdict != Right {
		return Item{}, ErrVerdict
	}
	if len(note) > maxNote {
		return Item{}, errors.New("the note is longer than 400 bytes")
	}
	record, item, err := b.find(ctx, account, id)
	if err != nil {
		return Item{}, err
	}
	item.Verdict, item.Note = verdict, note
	changed, err := b.sealed(record.Key, item)
	if err != nil {
		return Item{}, errors.New("the mark cannot be sealed")
	}
	changed.Version = record.Version
	if err := b.config.Store.Put(ctx, changed); err != nil {
		return Item{}, errors.New("the mark cannot be kept; try again")
	}
	item.words = nil
	return item, nil
}

// items reads and opens all items of an account.
func (b *Book) items(ctx context.Context, account string) ([]Item, error) {
	var items []Item
	err := b.each(ctx, account, func(_ store.Record, item Item) bool {
		items = append(items, item)
		return true
	})
	slices.SortFunc(items, func(x, y Item) int { return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.ID, y.ID)) })
	return items, err
}

func (b *Book) find(ctx context.Context, account, id string) (found store.Record, item Item, err error) {
	err = b.each(ctx, account, func(record store.Record, opened Item) bool {
		if strings.HasSuffix(record.Key, "/"+id) {
			found, item = record, opened
			return false
		}
		return true
	})
	if err == nil && found.Key == "" {
		err = ErrNoItem
	}
	return found, item, err
}

// each visits the items of an account until visit returns false. An item that
// does not open (of another key set) is left out.
func (b *Book) each(ctx context.Context, account string, visit func(store.Record, Item) bool) error {
	place, after := b.accountPlace(account), ""
	for {
		page, err := b.config.Store.List(ctx, place, after, store.MaxPage)
		if err != nil {
			return errors.New("the review list cannot be read; try again")
		}
		if len(page) == 0 {
			return nil
		}
		for _, record := range page {
			item, err := b.opened(record)
			if err == nil && !visit(record, item) {
				return nil
			}
		}
		after = page[len(page)-1].Key
	}
}
