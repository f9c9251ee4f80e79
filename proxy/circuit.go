package proxy

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// CircuitLimits say when a peer that does not answer is not asked for a while.
type CircuitLimits struct {
	Failures int           // in a row, until it is asked no more
	Open     time.Duration // until one request tries it again
	Longest  time.Duration // the same, twice as long each time, up to this
}

// errCircuit says that a peer is not asked at the moment. Nothing was sent.
var errCircuit = errors.New("the peer has not answered lately and is not asked for a moment")

// slowFailure is how long a request that failed must have taken to count. A peer
// that refuses at once costs nothing, and is noticed the moment it is back; one that
// hangs keeps each request, and what it holds, until its time is over.
const slowFailure = time.Second

// circuit keeps requests from a peer that hangs. Closed, it counts failures in a
// row; open, it lets nothing through; when its time is over one request tries the
// peer, and the others wait for what becomes of it, or for the next one. It only
// ever stands before a request: what was sent is settled by its own outcome.
type circuit struct {
	limits   CircuitLimits
	fair     time.Duration // what a request must have had to count when its deadline ended it
	failures atomic.Int32
	until    atomic.Int64 // open until then, Unix nanoseconds; 0: closed
	pause    atomic.Int64 // the time for which it was opened last
	changed  func(open bool)
}

// attempt is one request to a peer.
type attempt struct {
	circuit *circuit
	probe   bool
	began   time.Time
}

// open says that a request would not be let through now.
func (c *circuit) open(now time.Time) bool { return now.UnixNano() < c.until.Load() }

// begin asks for a request to be let through; false: it is not.
func (c *circuit) begin(now time.Time) (attempt, bool) {
	until := c.until.Load()
	if until == 0 {
		return attempt{circuit: c, began: now}, true
	}
	next := now.UnixNano() + c.pause.Load()
	if now.UnixNano() < until || !c.until.CompareAndSwap(until, next) {
		return attempt{}, false
	}
	return attempt{circuit: c, probe: true, began: now}, true
}

// answered notes that the peer answered, whatever it said.
func (a attempt) answered() {
	c := a.circuit
	if c == nil {
		return
	}
	if c.failures.Load() != 0 {
		c.failures.Store(0)
	}
	if until := c.until.Load(); until != 0 && c.until.CompareAndSwap(until, 0) {
		c.changed(false)
	}
}

// failed notes that the peer did not answer. late says that the request's own deadline
// ended it, of which its sender may have used up most before: somebody whose body
// comes slowly must not close the way for the others.
func (a attempt) failed(err error, now time.Time, late bool) {
	c, took := a.circuit, now.Sub(a.began)
	var slow net.Error
	switch {
	case c == nil, errors.Is(err, context.Canceled): // we gave up
		return
	case a.probe:
		pause := min(2*c.pause.Load(), int64(c.limits.Longest))
		c.pause.Store(pause)
		c.until.Store(now.UnixNano() + pause)
		return
	case took < slowFailure && !(errors.As(err, &slow) && slow.Timeout()), late && took < c.fair:
		return
	}
	if int(c.failures.Add(1)) < c.limits.Failures || c.until.Load() != 0 {
		return // one that began before it opened changes nothing any more
	}
	c.pause.Store(int64(c.limits.Open))
	if c.until.CompareAndSwap(0, now.UnixNano()+int64(c.limits.Open)) {
		c.changed(true)
	}
}

// circuits are those of all peers. Accounts with one bot, or one host of the
// platform, share one. Read-only after New.
type circuits struct{ bots, platforms map[*Account]*circuit }

func newCircuits(config Config) *circuits {
	accounts := config.Tenants.Accounts()
	return &circuits{
		bots:      circuitsOf(config, "bot", config.Limits.BotTimeout/2, accounts, func(a *Account) string { return a.Bot.URL.String() }),
		platforms: circuitsOf(config, "platform", config.Limits.Upstream.Total/2, accounts, func(a *Account) string { return a.Graph.Scheme + "://" + a.Graph.Host }),
	}
}

func circuitsOf(config Config, peer string, fair time.Duration, accounts []*Account, address func(*Account) string) map[*Account]*circuit {
	of, names := map[string]*circuit{}, map[string][]string{}
	all := make(map[*Account]*circuit, len(accounts))
	for _, a := range accounts {
		at := address(a)
		names[at] = append(names[at], a.Name)
		config.Metrics.circuit(a.Name, peer, false)
		if of[at] == nil {
			of[at] = &circuit{limits: config.Limits.Circuit, fair: fair, changed: func(open bool) { tellCircuit(config, peer, names[at], open) }}
		}
		all[a] = of[at]
	}
	return all
}

// tellCircuit logs and counts that a circuit opened or closed, for each account that
// it concerns.
func tellCircuit(config Config, peer string, accounts []string, open bool) {
	for _, account := range accounts {
		config.Metrics.circuit(account, peer, open)
		if open {
			config.Log.Error("", zap.String("event", "circuit_opened"), zap.String("account", account), zap.String("peer", peer))
		} else {
			config.Log.Info("", zap.String("event", "circuit_closed"), zap.String("account", account), zap.String("peer", peer))
		}
	}
}
