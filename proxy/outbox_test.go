package proxy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

func spooling(p *plan) { p.accounts[0].spool = true }

// numbered is the n-th message of a person.
func numbered(person string, n int) string {
	return page(entry(shopID, text(shopID, person, fmt.Sprintf("number %d %s", n, email))))
}

// inOrder gives the numbers that a person's messages had, in the order in
// which the bot took them.
func inOrder(bodies []string, person string) (numbers []int) {
	for _, body := range bodies {
		if _, rest, ok := strings.Cut(body, `"text":"number `); ok && strings.Contains(body, `"sender":{"id":"`+person) {
			var n int
			_, _ = fmt.Sscan(rest, &n)
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// fickle is a bot that takes some deliveries and refuses others.
type fickle struct {
	mu     sync.Mutex
	taken  []string
	refuse func(body string, tries int) bool
	tries  map[string]int
}

func newFickle(refuse func(body string, tries int) bool) *fickle {
	return &fickle{refuse: refuse, tries: map[string]int{}}
}

// ServeHTTP implements http.Handler.
func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries[string(body)]++
	if f.refuse(string(body), f.tries[string(body)]) {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	f.taken = append(f.taken, string(body))
}

func (f *fickle) bodies() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.taken)
}

// A spooled delivery is acknowledged whatever the bot does, and arrives once,
// redacted and signed, in the order of its conversation.
func TestSpoolInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	bot := newFickle(func(body string, tries int) bool { return tries == 1 && strings.Contains(body, "number 2") })
	r.bots["bot"].answers(bot.ServeHTTP)
	people := []string{anna, bert, "5550001"}
	for n := range 5 {
		for _, person := range people {
			if got := r.hook(numbered(person, n)); got.status != http.StatusOK {
				t.Fatalf("answered %d", got.status)
			}
		}
	}
	r.until("all delivered", func() bool { return len(bot.bodies()) >= 15 })
	for _, person := range people {
		if got := inOrder(bot.bodies(), person); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("%s: arrived as %v", person, got)
		}
	}
	r.until("outbox empty", func() bool { return r.records("outbox/") == 0 })
	for _, got := range r.bots["bot"].requests() {
		if strings.Contains(got.body, email) || !tokenIn.MatchString(got.body) {
			t.Fatalf("the bot got %s", got.body)
		}
		signedForBot(t, got, "bot")
	}
	r.until("the gauge at 0", func() bool { return r.counter(`piiproxy_outbox{account="shop"}`) == 0 })
}

// A bot that hangs keeps nobody from being acknowledged, and a conversation
// that the bot refuses holds up no other.
func TestConversationsDoNotBlock(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	bot := newFickle(func(body string, _ int) bool { return strings.Contains(body, anna) })
	r.bots["bot"].answers(bot.ServeHTTP)
	for n := range 4 {
		for _, person := range []string{anna, bert} {
			if got := r.hook(numbered(person, n)); got.status != http.StatusOK {
				t.Fatalf("answered %d", got.status)
			}
		}
	}
	r.until("bert's delivered", func() bool { return len(inOrder(bot.bodies(), bert)) == 4 })
	if got := inOrder(bot.bodies(), bert); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("arrived as %v", got)
	}
	r.until("anna's 4 in the gauge", func() bool { return r.counter(`piiproxy_outbox{account="shop"}`) == 4 })
	r.bots["bot"].answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	if got := r.hook(numbered("5550002", 0)); got.status != http.StatusOK {
		t.Errorf("while the bot hangs: answered %d", got.status)
	}
}

// What an earlier process left is taken up, in order and once; a record that
// cannot be opened is alarmed and stays.
func TestOutboxSurvivesRestart(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	r.bots["bot"].says(http.StatusBadGateway, "text/plain", "")
	for n := range 3 {
		r.hook(numbered(anna, n))
	}
	r.until("tried", func() bool { return len(r.bots["bot"].requests()) > 0 })
	spoiled := store.Record{Key: "outbox/0000000000000001", Value: []byte("spoiled"), Expires: r.clock.now().Add(time.Hour), Due: r.clock.now()}
	r.must(r.values.Put(t.Context(), spoiled))
	r.restart()
	bot := newFickle(func(string, int) bool { return false })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.hook(numbered(anna, 3))
	r.until("all delivered", func() bool { return len(bot.bodies()) == 4 })
	if got := inOrder(bot.bodies(), anna); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("arrived as %v", got)
	}
	r.until("only the spoiled one left", func() bool { return r.records("outbox/") == 1 })
	if !strings.Contains(r.reasons(), "outbox_unreadable") {
		t.Error("the spoiled record was not alarmed")
	}
}

