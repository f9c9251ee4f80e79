package proxy

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// The store is asked again for what is due after pollWaiting when something waits
// or other instances may have put something in; after pollEmpty when neither is so.
// Many accounts of an instance ask pollEach apart.
const (
	pollWaiting = 2 * time.Second
	pollEmpty   = time.Minute
	pollEach    = 20 * time.Millisecond
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
			o.serve(ctx, record)
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

// expect lets the desk of a parcel look when it is due.
func (o *outbox) expect(key string, due time.Time) {
	part, _, _ := strings.Cut(laneOfKey(key), "/")
	if d := o.desks[part]; d != nil {
		d.expect(due)
	}
}
