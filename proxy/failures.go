package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// What fails the same way three times in ten minutes is set aside.
const (
	failureLimit  = 3
	failureWindow = 10 * time.Minute
	failurePrefix = "failure/"
	// maxFailures bounds the memory of failures; the oldest half goes first.
	maxFailures = 4096
)

// failures counts deliveries that cannot be processed.
type failures struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string][]time.Time
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, seen: map[string][]time.Time{}}
}

// third notes a failure and says whether it is the third in the window.
func (f *failures) third(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if len(f.seen) >= maxFailures {
		for k, times := range f.seen {
			if now.Sub(times[len(times)-1]) > failureWindow || len(f.seen) > maxFailures/2 {
				delete(f.seen, k)
			}
		}
	}
	recent := f.seen[key][:0]
	for _, t := range f.seen[key] {
		if now.Sub(t) <= failureWindow {
			recent = append(recent, t)
		}
	}
	recent = append(recent, now)
	if len(recent) >= failureLimit {
		delete(f.seen, key)
		return true
	}
	f.seen[key] = recent
	return false
}

// third notes a failure and says whether it is the third in the window, whichever
// instance had the others: the platform's next try comes to any of them. Without an
// answer of the store each counts for itself.
func (p *Proxy) third(ctx context.Context, key string) bool {
	if p.peers == nil {
		return p.failures.third(key)
	}
	third, err := p.thirdOfAll(ctx, failurePrefix+logHash(p.config.Records.Keys.PRF("failure", key)))
	if err != nil {
		return p.failures.third(key)
	}
	return third
}

// thirdOfAll keeps the times of the failures in the store. They are nobody's, so
// they are not sealed.
func (p *Proxy) thirdOfAll(ctx context.Context, key string) (bool, error) {
	for range addAttempts {
		var times []time.Time
		record, err := p.config.Records.Store.Get(ctx, key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
		now := p.config.Now()
		if err == nil && json.Unmarshal(record.Value, &times) != nil {
			times = nil
		}
		times = append(slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) > failureWindow }), now)
		if len(times) >= failureLimit {
			return true, p.config.Records.Store.Delete(ctx, key, record.Version)
		}
		record.Key, record.Expires = key, now.Add(failureWindow)
		if record.Value, err = json.Marshal(times); err != nil {
			return false, err
		}
		if err = p.config.Records.Store.Put(ctx, record); !errors.Is(err, store.ErrConflict) {
			return false, err
		}
	}
	return false, store.ErrConflict
}

// Wrong handshakes are cheap to try and never legitimate in numbers.
const (
	guessesPerWindow = 20
	guessWindow      = time.Minute
	maxGuessers      = 4096
)

// guesses bounds wrong verify tokens by where they come from.
type guesses struct {
	now   func() time.Time
	mu    sync.Mutex
	since time.Time
	count map[netip.Addr]int
}

func newGuesses(now func() time.Time) *guesses { return &guesses{now: now} }

// allowed notes a wrong guess and says whether it is within the rate. More
// guessers than fit in the memory share what is left of the window.
func (g *guesses) allowed(from netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.count == nil || now.Sub(g.since) > guessWindow {
		g.since, g.count = now, map[netip.Addr]int{}
	}
	if _, known := g.count[from]; !known && len(g.count) >= maxGuessers {
		from = netip.Addr{}
	}
	g.count[from]++
	return g.count[from] <= guessesPerWindow
}

// Client is the address that a request comes from: the last one in
// X-Forwarded-For that no trusted proxy wrote. It is never logged.
func (p *Proxy) Client(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	from := at.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusted(from); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = hop.Unmap()
	}
	return from
}

func (p *Proxy) trusted(address netip.Addr) bool {
	return slices.ContainsFunc(p.config.Limits.TrustedProxies, func(network netip.Prefix) bool { return network.Contains(address) })
}
