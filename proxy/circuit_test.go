package proxy_test

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

func impatient(p *plan) {
	p.limits.Circuit = proxy.CircuitLimits{Failures: 3, Open: time.Minute, Longest: 90 * time.Second}
}

// hanging makes a peer break its connections off while it is down, after some
// seconds on the rig's clock: none of these tests waits for one, or has to be in
// time for one.
func hanging(r *rig, p *peer, answer http.HandlerFunc) (down *atomic.Bool) {
	down = &atomic.Bool{}
	down.Store(true)
	p.answers(func(w http.ResponseWriter, q *http.Request) {
		if down.Load() {
			r.clock.advance(2 * time.Second)
			panic(http.ErrAbortHandler)
		}
		answer(w, q)
	})
	return down
}

// A peer that says nothing at all is one that hangs.
func TestBreakerSilence(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient, func(p *plan) {
		p.limits.BotTimeout, p.limits.Upstream.Header = 100*time.Millisecond, 100*time.Millisecond
	})
	for _, p := range []*peer{r.platform, r.bots["bot"]} {
		p.answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	}
	for range 3 {
		r.refused("a call that may have arrived", r.send(anna, "hello"), http.StatusBadGateway, "upstream_header_timeout")
	}
	r.refused("the circuit is open", r.send(anna, "hello"), http.StatusServiceUnavailable, "upstream_circuit")
	for range 4 {
		if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusServiceUnavailable {
			t.Errorf("answered %d", got.status)
		}
	}
	if a, b := r.counter(`piiproxy_refused_total{reason="bot_timeout"}`), r.counter(`piiproxy_refused_total{reason="bot_circuit"}`); a != 3 || b != 1 {
		t.Errorf("counted %v and %v", a, b)
	}
}

// A bot whose bodies come so slowly that no time is left for the platform does not
// close the way to it, for itself or for others.
func TestBreakerSlowBot(t *testing.T) {
	t.Parallel()
	const total = 2 * time.Second
	r := newRig(t, impatient, func(p *plan) { p.limits.Upstream.Total = total })
	r.platform.answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	head := request(sendLine, "", "Content-Length: "+strconv.Itoa(len(hello)), "Connection: close")
	slowly := func() {
		r.raw("bot", head, func(connection *net.TCPConn) error {
			time.Sleep(total * 7 / 8)
			_, err := io.WriteString(connection, hello)
			return err
		})
	}
	r.until("calls are too late at the platform", func() bool { // others may be too late before it
		var all sync.WaitGroup
		for range 6 {
			all.Go(slowly)
		}
		all.Wait()
		return r.counter(`piiproxy_refused_total{reason="upstream_timeout"}`) >= 6 || r.events("circuit_opened") > 0
	})
	if r.events("circuit_opened") > 0 {
		t.Error("the circuit opened")
	}
}

// When its time is over one request tries the peer, however many come.
func TestBreakerTriesOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(impatient))
	down := hanging(r, r.platform, graphAnswer)
	for range 3 {
		r.refused("down", r.send(anna, "hello"), http.StatusBadGateway, "upstream_unavailable")
	}
	down.Store(false)
	free := blocked(r, r.platform, graphAnswer)
	r.clock.advance(61 * time.Second)
	replies := meanwhile(20, func() reply { return r.send(anna, "hello") })
	for range 19 {
		r.refused("one tries it", <-replies, http.StatusServiceUnavailable, "upstream_circuit")
	}
	free()
	if got := <-replies; got.status != http.StatusOK {
		t.Errorf("the one that tries it: answered %d %s", got.status, got.body)
	}
	if got := len(r.platform.requests()); got != 4 {
		t.Errorf("the platform got %d calls, want 4", got)
	}
}

