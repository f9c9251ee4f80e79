package bolt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/piiproxy/piiproxy/store"
)

// A batch is what one transaction carries: enough that a sync to disk is shared
// by all who wait for it, and not so much that the first waits for ever.
const (
	maxBatch      = 512
	maxBatchBytes = 16 << 20
)

// request is one write that waits for its turn.
type request struct {
	ctx context.Context
	// apply compares first and changes only then: when it refuses, it has
	// changed nothing, and the others in its batch go on. A fault breaks the
	// whole transaction.
	apply func(*transaction) (refusal, fault error)
	size  int
	done  chan error // holds one answer, so the writer never waits
}

// do hands a write to the writer and waits until it is durable.
func (s *Store) do(ctx context.Context, size int, apply func(*transaction) (refusal, fault error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.stopping:
		return store.ErrClosed
	default:
	}
	r := &request{ctx: ctx, apply: apply, size: size, done: make(chan error, 1)}
	select {
	case s.requests <- r:
	case <-s.stopping:
		return store.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("waiting for a write, its outcome is unknown: %w", ctx.Err())
	case <-s.stopped:
		select {
		case err := <-r.done:
			return err
		default:
			return store.ErrClosed
		}
	}
}

// write is the writer: the only goroutine that changes the file.
func (s *Store) write() {
	defer close(s.stopped)
	for {
		select {
		case first := <-s.requests:
			s.commit(s.gather(first))
		case <-s.stopping:
			s.finish()
			return
		}
	}
}

// finish writes what waits when the store is closed.
func (s *Store) finish() {
	for {
		select {
		case first := <-s.requests:
			s.commit(s.gather(first))
		default:
			return
		}
	}
}

// gather takes what waits behind first, up to a batch.
func (s *Store) gather(first *request) []*request {
	batch := []*request{first}
	for size := first.size; len(batch) < maxBatch && size < maxBatchBytes; {
		select {
		case r := <-s.requests:
			batch = append(batch, r)
			size += r.size
		default:
			return batch
		}
	}
	return batch
}

// commit applies a batch in one transaction and answers each request after the
// sync to disk. A fault (disk full) is everybody's answer: nothing was written.
func (s *Store) commit(batch []*request) {
	answers := make([]error, len(batch))
	if err := s.apply(batch, answers); err != nil {
		for i := range answers {
			answers[i] = fmt.Errorf("writing store: %w", err)
		}
	}
	for i, r := range batch {
		r.done <- answers[i]
	}
}

// errUnchanged ends a transaction that changed nothing without paying for a
// sync.
var errUnchanged = errors.New("nothing changed")

func (s *Store) apply(batch []*request, answers []error) error {
	err := s.readers.update(func(tx *bbolt.Tx) error {
		t := begin(tx)
		for i, r := range batch {
			if answers[i] = r.ctx.Err(); answers[i] != nil {
				continue
			}
			refusal, fault := r.apply(t)
			if fault != nil {
				return fault
			}
			answers[i] = refusal
		}
		if !t.changed {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// Put writes all records or none.
func (s *Store) Put(ctx context.Context, records ...store.Record) error {
	if err := store.CheckPut(records); err != nil {
		return err
	}
	if len(records) == 0 {
		return ctx.Err()
	}
	// Copied here: the caller may use its slices again when its context ends
	// while the write still waits.
	keys, versions, rows, size := make([]string, len(records)), make([]uint64, len(records)), make([][]byte, len(records)), 0
	for i := range records {
		keys[i], versions[i], rows[i] = records[i].Key, records[i].Version, encodeRow(&records[i])
		size += len(rows[i])
	}
	return s.do(ctx, size, func(t *transaction) (refusal, fault error) {
		now := s.now()
		for i, key := range keys {
			version, err := t.version(key, now)
			if err != nil {
				return nil, err
			}
			if version != versions[i] {
				return store.ErrConflict, nil
			}
		}
		for i, key := range keys {
			if _, err := t.put(key, rows[i]); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// Delete removes one record.
func (s *Store) Delete(ctx context.Context, key string, version uint64) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	return s.do(ctx, 0, func(t *transaction) (refusal, fault error) {
		found, err := t.version(key, s.now())
		switch {
		case err != nil:
			return nil, err
		case found == 0:
			return store.ErrNotFound, nil
		case version != 0 && version != found:
			return store.ErrConflict, nil
		}
		return nil, t.remove(key)
	})
}

// DeletePrefix removes a page of records at a time, so that other writes get
// their turn in between.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) (int, error) {
	if err := store.CheckKey(prefix); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := s.removeSome(ctx, func(t *transaction) []string { return t.keys(prefix, store.MaxPage) })
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// Sweep removes what has expired at now.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	limit, err := store.CheckPage(limit)
	if err != nil {
		return 0, err
	}
	return s.removeSome(ctx, func(t *transaction) []string { return t.expired(now, limit) })
}

// removeSome removes the records that find names, in one step. It looks on a
// snapshot first: when there is nothing to do, the writer is left alone.
func (s *Store) removeSome(ctx context.Context, find func(*transaction) []string) (int, error) {
	some := false
	err := s.view(ctx, func(t *transaction) error {
		some = len(find(t)) > 0
		return nil
	})
	if err != nil || !some {
		return 0, err
	}
	removed := make(chan int, 1)
	err = s.do(ctx, 0, func(t *transaction) (refusal, fault error) {
		keys := find(t)
		for _, key := range keys {
			if err := t.remove(key); err != nil {
				return nil, err
			}
		}
		removed <- len(keys)
		return nil, nil
	})
	if err != nil {
		return 0, err
	}
	return <-removed, nil
}
