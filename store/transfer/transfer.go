// Package transfer copies one store into another, of whatever kind, and proves
// that they hold the same.
//
// A copy may end at any point and be started again: it compares what is there and
// writes only what differs. While it is under way a mark stands in the target, so
// that nobody takes half a copy for a store. Records keep their key, value, expiry
// and due time. They get new versions, all of them larger than any that the source
// ever gave: whoever still holds a version of the source's can overwrite nothing.
package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Store is a store that can be copied from and to.
type Store interface {
	store.Store
	// LastVersion is the largest version that the store has given, or a larger
	// one.
	LastVersion(ctx context.Context) (uint64, error)
	// RaiseVersion sees that the store gives only versions above this one from now
	// on. Nobody else may write meanwhile.
	RaiseVersion(ctx context.Context, version uint64) error
}

// MarkKey is the record that marks a target while it is copied to.
const MarkKey = "meta/copy"

// closing is how near its expiry a record may be missing on one side: the clocks
// of two stores differ, and a copy takes time.
const closing = 5 * time.Minute

// ErrDiffers says that source and target do not hold the same.
var ErrDiffers = errors.New("the stores differ: something wrote while they were copied; " +
	"stop every serve on both and run the copy again, which goes on where it is")

// Count is what a store holds.
type Count struct {
	Records int
	Bytes   int64 // of values
}

func (c *Count) add(r *store.Record) {
	c.Records++
	c.Bytes += int64(len(r.Value))
}

// Copy makes target hold what source holds. Progress is called after each page
// with what has been copied or found in place so far; it may be nil.
func Copy(ctx context.Context, source, target Store, progress func(Count)) (Count, error) {
	last, err := source.LastVersion(ctx)
	if err != nil {
		return Count{}, fmt.Errorf("reading the source's versions: %w", err)
	}
	if err := target.RaiseVersion(ctx, last); err != nil {
		return Count{}, fmt.Errorf("raising the target's versions: %w", err)
	}
	var done Count
	for after := ""; ; {
		page, err := source.List(ctx, "", after, store.MaxPage)
		if err != nil {
			return done, fmt.Errorf("reading the source: %w", err)
		}
		end := "" // of the page; none: it is the last, and reaches to the end of the target
		if len(page) > 0 {
			end = page[len(page)-1].Key
		}
		if err := level(ctx, target, page, after, end); err != nil {
			return done, err
		}
		if end == "" {
			return done, nil
		}
		for i := range page {
			if page[i].Key != MarkKey {
				done.add(&page[i])
			}
		}
		if progress != nil {
			progress(done)
		}
		after = end
	}
}

// level makes the target hold the page and nothing else after one key and up to
// another.
func level(ctx context.Context, target store.Store, page []store.Record, after, end string) error {
	there, err := span(ctx, target, after, end)
	if err != nil {
		return fmt.Errorf("reading the target: %w", err)
	}
	var missing []store.Record
	for i := range page {
		r := page[i]
		old, ok := there[r.Key]
		delete(there, r.Key)
		if r.Key == MarkKey || ok && same(&old, &r) {
			continue
		}
		r.Version = old.Version // 0 where there is none
		missing = append(missing, r)
	}
	if err := target.Put(ctx, missing...); err != nil {
		return fmt.Errorf("writing the target: %w", err)
	}
	for key, r := range there { // of an earlier run, and no longer in the source
		if key == MarkKey {
			continue
		}
		if err := target.Delete(ctx, key, r.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("removing from the target: %w", err)
		}
	}
	return nil
}

// span reads what a store holds after one key and up to another; an empty end is
// that of the store.
func span(ctx context.Context, s store.Store, after, end string) (map[string]store.Record, error) {
	found := map[string]store.Record{}
	for {
		page, err := s.List(ctx, "", after, store.MaxPage)
		if err != nil || len(page) == 0 {
			return found, err
		}
		for i := range page {
			if end != "" && page[i].Key > end {
				return found, nil
			}
			found[page[i].Key] = page[i]
		}
		after = page[len(page)-1].Key
	}
}

// same compares all but versions. Backends keep times to the microsecond at least.
func same(a, b *store.Record) bool {
	return a.Key == b.Key && bytes.Equal(a.Value, b.Value) &&
		a.Expires.Truncate(time.Microsecond).Equal(b.Expires.Truncate(time.Microsecond)) &&
		a.Due.Truncate(time.Microsecond).Equal(b.Due.Truncate(time.Microsecond))
}
