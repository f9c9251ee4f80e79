package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// A bot that registers a webhook registers piiproxy's own, with its token.
func TestRegistrationRewritten(t *testing.T) {
	r := newRig(t)
	const own = `https:\/\/chat.example.com\/webhook\/main`
	for name, test := range map[string][3]string{
		"app subscription": {
			"/shop/v23.0/1294857360918273/subscriptions",
			`{ "object":"page", "callback_url" : "https:\/\/bot.example\/hook","fields":"messages","verify_token":"the bot's" }`,
			`{ "object":"page", "callback_url" : "` + own + `","fields":"messages","verify_token":"` + verifyToken + `" }`,
		},
		"number": {
			"/" + lineID, `{"webhook_configuration":{"override_callback_uri":"https://bot.example/hook","verify_token":"x"}}`,
			`{"webhook_configuration":{"override_callback_uri":"` + own + `","verify_token":"` + verifyToken + `"}}`,
		},
		"business": {
			"/line/v23.0/" + lineBusiness + "/subscribed_apps", `{"override_callback_uri":"","verify_token":""}`,
			`{"override_callback_uri":"` + own + `","verify_token":"` + verifyToken + `"}`,
		},
		"in any depth": {
			"/shop/v23.0/1/webhook_things", `{"a":[{"callback_url":"http://127.0.0.1/"}]}`, `{"a":[{"callback_url":"` + own + `"}]}`,
		},
		"spelled with escapes": {"/shop/v23.0/1/subscriptions", `{"callback\u005furl":"x"}`, `{"callback\u005furl":"` + own + `"}`},
	} {
		before := len(r.platform.requests())
		if got := r.call(test[0], test[1]); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		} else if sent := r.platform.bodies()[before]; sent != test[2] {
			t.Errorf("%s:\n got %s\nwant %s", name, sent, test[2])
		}
	}
	r.until("reported", func() bool { return len(r.lines("registration_rewritten")) == 5 })
	if strings.Contains(r.logged.String(), "bot.example") || strings.Contains(r.logged.String(), verifyToken) {
		t.Error("the log holds a callback or a token")
	}
}

// What cannot be rewritten is refused.
func TestRegistrationRefused(t *testing.T) {
	r := newRig(t)
	for name, body := range map[string]string{
		"no text":             `{"callback_url":["https://bot.example"]}`,
		"null":                `{"callback_url":null}`,
		"number":              `{"verify_token":7,"callback_url":"x"}`,
		"document in a text":  `{"webhook_configuration":"{\"override_callback_uri\":\"https://bot.example\"}"}`,
		"relaxed in a text":   `{"webhook_configuration":"{override_callback_uri:'https://bot.example'}"}`,
		"relaxed, escaped":    `{"webhook_configuration":"{'override\\u005fcallback_uri':'https://bot.example'}"}`,
		"document in a list":  `{"a":["[{\"callback_url\":1}]"]}`,
		"document in another": `{"a":"{\"b\":\"{\\\"callback_url\\\":\\\"x\\\"}\"}"}`,
	} {
		r.refused(name, r.call("/shop/v23.0/1/subscriptions", body), http.StatusForbidden, "registration")
	}
	r.nothing(r.platform)

	r = newRig(t, func(p *plan) { p.publicURL = "" })
	r.refused("no public_url", r.call("/shop/v23.0/1/subscriptions", `{"callback_url":"x"}`), http.StatusForbidden, "registration")
	r.refused("query", r.ask("bot", "POST", "/shop/v23.0/1/subscriptions?callback_url=x", ""), http.StatusForbidden, "registration")
	r.refused("form", r.ask("bot", "POST", "/shop/v23.0/1/subscriptions", "callback_url=x", asForm), http.StatusForbidden, "registration")
	r.refused("read", r.ask("bot", "GET", "/shop/v23.0/1/subscriptions?callback_url=x", ""), http.StatusBadRequest, "query")
	r.nothing(r.platform)
}

// The mode changes nothing: a bot may not go round the proxy in shadow either.
func TestRegistrationInShadow(t *testing.T) {
	for _, mode := range []string{"shadow", "off"} {
		r := newRig(t)
		r.mustBreak("shop", mode)
		if got := r.call("/shop/v23.0/1/subscriptions", `{"callback_url":"https://bot.example"}`); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", mode, got.status)
		}
		if sent := r.only(r.platform).body; strings.Contains(sent, "bot.example") {
			t.Errorf("%s: the platform got %s", mode, sent)
		}
	}
}

// Words are no registration.
func TestMessageRegistersNothing(t *testing.T) {
	r := newRig(t)
	body := sent(anna, `{\"callback_url\":\"here\",\"verify_token\":\"x\"}`)
	if got := r.call("/shop/me/messages", body); got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	} else if sent := r.only(r.platform).body; sent != body {
		t.Errorf("the platform got %s", sent)
	}
}

// What is put in the place of a callback may be longer than what stood there: a call
// that was small enough when it came stays so.
func TestRegistrationGrows(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Payload.Bytes = 4096 })
	frame := `{"object":"page","callback_url":"https://a.b","verify_token":"x","fields":""}`
	body := strings.Replace(frame, `"fields":"`, `"fields":"`+strings.Repeat("a", 4096-len(frame)), 1)
	if got := r.call("/shop/v23.0/1234567890/subscriptions", body); got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	if sent := r.only(r.platform).body; len(sent) <= 4096 || strings.Contains(sent, "a.b") {
		t.Errorf("the platform got %d bytes", len(sent))
	}
}
