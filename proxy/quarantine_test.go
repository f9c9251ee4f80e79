package proxy_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
)

// aside lists what is in quarantine, the reasons as one text.
func (r *rig) aside() (items []proxy.SetAside, reasons string) {
	r.t.Helper()
	for after := ""; ; {
		page, next, err := r.proxy.Shelf().List(r.t.Context(), after)
		r.must(err)
		items = append(items, page...)
		if after = next; after == "" {
			break
		}
	}
	for _, item := range items {
		reasons += item.Reason + " "
	}
	return items, strings.TrimSpace(reasons)
}

func (r *rig) retry(id string) string {
	r.t.Helper()
	why, err := r.proxy.Retry(r.t.Context(), id)
	r.must(err)
	return why
}

// A part for an account that was not there is delivered once it is, through the same
// rules, inside a delivery of its own, and is in quarantine no more.
func TestRetryQuarantineForeign(t *testing.T) {
	t.Parallel()
	const newID = "2006385232743452"
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "hi")), entry(newID, text(newID, anna, "mail "+email), text(newID, bert, "and I")))
	if got := r.hook(body); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	items, reasons := r.aside()
	if reasons != "account_unknown account_unknown" {
		t.Fatalf("in quarantine: %s", reasons)
	}
	if why := r.retry(items[0].ID); why != "account_unknown" {
		t.Errorf("it stays because %q", why)
	}
	if _, reasons := r.aside(); reasons != "account_unknown account_unknown" {
		t.Fatalf("in quarantine: %s", reasons)
	}
	r.plan.accounts = append(r.plan.accounts, account{name: "new", channel: "messenger", id: newID, token: "EAAnew", app: "main", bot: "bot"})
	r.restart()
	for _, item := range items {
		if item.App != "main" || item.Bytes == 0 || item.Accepted.IsZero() || item.Request == "" {
			t.Errorf("listed as %+v", item)
		}
		if why := r.retry(item.ID); why != "" {
			t.Errorf("it stays because %q", why)
		}
	}
	got := r.bots["bot"].bodies()
	if len(got) != 3 {
		t.Fatalf("the bot got %d deliveries", len(got))
	}
	both := got[1] + got[2]
	if strings.Contains(both, email) || !strings.Contains(both, "mail pii_email_") || strings.Count(both, `"and I"`) != 1 || strings.Contains(both, shopID) {
		t.Errorf("the bot got %s", both)
	}
	if _, reasons := r.aside(); reasons != "" {
		t.Errorf("in quarantine: %s", reasons)
	}
	if _, err := r.proxy.Retry(t.Context(), items[0].ID); !errors.Is(err, proxy.ErrNotAside) {
		t.Errorf("once more: %v", err)
	}
}

// What policy blocks stays, until policy lets it through.
func TestRetryQuarantinePolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *plan) {
		p.policy.Inbound = map[string]string{"credit_card": "block", "default": "tokenize"}
	})
	r.hook(page(entry(shopID, text(shopID, anna, "card "+card), text(shopID, bert, "hello"))))
	items, reasons := r.aside()
	if reasons != "policy_block" || items[0].Account != "shop" {
		t.Fatalf("in quarantine: %+v", items)
	}
	if why := r.retry(items[0].ID); why != "policy_block" {
		t.Errorf("it stays because %q", why)
	}
	r.plan.policy = builtinPolicy()
	r.restart()
	r.bots["bot"].says(http.StatusInternalServerError, "text/plain", "no")
	if why := r.retry(items[0].ID); why != "the bot answered 500" {
		t.Errorf("it stays because %q", why)
	}
	r.bots["bot"].answers(botAnswer)
	if why := r.retry(items[0].ID); why != "" {
		t.Errorf("it stays because %q", why)
	}
	bodies := r.bots["bot"].bodies()
	if last := bodies[len(bodies)-1]; strings.Contains(last, card) || !strings.Contains(last, "card pii_creditcard_") || strings.Contains(last, "hello") {
		t.Errorf("the bot got %s", last)
	}
	if _, reasons := r.aside(); reasons != "" {
		t.Errorf("in quarantine: %s", reasons)
	}
}

