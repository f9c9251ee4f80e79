package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

// The store is asked again for what is due after pollWaiting when something waits
// or other instances may have put something in; after pollEmpty when neither is so.
// Many accounts of an instance ask pollEach apart.
const (
	pollWaiting = 2 * time.Second
	pollEmpty   = time.Minute
	pollEach    = 20 * time.Millisecond
	// maxTries bounds the memory of failures.
	maxTries = 10_000
)

// desk sends the parcels of one account: one that hangs keeps no other waiting.
type desk struct {
	outbox  *outbox
	prefix  string // of the keys of its lanes
	account string
	wake    chan struct{}

	mu   sync.Mutex
	busy int       // senders at work
	soon time.Time // when something is due next that is known of; zero: nothing
}

// item is a parcel that this instance has leased.
type item struct {
	sealedParcel
	record  store.Record
	account *Account
}

// nudge lets the desk of a lane look at once.
func (o *outbox) nudge(lane string) {
	part, _, _ := strings.Cut(lane, "/")
	if d := o.desks[part]; d != nil {
		d.nudge()
	}
}

func (d *desk) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// expect lets the desk look when a parcel becomes due.
func (d *desk) expect(due time.Time) {
	d.mu.Lock()
	if d.soon.IsZero() || due.Before(d.soon) {
		d.soon = due
	}
	d.mu.Unlock()
	d.nudge()
}

// run sends what is due until it is cancelled, then waits for what is on its way.
func (d *desk) run(ctx context.Context) {
	var senders sync.WaitGroup
	defer senders.Wait()
	for ctx.Err() == nil {
		if d.take(ctx, &senders) {
			continue
		}
		timer := time.NewTimer(d.wait())
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// wait is how long nothing is to be done, unless somebody nudges.
func (d *desk) wait() time.Duration {
	o := d.outbox
	wait := max(pollWaiting, time.Duration(len(o.desks))*pollEach)
	if o.config.Records.Alone && o.waiting.of(d.account) == 0 {
		wait = pollEmpty
	}
	wait -= time.Duration(rand.Int64N(int64(wait / 5))) // instances that began together
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.soon.IsZero() {
		wait = min(wait, max(0, d.soon.Sub(o.config.Now())))
	}
	return wait
}

// take leases what is due, for as many senders as are free, and lets them send.
// True: there may be more.
func (d *desk) take(ctx context.Context, senders *sync.WaitGroup) bool {
	o := d.outbox
	now := o.now()
	d.mu.Lock()
	free := outboxSenders - d.busy
	if !d.soon.After(now) {
		d.soon = time.Time{}
	}
	d.mu.Unlock()
	if free <= 0 {
		return false
	}
	work, cancel := unhurried(ctx)
	defer cancel()
	leased, err := o.store().Lease(work, d.prefix, now, o.lease(), free)
	if err != nil {
		return false
	}
	for _, record := range leased {
		d.mu.Lock()
		d.busy++
		d.mu.Unlock()
		senders.Go(func() {
			defer d.release()
			defer o.survive(record)
			o.attempt(ctx, record)
		})
	}
	return len(leased) == free
}

// unhurried is for what must not be left half done: a lease that is taken and not
// known of holds the lane.
func unhurried(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTime)
}

// release gives a sender back.
func (d *desk) release() {
	d.mu.Lock()
	d.busy--
	d.mu.Unlock()
	d.nudge()
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

// attempt sends one leased parcel, when it is the first of its lanes, and settles
// what follows.
func (o *outbox) attempt(ctx context.Context, record store.Record) {
	work, cancel := unhurried(ctx)
	defer cancel()
	it, ok := o.opened(work, record)
	if !ok {
		return
	}
	waits, err := o.blocked(work, it)
	switch {
	case err != nil:
		o.postpone(record)
		return
	case waits:
		o.park(work, it)
		return
	case record.Due.Sub(o.now()) < o.config.Limits.BotTimeout:
		return // the lease would end meanwhile: it is taken up again then
	}
	status, err := o.send(ctx, parcel{account: it.account, body: it.Body, header: it.Header, trace: it.Trace})
	switch {
	case err == nil && status >= 200 && status <= 299:
		o.over(it)
		o.finish(it)
	case o.config.Now().Sub(it.Accepted) > o.config.Limits.Outbox.Age:
		o.expire(ctx, it)
	default:
		o.config.Metrics.refuse("outbox_retry")
		o.postpone(record)
	}
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
func (o *outbox) finish(it item) {
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	err := o.store().Delete(ctx, it.record.Key, it.record.Version)
	switch {
	case err == nil:
		o.gone(ctx, it)
	case !errors.Is(err, store.ErrNotFound): // erased meanwhile
		o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
	}
}

// gone draws the consequences of a removal, once: whoever removed a parcel calls it.
func (o *outbox) gone(ctx context.Context, it item) {
	for _, lane := range it.Lanes {
		if marker := laneKey(lane, stampOf(it.record.Key)); marker != it.record.Key {
			_ = o.store().Delete(ctx, marker, 0) // one that stays leads nowhere
		}
	}
	o.mu.Lock()
	delete(o.tries, it.record.Key)
	o.mu.Unlock()
	o.waiting.less(it.Account, it.Lanes, int64(len(it.record.Value)))
	o.follow(ctx, it.Lanes)
	if home := laneOfKey(it.record.Key); !slices.Contains(it.Lanes, home) { // a person was taken out of it
		o.follow(ctx, []string{home})
	}
}

// postpone gives a leased parcel its next turn.
func (o *outbox) postpone(record store.Record) {
	record.Due = o.backOff(record.Key)
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	if err := o.store().Put(ctx, record); err != nil {
		o.config.Log.Warn("", eventFields("outbox_postpone_failed")...)
		return
	}
	o.expect(record.Key, record.Due)
}

// expect lets the desk of a parcel look when it is due.
func (o *outbox) expect(key string, due time.Time) {
	part, _, _ := strings.Cut(laneOfKey(key), "/")
	if d := o.desks[part]; d != nil {
		d.expect(due)
	}
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
func (o *outbox) expire(ctx context.Context, it item) {
	in := inbound{app: it.account.App, trace: it.Trace}
	if err := o.quarantine.seal(ctx, in, it.Body, "outbox_expired"); err != nil {
		o.postpone(it.record)
		return
	}
	o.config.Log.Error("", zap.String("event", "outbox_expired"), zap.String("account", it.Account))
	o.finish(it)
}
