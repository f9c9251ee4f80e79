package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// A personal field that holds only space holds nobody's data: there is nothing
// to hide, and no reason to hold the message up.
func TestBlankPersonalField(t *testing.T) {
	r := newRig(t)
	fb := func(members string) string { return page(entry(shopID, event(shopID, anna, members))) }
	for _, test := range []struct{ name, body string }{
		{"contact card", waba(change(lineID, waMessage(annaPhone, `"type":"contacts","contacts":[{"name":{"formatted_name":"Joe Roe"},`+
			`"addresses":[{"street":" ","city":"","zip":"\t"}],"phones":[{"phone":" \u00a0"}],"emails":[{"email":"\n"}]}]`)))},
		{"place", waba(change(lineID, waMessage(annaPhone, `"type":"location","location":{"latitude":52.5,"longitude":13.4,"name":"","address":"  "}`)))},
		{"Messenger form", fb(`"messaging_customer_information":{"screens":[{"screen_id":"s","responses":[{"key":"street","value":" "},{"key":"name","value":""}]}]}`)},
		{"Messenger sender", strings.Replace(page(entry(shopID, text(shopID, anna, "hi"))), `"sender":{`, `"sender":{"email":" ","username":"\u2003",`, 1)},
	} {
		before := len(r.bots["bot"].requests())
		if got := r.hook(test.body); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", test.name, got.status)
			continue
		}
		if got := r.bots["bot"].bodies()[before:]; len(got) != 1 || got[0] != test.body {
			t.Errorf("%s: the bot got %s", test.name, got)
		}
	}
	if got := r.quarantined(); len(got) != 0 {
		t.Errorf("quarantine holds %s", got)
	}
}

// An id that is too long to be kept sealed makes the same fault every time: it is
// refused twice, and sealed the third time, so that the platform comes to an end.
func TestUnkeepable(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, strings.Repeat("7", 300), "mail "+email)))
	for i, want := range []int{http.StatusBadRequest, http.StatusBadRequest, http.StatusOK} {
		if got := r.hook(body); got.status != want {
			t.Errorf("time %d: answered %d, want %d", i+1, got.status, want)
		}
	}
	r.nothing(r.bots["bot"])
	if got := r.quarantined(); len(got) != 1 || got[0] != "value_unkeepable "+body {
		t.Errorf("quarantine holds %s", got)
	}
	if got := r.counter(`piiproxy_refused_total{reason="value_unkeepable"}`); got != 2 {
		t.Errorf("counted %v refusals", got)
	}
	if got := r.counter(`piiproxy_quarantine{reason="value_unkeepable"}`); got != 1 {
		t.Errorf("counted %v in quarantine", got)
	}
	if got := r.hook(page(entry(shopID, text(shopID, anna, email)))); got.status != http.StatusOK {
		t.Errorf("another person: answered %d", got.status)
	}
}

// The third refusal that a text without budget meets is settled; until then the
// bot is told that it may try again.
func TestRuleBudgetIsTransient(t *testing.T) {
	r := newRig(t, slow)
	got := r.call("/shop/me/messages", sent(anna, endless))
	r.refused("a long text", got, http.StatusServiceUnavailable, "rule_budget")
	if shape := graphShape(got.body); shape.Transient == nil || !*shape.Transient {
		t.Errorf("answered %s", got.body)
	}
	body := waba(change(lineID, waText(annaPhone, endless)))
	for i, want := range []int{503, 503, 200} {
		if got := r.hook(body); got.status != want {
			t.Errorf("time %d: answered %d, want %d", i+1, got.status, want)
		}
	}
	if got := r.only(r.bots["bot"]).body; got != strings.Replace(body, endless, "[UNREADABLE]", 1) {
		t.Errorf("the bot got %.300s", got)
	}
	if got := r.quarantined(); len(got) != 1 || got[0] != "rule_budget "+body {
		t.Errorf("quarantine holds %.200s", got)
	}
	r.nothing(r.platform)
}
