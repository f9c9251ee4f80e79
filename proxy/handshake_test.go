package proxy_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (r *rig) shake(app, mode, token, challenge string) reply {
	r.t.Helper()
	query := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	return r.ask("public", "GET", "/webhook/"+app+"?"+query.Encode(), "")
}

// The challenge comes back as plain text when mode and token are exact, and
// nothing else ever does.
func TestHandshake(t *testing.T) {
	r := newRig(t)
	for _, challenge := range []string{"1158201444", "a", strings.Repeat("x", 256), "~!@#$%^&*()", "<script>alert(1)</script>"} {
		got := r.shake("main", "subscribe", verifyToken, challenge)
		if got.status != http.StatusOK || got.body != challenge {
			t.Errorf("%s: answered %d %q", challenge, got.status, got.body)
		}
		if got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: a browser may render it: %v", challenge, got.header)
		}
	}
	for _, test := range [][4]string{
		{"main", "subscribe", verifyToken, ""},
		{"main", "subscribe", verifyToken, strings.Repeat("x", 257)},
		{"main", "subscribe", verifyToken, "a b"},
		{"main", "subscribe", verifyToken, "a\r\nSet-Cookie: x=y"},
		{"main", "subscribe", verifyToken, "é"},
		{"main", "subscribe", verifyToken, "\x7f"},
		{"main", "subscribe", verifyToken + "x", "1"},
		{"main", "subscribe", "", "1"},
		{"main", "unsubscribe", verifyToken, "1"},
		{"main", "Subscribe", verifyToken, "1"},
		{"main", "", verifyToken, "1"},
		{"other", "subscribe", "", "1"}, // an app without a token
		{"nobody", "subscribe", verifyToken, "1"},
		{"nobody", "subscribe", "", "1"},
	} {
		got := r.shake(test[0], test[1], test[2], test[3])
		if got.status != http.StatusForbidden || got.body != "Forbidden\n" {
			t.Errorf("%q: answered %d %q", test, got.status, got.body)
		}
	}
}

// Guessing is slowed down, and the platform still gets in.
func TestHandshakeGuesses(t *testing.T) {
	r := newRig(t)
	limited := 0
	for i := range 200 {
		got := r.shake("main", "subscribe", fmt.Sprint("guess", i), "1")
		switch {
		case got.status == http.StatusTooManyRequests:
			limited++
		case got.status != http.StatusForbidden || limited > 0:
			t.Fatalf("guess %d: answered %d", i, got.status)
		}
	}
	if limited != 180 {
		t.Errorf("%d of 200 guesses were over the rate", limited)
	}
	r.clock.advance(2 * time.Minute)
	if got := r.shake("main", "subscribe", verifyToken, "1"); got.status != http.StatusOK {
		t.Errorf("a minute later the right token: answered %d", got.status)
	}
	if got := r.shake("main", "subscribe", "guess", "1"); got.status != http.StatusForbidden {
		t.Errorf("a minute later a wrong token: answered %d", got.status)
	}
	if got := r.counter(`piiproxy_refused_total{reason="handshake_rate"}`); got != 180 {
		t.Errorf("counted %v", got)
	}
}

// The rate is each caller's own; behind a trusted proxy the caller is who that
// proxy names, and nobody else is believed.
func TestHandshakeRatePerCaller(t *testing.T) {
	wrong := func(r *rig, forwarded ...string) int {
		headers := make([]string, len(forwarded))
		for i, each := range forwarded {
			headers[i] = "X-Forwarded-For: " + each
		}
		return r.ask("public", "GET", "/webhook/main?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1", "", headers...).status
	}
	trusting := newRig(t, func(p *plan) {
		p.limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	strange := newRig(t)
	for range 20 {
		wrong(trusting, "203.0.113.7")
		wrong(strange, "203.0.113.7")
	}
	for _, test := range []struct {
		name      string
		rig       *rig
		forwarded []string
		want      int
	}{
		{"the same caller", trusting, []string{"203.0.113.7"}, 429},
		{"the same caller by way of two proxies", trusting, []string{"203.0.113.7, 10.1.1.1"}, 429},
		{"the same caller, who says more", trusting, []string{"198.51.100.1, 203.0.113.7"}, 429},
		{"the same caller, in two headers", trusting, []string{"198.51.100.1", "203.0.113.7"}, 429},
		{"another caller", trusting, []string{"198.51.100.1"}, 403},
		{"not trusted", strange, []string{"198.51.100.1"}, 429},
		{"not trusted, says nothing", strange, nil, 429},
	} {
		if got := wrong(test.rig, test.forwarded...); got != test.want {
			t.Errorf("%s: answered %d, want %d", test.name, got, test.want)
		}
	}
}
