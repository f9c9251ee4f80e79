package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Verify reads both stores from end to end and holds each record of one to that of
// the other. It returns what the target holds, and a SHA-256 over all of it that
// two runs can be compared by. ErrDiffers when they are not the same.
func Verify(ctx context.Context, source, target store.Store, now time.Time) (Count, string, error) {
	from, to := cursor{store: source}, cursor{store: target}
	hash := sha256.New()
	var count Count
	for {
		a, err := from.peek(ctx)
		if err != nil {
			return count, "", fmt.Errorf("reading the source: %w", err)
		}
		b, err := to.peek(ctx)
		if err != nil {
			return count, "", fmt.Errorf("reading the target: %w", err)
		}
		switch {
		case a == nil && b == nil:
			return count, hex.EncodeToString(hash.Sum(nil)), nil
		case b == nil || a != nil && a.Key < b.Key:
			if !ends(a, now) {
				return count, "", ErrDiffers
			}
			from.skip()
		case a == nil || b.Key < a.Key:
			if !ends(b, now) {
				return count, "", ErrDiffers
			}
			to.skip()
		case !same(a, b):
			return count, "", ErrDiffers
		default:
			count.add(b)
			_, _ = fmt.Fprintf(hash, "%s %x %d %d\n", b.Key, sha256.Sum256(b.Value), b.Expires.UnixMicro(), b.Due.UnixMicro())
			from.skip()
			to.skip()
		}
	}
}

// ends says that a record is so near its end that it may be missing on one side.
func ends(r *store.Record, now time.Time) bool { return r.Expires.Before(now.Add(closing)) }

// cursor walks over a store, the mark left out.
type cursor struct {
	store store.Store
	page  []store.Record
	after string
	ended bool
}

// peek is the record at the cursor; nil at the end.
func (c *cursor) peek(ctx context.Context) (*store.Record, error) {
	for {
		if len(c.page) > 0 && c.page[0].Key == MarkKey {
			c.skip()
		}
		if len(c.page) > 0 {
			return &c.page[0], nil
		}
		if c.ended {
			return nil, nil
		}
		page, err := c.store.List(ctx, "", c.after, store.MaxPage)
		if err != nil {
			return nil, err
		}
		if c.page, c.ended = page, len(page) == 0; !c.ended {
			c.after = page[len(page)-1].Key
		}
	}
}

func (c *cursor) skip() { c.page = c.page[1:] }
