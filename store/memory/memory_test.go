package memory_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Opener {
		var storage memory.Storage
		return func(now func() time.Time) (store.Store, error) {
			return memory.Open(&storage, now), nil
		}
	})
}
