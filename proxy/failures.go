package proxy

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// What fails the same way three times in ten minutes is set aside.
const (
	failureLimit  = 3
	failureWindow = 10 * time.Minute
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
