package bolt

import (
	"context"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Lease hands out due records.
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
	some := false
	err = s.view(ctx, func(t *transaction) error {
		found, err := t.dueUnder(prefix, now, s.now(), 1)
		some = len(found) > 0
		return err
	})
	if err != nil || !some {
		return nil, err
	}
	leased := make(chan []store.Record, 1)
	err = s.do(ctx, 0, func(t *transaction) (refusal, fault error) {
		records, err := t.lease(prefix, now, s.now(), until, limit)
		leased <- records
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	return <-leased, nil
}

func (t *transaction) lease(prefix string, now, clock, until time.Time, limit int) ([]store.Record, error) {
	found, err := t.dueUnder(prefix, now, clock, limit)
	if err != nil {
		return nil, err
	}
	var leased []store.Record
	size := 0
	for _, w := range found {
		r, _, err := t.get(w.key, clock)
		if err != nil {
			return nil, err
		}
		r.Due = until.UTC()
		if r.Version, err = t.put(r.Key, encodeRow(&r)); err != nil {
			return nil, err
		}
		leased = append(leased, r)
		if size += len(r.Value); size >= store.PageBytes {
			break
		}
	}
	return leased, nil
}
