package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
)

// pairingKey is the record that says which key set a store belongs to.
const pairingKey = "meta/key-set"

// pairingAge is longer than anything else in a store lives.
const pairingAge = 100 * 365 * 24 * time.Hour

// pair sees that a store and a key set belong together. Without it a store
// beside the wrong keys looks empty, and every token in it dead.
func pair(ctx context.Context, s store.Store, set *keys.Set) error {
	err := paired(ctx, s, set)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.Put(ctx, store.Record{Key: pairingKey, Value: set.PRF("key set"), Expires: time.Now().Add(pairingAge)})
}

// paired is pair for those who change nothing; store.ErrNotFound: a new store.
func paired(ctx context.Context, s store.Store, set *keys.Set) error {
	record, err := s.Get(ctx, pairingKey)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(record.Value, set.PRF("key set")) != 1 {
		return errors.New("it was written under another key set: restore the keys folder that belongs to it, or start with a new store")
	}
	return nil
}

// pairAll pairs both stores of a service.
func (s *service) pairAll(ctx context.Context) error {
	for key, each := range map[string]store.Store{"store.path": s.stores.values, "keys.path": s.stores.conversations} {
		if err := pair(ctx, each, s.keys); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
