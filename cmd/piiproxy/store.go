package main

import (
	"context"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/store"
)

// timed measures the operations that messages wait for.
type timed struct {
	store.Store
	metrics *proxy.Metrics
}

// Get implements store.Store.
func (t timed) Get(ctx context.Context, key string) (store.Record, error) {
	started := time.Now()
	record, err := t.Store.Get(ctx, key)
	t.metrics.StoreTook("get", time.Since(started))
	return record, err
}

// Put implements store.Store.
func (t timed) Put(ctx context.Context, records ...store.Record) error {
	started := time.Now()
	err := t.Store.Put(ctx, records...)
	t.metrics.StoreTook("put", time.Since(started))
	return err
}
