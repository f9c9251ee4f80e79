package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run sends what is due until it is cancelled, then waits for what is on its
// way.
func (o *outbox) run(ctx context.Context) {
	var senders sync.WaitGroup
	defer senders.Wait()
	for {
		it, wait := o.next()
		if it == nil {
			select {
			case <-ctx.Done():
				return
			case <-o.wake:
			case <-time.After(wait):
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		senders.Go(func() {
			defer o.nudge()
			defer o.release(it)
			defer o.survive(it)
			o.attempt(ctx, it)
		})
	}
}

// survive keeps a panic over one item from ending the process: the item waits for
// its next turn, and goes to quarantine when it is too old.
func (o *outbox) survive(it *item) {
	if recover() != nil {
		o.config.Metrics.refuse(refuseInternal.Reason)
		o.config.Log.Error("", panicFields(newTrace())...)
		o.later(it)
	}
}

// next gives an item that is due and first in all its lanes, or how long to
// wait for one.
func (o *outbox) next() (*item, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, wait := o.config.Now(), time.Minute
	var best *item
	for it := range o.all {
		if it.sending || it.withdrawn || o.busy[it.account] >= outboxSenders || !o.first(it) {
			continue
		}
		if !it.due.After(now) {
			if best == nil || it.key < best.key {
				best = it
			}
			continue
		}
		wait = min(wait, it.due.Sub(now))
	}
	if best != nil {
		best.sending = true
		o.busy[best.account]++
	}
	return best, wait
}

// release gives an account's sender back.
func (o *outbox) release(it *item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.busy[it.account]--
}

func (o *outbox) first(it *item) bool {
	for _, lane := range it.lanes {
		if o.ahead(lane) != it {
			return false
		}
	}
	return true
}

// attempt leases, sends and settles one item.
func (o *outbox) attempt(ctx context.Context, it *item) {
	// Not cancelled: a lease that is taken and not known of holds the lane.
	leased, err := o.config.Records.Store.Lease(context.WithoutCancel(ctx), it.key, o.config.Now(), o.config.Limits.BotTimeout+leaseSlack, 1)
	if err != nil || len(leased) == 0 {
		o.missing(ctx, it, err)
		return
	}
	sealed, err := o.open(leased[0])
	if err != nil {
		o.config.Log.Error("", eventFields("outbox_unreadable")...)
		o.later(it)
		return
	}
	status, err := o.send(ctx, parcel{account: it.account, body: sealed.Body, header: sealed.Header, trace: sealed.Trace})
	switch {
	case err == nil && status >= 200 && status <= 299:
		o.over(it, sealed.Trace)
		o.settle(it, leased[0])
	case o.config.Now().Sub(it.accepted) > o.config.Limits.Outbox.Age:
		o.expire(ctx, it, leased[0], sealed)
	default:
		o.config.Metrics.refuse("outbox_retry")
		o.postpone(it, leased[0])
	}
}

// missing handles an item that could not be leased: it waits for its next turn,
// unless it is not in the store at all, because its write failed without saying
// so.
func (o *outbox) missing(ctx context.Context, it *item, err error) {
	if err == nil {
		_, err = o.config.Records.Store.Get(context.WithoutCancel(ctx), it.key)
	}
	if !errors.Is(err, store.ErrNotFound) {
		o.later(it)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(it)
}

// settle removes a delivered item. The store is asked even when the proxy is
// being stopped: an item that stays is sent twice.
func (o *outbox) settle(it *item, record store.Record) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := o.config.Records.Store.Delete(ctx, record.Key, record.Version); err != nil && !errors.Is(err, store.ErrNotFound) {
		o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(it)
}

// postpone moves the due time in the store, too, so that a restart keeps it.
func (o *outbox) postpone(it *item, record store.Record) {
	due := o.later(it)
	record.Due = due
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := o.config.Records.Store.Put(ctx, record); err != nil {
		o.config.Log.Warn("", eventFields("outbox_postpone_failed")...)
	}
}

// later backs off: 1, 2, 4 … seconds, a tenth of it at random, 5 minutes at
// most.
func (o *outbox) later(it *item) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	delay := min(firstBackOff<<min(it.attempts, 20), lastBackOff)
	it.attempts++
	it.due = o.config.Now().Add(delay - time.Duration(rand.Int64N(int64(delay/10))))
	it.sending = false
	return it.due
}

// expire seals an item that is too old into quarantine.
func (o *outbox) expire(ctx context.Context, it *item, record store.Record, sealed sealedParcel) {
	in := inbound{app: it.account.App, trace: sealed.Trace}
	if err := o.quarantine.seal(ctx, in, sealed.Body, "outbox_expired"); err != nil {
		o.later(it)
		return
	}
	o.config.Log.Error("", zap.String("event", "outbox_expired"), zap.String("account", it.account.Name))
	o.settle(it, record)
}