// What is no strict JSON can be dropped only; trying it does not set it aside twice.
func TestRetryQuarantineUnreadable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := `{"object":"page","object":"page","entry":[]}`
	for range 3 {
		r.hook(body)
	}
	items, _ := r.aside()
	for range 4 {
		if why := r.retry(items[0].ID); why != "parse_duplicate_key" {
			t.Errorf("it stays because %q", why)
		}
	}
	r.must(r.proxy.Shelf().Drop(t.Context(), items[0].ID))
	if err := r.proxy.Shelf().Drop(t.Context(), items[0].ID); !errors.Is(err, proxy.ErrNotAside) {
		t.Errorf("dropped twice: %v", err)
	}
	if _, reasons := r.aside(); reasons != "" {
		t.Errorf("in quarantine: %s", reasons)
	}
	r.nothing(r.bots["bot"])
	for _, id := range []string{"", "../outbox/x", "nothing", strings.Repeat("a", 600)} {
		if err := r.proxy.Shelf().Drop(t.Context(), id); err == nil {
			t.Errorf("dropped %q", id)
		}
	}
}

// What waited for too long in the outbox was judged before: its tokens reach the bot
// as they are, and it waits again when the bot is still away.
func TestRetryQuarantineExpired(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *plan) { p.accounts[0].spool = true })
	r.bots["bot"].says(http.StatusInternalServerError, "text/plain", "no")
	if got := r.hook(page(entry(shopID, text(shopID, anna, "mail "+email)))); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	r.until("the first attempt", func() bool { return len(r.bots["bot"].requests()) > 0 })
	r.clock.advance(2 * time.Hour)
	r.until("it is in quarantine", func() bool {
		_, reasons := r.aside()
		return reasons == "outbox_expired" && r.records("outbox/") == 0
	})
	before := r.bots["bot"].bodies()
	r.bots["bot"].answers(botAnswer)
	items, _ := r.aside()
	if items[0].Account != "shop" {
		t.Errorf("listed as %+v", items[0])
	}
	if why := r.retry(items[0].ID); why != "" {
		t.Errorf("it stays because %q", why)
	}
	r.until("the bot has it", func() bool { return len(r.bots["bot"].requests()) > len(before) })
	if got := r.bots["bot"].bodies()[len(before)]; got != before[0] || !strings.Contains(got, "pii_email_") {
		t.Errorf("the bot got %s, before: %s", got, before[0])
	}
	if _, reasons := r.aside(); reasons != "" {
		t.Errorf("in quarantine: %s", reasons)
	}
}

// Words that the rules had no time for are tried once more with the rules in force,
// and stay hidden until those manage.
func TestRetryQuarantineBudget(t *testing.T) {
	t.Parallel()
	r := newRig(t, slow)
	for range 3 {
		r.hook(page(entry(shopID, text(shopID, anna, endless))))
	}
	items, _ := r.aside()
	if why := r.retry(items[0].ID); why != string(redact.RuleBudget) {
		t.Errorf("it stays because %q", why)
	}
	if got := len(r.bots["bot"].requests()); got != 1 {
		t.Errorf("the bot got %d deliveries, want the hidden one alone", got)
	}
	r.plan.rule = ""
	r.restart()
	if why := r.retry(items[0].ID); why != "" {
		t.Errorf("it stays because %q", why)
	}
	if got := r.bots["bot"].bodies(); len(got) != 2 || !strings.Contains(got[1], endless) {
		t.Errorf("the bot got %d deliveries", len(got))
	}
}

// Two operators put the same item back at once: the bot gets it once.
func TestRetryQuarantineAtOnce(t *testing.T) {
	t.Parallel()
	const newID = "2006385232743452"
	r := newRig(t)
	r.hook(page(entry(newID, text(newID, anna, "hi"))))
	items, _ := r.aside()
	r.plan.accounts = append(r.plan.accounts, account{name: "new", channel: "messenger", id: newID, token: "EAAnew", app: "main", bot: "bot"})
	r.restart()
	free := blocked(r, r.bots["bot"], botAnswer)
	said := make(chan error, 8)
	for range cap(said) {
		go func() {
			_, err := r.proxy.Retry(t.Context(), items[0].ID)
			said <- err
		}()
	}
	r.until("it is at the bot", func() bool { return len(r.bots["bot"].requests()) > 0 })
	free()
	fine := 0
	for range cap(said) {
		if err := <-said; err == nil {
			fine++
		} else if !errors.Is(err, proxy.ErrNotAside) {
			t.Errorf("said %v", err)
		}
	}
	if got := len(r.bots["bot"].requests()); fine != 1 || got != 1 {
		t.Errorf("%d orders were carried out, the bot got %d", fine, got)
	}
}

