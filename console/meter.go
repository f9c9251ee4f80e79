package console

import (
	"sync"
	"time"
)

// meter is a token bucket: as many at once as in its time, then one by one.
type meter struct {
	most float64
	per  time.Duration

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newMeter(most int, per time.Duration) *meter {
	return &meter{most: float64(most), per: per, left: float64(most)}
}

// allow takes one, if there is one.
func (m *meter) allow(now time.Time) bool {
	_, ok := m.take(now, 1)
	return ok
}

// take takes n, or none and says how long until n are there. More than the most
// never are.
func (m *meter) take(now time.Time, n int) (wait time.Duration, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at.IsZero() && now.After(m.at) {
		m.left = min(m.most, m.left+m.most*now.Sub(m.at).Seconds()/m.per.Seconds())
	}
	m.at = now
	if missing := float64(n) - m.left; missing > 0 {
		return time.Duration(missing / m.most * float64(m.per)), false
	}
	m.left -= float64(n)
	return 0, true
}
