package proxy_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
)

// canaries stand in every place that a message has. The first are hidden from
// bot and platform, too; the others must only not show in what we write.
var (
	hiddenCanaries = []string{"5105105105105100", "5105 1051 0510 5100", "canary.person@leak.example", "GB33BUKB20201555555555", "+14155552671", "(415) 555-2671"}
	canaries       = append([]string{
		"zebraquartz", "7700990011882233", "15557770001", "EAAcanarytoken77", "canaryquery77", "canaryheader77", "Quentin Canary", "canarypanic77",
		"canaryfield77", "canarypayload77", appSecret, verifyToken, "secret of bot",
	}, hiddenCanaries...)
)

// dirty is what a canary person writes.
const dirty = "zebraquartz 5105 1051 0510 5100, canary.person@leak.example, iban GB33BUKB20201555555555, call (415) 555-2671"

const canaryPerson, canaryPhone = "7700990011882233", "15557770001"

// everything takes a rig through every way that a message can go, good and
// bad, and gives every answer that was ours.
func everything(r *rig) (answers []string) {
	r.t.Helper()
	ours := func(got reply) {
		answers = append(answers, fmt.Sprint(got.status, got.header, got.body))
	}
	said := page(entry(shopID, text(shopID, canaryPerson, dirty)))
	headers := []string{"Authorization: Bearer EAAcanarytoken77", "X-Own: canaryheader77", "Cookie: c=canaryheader77"}
	send := `{"recipient":{"id":"` + canaryPerson + `"},"message":{"text":"` + dirty + `"},"access_token":"EAAcanarytoken77"}`
	call := func(target, body string) { ours(r.call(target, body, headers...)) }

	ours(r.hook(said))
	token := tokenIn.FindString(r.bots["bot"].bodies()[0])
	ours(r.hook(waba(change(lineID, strings.Replace(waText(canaryPhone, dirty), "Ann Example", "Quentin Canary", 1)))))
	ours(r.hook(page(entry(shopID, echo(shopID, canaryPerson, "canarypayload77", dirty)))))
	ours(r.hook(page(entry("9999", text("9999", canaryPerson, dirty)))))
	ours(r.hook(page(entry(shopID, event(shopID, canaryPerson, `"message":{"text":5105105105105100}`)))))
	for range 3 {
		ours(r.hook(`{"object":"page","` + dirty))
	}
	ours(r.deliver("main", said, "X-Hub-Signature-256: canaryheader77"))
	ours(r.deliver("canaryquery77", said))
	ours(r.shake("main", "subscribe", "canaryquery77", "canaryquery77"))
	ours(r.ask("public", "GET", "/canaryquery77?canaryquery77=canaryquery77", ""))

	call("/shop/me/messages", sent(canaryPerson, "we write to "+token+" "+strings.Replace(token, "pii_", "pii_x", 1)))
	call("/shop/me/messages?access_token=EAAcanarytoken77&appsecret_proof=canaryquery77", send)
	call("/shop/me/messages", sent(canaryPerson, "Please type your card number"))
	call("/shop/me/messages?note=5105105105105100", send)
	call("/shop/me/messages?message=canaryquery77", send)
	call("/shop/me/messages", strings.Replace(send, "{", `{"canaryfield77":["5105105105105100"],`, 1))
	call("/shop/me/messages", strings.Replace(send, "{", `{"5105105105105100":1,`, 1))
	call("/shop/me/messages", `{"`+dirty)
	call("/canaryquery77/me/messages", send)
	call("/shop/../canaryquery77", send)
	call("/shop/v23.0/1/subscriptions", `{"callback_url":"https://canaryquery77.example","verify_token":"canaryfield77"}`)
	for _, batch := range canaryBatches() {
		call("/shop/?access_token=EAAcanarytoken77", batch)
	}
	ours(r.ask("bot", "POST", "/shop/me/messages", "message="+url.QueryEscape(dirty), append(headers, "Content-Type: application/x-www-form-urlencoded")...))
	r.wire("bot", "GET http://canaryquery77.example/ HTTP/1.1\r\nHost: canaryheader77\r\n\r\n")
	r.wire("bot", "canaryheader77 zebraquartz\x00\r\n\r\n")
	r.wire("public", strings.Repeat("X-Canary: canaryheader77\r\n", 3000))

	r.platform.batches("null", `{"code":500,"body":`+quoted(dirty)+`}`, `{"code":200,"headers":[{"name":"Set-Cookie","value":"canaryheader77"}],"body":`+quoted(`{"data":[{"message":`+quoted(strings.TrimPrefix(dirty, "zebraquartz "))+`}]}`)+`}`)
	for _, batch := range canaryBatches() {
		call("/shop/", batch)
	}
	graph := `{"error":{"message":"` + strings.TrimPrefix(dirty, "zebraquartz ") + `","type":"OAuthException","code":100}}`
	for _, answer := range []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://canaryquery77.example/")
			w.WriteHeader(302)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, dirty)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			_, _ = io.WriteString(w, graph)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "9999")
			_, _ = io.WriteString(w, dirty)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, dirty)
		},
		func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() },
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		r.platform.answers(answer)
		call("/shop/me/messages?access_token=EAAcanarytoken77", send)
	}
	r.bots["bot"].answers(func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	ours(r.hook(said))
	r.bots["bot"].server.CloseClientConnections()
	r.bots["bot"].answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	ours(r.hook(said))

	r.must(r.proxy.Break(r.t.Context(), proxy.BreakGlass{Account: "gram", Mode: 1, For: time.Minute, Reason: "incident", Actor: "sre"}))
	_, err := r.proxy.ConversationHash("shop", canaryPerson, "sre", "")
	r.must(err)
	r.platform.server.Close()
	call("/shop/me/messages?access_token=EAAcanarytoken77", send)
	r.until("the echo was noticed", func() bool { return len(r.lines("foreign_send")) > 0 })
	r.plan.broken.Store(true)
	ours(r.hook(said))
	r.must(r.values.Close())
	call("/shop/me/messages", sent(canaryPerson, token))
	return answers
}