// A platform that hangs is not asked for a while; calls are answered at once, as
// ones that may be sent again, because nothing was sent. Then one call tries it.
func TestBreakerPlatform(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient)
	down := hanging(r, r.platform, graphAnswer)
	for range 3 {
		got := r.send(anna, "hello")
		r.refused("a call that may have arrived", got, http.StatusBadGateway, "upstream_unavailable")
		if *graphShape(got.body).Transient {
			t.Error("a call that may have arrived is called transient")
		}
	}
	got := r.send(anna, "hello")
	r.refused("the circuit is open", got, http.StatusServiceUnavailable, "upstream_circuit")
	if shape := graphShape(got.body); shape.Code != 2 || !*shape.Transient || got.header.Get("Retry-After") == "" {
		t.Errorf("answered %v %s", got.header, got.body)
	}
	if got := len(r.platform.requests()); got != 3 {
		t.Errorf("the platform got %d calls, want 3", got)
	}
	if got := r.counter(`piiproxy_circuit_open{account="shop",peer="platform"}`); got != 1 {
		t.Errorf("the metric is %v", got)
	}
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("a webhook meanwhile: answered %d", got.status)
	}

	r.clock.advance(61 * time.Second)
	r.refused("the one that tries", r.send(anna, "hello"), http.StatusBadGateway, "upstream_unavailable")
	r.refused("the next", r.send(anna, "hello"), http.StatusServiceUnavailable, "upstream_circuit")
	r.clock.advance(61 * time.Second)
	r.refused("it takes longer now", r.send(anna, "hello"), http.StatusServiceUnavailable, "upstream_circuit")
	down.Store(false)
	r.clock.advance(30 * time.Second)
	for range 2 {
		if got := r.send(anna, "hello"); got.status != http.StatusOK {
			t.Errorf("it is back: answered %d %s", got.status, got.body)
		}
	}
	if got := r.counter(`piiproxy_circuit_open{account="shop",peer="platform"}`); got != 0 {
		t.Errorf("the metric is %v", got)
	}
	if got := r.events("circuit_opened"); got != 3 { // one for each account
		t.Errorf("%d times in the log", got)
	}
}

// A bot that hangs is not asked for a while: the platform gets 503 and sends again,
// and nothing that was acknowledged is lost.
func TestBreakerBot(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient, func(p *plan) { p.accounts[1].bot, p.accounts[1].spool = "other", true })
	down := hanging(r, r.bots["bot"], botAnswer)
	hook := func() int { return r.hook(page(entry(shopID, text(shopID, anna, "hi")))).status }
	for range 5 {
		if got := hook(); got != http.StatusServiceUnavailable {
			t.Errorf("answered %d", got)
		}
	}
	if got := len(r.bots["bot"].requests()); got != 3 {
		t.Errorf("the bot got %d webhooks, want 3", got)
	}
	if got := r.counter(`piiproxy_refused_total{reason="bot_circuit"}`); got != 2 {
		t.Errorf("counted %v", got)
	}
	if got := r.hook(instagram(entry(gramID, text(gramID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("another bot's: answered %d", got.status)
	}
	r.until("another bot has it", func() bool { return len(r.bots["other"].requests()) == 1 })
	down.Store(false)
	r.clock.advance(61 * time.Second)
	if got := hook(); got != http.StatusOK {
		t.Errorf("it is back: answered %d", got)
	}
}

// What is in the outbox waits while the circuit is open, and all of it arrives.
func TestBreakerSpool(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient, func(p *plan) { p.accounts[0].spool = true; p.limits.Circuit.Open = 3 * time.Second })
	down := hanging(r, r.bots["bot"], botAnswer)
	people := []string{anna, bert, "6622190047385513", "6622190047385514", "6622190047385515"}
	for _, person := range people {
		if got := r.hook(page(entry(shopID, text(shopID, person, "hi")))); got.status != http.StatusOK {
			t.Errorf("answered %d", got.status)
		}
	}
	r.until("the circuit opens", func() bool { return r.counter(`piiproxy_circuit_open{account="shop",peer="bot"}`) == 1 })
	down.Store(false)
	arrived := map[string]bool{}
	r.until("everybody's message arrives", func() bool {
		r.clock.advance(200 * time.Millisecond)
		return r.counter(`piiproxy_outbox{account="shop"}`) == 0
	})
	for _, body := range r.bots["bot"].bodies() {
		arrived[body] = true
	}
	if len(arrived) != len(people) {
		t.Errorf("%d messages arrived, want %d", len(arrived), len(people))
	}
}

// A bot that refuses at once costs nothing: it is asked each time, and is back the
// moment it is back.
func TestBreakerRefusesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient)
	r.platform.answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for range 6 {
		r.refused("broken off", r.send(anna, "hello"), http.StatusBadGateway, "upstream_unavailable")
	}
	r.platform.answers(graphAnswer)
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Errorf("it is back: answered %d %s", got.status, got.body)
	}
}

// events counts log lines.
func (r *rig) events(event string) int {
	n := 0
	for _, line := range r.logs.All() {
		if line.ContextMap()["event"] == event {
			n++
		}
	}
	return n
}