// What a version before lanes left behind is sent, in order and before what comes
// now.
func TestOutboxOfEarlierVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	lane := r.book.Hash("shop", "psid:"+anna)
	var old []store.Record
	for n := range 3 {
		plain, err := json.Marshal(map[string]any{
			"account": "shop", "lanes": []string{lane}, "trace": "x", "accepted": r.clock.now(), "body": []byte(numbered(anna, n)),
		})
		r.must(err)
		key := fmt.Sprintf("outbox/%016x", r.clock.now().Add(-time.Minute).UnixNano()+int64(n))
		sealed, err := r.keys.Seal(plain, []byte(key))
		r.must(err)
		old = append(old, store.Record{Key: key, Value: sealed, Expires: r.clock.now().Add(time.Hour), Due: r.clock.now()})
	}
	r.must(r.values.Put(t.Context(), old...))
	bot := newFickle(func(_ string, tries int) bool { return tries == 1 })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.restart()
	r.hook(numbered(anna, 3))
	r.until("all delivered", func() bool { return len(bot.bodies()) == 4 })
	if got := inOrder(bot.bodies(), anna); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("arrived as %v", got)
	}
	r.until("an empty outbox", func() bool { return r.records("outbox/") == 0 })
	r.until("the gauge at 0", func() bool { return r.counter(`piiproxy_outbox{account="shop"}`) == 0 })
}

// An account that is switched to direct still keeps the order of what waits.
func TestDirectBehindOutbox(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	bot := newFickle(func(string, int) bool { return true })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.hook(numbered(anna, 0))
	r.plan.accounts[0].spool = false
	r.restart()
	if got := r.hook(numbered(anna, 1)); got.status != http.StatusOK {
		t.Errorf("behind a waiting one: answered %d", got.status)
	}
	if got := r.hook(numbered(bert, 0)); got.status != http.StatusInternalServerError {
		t.Errorf("another person: answered %d, want the bot's own 500", got.status)
	}
	bot.mu.Lock()
	bot.refuse = func(string, int) bool { return false }
	bot.mu.Unlock()
	r.until("delivered", func() bool { return len(inOrder(bot.bodies(), anna)) == 2 })
	if got := inOrder(bot.bodies(), anna); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("arrived as %v", got)
	}
}

// The outbox is bounded by bytes: over it the platform has to keep the rest.
func TestOutboxBytes(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling, func(p *plan) { p.limits.Outbox.Bytes = 4000 })
	bot := newFickle(func(string, int) bool { return true })
	r.bots["bot"].answers(bot.ServeHTTP)
	accepted := 0
	for n := range 20 {
		switch got := r.hook(numbered(anna, n)); got.status {
		case http.StatusOK:
			accepted++
		case http.StatusServiceUnavailable:
		default:
			t.Fatalf("answered %d", got.status)
		}
	}
	if accepted == 0 || accepted > 10 || r.records("outbox/") != accepted {
		t.Errorf("%d accepted, %d kept", accepted, r.records("outbox/"))
	}
	if got := r.counter(`piiproxy_refused_total{reason="outbox_full"}`); got != float64(20-accepted) {
		t.Errorf("counted %v", got)
	}
	bot.mu.Lock()
	bot.refuse = func(string, int) bool { return false }
	bot.mu.Unlock()
	r.until("all delivered", func() bool { return len(bot.bodies()) == accepted })
	r.until("room again", func() bool { return r.hook(numbered(anna, 99)).status == http.StatusOK })
}

// What waits too long is set aside, and what comes after it goes on.
func TestOutboxAge(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	bot := newFickle(func(body string, _ int) bool { return strings.Contains(body, "number 0") })
	r.bots["bot"].answers(bot.ServeHTTP)
	r.hook(numbered(anna, 0))
	r.until("tried", func() bool { return len(r.bots["bot"].requests()) > 0 })
	r.clock.advance(61 * time.Minute)
	r.hook(numbered(anna, 1))
	r.until("the next delivered", func() bool { return slices.Equal(inOrder(bot.bodies(), anna), []int{1}) })
	got := r.quarantined()
	if len(got) != 1 || !strings.HasPrefix(got[0], "outbox_expired {") || strings.Contains(got[0], email) {
		t.Errorf("quarantine holds %s", got)
	}
}

// A store that is gone acknowledges nothing.
func TestSpoolWithoutStore(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling)
	r.must(r.values.Close())
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got.status)
	}
	r.nothing(r.bots["bot"])
}
