package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// heardWords is what the bot got as the person's latest message.
func (r *rig) heardWords() string {
	bodies := r.bots["bot"].bodies()
	if len(bodies) == 0 {
		return ""
	}
	_, rest, _ := strings.Cut(bodies[len(bodies)-1], `"text":"`)
	words, _, _ := strings.Cut(rest, `"`)
	return words
}

// says delivers a message of a person; each has its own id.
func (r *rig) says(mid, words string) string {
	r.t.Helper()
	event := strings.Replace(text(shopID, anna, words), `"mid":"`, `"mid":"`+mid, 1)
	if got := r.hook(page(entry(shopID, event))); got.status != 200 {
		r.t.Fatalf("delivering: %d", got.status)
	}
	return r.heardWords()
}

const (
	lastFour = "What are the last 4 of your SSN?"
	isToken  = "pii_ssnlast4_"
)

// TestArming: what the bot has just asked tells what a bare answer is; unasked,
// too late, and after other messages it stays what it was.
func TestArming(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Prompts["default"] = "arm" })
	if got := r.says("a", "4821"); got != "4821" {
		t.Fatalf("unasked: %q", got)
	}
	r.send(anna, lastFour)
	token := r.says("b", "4821")
	if !strings.HasPrefix(token, isToken) {
		t.Fatalf("asked: %q", token)
	}
	if got := r.says("b", "4821"); got != token {
		t.Errorf("the same delivery again: %q", got)
	}
	if got := r.says("c", "4821"); got != "4821" {
		t.Errorf("after the answer: %q", got)
	}
	r.send(anna, lastFour)
	r.clock.advance(29 * time.Minute)
	if got := r.says("d", "4821"); got != token {
		t.Errorf("29 minutes later: %q", got)
	}
	r.send(anna, lastFour)
	r.clock.advance(30 * time.Minute)
	if got := r.says("e", "4821"); got != "4821" {
		t.Errorf("30 minutes later: %q", got)
	}
	r.send(anna, lastFour)
	for _, words := range []string{"what for?", "hm", "why"} {
		r.says("f"+words, words)
	}
	if got := r.says("g", "4821"); got != "4821" {
		t.Errorf("after three other messages: %q", got)
	}
	r.send(anna, lastFour)
	r.send(anna, "Never mind. Would you like your parcel tomorrow or on Friday?")
	if got := r.says("h", "4821"); got != "4821" {
		t.Errorf("after another question: %q", got)
	}
}

// TestArmingOutlivesRestart: a question is remembered by the next process, and by
// nobody else's chat.
func TestArmingOutlivesRestart(t *testing.T) {
	r := newRig(t)
	r.send(anna, lastFour)
	r.restart()
	if got := r.says("a", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("after a restart: %q", got)
	}
	r.send(bert, lastFour)
	if got := r.says("b", "4821"); got != "4821" {
		t.Errorf("somebody else was asked: %q", got)
	}
}

// TestArmingWaitsForTheBot: a delivery that the bot did not take comes again, and
// is read as it was the first time.
func TestArmingWaitsForTheBot(t *testing.T) {
	r := newRig(t)
	r.send(anna, lastFour)
	r.bots["bot"].says(503, "text/plain", "")
	event := page(entry(shopID, text(shopID, anna, "4821")))
	if got := r.hook(event); got.status != 503 {
		t.Fatalf("the bot is down: %d", got.status)
	}
	r.bots["bot"].says(200, "text/plain", "")
	if got := r.hook(event); got.status != 200 || !strings.HasPrefix(r.heardWords(), isToken) {
		t.Errorf("again: %d %q", got.status, r.heardWords())
	}
}

// TestArmedBeforeSent: a question counts before the platform has it, because the
// answer may be faster than the platform's; a message that the platform did not
// take ends no question.
func TestArmedBeforeSent(t *testing.T) {
	r := newRig(t)
	r.platform.says(500, "application/json", `{"error":{"message":"x","code":1}}`)
	r.send(anna, lastFour)
	if got := r.says("a", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("the platform failed: %q", got)
	}
	r.send(anna, lastFour)
	r.send(anna, "Never mind. Would you like your parcel tomorrow or on Friday?")
	if got := r.says("b", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("a message that was not sent ended the question: %q", got)
	}
}

// TestNothingIsAsked: policies that do not arm, and shadow, leave answers alone.
func TestNothingIsAsked(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Prompts["ssn_last4"] = "report" })
	r.send(anna, lastFour)
	if got := r.says("a", "4821"); got != "4821" {
		t.Errorf("a policy that reports: %q", got)
	}
}

// TestArmingBehindBrokenGlass: what stays hidden while glass is broken is known by
// the bot's question then, too.
func TestArmingBehindBrokenGlass(t *testing.T) {
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		r := newRig(t)
		r.must(r.proxy.Break(t.Context(), proxy.BreakGlass{Account: "shop", Mode: mode, For: time.Hour, Reason: "incident", Actor: "sre"}))
		r.send(anna, "What is the CVV on the back of your card?")
		if got := r.says("a", "123"); !strings.HasPrefix(got, "pii_cvv_") {
			t.Errorf("%s: %q", mode, got)
		}
	}
}

// TestArmingAndTokens: a remark with a token in it is a short one, whatever the
// token is made of.
func TestArmingAndTokens(t *testing.T) {
	r := newRig(t)
	for _, token := range []string{"pii_email_a2b3c4d5e6f7a2b3c4d5e6f7a2", "pii_email_abcdefghijklmnopqrstuvwxyz"} {
		r.send(anna, lastFour)
		r.send(anna, "I have "+token)
		if got := r.says(token, "4821"); !strings.HasPrefix(got, isToken) {
			t.Errorf("after %s: %q", token, got)
		}
	}
}

// TestArmedHistory: a bare answer that was a token in the webhook is the same token
// in the history, whichever way the bot reads it; other bare numbers stay.
func TestArmedHistory(t *testing.T) {
	r := newRig(t)
	r.says("first", "4821")
	r.send(anna, lastFour)
	token := r.says("b", "4821")
	if !strings.HasPrefix(token, isToken) {
		t.Fatalf("asked: %q", token)
	}
	message := func(id, from, words string) string {
		return `{"id":"` + id + `","message":"` + words + `","from":{"name":"Anna","id":"` + from + `"},"created_time":"2026-11-29T00:00:00+0000"}`
	}
	answer, own := message("bm_"+anna, anna, "4821"), message("m_out1", shopID, "4821")
	earlier := message("firstm_"+anna, anna, "4821")
	for target, body := range map[string]string{
		"/shop/t_1/messages?fields=id,message,from": `{"data":[` + earlier + `,` + answer + `,` + own + `]}`,
		"/shop/me/conversations?fields=messages":    `{"data":[{"id":"t_1","messages":{"data":[` + earlier + `,` + answer + `,` + own + `]}}]}`,
		"/shop/bm_" + anna:                          answer,
	} {
		r.platform.says(200, "application/json; charset=UTF-8", body)
		got := r.ask("bot", "GET", target, "")
		if want := strings.Replace(body, answer, strings.Replace(answer, "4821", token, 1), 1); got.body != want {
			t.Errorf("%s:\n got %s\nwant %s", target, got.body, want)
		}
	}
}
