//go:build linux

package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/store/storetest"
)

// opener gives each test a table of its own.
func opener(url string) func(t *testing.T) storetest.Opener {
	var tables atomic.Int64
	return func(t *testing.T) storetest.Opener {
		table := fmt.Sprintf("records%d", tables.Add(1))
		return func(now func() time.Time) (store.Store, error) {
			return postgres.Open(t.Context(), postgres.Config{URL: url, Table: table, Now: now})
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	server := pgtest.Start(t)
	// The second way is what PgBouncer in transaction mode needs: no statement
	// outlives its transaction.
	for name, parameter := range map[string]string{"direct": "", "pooled": "&default_query_exec_mode=exec"} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, opener(server.Database(t)+parameter))
		})
	}
}