// What waited for an account that is gone stays; it goes on when the account is back,
// also one that spools no more.
func TestRetryQuarantineAccountGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *plan) { p.accounts[0].spool = true })
	r.bots["bot"].says(http.StatusInternalServerError, "text/plain", "no")
	r.hook(page(entry(shopID, text(shopID, anna, "mail "+email))))
	r.until("the first attempt", func() bool { return len(r.bots["bot"].requests()) > 0 })
	r.clock.advance(25 * time.Hour)
	r.until("it is in quarantine", func() bool {
		_, reasons := r.aside()
		return reasons == "outbox_expired" && r.records("outbox/") == 0
	})
	items, _ := r.aside()
	all := r.plan.accounts
	r.plan.accounts = all[1:]
	r.restart()
	if why := r.retry(items[0].ID); why != "outbox_account_gone" {
		t.Errorf("it stays because %q", why)
	}
	if _, reasons := r.aside(); reasons != "outbox_expired" {
		t.Errorf("in quarantine: %s", reasons)
	}
	all[0].spool = false
	r.plan.accounts = all
	r.restart()
	before := len(r.bots["bot"].requests())
	r.bots["bot"].answers(botAnswer)
	if why := r.retry(items[0].ID); why != "" {
		t.Errorf("it stays because %q", why)
	}
	r.until("the bot has it", func() bool { return len(r.bots["bot"].requests()) > before })
	if _, reasons := r.aside(); reasons != "" {
		t.Errorf("in quarantine: %s", reasons)
	}
}

// An item whose bot hangs stays, and is not asked for while the circuit is open.
func TestRetryQuarantineCircuit(t *testing.T) {
	t.Parallel()
	const newID = "2006385232743452"
	r := newRig(t, impatient)
	r.hook(page(entry(newID, text(newID, anna, "hi"))))
	items, _ := r.aside()
	r.plan.accounts = append(r.plan.accounts, account{name: "new", channel: "messenger", id: newID, token: "EAAnew", app: "main", bot: "bot"})
	r.restart()
	down := hanging(r, r.bots["bot"], botAnswer)
	for _, want := range []string{"bot_unavailable", "bot_unavailable", "bot_unavailable", "bot_circuit"} {
		if why := r.retry(items[0].ID); why != want {
			t.Errorf("it stays because %q, want %q", why, want)
		}
	}
	down.Store(false)
	r.clock.advance(61 * time.Second)
	if why := r.retry(items[0].ID); why != "" {
		t.Errorf("it stays because %q", why)
	}
	if _, reasons := r.aside(); reasons != "" || len(r.bots["bot"].requests()) != 4 {
		t.Errorf("in quarantine: %s", reasons)
	}
}

// What the platform was told 503 for is as if it had never come: nothing is set aside,
// kept or sent, and the same again is all there.
func TestAdmissionRefusedIsUntouched(t *testing.T) {
	t.Parallel()
	r := newRig(t, crowded(func(p *plan) { p.limits.Admission.PerAccount = 1 }))
	free := blocked(r, r.bots["bot"], botAnswer)
	first := meanwhile(1, func() reply { return r.hook(page(entry(shopID, text(shopID, anna, "hi")))) })
	r.until("one webhook at the bot", func() bool { return len(r.bots["bot"].requests()) == 1 })
	before := r.records("")
	again := page(entry(shopID, text(shopID, bert, "card "+card+" mail "+email)))
	for range 4 {
		if got := r.hook(again); got.status != http.StatusServiceUnavailable {
			t.Errorf("answered %d", got.status)
		}
	}
	if _, reasons := r.aside(); reasons != "" || r.records("") != before {
		t.Errorf("in quarantine: %s; %d records, before: %d", reasons, r.records(""), before)
	}
	free()
	<-first
	if got := r.hook(again); got.status != http.StatusOK {
		t.Errorf("answered %d", got.status)
	}
	if got := r.bots["bot"].bodies(); len(got) != 2 || !strings.Contains(got[1], "pii_creditcard_") {
		t.Errorf("the bot got %d: %s", len(got), got[1:])
	}
}
