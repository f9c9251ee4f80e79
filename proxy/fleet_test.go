package proxy_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/memory"
)

// fleet is several proxies on one store, before the same platform and bots. Each
// has a clock of its own.
type fleet struct {
	t     *testing.T
	clock clock // the store's
	open  func(name string) store.Store
	all   []*rig
}

// newFleet starts n proxies on a store in memory.
func newFleet(t *testing.T, n int, change ...func(*plan)) *fleet {
	t.Helper()
	f := &fleet{t: t}
	storages := map[string]*memory.Storage{"values.db": {}, "conversations.db": {}}
	f.open = func(name string) store.Store { return memory.Open(storages[name], f.clock.now) }
	f.start(n, change...)
	return f
}

func (f *fleet) start(n int, change ...func(*plan)) {
	f.t.Helper()
	first := newRig(f.t, append(change, func(p *plan) { p.fleet = f })...)
	f.all = append(f.all, first)
	for range n - 1 {
		f.join()
	}
}

// join starts one more proxy.
func (f *fleet) join() *rig {
	f.t.Helper()
	first := f.all[0]
	r := &rig{
		t: f.t, plan: first.plan, folder: f.t.TempDir(), keys: first.keys, fleet: f,
		platform: first.platform, bots: maps.Clone(first.bots), logged: &buffer{},
	}
	r.start()
	f.t.Cleanup(func() { r.stop() })
	f.all = append(f.all, r)
	return r
}

// dies ends a proxy as kill -9 does: nothing of it reaches the store any more.
func (r *rig) dies() {
	r.t.Helper()
	r.must(r.values.Close())
	r.must(r.people.Close())
}

// advance lets time pass for everybody.
func (f *fleet) advance(d time.Duration) {
	f.clock.advance(d)
	for _, r := range f.all {
		r.clock.advance(d)
	}
}

// latest is what the clock says that is ahead of all others.
func (r *rig) latest() time.Time {
	now := r.clock.now()
	if r.fleet != nil {
		for _, other := range r.fleet.all {
			if at := other.clock.now(); at.After(now) {
				now = at
			}
		}
	}
	return now
}

// leaseOver is longer than a lease lasts in a fleet.
const leaseOver = 45 * time.Second

// TestFleetKeepsOrder: deliveries of a conversation come to one instance after the
// other, whose clocks differ; the bot gets them in order, each once.
func TestFleetKeepsOrder(t *testing.T) {
	t.Parallel()
	keepsOrder(t, newFleet(t, 3, spooling))
}

func keepsOrder(t *testing.T, f *fleet) {
	f.all[1].clock.advance(30 * time.Second)
	bot := newFickle(func(body string, tries int) bool {
		return tries == 1 && strings.Contains(body, "number 2") || tries < 3 && strings.Contains(body, "number 7")
	})
	f.all[0].bots["bot"].answers(bot.ServeHTTP)
	people := []string{anna, bert, "5550001", "5550002"}
	const each = 12
	for n := range each {
		for i, person := range people {
			if got := f.all[(n+i)%3].hook(numbered(person, n)); got.status != http.StatusOK {
				t.Fatalf("answered %d", got.status)
			}
		}
	}
	f.all[0].until("all delivered", func() bool { return len(bot.bodies()) >= each*len(people) })
	f.all[0].until("an empty outbox", func() bool { return f.all[0].records("outbox/") == 0 })
	for _, person := range people {
		if got := inOrder(bot.bodies(), person); !slices.Equal(got, upTo(each)) {
			t.Errorf("%s: arrived as %v", person, got)
		}
	}
}

func upTo(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i)
	}
	return numbers
}

// TestFleetDirectBehindOutbox: what is passed through at once does not overtake
// what waits in another instance.
func TestFleetDirectBehindOutbox(t *testing.T) {
	t.Parallel()
	directBehindOutbox(t, newFleet(t, 2, long))
}

func directBehindOutbox(t *testing.T, f *fleet) {
	a, b := f.all[0], f.all[1]
	a.writes("a", "4111 1111") // held
	b.writes("b", "hello")
	a.writes("c", "hi")
	a.comes("4111 11** | hello | hi")
	a.spotless()
}

