package proxy

import (
	"context"
	"sync"
	"time"
)

// deadlines bounds requests of ours without a timer for each: those that start
// within the same step share one context, and end up to a step before the limit.
// They are not cancelled when the caller hangs up: the peer may have the message
// already, and what it says must be learned.
type deadlines struct {
	total, step time.Duration
	mu          sync.Mutex
	until       time.Time // when the shared context takes no more requests
	ctx         context.Context
	stop        context.CancelFunc
}

// deadlineSteps is how finely a limit is kept: a sixteenth of it.
const deadlineSteps = 16

func newDeadlines(total time.Duration) *deadlines {
	return &deadlines{total: total, step: min(total/deadlineSteps, time.Second)}
}

// at gives a context that ends when the limit is over, or a step earlier.
func (d *deadlines) at(now time.Time) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || now.After(d.until) {
		d.until = now.Add(d.step)
		// Its own timer ends it, and the last one ends with the process.
		d.ctx, d.stop = context.WithTimeout(context.Background(), d.total)
	}
	return d.ctx
}

// close ends the requests of the newest step; older ones end by their own timer.
func (d *deadlines) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop != nil {
		d.stop()
	}
}

// callContext carries an exchange along with a shared deadline.
type callContext struct {
	context.Context
	exchange *exchange
}

// Value implements context.Context.
func (c callContext) Value(key any) any {
	if _, ok := key.(exchangeKey); ok {
		return c.exchange
	}
	return c.Context.Value(key)
}
