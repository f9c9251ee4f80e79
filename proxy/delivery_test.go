package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A direct account hands the bot's own status back.
func TestBotStatus(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "hi")))
	for _, status := range []int{200, 201, 204, 400, 401, 404, 410, 429, 500, 503} {
		r.bots["bot"].answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Bot", "inside")
			w.WriteHeader(status)
		})
		got := r.hook(body)
		if got.status != status || got.header.Get("X-Bot") != "" || got.body != "" {
			t.Errorf("the bot's %d came back as %d %q %v", status, got.status, got.body, got.header)
		}
	}
}

// A redirect of the bot is a status like any other: nobody follows it.
func TestBotRedirects(t *testing.T) {
	r := newRig(t)
	decoy := newPeer(t, botAnswer)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r.bots["bot"].answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", decoy.url+"/webhook")
			w.WriteHeader(status)
		})
		if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != status || got.header.Get("Location") != "" {
			t.Errorf("%d: answered %d %v", status, got.status, got.header)
		}
	}
	r.nothing(decoy)
}

// A bot that is not there is 503 at once, and so is one that hangs up.
func TestBotDown(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "hi "+card)))
	r.bots["bot"].answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if got := r.hook(body); got.status != http.StatusServiceUnavailable {
		t.Errorf("a bot that hangs up: answered %d", got.status)
	}
	r.bots["bot"].server.Close()
	began := time.Now()
	if got := r.hook(body); got.status != http.StatusServiceUnavailable {
		t.Errorf("no bot: answered %d", got.status)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to find no bot", took)
	}
	if got := r.counter(`piiproxy_refused_total{reason="bot_unavailable"}`); got != 2 {
		t.Errorf("counted %v, want 2", got)
	}
	if got := r.counter(`piiproxy_webhook_failing_seconds{account="shop"}`); got <= 0 {
		t.Errorf("failing for %v s", got)
	}
}

// A bot that hangs is 503 when bot_timeout is over, and keeps nobody waiting
// after that.
func TestBotSlow(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.BotTimeout = 200 * time.Millisecond })
	r.bots["bot"].answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	began := time.Now()
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got.status)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to give up", took)
	}
	if !strings.Contains(r.reasons(), "webhook:bot_timeout") {
		t.Errorf("the log says %s", r.reasons())
	}
	r.bots["bot"].answers(botAnswer)
	if got := r.hook(page(entry(shopID, text(shopID, anna, "hi")))); got.status != http.StatusOK {
		t.Errorf("once it is back: answered %d", got.status)
	}
	if got := r.counter(`piiproxy_webhook_failing_seconds{account="shop"}`); got != 0 {
		t.Errorf("failing for %v s although it works", got)
	}
}

// A store that is gone is 503, and not one byte goes on, not even the clean
// part of a delivery that needs it.
func TestStoreDown(t *testing.T) {
	for _, which := range []string{"values", "conversations"} {
		r := newRig(t)
		if which == "values" {
			r.must(r.values.Close())
		} else {
			r.must(r.people.Close())
		}
		for name, sent := range map[string]string{
			"card":      page(entry(shopID, text(shopID, anna, "hello"), text(shopID, bert, card))),
			"e-mail":    waba(change(lineID, waText(annaPhone, email))),
			"two parts": page(entry(shopID, text(shopID, anna, "x "+email+" y "+card))),
		} {
			if got := r.hook(sent); got.status != http.StatusServiceUnavailable {
				t.Errorf("%s, %s: answered %d", which, name, got.status)
			}
		}
		r.nothing(r.bots["bot"])
		if got := r.counter(`piiproxy_refused_total{reason="store_unavailable"}`); got != 3 {
			t.Errorf("%s: counted %v", which, got)
		}
		got := r.call("/shop/me/messages", `{"recipient":{"id":"`+anna+`"},"message":{"text":"pii_email_aaaaaaaaaaaaaaaaaaaaaaaaaa"}}`)
		r.refused(which, got, http.StatusServiceUnavailable, "store_unavailable")
		r.nothing(r.platform)
		if got := r.ask("ops", "GET", "/healthz", ""); got.status != http.StatusOK {
			t.Errorf("/healthz: %d", got.status)
		}
	}
}

// What must be set aside and cannot be is 503 too, and the log says so.
func TestStoreDownForQuarantine(t *testing.T) {
	r := newRig(t)
	r.must(r.values.Close())
	for name, sent := range map[string]string{
		"foreign":      page(entry("9999", text("9999", anna, "hi")), entry(shopID, text(shopID, anna, "hi"))),
		"object":       `{"object":"user"}`,
		"number":       page(entry(shopID, event(shopID, anna, `"message":{"text":`+digits+`}`))),
		"third garble": "",
	} {
		if name == "third garble" {
			r.hook(`{"object":`)
			r.hook(`{"object":`)
			sent = `{"object":`
		}
		before := len(r.logs.All())
		if got := r.hook(sent); got.status != http.StatusServiceUnavailable {
			t.Errorf("%s: answered %d", name, got.status)
		}
		said := ""
		for _, line := range r.logs.All()[before:] {
			said += " " + line.ContextMap()["reason"].(string)
		}
		if said != " store_unavailable" {
			t.Errorf("%s: the log says%q, want store_unavailable once", name, said)
		}
	}
	r.nothing(r.bots["bot"])
	if got := r.counter(`piiproxy_refused_total{reason="store_unavailable"}`); got != 4 {
		t.Errorf("counted %v, want 4", got)
	}
}

// What cannot be read is refused, so that the platform tries again, and set
// aside the third time, so that it blocks nothing.
func TestUnreadableDelivery(t *testing.T) {
	for name, test := range map[string]struct{ body, reason string }{
		"half":            {`{"object":"page"`, "parse_syntax"},
		"nothing":         {``, "parse_empty"},
		"comment":         {`{"object":"page"/**/}`, "parse_syntax"},
		"byte order mark": {"\ufeff" + `{"object":"page"}`, "parse_syntax"},
		"duplicate name":  {`{"object":"page","object":"page"}`, "parse_duplicate_key"},
		"trailing":        {`{"object":"page"}{}`, "parse_trailing_data"},
		"not UTF-8":       {"{\"object\":\"page\xff\"}", "parse_invalid_utf8"},
		"deep":            {strings.Repeat("[", 65) + strings.Repeat("]", 65), "parse_too_deep"},
		"long number":     {`[` + strings.Repeat("1", 65) + `]`, "parse_number_too_long"},
		"long string":     {`["` + strings.Repeat("a", 1<<20+1) + `"]`, "parse_string_too_long"},
		"many strings":    {`[` + strings.Repeat(`"",`, 10_000) + `""]`, "parse_too_many_strings"},
	} {
		r := newRig(t)
		want := []int{400, 400, 200, 400}
		for i := range want {
			if got := r.hook(test.body); got.status != want[i] {
				t.Errorf("%s, time %d: answered %d, want %d", name, i+1, got.status, want[i])
			}
		}
		if got := r.quarantined(); len(got) != 1 || got[0] != test.reason+" "+test.body {
			t.Errorf("%s: quarantine holds %d, want one of %s", name, len(got), test.reason)
		}
		r.clock.advance(11 * time.Minute)
		r.hook(test.body)
		r.clock.advance(11 * time.Minute)
		if got := r.hook(test.body); got.status != 400 {
			t.Errorf("%s: slow failures were set aside", name)
		}
		r.nothing(r.bots["bot"])
	}
}
