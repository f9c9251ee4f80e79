// Package memory is a store in the memory of one process, for the tests of what
// stands on a store. It keeps every promise of the interface but one: nothing
// outlives the process. A Storage outlives its stores, so that a test can close
// one and open the next, or open several at once as several instances would.
package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Storage is what stores opened on it share. The zero value is empty and ready.
type Storage struct {
	mutex   sync.Mutex
	records map[string]store.Record
	version uint64 // of the last write: no version ever comes twice
}

// Store is a store.Store on a Storage. Make it with Open.
type Store struct {
	storage *Storage
	now     func() time.Time
	closed  bool // under the storage's mutex
}

var _ store.Store = (*Store)(nil)

// Open opens a store on storage, with now as its clock; nil means time.Now.
func Open(storage *Storage, now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{storage: storage, now: now}
}

// Close refuses what comes after it.
func (s *Store) Close() error {
	s.storage.mutex.Lock()
	defer s.storage.mutex.Unlock()
	s.closed = true
	return nil
}

// do runs one step while nothing else of the storage runs.
func (s *Store) do(ctx context.Context, step func(records map[string]store.Record) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.storage.mutex.Lock()
	defer s.storage.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	if s.storage.records == nil {
		s.storage.records = map[string]store.Record{}
	}
	return step(s.storage.records)
}

// version is that of the record at key, 0 when there is none that lives.
func (s *Store) version(key string) uint64 {
	if r, ok := s.storage.records[key]; ok && r.Expires.After(s.now()) {
		return r.Version
	}
	return 0
}

// write sets the version and keeps a copy.
func (s *Store) write(r store.Record) store.Record {
	s.storage.version++
	r.Version = s.storage.version
	s.storage.records[r.Key] = copied(r)
	return r
}

func copied(r store.Record) store.Record {
	r.Value = append([]byte{}, r.Value...)
	r.Expires = r.Expires.UTC()
	if !r.Due.IsZero() {
		r.Due = r.Due.UTC()
	}
	return r
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	var found store.Record
	err := s.do(ctx, func(records map[string]store.Record) error {
		if s.version(key) == 0 {
			return store.ErrNotFound
		}
		found = copied(records[key])
		return nil
	})
	return found, err
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, records ...store.Record) error {
	if err := store.CheckPut(records); err != nil {
		return err
	}
	return s.do(ctx, func(map[string]store.Record) error {
		for i := range records {
			if s.version(records[i].Key) != records[i].Version {
				return store.ErrConflict
			}
		}
		for i := range records {
			s.write(records[i])
		}
		return nil
	})
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string, version uint64) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	return s.do(ctx, func(records map[string]store.Record) error {
		switch found := s.version(key); {
		case found == 0:
			return store.ErrNotFound
		case version != 0 && version != found:
			return store.ErrConflict
		}
		delete(records, key)
		return nil
	})
}

// DeletePrefix implements store.Store.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) (int, error) {
	if err := store.CheckKey(prefix); err != nil {
		return 0, err
	}
	removed := 0
	err := s.do(ctx, func(records map[string]store.Record) error {
		before := len(records)
		maps.DeleteFunc(records, func(key string, _ store.Record) bool { return strings.HasPrefix(key, prefix) })
		removed = before - len(records)
		return nil
	})
	return removed, err
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	limit, err := checkScan(prefix, limit)
	if err != nil {
		return nil, err
	}
	if err := store.CheckPrefix(after); err != nil {
		return nil, err
	}
	var listed []store.Record
	err = s.do(ctx, func(records map[string]store.Record) error {
		found := s.matching(func(r store.Record) bool { return strings.HasPrefix(r.Key, prefix) && r.Key > after })
		slices.SortFunc(found, byKey)
		listed = page(found, limit)
		return nil
	})
	return listed, err
}

// Lease implements store.Store.
func (s *Store) Lease(ctx context.Context, prefix string, now time.Time, lease time.Duration, limit int) ([]store.Record, error) {
	limit, err := checkScan(prefix, limit)
	if err != nil {
		return nil, err
	}
	until := now.Add(lease).UTC()
	if lease <= 0 {
		return nil, fmt.Errorf("%w: a lease of no time", store.ErrInvalid)
	}
	if err := store.CheckTime(until); err != nil {
		return nil, err
	}
	var leased []store.Record
	err = s.do(ctx, func(records map[string]store.Record) error {
		found := s.matching(func(r store.Record) bool {
			return strings.HasPrefix(r.Key, prefix) && !r.Due.IsZero() && !r.Due.After(now)
		})
		slices.SortFunc(found, byDue)
		leased = page(found, limit)
		for i := range leased {
			leased[i].Due = until
			leased[i] = s.write(leased[i])
		}
		return nil
	})
	return leased, err
}

// Sweep implements store.Store.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	limit, err := store.CheckPage(limit)
	if err != nil {
		return 0, err
	}
	removed := 0
	err = s.do(ctx, func(records map[string]store.Record) error {
		var expired []store.Record
		for _, r := range records {
			if !r.Expires.After(now) {
				expired = append(expired, r)
			}
		}
		slices.SortFunc(expired, func(a, b store.Record) int { return a.Expires.Compare(b.Expires) })
		removed = min(limit, len(expired))
		for _, r := range expired[:removed] {
			delete(records, r.Key)
		}
		return nil
	})
	return removed, err
}

// LastVersion is the largest version that the storage has given.
func (s *Store) LastVersion(ctx context.Context) (last uint64, err error) {
	err = s.do(ctx, func(map[string]store.Record) error {
		last = s.storage.version
		return nil
	})
	return last, err
}

// RaiseVersion sees that later versions are above this one.
func (s *Store) RaiseVersion(ctx context.Context, version uint64) error {
	return s.do(ctx, func(map[string]store.Record) error {
		s.storage.version = max(s.storage.version, version)
		return nil
	})
}

// matching returns the records that live and are wanted, in no order.
func (s *Store) matching(wanted func(store.Record) bool) []store.Record {
	var found []store.Record
	for key, r := range s.storage.records {
		if s.version(key) != 0 && wanted(r) {
			found = append(found, r)
		}
	}
	return found
}

// page copies the first of found, up to limit or PageBytes.
func page(found []store.Record, limit int) []store.Record {
	var copies []store.Record
	size := 0
	for _, r := range found[:min(limit, len(found))] {
		copies = append(copies, copied(r))
		if size += len(r.Value); size >= store.PageBytes {
			break
		}
	}
	return copies
}

func byKey(a, b store.Record) int { return strings.Compare(a.Key, b.Key) }

func byDue(a, b store.Record) int {
	if order := a.Due.Compare(b.Due); order != 0 {
		return order
	}
	return byKey(a, b)
}

func checkScan(prefix string, limit int) (int, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return 0, err
	}
	return store.CheckPage(limit)
}