// brittle is a plan for everything: impatient, and with a secret that panics.
func brittle(p *plan) {
	p.limits.BotTimeout, p.limits.Upstream.Header = 300*time.Millisecond, 300*time.Millisecond
	broken := &atomic.Bool{}
	p.broken = broken
	p.secret = func() []string {
		if broken.Load() {
			panic("canarypanic77 " + dirty)
		}
		return []string{appSecret}
	}
}

// TestNoLeak: what people and bots write, and who they are, shows in no log
// line, metric, answer of ours or file; what policy hides reaches neither bot
// nor platform (threats.md H1).
func TestNoLeak(t *testing.T) {
	t.Parallel()
	r := newRig(t, brittle)
	places := map[string]string{}
	for i, answer := range everything(r) {
		places[fmt.Sprintf("answer %d", i)] = answer
	}
	places["metrics"] = r.ask("ops", "GET", "/metrics", "").body
	r.stop()
	places["log"] = r.logged.String()
	for _, name := range []string{"values.db", "conversations.db", "audit.jsonl"} {
		raw, err := os.ReadFile(filepath.Join(r.folder, name))
		r.must(err)
		places[name] = string(raw)
	}
	if len(places["log"]) < 10_000 || len(places["values.db"]) < 10_000 {
		t.Fatal("there is too little to search")
	}
	for place, content := range places {
		for _, canary := range canaries {
			if spelling := foundIn(content, canary); spelling != "" {
				t.Errorf("%s holds %q as %q", place, canary, spelling)
			}
		}
		if strings.HasPrefix(place, "answer") {
			continue // a bot reads tokens in the platform's errors
		}
		if token := tokenIn.FindString(content); token != "" {
			t.Errorf("%s holds a token", place)
		}
	}
	for name, p := range map[string]*peer{"bot": r.bots["bot"], "platform": r.platform} {
		for _, got := range p.requests() {
			for _, canary := range hiddenCanaries {
				if spelling := foundIn(got.body+got.target, canary); spelling != "" {
					t.Errorf("the %s got %q as %q: %s", name, canary, spelling, got.body)
				}
			}
		}
	}
}

// foundIn finds a text in another in any of the ways in which it may be
// spelled, and gives the spelling.
func foundIn(content, canary string) string {
	for _, spelling := range []string{
		canary, strings.ReplaceAll(canary, " ", ""), strings.ReplaceAll(canary, "@", `\u0040`), url.QueryEscape(canary), url.PathEscape(canary),
		base64.StdEncoding.EncodeToString([]byte(canary))[:len(canary)], base64.RawURLEncoding.EncodeToString([]byte(canary))[:len(canary)],
		hex.EncodeToString([]byte(canary)), strings.ToUpper(canary), strings.ToLower(canary),
	} {
		if strings.Contains(content, spelling) {
			return spelling
		}
	}
	return ""
}
