//go:build linux

package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// kills is how often the server is killed under load; make soak says 20.
var kills = flag.Int("kills", 3, "how often PostgreSQL is killed")

const (
	// patience is each call's context.
	patience = time.Second
	// grace is how much longer than its context a call may take on a machine
	// that has much else to do.
	grace = 10 * time.Second
)

// journal is what the writers of a test were told.
type journal struct {
	t *testing.T
	store.Store

	mutex        sync.Mutex
	acknowledged []string
	failed       int
}

// call runs one operation and holds it to its context.
func (j *journal) call(operation func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	started := time.Now()
	err := operation(ctx)
	if took := time.Since(started); took > patience+grace {
		j.t.Errorf("a call took %v with %v to do it in", took, patience)
	}
	return err
}

// write puts pairs of records, some of them conditional on what was read, until
// stopped. What is not acknowledged is an error and never a conflict: nobody else
// writes these keys.
func (j *journal) write(writer int, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		name := fmt.Sprintf("%02d/%06d", writer, i)
		err := j.call(func(ctx context.Context) error {
			expires := time.Now().Add(time.Hour)
			return j.Put(ctx,
				store.Record{Key: "value/b/" + name, Value: []byte(name), Expires: expires, Due: expires},
				store.Record{Key: "value/a/" + name, Value: []byte(name), Expires: expires})
		})
		j.mutex.Lock()
		if err == nil {
			j.acknowledged = append(j.acknowledged, name)
		} else {
			j.failed++
		}
		j.mutex.Unlock()
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
			j.t.Errorf("putting %s: %v", name, err)
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// read gets what was acknowledged: it is there, or the answer is an error, but
// never that it does not exist.
func (j *journal) read(stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		j.mutex.Lock()
		name := ""
		if n := len(j.acknowledged); n > 0 {
			name = j.acknowledged[(i*7919)%n]
		}
		j.mutex.Unlock()
		if name == "" {
			continue
		}
		err := j.call(func(ctx context.Context) error {
			r, err := j.Get(ctx, "value/a/"+name)
			if err == nil && string(r.Value) != name {
				j.t.Errorf("%s holds %q", name, r.Value)
			}
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			j.t.Errorf("%s was acknowledged and is said not to exist", name)
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// load runs writers and readers until the function that it returns is called.
func (j *journal) load() (stop func()) {
	end := make(chan struct{})
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() { j.write(writer, end) })
	}
	for range 2 {
		all.Go(func() { j.read(end) })
	}
	return func() {
		close(end)
		all.Wait()
	}
}

// progress waits until more is acknowledged than before: the store works again,
// and nobody has opened it anew.
func (j *journal) progress() {
	j.t.Helper()
	count := func() int {
		j.mutex.Lock()
		defer j.mutex.Unlock()
		return len(j.acknowledged)
	}
	before := count()
	for deadline := time.Now().Add(time.Minute); count() < before+50; {
		if time.Now().After(deadline) {
			j.t.Fatal("nothing is acknowledged any more")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// check holds the store to what it acknowledged: all of it is there and none of
// the pairs is half there.
func (j *journal) check() {
	j.t.Helper()
	halves := map[string]int{}
	for after := ""; ; {
		page, err := j.List(j.t.Context(), "value/", after, store.MaxPage)
		if err != nil {
			j.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for i := range page {
			halves[string(page[i].Value)]++
		}
		after = page[len(page)-1].Key
	}
	for _, name := range j.acknowledged {
		if halves[name] != 2 {
			j.t.Errorf("%s was acknowledged, and %d of its two records are there", name, halves[name])
		}
	}
	for name, n := range halves {
		if n != 2 {
			j.t.Errorf("%d of the two records of %s are there", n, name)
		}
	}
}

func openAt(t *testing.T, url string) store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: "records"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestServerKilled kills the server under load, again and again.
func TestServerKilled(t *testing.T) {
	server := pgtest.Start(t)
	j := &journal{t: t, Store: openAt(t, server.Database(t))}
	stop := j.load()
	for range *kills {
		j.progress()
		server.Kill()
		time.Sleep(100 * time.Millisecond) // calls meet a server that is gone
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	j.progress()
	stop()
	if j.failed == 0 {
		t.Error("no write failed: the server was not missed")
	}
	j.check()
}

// TestNetworkFaults puts each fault between the store and its server.
func TestNetworkFaults(t *testing.T) {
	server := pgtest.Start(t)
	for name, fault := range map[string]pgtest.Fault{
		"hang": pgtest.Hang, "half-open": pgtest.HalfOpen, "reset": pgtest.Reset, "slow": pgtest.Slow,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			between := pgtest.NewBetween(t, server)
			j := &journal{t: t, Store: openAt(t, between.URL(t, server.Database(t)))}
			stop := j.load()
			for range 2 {
				j.progress()
				between.Set(fault)
				time.Sleep(3 * patience)
				between.Set(pgtest.None)
			}
			j.progress()
			stop()
			if j.failed == 0 && fault != pgtest.Slow {
				t.Error("no write failed: the fault was not felt")
			}
			j.check()
		})
	}
}

// TestHangEndsByItself: a call without a deadline of its own ends all the same,
// with an error that says what happened and not where to.
func TestHangEndsByItself(t *testing.T) {
	server := pgtest.Start(t)
	between := pgtest.NewBetween(t, server)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: between.URL(t, server.Database(t)), Table: "records", Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	between.Set(pgtest.Hang)
	_, err = s.Get(t.Context(), "value/a")
	if err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("getting from a database that hangs: %v", err)
	}
	between.Set(pgtest.None)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
