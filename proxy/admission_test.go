package proxy_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// blocked makes a peer keep its requests until free is called.
func blocked(r *rig, p *peer, answer http.HandlerFunc) (free func()) {
	gate := make(chan struct{})
	p.answers(func(w http.ResponseWriter, q *http.Request) {
		<-gate
		answer(w, q)
	})
	free = sync.OnceFunc(func() { close(gate) })
	r.t.Cleanup(free)
	return free
}

// meanwhile makes n calls, each in a goroutine of its own.
func meanwhile(n int, call func() reply) <-chan reply {
	replies := make(chan reply, n)
	for range n {
		go func() { replies <- call() }()
	}
	return replies
}

func crowded(change func(*plan)) func(*plan) {
	return func(p *plan) {
		p.limits.Admission.Wait = time.Minute
		p.limits.BotTimeout, p.limits.Upstream.Header, p.limits.Upstream.Total = time.Minute, time.Minute, time.Minute
		p.timeouts.Write = 2 * time.Minute
		change(p)
	}
}

// As many calls as are allowed are worked on, some wait, and the others are told to
// come again, in Graph's shape. What waits is done when there is room.
func TestAdmissionCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) { p.limits.Admission.Calls, p.limits.Admission.Queue = 2, 3 }))
	free := blocked(r, r.platform, graphAnswer)
	send := func() reply { return r.send(anna, "hello") }
	replies := meanwhile(2, send)
	r.until("two calls at the platform", func() bool { return len(r.platform.requests()) == 2 })
	more := meanwhile(10, send)
	for range 7 {
		got := <-more
		r.refused("a call too many", got, http.StatusServiceUnavailable, "queue_full")
		if shape := graphShape(got.body); shape.Code != 80007 || !*shape.Transient || got.header.Get("Retry-After") == "" {
			t.Errorf("answered %v %s", got.header, got.body)
		}
	}
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("a webhook meanwhile: answered %d", got.status)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if got := r.ask("ops", "GET", path, ""); got.status != http.StatusOK {
			t.Errorf("%s meanwhile: answered %d", path, got.status)
		}
	}
	free()
	for range 2 {
		if got := <-replies; got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
	for range 3 {
		if got := <-more; got.status != http.StatusOK {
			t.Errorf("a call that waited: answered %d %s", got.status, got.body)
		}
	}
	if got := len(r.platform.requests()); got != 5 {
		t.Errorf("the platform got %d calls, want 5", got)
	}
}

// The platform gets 503 for what is too much, and sends it again.
func TestAdmissionWebhooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) {
		p.limits.Admission.Webhooks, p.limits.Admission.Wait = 1, time.Millisecond
	}))
	free := blocked(r, r.bots["bot"], botAnswer)
	hook := func() reply { return r.hook(page(entry(shopID, text(shopID, anna, "hi")))) }
	first := meanwhile(1, hook)
	r.until("one webhook at the bot", func() bool { return len(r.bots["bot"].requests()) == 1 })
	if got := hook(); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "queue") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	if got := r.counter(`piiproxy_refused_total{reason="queue_timeout"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Errorf("a call meanwhile: answered %d", got.status)
	}
	free()
	if got := <-first; got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if got := hook(); got.status != http.StatusOK {
		t.Errorf("afterwards: answered %d", got.status)
	}
}

// An account whose bot or platform is slow leaves room for the others.
func TestAdmissionPerAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) {
		p.limits.Admission.PerAccount = 1
		p.accounts[1].bot = "other"
	}))
	freePlatform, freeBot := blocked(r, r.platform, graphAnswer), blocked(r, r.bots["bot"], botAnswer)
	shop := func() reply { return r.send(anna, "hello") }
	hook := func() reply { return r.hook(page(entry(shopID, text(shopID, anna, "hi")))) }
	calls, hooks := meanwhile(1, shop), meanwhile(1, hook)
	r.until("both are busy", func() bool { return len(r.platform.requests()) == 1 && len(r.bots["bot"].requests()) == 1 })
	r.refused("a second call", shop(), http.StatusServiceUnavailable, "account_busy")
	if got := hook(); got.status != http.StatusServiceUnavailable {
		t.Errorf("a second webhook: answered %d", got.status)
	}
	others := meanwhile(1, func() reply {
		return r.call("/gram/v23.0/me/messages", sent(anna, "hello"))
	})
	r.until("another account's call is at the platform", func() bool { return len(r.platform.requests()) == 2 })
	freePlatform()
	freeBot()
	for _, replies := range []<-chan reply{calls, hooks, others} {
		if got := <-replies; got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
	if got := shop(); got.status != http.StatusOK {
		t.Errorf("afterwards: answered %d", got.status)
	}
}

// After a storm every place is free again, whoever was refused, waited in vain, or
// hung up.
func TestAdmissionGivesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) {
		p.limits.Admission.Calls, p.limits.Admission.Queue, p.limits.Admission.Wait = 4, 8, 2*time.Millisecond
	}))
	var storm sync.WaitGroup
	for range 32 {
		storm.Go(func() {
			for range 10 {
				if got := r.send(anna, "hello"); got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
					t.Errorf("answered %d %s", got.status, got.body)
				}
			}
		})
	}
	storm.Wait()
	before := len(r.platform.requests())
	free := blocked(r, r.platform, graphAnswer)
	replies := meanwhile(4, func() reply { return r.send(anna, "hello") })
	r.until("four calls at the platform", func() bool { return len(r.platform.requests()) == before+4 })
	r.refused("a fifth", r.send(anna, "hello"), http.StatusServiceUnavailable, "queue_timeout")
	free()
	for range 4 {
		if got := <-replies; got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
}

// What comes too slowly has a refusal of its own, and takes nobody's place.
func TestAdmissionSlowBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) {
		p.limits.Admission.Calls = 1
		p.timeouts.Read = 3 * time.Second
	}))
	slow := make(chan []string, 1)
	go func() {
		slow <- r.halfSent("bot", request(sendLine, `{"recipient":`, "Content-Length: 1000"))
	}()
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	if got := <-slow; len(got) != 1 || !strings.HasPrefix(got[0], "408") {
		t.Errorf("answered %v", got)
	}
	if got := r.counter(`piiproxy_refused_total{reason="body_timeout"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
}
