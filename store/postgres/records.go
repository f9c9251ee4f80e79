package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/piiproxy/piiproxy/store"
)

// Get implements store.Store, in one round trip.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	found := store.Record{Key: key}
	err := s.do(ctx, true, func(ctx context.Context) error {
		var due *time.Time
		row := s.pool.QueryRow(ctx, s.sql.get, s.clock(), []byte(key))
		if err := row.Scan(&found.Value, &found.Version, &found.Expires, &due); err != nil {
			return err
		}
		setTimes(&found, due)
		return nil
	})
	if err != nil {
		return store.Record{}, err
	}
	return found, nil
}

// setTimes puts times into UTC; due NULL is the zero time.
func setTimes(r *store.Record, due *time.Time) {
	r.Expires = r.Expires.UTC()
	if due != nil {
		r.Due = due.UTC()
	}
}

// columns are records as the statement for Put takes them.
type columns struct {
	keys, collections, values [][]byte
	versions                  []int64
	expires                   []time.Time
	due                       []*time.Time
}

func columnsOf(records []store.Record) columns {
	// In the order of the keys, the order in which everybody locks.
	sorted := slices.Clone(records)
	slices.SortFunc(sorted, func(a, b store.Record) int { return strings.Compare(a.Key, b.Key) })
	var c columns
	for i := range sorted {
		r := &sorted[i]
		c.keys = append(c.keys, []byte(r.Key))
		c.collections = append(c.collections, collection(r.Key))
		c.values = append(c.values, append([]byte{}, r.Value...)) // nil would be NULL
		c.versions = append(c.versions, int64(r.Version))
		c.expires = append(c.expires, r.Expires)
		if r.Due.IsZero() {
			c.due = append(c.due, nil)
		} else {
			c.due = append(c.due, &r.Due)
		}
	}
	return c
}

// collection is the part of a key before its first slash.
func collection(key string) []byte {
	name, _, _ := strings.Cut(key, "/")
	return []byte(name)
}

// Put implements store.Store, in one round trip.
func (s *Store) Put(ctx context.Context, records ...store.Record) error {
	if err := store.CheckPut(records); err != nil {
		return err
	}
	if len(records) == 0 {
		return ctx.Err()
	}
	c := columnsOf(records)
	return s.do(ctx, false, func(ctx context.Context) error {
		var done int
		row := s.pool.QueryRow(ctx, s.sql.put, s.clock(), c.keys, c.collections, c.values, c.versions, c.expires, c.due)
		if err := row.Scan(&done); err != nil {
			return err
		}
		if done == 0 {
			return store.ErrConflict
		}
		return nil
	})
}

// Delete implements store.Store. Only where nothing was deleted does it look
// again to say why.
func (s *Store) Delete(ctx context.Context, key string, version uint64) error {
	if err := store.CheckKey(key); err != nil {
		return err
	}
	for {
		n, err := s.exec(ctx, s.sql.remove, s.clock(), []byte(key), int64(version))
		if err != nil || n > 0 {
			return err
		}
		if _, err := s.Get(ctx, key); err != nil {
			return err
		}
		if version != 0 {
			return store.ErrConflict
		}
		// It was made anew between the two statements.
	}
}

// DeletePrefix implements store.Store, a page of records at a time.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) (int, error) {
	if err := store.CheckKey(prefix); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := s.exec(ctx, s.sql.removePrefix, []byte(prefix), end(prefix), store.MaxPage)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

// end is after every key that starts with prefix: no key has a byte as high.
func end(prefix string) []byte { return append([]byte(prefix), 0x7f) }

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	limit, err := checkScan(prefix, limit)
	if err != nil {
		return nil, err
	}
	if err := store.CheckPrefix(after); err != nil {
		return nil, err
	}
	return s.query(ctx, true, s.sql.list, s.clock(), []byte(prefix), end(prefix), []byte(after), limit, store.PageBytes)
}

// Lease implements store.Store.
func (s *Store) Lease(ctx context.Context, prefix string, now time.Time, lease time.Duration, limit int) ([]store.Record, error) {
	limit, err := checkScan(prefix, limit)
	if err != nil {
		return nil, err
	}
	until := now.Add(lease)
	if lease <= 0 {
		return nil, fmt.Errorf("%w: a lease of no time", store.ErrInvalid)
	}
	if err := store.CheckTime(until); err != nil {
		return nil, err
	}
	// A prefix with a slash lies within one collection, whose due index is read
	// from its front; one without reads those of all collections after it.
	statement := s.sql.leaseAll
	if strings.Contains(prefix, "/") {
		statement = s.sql.lease
	}
	return s.query(ctx, false, statement,
		s.clock(), []byte(prefix), end(prefix), now, until, limit, collection(prefix), store.PageBytes)
}

// Sweep implements store.Store. Instances that sweep at once share the work.
func (s *Store) Sweep(ctx context.Context, now time.Time, limit int) (int, error) {
	limit, err := store.CheckPage(limit)
	if err != nil {
		return 0, err
	}
	return s.exec(ctx, s.sql.sweep, now, limit)
}

// exec runs a statement that may run twice and says how many records it changed.
func (s *Store) exec(ctx context.Context, statement string, arguments ...any) (int, error) {
	n := 0
	err := s.do(ctx, false, func(ctx context.Context) error {
		done, err := s.pool.Exec(ctx, statement, arguments...)
		n = int(done.RowsAffected())
		return err
	})
	return n, err
}

// query runs a statement that returns records.
func (s *Store) query(ctx context.Context, reads bool, statement string, arguments ...any) ([]store.Record, error) {
	var found []store.Record
	err := s.do(ctx, reads, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, statement, arguments...)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Record, error) {
			var r store.Record
			var key []byte
			var due *time.Time
			err := row.Scan(&key, &r.Value, &r.Version, &r.Expires, &due)
			r.Key = string(key)
			setTimes(&r, due)
			return r, err
		})
		return err
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found, nil
}

func checkScan(prefix string, limit int) (int, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return 0, err
	}
	return store.CheckPage(limit)
}
