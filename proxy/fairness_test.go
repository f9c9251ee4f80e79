package proxy_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A bot that hangs holds up its own account only, however many conversations
// wait for it.
func TestHungBotHoldsUpNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling, func(p *plan) {
		p.accounts = append(p.accounts, account{name: "store", channel: "messenger", id: "1002", app: "main", bot: "second", spool: true})
		p.limits.BotTimeout = time.Minute
	})
	r.bots["bot"].answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	for n := range 100 {
		if got := r.hook(numbered(fmt.Sprint("77000000000", n), 0)); got.status != http.StatusOK {
			t.Fatalf("answered %d", got.status)
		}
	}
	r.until("the bot hangs", func() bool { return len(r.bots["bot"].requests()) > 0 })
	for n := range 5 {
		if got := r.hook(page(entry("1002", text("1002", bert, fmt.Sprintf("number %d", n))))); got.status != http.StatusOK {
			t.Fatalf("the other account: answered %d", got.status)
		}
	}
	r.until("the other account's parcels", func() bool { return len(r.bots["second"].requests()) == 5 })
	if got := inOrder(r.bots["second"].bodies(), bert); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("arrived as %v", got)
	}
	if got := r.counter(`piiproxy_outbox{account="shop"}`); got != 100 {
		t.Errorf("%v wait for the bot that hangs", got)
	}
}

// What waits for an account that is in the configuration no more is set aside at
// the start, redacted as it is, and leaves the outbox.
func TestOutboxOfRenamedAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, spooling, func(p *plan) { p.limits.Outbox.Bytes = 1 << 20 })
	bot := newFickle(func(string, int) bool { return true })
	r.bots["bot"].answers(bot.ServeHTTP)
	for n := range 3 {
		r.hook(numbered(anna, n))
	}
	r.until("tried", func() bool { return len(r.bots["bot"].requests()) > 0 })
	r.plan.accounts[0].name = "boutique"
	r.restart()
	if got := r.records("outbox/"); got != 0 {
		t.Errorf("%d parcels are still in the outbox", got)
	}
	items := r.quarantined()
	if len(items) != 3 {
		t.Fatalf("quarantine holds %s", items)
	}
	for _, item := range items {
		if !strings.HasPrefix(item, `outbox_account_gone {"object":"page"`) || strings.Contains(item, email) || !tokenIn.MatchString(item) {
			t.Errorf("quarantine holds %s", item)
		}
	}
	if got := r.counter(`piiproxy_quarantine{reason="outbox_account_gone"}`); got != 3 {
		t.Errorf("counted %v", got)
	}
	r.restart()
	if got := r.quarantined(); len(got) != 3 {
		t.Errorf("another start makes %d of 3 items", len(got))
	}
}

// A person whose number is gone from later messages is the same person: what
// they write stays in order.
func TestOrderAcrossNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *plan) { p.accounts[2].spool = true })
	const person = "US.13491208655302741918"
	both := func(n int) string {
		return waba(change(lineID, fmt.Sprintf(`"contacts":[{"wa_id":"%s","user_id":"%s"}],"messages":[{"from":"%s","from_user_id":"%s","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"number %d"}}]`,
			annaPhone, person, annaPhone, person, n, stamp.Unix(), n)))
	}
	alone := func(n int) string {
		return waba(change(lineID, fmt.Sprintf(`"contacts":[{"user_id":"%s"}],"messages":[{"from_user_id":"%s","id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"number %d"}}]`,
			person, person, n, stamp.Unix(), n)))
	}
	numberOf := func(body string) string {
		_, rest, _ := strings.Cut(body, `"body":"number `)
		n, _, _ := strings.Cut(rest, `"`)
		return n
	}
	bot := newFickle(func(body string, tries int) bool { return numberOf(body) == "0" && tries == 1 })
	r.bots["bot"].answers(bot.ServeHTTP)
	for n, body := range []string{both(0), alone(1), both(2), alone(3), alone(4)} {
		if got := r.hook(body); got.status != http.StatusOK {
			t.Fatalf("number %d: answered %d", n, got.status)
		}
	}
	r.until("all delivered", func() bool { return len(bot.bodies()) == 5 })
	var got []string
	for _, body := range bot.bodies() {
		got = append(got, numberOf(body))
	}
	if !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("arrived as %v", got)
	}
}

// A delivery that the platform sends again and again, because the bot fails, is
// sealed once in the part that nobody owns.
func TestForeignPartSealedOnce(t *testing.T) {
	r := newRig(t)
	r.bots["bot"].says(http.StatusInternalServerError, "text/plain", "")
	foreign := text("9999", bert, "not ours "+card)
	body := page(entry(shopID, text(shopID, anna, "ours")), entry("9999", foreign))
	for range 5 {
		if got := r.hook(body); got.status != http.StatusInternalServerError {
			t.Errorf("answered %d, want the bot's own 500", got.status)
		}
	}
	if got := r.quarantined(); len(got) != 1 || got[0] != "account_unknown "+foreign {
		t.Errorf("quarantine holds %s", got)
	}
	if got := r.counter(`piiproxy_quarantine{reason="account_unknown"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
	for _, got := range r.bots["bot"].bodies() {
		if strings.Contains(got, "not ours") {
			t.Errorf("the bot got %s", got)
		}
	}
}
