package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// lane is where the parcels of a person wait: <account>/<conversation>, both keyed
// hashes. The account's part lets each account be served by itself.
func (o *outbox) lane(account, conversation string) string {
	return o.parts[account] + "/" + conversation
}

// conversationOf is what logs show of a lane.
func conversationOf(lane string) string { return lane[strings.LastIndexByte(lane, '/')+1:] }

func lanePrefix(lane string) string { return outboxPrefix + lane + "/" }

func laneKey(lane, stamp string) string { return lanePrefix(lane) + stamp }

// atEnd is greater than any stamp.
const atEnd = "~"

// stampOf is the last part of a key.
func stampOf(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// laneOfKey is a key without its ends.
func laneOfKey(key string) string {
	return strings.TrimPrefix(key[:max(strings.LastIndexByte(key, '/'), len(outboxPrefix))], outboxPrefix)
}

// sameInstant is how far stamps are strewn that follow another instance's: two
// that follow the same one must not be alike.
const sameInstant = int64(time.Millisecond)

// stamp is greater than all that stands in the lanes, whatever the clocks of those
// who put it there.
func (o *outbox) stamp(ctx context.Context, lanes []string) (string, error) {
	o.mu.Lock()
	o.last = max(o.last+1, o.config.Now().UnixNano())
	stamp := o.last
	o.mu.Unlock()
	if o.config.Records.Alone {
		return stampText(stamp), nil // nobody else gives stamps
	}
	for _, lane := range lanes {
		for {
			later, err := o.store().List(ctx, lanePrefix(lane), laneKey(lane, stampText(stamp)), outboxPage)
			if err != nil {
				return "", err
			}
			if len(later) == 0 {
				break
			}
			newest, err := strconv.ParseInt(stampOf(later[len(later)-1].Key), 16, 64)
			if err != nil {
				return "", errors.New("reading a stamp of the outbox")
			}
			stamp = newest + 1 + rand.Int64N(sameInstant)
		}
	}
	return stampText(stamp), nil
}

func stampText(stamp int64) string { return fmt.Sprintf("%016x", stamp) }

// ahead says that one of the lanes has an undelivered parcel, which a later one
// must not overtake. Those at past, which the later one replaces, do not count.
func (o *outbox) ahead(ctx context.Context, lanes, past []string) (bool, error) {
	for _, lane := range lanes {
		waits, err := o.before(ctx, lane, atEnd, past)
		if waits || err != nil {
			return waits, err
		}
	}
	return false, nil
}

// glance is ahead, begun while a bundle is being read: one round trip less to wait
// for. What was acknowledged before the bundle came is in the store by then. Nil
// where ahead needs no round trip.
func (p *Proxy) glance(ctx context.Context, b bundle) func() (bool, error) {
	if p.config.Records.Alone || b.account.Spool {
		return nil
	}
	type seen struct {
		waits bool
		err   error
	}
	lanes, result := p.lanes(b), make(chan seen, 1)
	go func() {
		waits, err := p.delivery.outbox.ahead(ctx, lanes, nil)
		result <- seen{waits, err}
	}()
	return func() (bool, error) { s := <-result; return s.waits, s.err }
}

// before says that something waits in a lane before a stamp.
func (o *outbox) before(ctx context.Context, lane, stamp string, past []string) (bool, error) {
	first, err := o.first(ctx, lane, stamp, past)
	return first != "", err
}

// first is the key of the first parcel that waits in a lane before a stamp; "" when
// there is none.
func (o *outbox) first(ctx context.Context, lane, stamp string, past []string) (string, error) {
	if o.waiting.clear(lane) {
		return "", nil
	}
	for after := ""; ; {
		page, err := o.store().List(ctx, lanePrefix(lane), after, 1)
		if err != nil {
			return "", err
		}
		if len(page) == 0 || stampOf(page[0].Key) >= stamp {
			return "", nil
		}
		main, err := o.parcelAt(ctx, page[0])
		if err != nil {
			return "", err
		}
		if main != "" && !slices.Contains(past, main) {
			return main, nil
		}
		after = page[0].Key
	}
}

// parcelAt is the key of the parcel that a record of a lane is, or leads to; ""
// for one that cannot be read, and for a marker whose parcel is gone, which goes,
// too.
func (o *outbox) parcelAt(ctx context.Context, record store.Record) (string, error) {
	sealed, err := o.open(record)
	if err != nil {
		return "", nil
	}
	if sealed.Main == "" {
		return record.Key, nil
	}
	_, err = o.store().Get(ctx, sealed.Main)
	if errors.Is(err, store.ErrNotFound) {
		_ = o.store().Delete(ctx, record.Key, 0) // else the next one does
		return "", nil
	}
	return sealed.Main, err
}

// followers are the keys of those that waited for what has left the lanes.
func (o *outbox) followers(ctx context.Context, lanes []string) (keys []string) {
	for _, lane := range lanes {
		first, err := o.first(ctx, lane, atEnd, nil)
		if err != nil {
			return keys // lookAfter finds the others
		}
		if first != "" && !slices.Contains(keys, first) {
			keys = append(keys, first)
		}
	}
	return keys
}

// claim leases a parcel that waits for another one, for whoever has just finished
// that one; false when somebody else has it, or it is not waiting.
func (o *outbox) claim(ctx context.Context, key string) (store.Record, bool) {
	record, err := o.store().Get(ctx, key)
	if err != nil || !record.Due.IsZero() {
		return record, false
	}
	due := stored(o.config.Now().Add(o.lease()))
	record.Due = due
	if o.store().Put(ctx, record) != nil {
		return record, false
	}
	record, err = o.store().Get(ctx, key)
	return record, err == nil && record.Due.Equal(due)
}

// hurry gives a parcel that waits for another one a time: now. One that is being
// sent, is tried again later, or is held, has a time.
func (o *outbox) hurry(ctx context.Context, key string) {
	record, err := o.store().Get(ctx, key)
	if err != nil {
		return
	}
	if record.Due.IsZero() {
		record.Due = o.now()
		if o.store().Put(ctx, record) != nil {
			return // somebody else has it, or lookAfter finds it
		}
	}
	o.nudge(laneOfKey(key))
}

// park lets a parcel wait for another one.
func (o *outbox) park(ctx context.Context, it item) {
	it.record.Due = time.Time{}
	if o.store().Put(ctx, it.record) != nil {
		return // its lease ends
	}
	o.unlessBlocked(ctx, it.Lanes, it.record.Key)
}

// unlessBlocked hurries a parcel that was just put to wait: what it waits for may
// have left meanwhile, and nobody would wake it.
func (o *outbox) unlessBlocked(ctx context.Context, lanes []string, key string) {
	if waits, err := o.blocked(ctx, lanes, key); err == nil && !waits {
		o.hurry(ctx, key)
	}
}

// blocked says that something is before a parcel in one of its lanes.
func (o *outbox) blocked(ctx context.Context, lanes []string, key string) (bool, error) {
	for _, lane := range lanes {
		waits, err := o.before(ctx, lane, stampOf(key), nil)
		if waits || err != nil {
			return waits, err
		}
	}
	return false, nil
}

// stored is a time as a store keeps it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
