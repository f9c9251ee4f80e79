package route_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/route"
	"github.com/piiproxy/piiproxy/store/memory"
)

// Instances share a budget: of all their requests exactly as many pass as may.
func TestSharedBudget(t *testing.T) {
	secrets, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	storage := &memory.Storage{}
	var all sync.WaitGroup
	var mu sync.Mutex
	passed, spent := 0, 0
	for range 3 {
		ledger := route.NewLedger(memory.Open(storage, nil), secrets, time.Now)
		for range 10 {
			all.Go(func() {
				err := ledger.Take(context.Background(), "orders", 20, route.Counts{"form:email": {"email": 1}})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					passed++
				case errors.Is(err, route.ErrBudget):
					spent++
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if passed != 20 || spent != 10 {
		t.Errorf("%d passed and %d were refused, want 20 and 10", passed, spent)
	}
	s := memory.Open(storage, nil)
	records, err := s.List(context.Background(), "", "", 10)
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records (%v)", len(records), err)
	}
	if strings.Contains(records[0].Key+string(records[0].Value), "orders") || strings.Contains(string(records[0].Value), "email") {
		t.Error("the store has the counts in plain")
	}
	records[0].Value[len(records[0].Value)-1]++
	if err := s.Put(context.Background(), records[0]); err != nil {
		t.Fatal(err)
	}
	ledger := route.NewLedger(s, secrets, time.Now)
	if err := ledger.Take(context.Background(), "orders", 20, route.Counts{"form:email": {"email": 1}}); err == nil || errors.Is(err, route.ErrBudget) {
		t.Errorf("counts that were altered: %v", err)
	}
	if _, err := ledger.Report(context.Background(), "orders"); err == nil {
		t.Error("counts that were altered are reported")
	}
}
