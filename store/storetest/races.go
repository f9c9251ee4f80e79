package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// racers is how many goroutines race.
const racers = 64

// race runs work in racers goroutines that start together.
func race(work func(racer int)) {
	begin := make(chan struct{})
	var all sync.WaitGroup
	for racer := range racers {
		all.Go(func() {
			<-begin
			work(racer)
		})
	}
	close(begin)
	all.Wait()
}

func testRaceCreate(t *testing.T, b *bench) {
	for round := range 5 {
		key := fmt.Sprintf("value/%d", round)
		var winner atomic.Int64
		var won atomic.Int64
		race(func(racer int) {
			switch err := b.Put(t.Context(), b.record(key, fmt.Sprint(racer))); {
			case err == nil:
				won.Add(1)
				winner.Store(int64(racer))
			case !errors.Is(err, store.ErrConflict):
				t.Errorf("racer %d: %v", racer, err)
			}
		})
		if won.Load() != 1 {
			t.Fatalf("%d winners", won.Load())
		}
		if got := b.get(t, key); string(got.Value) != fmt.Sprint(winner.Load()) {
			t.Errorf("the record is of racer %s, the winner was %d", got.Value, winner.Load())
		}
	}
}

// testRaceUpdate: all raise one counter; with one winner per version none is
// lost.
func testRaceUpdate(t *testing.T, b *bench) {
	b.put(t, b.record("value/counter", ""))
	race(func(racer int) {
		for {
			r, err := b.Get(t.Context(), "value/counter")
			if err != nil {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
			r.Value = append(r.Value, byte(racer))
			err = b.Put(t.Context(), r)
			if err == nil {
				return
			}
			if !errors.Is(err, store.ErrConflict) {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
		}
	})
	seen := map[byte]bool{}
	for _, racer := range b.get(t, "value/counter").Value {
		seen[racer] = true
	}
	if len(seen) != racers {
		t.Errorf("%d of %d updates are there", len(seen), racers)
	}
}

// testRacePairs: puts of two records that cross each other stay all or none,
// also when they share a transaction.
func testRacePairs(t *testing.T, b *bench) {
	const slots = 16
	var won [racers]atomic.Bool
	race(func(racer int) {
		one, two := fmt.Sprintf("value/%02d", racer%slots), fmt.Sprintf("value/%02d", (racer+1)%slots)
		own := fmt.Sprintf("own/%02d", racer)
		mark := fmt.Sprint(racer)
		err := b.Put(t.Context(), b.record(own, mark), b.record(one, mark), b.record(two, mark))
		if err == nil {
			won[racer].Store(true)
		} else if !errors.Is(err, store.ErrConflict) {
			t.Errorf("racer %d: %v", racer, err)
		}
	})
	winners := 0
	for racer := range racers {
		_, err := b.Get(t.Context(), fmt.Sprintf("own/%02d", racer))
		if won[racer].Load() {
			winners++
			for _, slot := range []int{racer % slots, (racer + 1) % slots} {
				if got := b.get(t, fmt.Sprintf("value/%02d", slot)); string(got.Value) != fmt.Sprint(racer) {
					t.Errorf("racer %d won, but slot %d is of %s", racer, slot, got.Value)
				}
			}
		} else if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("racer %d lost, but its own record is there (%v)", racer, err)
		}
	}
	if winners == 0 {
		t.Error("nobody won")
	}
}

// testRaceCrossing: each put raises two counters, in this order or that, and makes
// a record of its own between them. None waits for ever, and what is counted is
// what is there.
func testRaceCrossing(t *testing.T, b *bench) {
	b.put(t, b.record("value/a", ""), b.record("value/z", ""))
	race(func(racer int) {
		for {
			a, err := b.Get(t.Context(), "value/a")
			if err != nil {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
			z, err := b.Get(t.Context(), "value/z")
			if err != nil {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
			a.Value, z.Value = append(a.Value, 'x'), append(z.Value, 'x')
			records := []store.Record{a, b.record(fmt.Sprintf("value/m%02d", racer), "x"), z}
			if racer%2 == 1 {
				records[0], records[2] = z, a
			}
			err = b.Put(t.Context(), records...)
			if err == nil {
				return
			}
			if !errors.Is(err, store.ErrConflict) {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
		}
	})
	made, err := b.List(t.Context(), "value/m", "", 2*racers)
	a, z := len(b.get(t, "value/a").Value), len(b.get(t, "value/z").Value)
	if err != nil || a != racers || z != racers || len(made) != racers {
		t.Errorf("the counters say %d and %d, %d records were made (%v), want %d of each", a, z, len(made), err, racers)
	}
}

// testRaceErase: while some write a record as they read it, others delete it and
// make it anew. Nobody who read one life of it writes into the next.
func testRaceErase(t *testing.T, b *bench) {
	const key, rounds = "conversation/a", 10
	b.put(t, b.record(key, "0"))
	race(func(racer int) {
		for range rounds {
			r, err := b.Get(t.Context(), key)
			switch {
			case errors.Is(err, store.ErrNotFound):
				err = b.Put(t.Context(), b.record(key, fmt.Sprint(racer)))
			case err != nil:
			case racer%2 == 0:
				err = b.Delete(t.Context(), key, r.Version)
			default:
				r.Value = append(r.Value, '+')
				if err = b.Put(t.Context(), r); err == nil {
					var now store.Record
					now, err = b.Get(t.Context(), key)
					if err == nil && now.Version <= r.Version {
						t.Errorf("version %d is there after %d was replaced", now.Version, r.Version)
					}
				}
			}
			if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("racer %d: %v", racer, err)
			}
		}
	})
}

func testRaceLease(t *testing.T, b *bench) {
	const n = 500
	records := make([]store.Record, n)
	for i := range records {
		records[i] = b.record(fmt.Sprintf("outbox/%04d", i), "x")
		records[i].Due = start
	}
	b.put(t, records...)
	var mutex sync.Mutex
	leased := map[string]int{}
	race(func(racer int) {
		for {
			got, err := b.Lease(t.Context(), "outbox/", start, time.Minute, 7)
			if err != nil {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
			if len(got) == 0 {
				return
			}
			mutex.Lock()
			for i := range got {
				leased[got[i].Key]++
			}
			mutex.Unlock()
		}
	})
	for key, times := range leased {
		if times != 1 {
			t.Errorf("%s was leased %d times", key, times)
		}
	}
	if len(leased) != n {
		t.Errorf("%d of %d were leased", len(leased), n)
	}
}

// testRaceClose: whatever was acknowledged while the store closed is there.
func testRaceClose(t *testing.T, b *bench) {
	var acknowledged sync.Map
	closing := make(chan struct{})
	var closer sync.WaitGroup
	closer.Go(func() {
		<-closing
		if err := b.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	var some sync.Once
	race(func(racer int) {
		for i := 0; ; i++ {
			key := fmt.Sprintf("value/%d/%d", racer, i)
			err := b.Put(t.Context(), b.record(key, "x"))
			if errors.Is(err, store.ErrClosed) {
				return
			}
			if err != nil {
				t.Errorf("racer %d: %v", racer, err)
				return
			}
			acknowledged.Store(key, true)
			some.Do(func() { close(closing) })
		}
	})
	closer.Wait()
	b.Store = b.reopen(t)
	acknowledged.Range(func(key, _ any) bool {
		b.get(t, key.(string))
		return true
	})
}
