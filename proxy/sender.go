package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// maxInRow bounds how long one conversation has a sender.
	maxInRow = 16
	// maxTries bounds the memory of failures.
	maxTries = 10_000
	// deleteAgain is between two tries to remove a parcel.
	deleteAgain = 100 * time.Millisecond
)

// item is a parcel that this instance has leased.
type item struct {
	sealedParcel
	record  store.Record
	account *Account
}

// serve sends a leased parcel and those that waited for it.
func (o *outbox) serve(ctx context.Context, record store.Record) {
	for range maxInRow {
		next := o.attempt(ctx, record)
		if len(next) == 0 || ctx.Err() != nil {
			o.hurryAll(next)
			return
		}
		claimed, ok := o.take(ctx, next[0])
		o.hurryAll(next[1:])
		if !ok {
			o.nudge(laneOfKey(next[0]))
			return
		}
		record = claimed
	}
	o.postponeTo(record, o.now()) // others have waited meanwhile
}

// take is claim, for a sender.
func (o *outbox) take(ctx context.Context, key string) (store.Record, bool) {
	work, cancel := unhurried(ctx)
	defer cancel()
	return o.claim(work, key)
}

// hurryAll lets parcels be sent by whoever is free.
func (o *outbox) hurryAll(keys []string) {
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	for _, key := range keys {
		o.hurry(ctx, key)
	}
}

// survive keeps a panic over one parcel from ending the process: it waits for its
// next turn, and goes to quarantine when it is too old.
func (o *outbox) survive(record store.Record) {
	if recover() != nil {
		o.config.Metrics.refuse(refuseInternal.Reason)
		o.config.Log.Error("", panicFields(newTrace())...)
		o.postpone(record)
	}
}

// attempt sends one leased parcel, when it is the first of its lanes, settles what
// becomes of it, and tells which ones waited for it.
func (o *outbox) attempt(ctx context.Context, record store.Record) (next []string) {
	defer o.survive(record)
	work, cancel := unhurried(ctx)
	defer cancel()
	it, ok := o.opened(work, record)
	if !ok {
		return nil
	}
	waits, err := o.blocked(work, it.Lanes, record.Key)
	switch {
	case err != nil:
		o.postpone(record)
		return nil
	case waits:
		o.park(work, it)
		return nil
	case record.Due.Sub(o.now()) < o.config.Limits.BotTimeout:
		return nil // the lease would end meanwhile: it is taken up again then
	}
	status, err := o.send(ctx, parcel{account: it.account, body: it.Body, header: it.Header, trace: it.Trace})
	switch {
	case err == nil && status >= 200 && status <= 299:
		o.over(it)
		return o.finish(it)
	case o.config.Now().Sub(it.Accepted) > o.config.Limits.Outbox.Age:
		return o.expire(ctx, it)
	}
	o.config.Metrics.refuse("outbox_retry")
	o.postpone(record)
	return nil
}

// opened is what a leased record holds. One that cannot be opened stays, is
// alarmed, and holds up nobody; one whose account is gone from the configuration
// can never be sent, and is set aside.
func (o *outbox) opened(ctx context.Context, record store.Record) (item, bool) {
	sealed, err := o.open(record)
	if err != nil {
		o.config.Log.Error("", eventFields("outbox_unreadable")...)
		record.Due = time.Time{}
		_ = o.store().Put(ctx, record) // else it is alarmed again
		return item{}, false
	}
	it := item{sealedParcel: sealed, record: record}
	account, ok := o.config.Tenants.Account(sealed.Account)
	if !ok {
		o.accountGone(ctx, it)
		return item{}, false
	}
	it.account = account
	return it, true
}

// finish removes a parcel that needs no sending any more. The store is asked even
// when the proxy is being stopped: one that stays is sent twice. Whoever has a
// parcel that another instance leased since has nothing more to do with it.
func (o *outbox) finish(it item) (next []string) {
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	again, err := o.delete(ctx, it.record)
	switch {
	case err == nil, again && errors.Is(err, store.ErrNotFound):
		return o.removed(ctx, it)
	case !errors.Is(err, store.ErrNotFound): // erased meanwhile
		o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
	}
	return nil
}

// delete removes a record that the bot has. A store that others share is asked again
// while its answer leaves the outcome open, as when its server restarts: the bot
// would get the parcel twice, and what is behind it would wait for the lease.
func (o *outbox) delete(ctx context.Context, record store.Record) (again bool, err error) {
	for {
		err = o.store().Delete(ctx, record.Key, record.Version)
		if err == nil || o.config.Records.Alone || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
			return again, err
		}
		again = true
		select {
		case <-ctx.Done():
			return again, err
		case <-time.After(deleteAgain):
		}
	}
}

// gone is removed, for those that send nothing themselves.
func (o *outbox) gone(ctx context.Context, it item) {
	for _, key := range o.removed(ctx, it) {
		o.hurry(ctx, key)
	}
}

// removed draws the consequences of a removal, once: whoever removed a parcel calls
// it. It tells which ones waited for it.
func (o *outbox) removed(ctx context.Context, it item) (next []string) {
	for _, lane := range it.Lanes {
		if marker := laneKey(lane, stampOf(it.record.Key)); marker != it.record.Key {
			_ = o.store().Delete(ctx, marker, 0) // one that stays leads nowhere
		}
	}
	o.mu.Lock()
	delete(o.tries, it.record.Key)
	o.mu.Unlock()
	o.waiting.less(it.Account, it.Lanes, int64(len(it.record.Value)))
	lanes := it.Lanes
	if home := laneOfKey(it.record.Key); !slices.Contains(lanes, home) { // a person was taken out of it
		lanes = append(slices.Clip(lanes), home)
	}
	return o.followers(ctx, lanes)
}

// postpone gives a leased parcel its next turn.
func (o *outbox) postpone(record store.Record) { o.postponeTo(record, o.backOff(record.Key)) }

func (o *outbox) postponeTo(record store.Record, due time.Time) {
	record.Due = due
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	if err := o.store().Put(ctx, record); err != nil {
		o.config.Log.Warn("", eventFields("outbox_postpone_failed")...)
		return
	}
	o.expect(record.Key, record.Due)
}

// backOff is 1, 2, 4 … seconds from now, a tenth of it at random, 5 minutes at
// most. Each instance counts the failures that it sees.
func (o *outbox) backOff(key string) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tries) >= maxTries {
		clear(o.tries)
	}
	delay := min(firstBackOff<<min(o.tries[key], 20), lastBackOff)
	o.tries[key]++
	return stored(o.config.Now().Add(delay - time.Duration(rand.Int64N(int64(delay/10)))))
}

// expire seals a parcel that is too old into quarantine.
func (o *outbox) expire(ctx context.Context, it item) (next []string) {
	in := inbound{app: it.account.App, trace: it.Trace}
	if err := o.quarantine.seal(ctx, in, aside{account: it.Account, reason: "outbox_expired", body: it.Body}); err != nil {
		o.postpone(it.record)
		return nil
	}
	o.config.Log.Error("", zap.String("event", "outbox_expired"), zap.String("account", it.Account))
	return o.finish(it)
}
