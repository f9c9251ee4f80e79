package proxy_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

// An account's bot calls as often as it may; what is over it comes later. Others
// are not concerned, and no webhook is.
func TestRateOfCalls(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Rates.Calls = proxy.Rate{Count: 3, Per: time.Minute} })
	for range 3 {
		if got := r.send(anna, "hello"); got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
	got := r.send(bert, "hello")
	r.refused("a fourth call", got, http.StatusTooManyRequests, "account_rate")
	if shape := graphShape(got.body); shape.Code != 80007 || !*shape.Transient || got.header.Get("Retry-After") == "" {
		t.Errorf("answered %v %s", got.header, got.body)
	}
	if got := r.call("/gram/v23.0/me/messages", sent(anna, "hello")); got.status != http.StatusOK {
		t.Errorf("another account: answered %d %s", got.status, got.body)
	}
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("a webhook: answered %d", got.status)
	}
	r.clock.advance(20 * time.Second)
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Errorf("a third of the time later: answered %d %s", got.status, got.body)
	}
	r.refused("and one more", r.send(anna, "hello"), http.StatusTooManyRequests, "account_rate")
}

// A bot that talks to one person without end talks to the others all the same.
func TestRateOfPerson(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Rates.Person = proxy.Rate{Count: 2, Per: time.Minute} })
	for range 2 {
		if got := r.send(anna, "hello"); got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
	r.refused("a third", r.send(anna, "hello"), http.StatusTooManyRequests, "person_rate")
	if got := r.send(bert, "hello"); got.status != http.StatusOK {
		t.Errorf("another person: answered %d %s", got.status, got.body)
	}
	if got := r.call("/gram/v23.0/me/messages", sent(anna, "hello")); got.status != http.StatusOK {
		t.Errorf("the same id in another account: answered %d %s", got.status, got.body)
	}
	if got := r.ask("bot", "GET", "/shop/v23.0/"+shopID, ""); got.status != http.StatusOK {
		t.Errorf("a call to nobody: answered %d %s", got.status, got.body)
	}
	r.clock.advance(time.Minute)
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Errorf("later: answered %d %s", got.status, got.body)
	}
}

// Webhooks over the rate come again: the platform gets 503. One person's many
// messages are not held against the others in the same delivery.
func TestRateOfWebhooks(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.limits.Rates.Webhooks = proxy.Rate{Count: 2, Per: time.Minute}
		p.limits.Rates.Person = proxy.Rate{Count: 1, Per: time.Minute}
	})
	hook := func() int {
		return r.hook(page(entry(shopID, text(shopID, anna, "hi"), text(shopID, anna, "hi"), text(shopID, bert, "hi")))).status
	}
	if a, b, c := hook(), hook(), hook(); a != 200 || b != 200 || c != 503 {
		t.Errorf("answered %d %d %d", a, b, c)
	}
	if got := r.counter(`piiproxy_refused_total{reason="webhook_rate"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
	r.clock.advance(30 * time.Second)
	if got := hook(); got != 200 {
		t.Errorf("later: answered %d", got)
	}
}

// What is refused for one limit takes nothing of another: neither a call to a person
// who has had enough from the account's, nor a delivery for two accounts from the one
// that has not.
func TestRateOfWhatIsRefused(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.limits.Rates = proxy.RateLimits{
			Calls: proxy.Rate{Count: 3, Per: time.Minute}, Person: proxy.Rate{Count: 1, Per: time.Minute}, Webhooks: proxy.Rate{Count: 2, Per: time.Minute},
		}
		p.accounts = append(p.accounts, account{name: "second", channel: "messenger", id: "2006385232743452", token: "EAAsecond", app: "main", bot: "other"})
	})
	r.send(anna, "hello")
	for range 5 {
		r.refused("too many to one person", r.send(anna, "hello"), http.StatusTooManyRequests, "person_rate")
	}
	for _, person := range []string{bert, "6622190047385513"} {
		if got := r.send(person, "hello"); got.status != http.StatusOK {
			t.Errorf("another person: answered %d %s", got.status, got.body)
		}
	}
	r.refused("all of them are used", r.send("6622190047385514", "hello"), http.StatusTooManyRequests, "account_rate")

	shop, second := entry(shopID, text(shopID, anna, "hi")), entry("2006385232743452", text("2006385232743452", anna, "hi"))
	for range 2 {
		if got := r.hook(page(second)); got.status != http.StatusOK {
			t.Errorf("answered %d", got.status)
		}
	}
	for _, both := range []string{page(shop, second), page(second, shop)} {
		for range 5 {
			if got := r.hook(both); got.status != http.StatusServiceUnavailable {
				t.Errorf("for both: answered %d", got.status)
			}
		}
	}
	for range 2 {
		if got := r.hook(page(shop)); got.status != http.StatusOK {
			t.Errorf("for the first alone: answered %d", got.status)
		}
	}
}
