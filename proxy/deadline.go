package proxy

import (
	"context"
	"sync"
	"time"
)

// deadlines bounds calls to the platform without a timer for each: calls that
// start within the same second share one context. A call is not cancelled when
// the bot hangs up: the platform may have the message already, and its id must
// be learned.
type deadlines struct {
	total time.Duration
	mu    sync.Mutex
	until time.Time // when the shared context takes no more calls
	ctx   context.Context
	stop  context.CancelFunc
}

// deadlineStep is how long a context is shared; a call may take that much
// longer than the limit.
const deadlineStep = time.Second

func newDeadlines(total time.Duration) *deadlines { return &deadlines{total: total} }

// at gives a context that ends total after now, or up to a second later.
func (d *deadlines) at(now time.Time) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || now.After(d.until) {
		d.until = now.Add(deadlineStep)
		// Its own timer ends it, and the last one ends with the process.
		d.ctx, d.stop = context.WithDeadline(context.Background(), d.until.Add(d.total))
	}
	return d.ctx
}

// close ends the calls under way of the newest second; older ones have ended or
// end by their own timer.
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
