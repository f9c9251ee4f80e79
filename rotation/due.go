package rotation

import (
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/keys"
)

const (
	// manySealings is a quarter of what a key is good for (NIST SP 800-38D, 8.3:
	// 2^32 random nonces): enough room to rotate in peace.
	manySealings = 1 << 30
	// oldKey is when a key should be rotated. NIST SP 800-57 part 1 rev. 5, table 1
	// allows keys that encrypt data two years; three months keep the hand in.
	oldKey = 90 * 24 * time.Hour
	// remindEvery is how often the log says so.
	remindEvery = 24 * time.Hour
)

// Due says why a key should be rotated; empty when it need not be.
func Due(key keys.Key, sealings uint64, now time.Time) string {
	switch {
	case key.State != keys.Primary || key.Use == keys.Naming:
		return ""
	case sealings > manySealings:
		return "it has sealed more than 2^30 times, and is good for 2^32"
	case !key.Promoted.IsZero() && now.Sub(key.Promoted) > oldKey:
		return "it has been the primary for more than 90 days"
	}
	return ""
}

// remind logs once a day which keys are due.
func (w *Worker) remind(sealings map[string]uint64, now time.Time) {
	for _, key := range w.config.Keys.Keys() {
		why := Due(key, sealings[key.ID], now)
		if why == "" || now.Sub(w.reminded[key.ID]) < remindEvery {
			continue
		}
		w.reminded[key.ID] = now
		w.config.Log.Warn("", zap.String("event", "key_due"), zap.String("key", key.ID), zap.String("why", why))
	}
}
