package proxy_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

func impatient(p *plan) {
	p.limits.Circuit = proxy.CircuitLimits{Failures: 3, Open: time.Minute, Longest: 90 * time.Second}
	p.limits.BotTimeout, p.limits.Upstream.Header = 100*time.Millisecond, 100*time.Millisecond
}

// hanging makes a peer keep its requests until they are given up, while down.
func hanging(p *peer, answer http.HandlerFunc) (down *atomic.Bool) {
	down = &atomic.Bool{}
	down.Store(true)
	p.answers(func(w http.ResponseWriter, q *http.Request) {
		if down.Load() {
			<-q.Context().Done()
			return
		}
		answer(w, q)
	})
	return down
}

// A platform that hangs is not asked for a while; calls are answered at once, as
// ones that may be sent again, because nothing was sent. Then one call tries it.
func TestBreakerPlatform(t *testing.T) {
	t.Parallel()
	r := newRig(t, impatient)
	down := hanging(r.platform, graphAnswer)
	for range 3 {
		got := r.send(anna, "hello")
		r.refused("a call that may have arrived", got, http.StatusBadGateway, "upstream_header_timeout")
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
	r.refused("the one that tries", r.send(anna, "hello"), http.StatusBadGateway, "upstream_header_timeout")
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
	down := hanging(r.bots["bot"], botAnswer)
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
	down := hanging(r.bots["bot"], botAnswer)
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
		r.clock.advance(20 * time.Millisecond)
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
