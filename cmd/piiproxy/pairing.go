package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/transfer"
)

// pairingKey is the record that says which key set a store belongs to.
const pairingKey = "meta/key-set"

// pairingAge is longer than anything else in a store lives.
const pairingAge = 100 * 365 * 24 * time.Hour

// pair sees that a store and a key set belong together. Without it a store
// beside the wrong keys looks empty, and every token in it dead. Of several
// instances that start at once on a new store one writes the record, and the
// others are held to it.
func pair(ctx context.Context, s store.Store, set *keys.Set) error {
	err := paired(ctx, s, set)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	err = s.Put(ctx, store.Record{Key: pairingKey, Value: set.PRF("key set"), Expires: time.Now().Add(pairingAge)})
	if errors.Is(err, store.ErrConflict) {
		return paired(ctx, s, set)
	}
	return err
}

// paired is pair for those who change nothing; store.ErrNotFound: a new store.
func paired(ctx context.Context, s store.Store, set *keys.Set) error {
	switch _, err := s.Get(ctx, transfer.MarkKey); {
	case err == nil:
		return errors.New("it is half of a copy: run `piiproxy store copy` again, to its end, or name another store")
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	record, err := s.Get(ctx, pairingKey)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(record.Value, set.PRF("key set")) != 1 {
		return errors.New("it was written under another key set: restore the keys folder that belongs to it, or start with a new store")
	}
	return nil
}

// pairAll pairs both stores of a service, always in this order: of two key sets
// that come to new stores at once the one that loses the first leaves the second
// alone.
func (s *service) pairAll(ctx context.Context) error {
	values, conversations := places(s.settings)
	if err := pair(ctx, s.stores.values, s.keys); err != nil {
		return fmt.Errorf("%s: %w", values.key, err)
	}
	if err := pair(ctx, s.stores.conversations, s.keys); err != nil {
		return fmt.Errorf("%s: %w", conversations.key, err)
	}
	return nil
}
