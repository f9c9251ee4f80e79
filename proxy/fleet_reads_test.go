package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// counting is a store that notes what is asked of it.
type counting struct {
	store.Store
	mu    sync.Mutex
	asked []string
}

func (c *counting) note(what, key string) {
	kind, _, _ := strings.Cut(key, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, what+" "+kind)
}

// Get implements store.Store.
func (c *counting) Get(ctx context.Context, key string) (store.Record, error) {
	c.note("get", key)
	return c.Store.Get(ctx, key)
}

// List implements store.Store.
func (c *counting) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	c.note("list", prefix)
	return c.Store.List(ctx, prefix, after, limit)
}

// Put implements store.Store.
func (c *counting) Put(ctx context.Context, records ...store.Record) error {
	c.note("put", records[0].Key)
	return c.Store.Put(ctx, records...)
}

// TestFleetReads: how often a message asks the stores that instances share. Each is
// a round trip, so one more is a decision.
func TestFleetReads(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	open := f.open
	var all []*counting
	f.open = func(name string) store.Store {
		c := &counting{Store: open(name)}
		all = append(all, c)
		return c
	}
	r := f.join()
	since := func() string {
		counts := map[string]int{}
		for _, c := range all {
			c.mu.Lock()
			for _, asked := range c.asked {
				counts[asked]++
			}
			c.asked = nil
			c.mu.Unlock()
		}
		for _, beside := range []string{"list sent", "list mode"} { // once a second, whatever comes
			delete(counts, beside)
		}
		return fmt.Sprint(counts)
	}
	valued := func(which ...int) string {
		var words []string
		for _, n := range which {
			words = append(words, fmt.Sprintf("number%d@corp.example", n))
		}
		return page(entry(shopID, text(shopID, anna, strings.Join(words, " "))))
	}
	hello := page(entry(shopID, text(shopID, anna, "hello")))
	r.hook(hello) // learns her
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"a clean message", func() { r.hook(hello) }, "map[get chat:1 list outbox:1]"},
		{"the same after a while", func() { f.advance(5 * time.Second); r.hook(hello) }, "map[get alias:1 get chat:1 get conversation:1 list outbox:1]"},
		{"a new value", func() { r.hook(valued(1)) }, "map[get chat:1 get value:1 list outbox:1 put value:1]"},
		{"a known value", func() { r.hook(valued(1)) }, "map[get chat:1 get value:1 list outbox:1]"},
		{"a known and a new value", func() { r.hook(valued(1, 2)) }, "map[get chat:1 get value:2 list outbox:1 put value:1]"},
		{"an answer of the bot", func() { r.send(anna, "hi there") }, "map[get chat:1]"},
	} {
		since()
		step.do()
		if got := since(); got != step.want {
			t.Errorf("%s asks %s, want %s", step.what, got, step.want)
		}
	}
}

// breaking is a store whose connection breaks under every first removal of a parcel;
// with done, after the server has done it, and under every first parcel that is put,
// too.
type breaking struct {
	store.Store
	done  bool
	mu    sync.Mutex
	tried map[string]bool
}

// Delete implements store.Store.
func (b *breaking) Delete(ctx context.Context, key string, version uint64) error {
	b.mu.Lock()
	first := strings.HasPrefix(key, "outbox/") && !b.tried[key]
	b.tried[key] = true
	b.mu.Unlock()
	if !first {
		return b.Store.Delete(ctx, key, version)
	}
	if b.done {
		if err := b.Store.Delete(ctx, key, version); err != nil {
			return err
		}
	}
	return errors.New("the connection broke")
}

// Put implements store.Store.
func (b *breaking) Put(ctx context.Context, records ...store.Record) error {
	err := b.Store.Put(ctx, records...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if key := "put " + records[0].Key; err == nil && b.done && strings.HasPrefix(key, "put outbox/") && records[0].Version == 0 && !b.tried[key] {
		b.tried[key] = true
		return errors.New("the connection broke")
	}
	return err
}

// TestFleetSendsOnceOverABreak: what the bot has is not sent again because the
// database was away for a moment, and what is behind it does not wait for a lease.
func TestFleetSendsOnceOverABreak(t *testing.T) {
	t.Parallel()
	for _, done := range []bool{false, true} {
		f := newFleet(t, 1, spooling)
		open := f.open
		f.open = func(name string) store.Store {
			return &breaking{Store: open(name), done: done, tried: map[string]bool{}}
		}
		f.all[0].stop()
		r := f.join()
		bot := newFickle(func(string, int) bool { return false })
		r.bots["bot"].answers(bot.ServeHTTP)
		for n := range 3 {
			if got := r.hook(numbered(anna, n)); got.status != http.StatusOK {
				t.Errorf("done: %v: number %d is in the outbox, and answered %d", done, n, got.status)
			}
		}
		r.until("an empty outbox", func() bool { return r.records("outbox/") == 0 })
		f.advance(leaseOver)
		if got := inOrder(bot.bodies(), anna); !slices.Equal(got, upTo(3)) {
			t.Errorf("done: %v: arrived as %v", done, got)
		}
	}
}
