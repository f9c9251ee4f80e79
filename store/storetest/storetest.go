// Package storetest says what a store is: every backend passes Run unchanged,
// and what Run does not ask for, no caller may lean on.
package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Opener opens one storage. It is called again after Close, and then finds what
// was acknowledged before. The store must take its time from now.
type Opener func(now func() time.Time) (store.Store, error)

// Run runs the suite. Fresh makes a new and empty storage for each test (a file
// in a temporary folder, a schema of its own) and returns how to open it.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	t.Helper()
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"Get", testGet},
		{"Versions", testVersions},
		{"VersionsNeverRepeat", testVersionsNeverRepeat},
		{"AllOrNone", testAllOrNone},
		{"Delete", testDelete},
		{"Bounds", testBounds},
		{"Expiry", testExpiry},
		{"Sweep", testSweep},
		{"List", testList},
		{"ListPages", testListPages},
		{"DeletePrefix", testDeletePrefix},
		{"DueOrder", testDueOrder},
		{"Lease", testLease},
		{"LeaseExpired", testLeaseExpired},
		{"LeaseTies", testLeaseTies},
		{"LeasePages", testLeasePages},
		{"LeaseFair", testLeaseFair},
		{"SweepOrder", testSweepOrder},
		{"KeyEdges", testKeyEdges},
		{"VersionsOverExpiry", testVersionsOverExpiry},
		{"OwnBytes", testOwnBytes},
		{"Context", testContext},
		{"Reopen", testReopen},
		{"Closed", testClosed},
		{"RaceCreate", testRaceCreate},
		{"RaceUpdate", testRaceUpdate},
		{"RacePairs", testRacePairs},
		{"RaceCrossing", testRaceCrossing},
		{"RaceErase", testRaceErase},
		{"RaceLease", testRaceLease},
		{"RaceClose", testRaceClose},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := &bench{open: fresh(t), clock: &clock{at: start}}
			b.Store = b.reopen(t)
			t.Cleanup(func() {
				if err := b.Close(); err != nil {
					t.Errorf("closing: %v", err)
				}
			})
			test.run(t, b)
		})
	}
}

// start is a whole second, so that it survives a backend that keeps
// microseconds.
var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// clock is moved by the tests.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *clock) move(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(by)
}

// bench is a store with its clock and the way to open it again.
type bench struct {
	store.Store
	open  Opener
	clock *clock
}

func (b *bench) reopen(t *testing.T) store.Store {
	t.Helper()
	s, err := b.open(b.clock.now)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	return s
}

// hour is how long records of these tests live when it does not matter.
const hour = time.Hour

func (b *bench) record(key, value string) store.Record {
	return store.Record{Key: key, Value: []byte(value), Expires: b.clock.now().Add(hour)}
}

func (b *bench) put(t *testing.T, records ...store.Record) {
	t.Helper()
	if err := b.Put(t.Context(), records...); err != nil {
		t.Fatalf("putting: %v", err)
	}
}

func (b *bench) get(t *testing.T, key string) store.Record {
	t.Helper()
	r, err := b.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("getting %s: %v", key, err)
	}
	return r
}

func wantError(t *testing.T, doing string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: error is %v, want %v", doing, got, want)
	}
}

func wantKeys(t *testing.T, doing string, got []store.Record, want ...string) {
	t.Helper()
	if fmt.Sprint(keysOf(got)) != fmt.Sprint(want) {
		t.Fatalf("%s: keys %v, want %v", doing, keysOf(got), want)
	}
}

func keysOf(records []store.Record) []string {
	keys := make([]string, len(records))
	for i := range records {
		keys[i] = records[i].Key
	}
	return keys
}
