package rotation_test

import (
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/rotation"
)

// TestDue: what has sealed a lot or is old is to be rotated.
func TestDue(t *testing.T) {
	now := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	young, old := now.Add(-89*24*time.Hour), now.Add(-91*24*time.Hour)
	for _, test := range []struct {
		key      keys.Key
		sealings uint64
		due      bool
	}{
		{keys.Key{Use: keys.Sealing, State: keys.Primary, Promoted: young}, 1 << 30, false},
		{keys.Key{Use: keys.Sealing, State: keys.Primary, Promoted: young}, 1<<30 + 1, true},
		{keys.Key{Use: keys.Sealing, State: keys.Primary, Promoted: old}, 0, true},
		{keys.Key{Use: keys.Signing, State: keys.Primary, Promoted: old}, 0, true},
		{keys.Key{Use: keys.Sealing, State: keys.Retiring, Promoted: old}, 1 << 31, false},
		{keys.Key{Use: keys.Naming, State: keys.Primary, Promoted: old}, 0, false},
		{keys.Key{Use: keys.Sealing, State: keys.Primary}, 0, false},
	} {
		if got := rotation.Due(test.key, test.sealings, now); (got != "") != test.due {
			t.Errorf("%+v with %d sealings: %q", test.key, test.sealings, got)
		}
	}
}
