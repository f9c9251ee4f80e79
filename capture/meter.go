package capture

import (
	"net/netip"
	"sync"
	"time"
)

// maxMetered is how many callers a meter knows one by one. When there are more,
// those that it does not know share one bucket: a flood from everywhere is slowed
// down, and fills no memory.
const maxMetered = 65_536

// meter is a token bucket for each key: as many at once as in a period, then one
// by one.
type meter struct {
	most   int
	period time.Duration

	mu      sync.Mutex
	buckets map[string]bucket
	swept   time.Time
}

type bucket struct {
	left float64
	at   time.Time
}

func newMeter(most int, period time.Duration) *meter {
	return &meter{most: most, period: period, buckets: map[string]bucket{}}
}

// allow takes one from the bucket of key, if it has one.
func (m *meter) allow(key string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.buckets) >= maxMetered && now.Sub(m.swept) > time.Second {
		m.forget(now)
	}
	if _, known := m.buckets[key]; !known && len(m.buckets) >= maxMetered {
		key = ""
	}
	left := m.left(key, now)
	if left < 1 {
		return false
	}
	m.buckets[key] = bucket{left - 1, now}
	return true
}

func (m *meter) left(key string, now time.Time) float64 {
	b, known := m.buckets[key]
	if !known {
		return float64(m.most)
	}
	refill := float64(m.most) * float64(max(0, now.Sub(b.at))) / float64(m.period)
	return min(float64(m.most), b.left+refill)
}

// forget drops the buckets that are full again; the lock is held.
func (m *meter) forget(now time.Time) {
	m.swept = now
	for key := range m.buckets {
		if m.left(key, now) >= float64(m.most) {
			delete(m.buckets, key)
		}
	}
}

// meters are those of a Book.
type meters struct{ client, guesses, link, account, resends *meter }

func newMeters(r Rates) meters {
	return meters{
		client: newMeter(r.Client, time.Minute), guesses: newMeter(r.Guesses, time.Minute), link: newMeter(r.Link, time.Minute),
		account: newMeter(r.Account, time.Minute), resends: newMeter(r.Resends, time.Hour),
	}
}

// caller is what an address counts as: one of IPv6 stands for its /64, which is
// what one customer of a provider has.
func caller(address netip.Addr) string {
	if address.Is6() && !address.Is4In6() {
		if network, err := address.Prefix(64); err == nil {
			return network.String()
		}
	}
	return address.Unmap().String()
}
