package proxy_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A panic is answered in the caller's language, and what it holds is shown
// nowhere. Secrets are functions, because their files are read again: one that
// fails badly is the way in that needs no hook.
func TestPanic(t *testing.T) {
	var broken atomic.Bool
	fail := func(good string) string {
		if broken.Load() {
			panic("holds " + card)
		}
		return good
	}
	r := newRig(t, func(p *plan) {
		p.secret = func() []string { return []string{fail(appSecret)} }
		p.verify = func() string { return fail(verifyToken) }
	})
	broken.Store(true)
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusServiceUnavailable || got.body != "Service Unavailable\n" {
		t.Errorf("webhook: answered %d %q", got.status, got.body)
	}
	got := r.call("/shop/v23.0/123/subscriptions", `{"object":"page","callback_url":"https://bot.example/hook","verify_token":"x"}`)
	r.refused("call", got, http.StatusServiceUnavailable, "internal")
	if got := r.shake("main", "subscribe", verifyToken, "1"); got.status != http.StatusServiceUnavailable {
		t.Errorf("handshake: answered %d", got.status)
	}
	r.nothing(r.platform)
	r.nothing(r.bots["bot"])
	if strings.Contains(r.logged.String(), card) || strings.Count(r.reasons(), "panic:internal") != 3 {
		t.Errorf("the log says %s", r.reasons())
	}
	broken.Store(false)
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("afterwards: answered %d", got.status)
	}
}

// One bot's panic keeps the other bot of a delivery from nothing.
func TestPanicBesideAnotherBot(t *testing.T) {
	r := newRig(t, twoBots, func(p *plan) {
		p.botSecret = func(bot string) string {
			if bot == "right" {
				panic("no secret")
			}
			return "secret of " + bot
		}
	})
	got := r.hook(page(entry("1001", text("1001", anna, "one")), entry("1003", text("1003", anna, "two"))))
	if got.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got.status)
	}
	r.only(r.bots["left"])
	r.nothing(r.bots["right"])
}

// A panic over what is sent later neither ends the process nor loses it.
func TestPanicInOutbox(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	r := newRig(t, spooling, func(p *plan) {
		p.botSecret = func(bot string) string {
			if asked.Add(1) == 2 { // the first time is when the delivery comes
				panic("holds " + card)
			}
			return "secret of " + bot
		}
	})
	if got := r.hook(numbered(anna, 0)); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	r.until("the panic", func() bool { return strings.Contains(r.reasons(), "panic:internal") })
	r.until("delivered", func() bool { return len(r.bots["bot"].bodies()) == 1 })
	if strings.Contains(r.logged.String(), card) {
		t.Error("the log shows what the panic holds")
	}
}