// TestFleetJoins: one instance holds a part, another one joins it; what comes
// again to a third is the same.
func TestFleetJoins(t *testing.T) {
	t.Parallel()
	joins(t, newFleet(t, 3, long))
}

func joins(t *testing.T, f *fleet) {
	a, b, c := f.all[0], f.all[1], f.all[2]
	a.writes("a", "4111 1111")
	c.writes("a", "4111 1111") // the platform missed our answer
	b.writes("b", "1111 1111")
	a.comes("creditcard")
	c.writes("b", "1111 1111")
	a.writes("a", "4111 1111")
	a.comes("creditcard | creditcard")
	if got := strings.Join(a.bots["bot"].bodies(), ""); len(slices.Compact(tokenIn.FindAllString(got, -1))) != 1 {
		t.Error("the same message again has another token")
	}
	a.spotless()
}

// TestFleetJoinsWhatTheDeadHeld: the instance that holds a part dies; another one
// joins it, or sends it masked when its time is over.
func TestFleetJoinsWhatTheDeadHeld(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, long)
	f.all[0].writes("a", "4111 1111")
	f.all[0].dies()
	b := f.all[1]
	b.writes("b", "1111 1111")
	b.comes("creditcard")
	c := f.join()
	c.writes("c", "4111 1111")
	c.dies()
	f.advance(time.Minute)
	b.comes("creditcard | 4111 11**")
	b.spotless()
}

// TestFleetJoinDies: an instance dies while the bot has the value's token. The
// same message, delivered again to another one, takes the part with it.
func TestFleetJoinDies(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, long)
	a, b := f.all[0], f.all[1]
	a.writes("a", "4111 1111")
	a.bots["bot"].answers(func(w http.ResponseWriter, _ *http.Request) {
		a.bots["bot"].answers(botAnswer)
		a.check(a.values.Close(), a.people.Close())
		w.WriteHeader(http.StatusOK)
	})
	a.hook(page(entry(shopID, written("b", "1111 1111"))))
	b.writes("b", "1111 1111")
	b.comes("creditcard | creditcard")
	b.spotless()
}

// TestFleetAdopts: an instance dies while it sends; another one sends what it had,
// and all behind it, in order, when its leases are over, and not before.
func TestFleetAdopts(t *testing.T) {
	t.Parallel()
	adopts(t, newFleet(t, 2, spooling))
}

func adopts(t *testing.T, f *fleet) {
	a, b := f.all[0], f.all[1]
	var away atomic.Bool
	away.Store(true)
	bot := newFickle(func(string, int) bool { return away.Load() })
	a.bots["bot"].answers(bot.ServeHTTP)
	a.hook(numbered(anna, 0))
	a.until("tried", func() bool { return len(a.bots["bot"].requests()) > 0 })
	a.bots["bot"].answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	b.hook(numbered(bert, 0)) // one of them hangs at the bot
	a.hook(numbered(anna, 1))
	b.hook(numbered(anna, 2))
	a.until("sending", func() bool { return len(a.bots["bot"].requests()) > 1 })
	a.dies()
	away.Store(false)
	a.bots["bot"].answers(bot.ServeHTTP)
	f.advance(leaseOver)
	b.until("all delivered", func() bool { return len(inOrder(bot.bodies(), anna)) >= 3 && len(inOrder(bot.bodies(), bert)) >= 1 })
	if got := inOrder(bot.bodies(), anna); !slices.Equal(slices.Compact(got), upTo(3)) {
		t.Errorf("arrived as %v", got)
	}
	b.until("an empty outbox", func() bool { return b.records("outbox/") == 0 })
}

