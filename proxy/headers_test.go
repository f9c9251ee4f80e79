package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// What a bot's stack adds to a call is the bot's own: only what the platform
// needs goes on, whatever the call carries.
func TestHeadersToPlatform(t *testing.T) {
	r := newRig(t)
	own := []string{
		"Baggage: user=" + anna, "Cookie: c=canaryheader77", "Referer: https://canaryheader77.example/?u=1", "X-Token: canaryheader77",
		"Origin: https://canaryheader77.example", "From: " + email, "Traceparent: 00-canaryheader77-1-00", "Tracestate: canaryheader77",
		"Forwarded: for=canaryheader77", "X-Forwarded-For: 192.0.2.7", "X-Real-Ip: 192.0.2.7", "Via: canaryheader77", "Sentry-Trace: canaryheader77",
		"X-Request-Id: canaryheader77", "Sec-Fetch-Mode: cors", "Cache-Control: no-cache", "If-Match: canaryheader77", "Range: bytes=0-1",
	}
	needed := []string{"Authorization: Bearer " + shopToken, "Accept: application/json", "User-Agent: my-bot/1.2"}
	allowed := map[string]bool{"Authorization": true, "Content-Type": true, "Accept": true, "User-Agent": true, "Accept-Encoding": true, "Content-Length": true}
	for _, test := range []struct{ name, method, target, kind, body string }{
		{"send", "POST", "/shop/v23.0/me/messages", "application/json", hello},
		{"read", "GET", "/shop/v23.0/" + anna + "?fields=first_name", "", ""},
		{"delete", "DELETE", "/shop/v23.0/me/messenger_profile", "", ""},
		{"upload", "POST", "/shop/v23.0/me/message_attachments", multipartType, multipartFile("x")},
	} {
		headers := append(append([]string{}, own...), needed...)
		if test.kind != "" {
			headers = append(headers, "Content-Type: "+test.kind)
		}
		before := len(r.platform.requests())
		if got := r.ask("bot", test.method, test.target, test.body, headers...); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", test.name, got.status, got.body)
			continue
		}
		got := r.platform.requests()[before]
		for name, values := range got.header {
			if !allowed[name] || len(values) != 1 || strings.Contains(values[0], "canaryheader77") {
				t.Errorf("%s: the platform got %s: %s", test.name, name, values)
			}
		}
		for name, want := range map[string]string{"Authorization": "Bearer " + shopToken, "Accept": "application/json", "User-Agent": "my-bot/1.2", "Content-Type": test.kind} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", test.name, name, got.header.Get(name), want)
			}
		}
	}
}

// A Connection header takes nothing away that the platform needs, and lets
// nothing through.
func TestConnectionHeader(t *testing.T) {
	r := newRig(t)
	r.call("/shop/me/messages", hello, "Connection: Authorization, X-Token", "Authorization: Bearer "+shopToken, "X-Token: x")
	got := r.only(r.platform).header
	if got.Get("Authorization") != "Bearer "+shopToken || got.Get("X-Token") != "" {
		t.Errorf("the platform got %v", got)
	}
}
