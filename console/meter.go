package console

import (
	"sync"
	"time"
)

// meter is a token bucket: as many at once as in a minute, then one by one.
type meter struct {
	most float64

	mu   sync.Mutex
	left float64
	at   time.Time
}

func newMeter(perMinute int) *meter {
	return &meter{most: float64(perMinute), left: float64(perMinute)}
}

// allow takes one, if there is one.
func (m *meter) allow(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.at.IsZero() && now.After(m.at) {
		m.left = min(m.most, m.left+m.most*now.Sub(m.at).Minutes())
	}
	m.at = now
	if m.left < 1 {
		return false
	}
	m.left--
	return true
}