// TestFleetWakesWhatNobodyWoke: an instance finishes a parcel and dies before it
// wakes the next one, which has no due time then. Whoever begins next finds it, and
// so does anybody's look at everything that waits.
func TestFleetWakesWhatNobodyWoke(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, spooling)
	a := f.all[0]
	a.bots["bot"].says(http.StatusBadGateway, "text/plain", "")
	for n := range 3 {
		a.hook(numbered(anna, n))
	}
	a.until("tried", func() bool { return len(a.bots["bot"].requests()) > 0 })
	a.until("the others wait", func() bool { return len(f.waiting()) == 2 })
	a.dies()
	values := f.open("values.db")
	all, err := values.List(t.Context(), "outbox/", "", 10)
	a.must(err)
	a.must(values.Delete(t.Context(), all[0].Key, 0))
	bot := newFickle(func(string, int) bool { return false })
	a.bots["bot"].answers(bot.ServeHTTP)
	b := f.join()
	b.until("all delivered", func() bool { return slices.Equal(inOrder(bot.bodies(), anna), []int{1, 2}) })
	b.until("an empty outbox", func() bool { return b.records("outbox/") == 0 })
}

// TestFleetKnowsNotAllAccounts: an instance whose configuration is older or newer
// leaves alone what waits for an account that only others know, until it is too old
// for anybody to send.
func TestFleetKnowsNotAllAccounts(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, spooling)
	a := f.all[0]
	bot := newFickle(func(string, int) bool { return true })
	a.bots["bot"].answers(bot.ServeHTTP)
	for n := range 2 {
		a.hook(numbered(anna, n))
	}
	a.until("tried", func() bool { return len(a.bots["bot"].requests()) > 0 })
	accounts := a.plan.accounts
	a.plan.accounts = slices.Clone(accounts)
	a.plan.accounts[0].name = "boutique"
	b := f.join()
	if waits, aside := b.records("outbox/"), b.quarantined(); waits != 2 || len(aside) != 0 {
		t.Fatalf("%d of 2 wait, set aside are %s", waits, aside)
	}
	a.dies()
	f.advance(a.plan.limits.Outbox.Age + time.Minute)
	b.restart()
	if waits, aside := b.records("outbox/"), b.quarantined(); waits != 0 || len(aside) != 2 {
		t.Errorf("of what is too old %d wait, set aside are %d", waits, len(aside))
	}
}

// waiting are the parcels that wait for another one.
func (f *fleet) waiting() (keys []string) {
	all, err := f.open("values.db").List(f.t.Context(), "outbox/", "", 1000)
	f.all[0].must(err)
	for _, record := range all {
		if record.Due.IsZero() {
			keys = append(keys, record.Key)
		}
	}
	return keys
}

// TestFleetSendsOnce: while the bot takes its time, nobody else sends the same,
// not even one whose clock is half a minute ahead.
func TestFleetSendsOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3, spooling)
	f.all[2].clock.advance(30 * time.Second)
	var all sync.Map
	f.all[0].bots["bot"].answers(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		w.WriteHeader(http.StatusOK)
	})
	for i := range 30 {
		person := fmt.Sprintf("88%014d", i)
		all.Store(person, true)
		f.all[i%3].hook(numbered(person, 0))
	}
	f.all[0].until("an empty outbox", func() bool { return f.all[0].records("outbox/") == 0 })
	if got := len(f.all[0].bots["bot"].requests()); got != 30 {
		t.Errorf("the bot got %d deliveries of 30", got)
	}
}

// TestFleetManyInOneDelivery: a delivery of several people waits for each of them,
// and each of theirs for it.
func TestFleetManyInOneDelivery(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, spooling)
	a, b := f.all[0], f.all[1]
	bot := newFickle(func(body string, tries int) bool { return tries < 3 && strings.Contains(body, "number 0") })
	a.bots["bot"].answers(bot.ServeHTTP)
	a.hook(numbered(bert, 0))
	b.hook(page(entry(shopID, text(shopID, anna, "number 1 "+email)), entry(shopID, text(shopID, bert, "both"))))
	a.hook(numbered(anna, 2))
	b.hook(numbered(bert, 2))
	a.until("all delivered", func() bool { return len(bot.bodies()) == 4 })
	bodies := bot.bodies()
	if !strings.Contains(bodies[0], "number 0") || !strings.Contains(bodies[1], "both") || !strings.Contains(bodies[1], "number 1") {
		t.Errorf("arrived as %s", strings.Join(bodies, "\n"))
	}
	a.until("an empty outbox", func() bool { return a.records("outbox/") == 0 })
}
