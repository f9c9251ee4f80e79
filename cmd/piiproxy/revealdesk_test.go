package main

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
)

// The tokens of callers that ask for values.
const (
	fullToken   = "ppx_full-token-canary-aaaaaaaaa"
	maskedToken = "ppx_masked-token-canary-bbbbbbb"
	last4Token  = "ppx_last4-token-canary-cccccccc"
	existsToken = "ppx_exists-token-canary-ddddddd"
	emailToken  = "ppx_email-token-canary-eeeeeeee"
	farToken    = "ppx_far-token-canary-ffffffffff"
	slowToken   = "ppx_slow-token-canary-ggggggggg"
	firstToken  = "ppx_first-token-canary-hhhhhhhh"
	secondToken = "ppx_second-token-canary-iiiiiii"
	peopleToken = "ppx_people-token-canary-kkkkkkk"
	everyToken  = "ppx_every-token-canary-jjjjjjjj"
)

const (
	chatMail   = "anna.schmidt@example.com"
	chatValues = "my card is " + chatCard + " and my mail " + chatMail + ", cvv 123, social 219-09-9999"
)

// withRevealers is a chat whose person has told some values, and their tokens by
// kind as the bot got them.
func withRevealers(t *testing.T) (*chat, map[string]string) {
	t.Helper()
	line := func(name, token, more string) string {
		return fmt.Sprintf("  - {name: %s, token_sha256: %s, %s}\n", name, hashOf(token), more)
	}
	c := newChat(t, "", "callers:\n"+
		line("full", fullToken, "scopes: [reveal], accounts: [shop], kinds: [all], level: full, purposes: [chargeback, support], rate: 20000/m")+
		line("masked", maskedToken, "scopes: [reveal], accounts: [shop], kinds: [all], level: masked, purposes: [support, chargeback]")+
		line("last4", last4Token, "scopes: [reveal], accounts: [shop], kinds: [all], level: last4, purposes: [support]")+
		line("exists", existsToken, "scopes: [reveal], accounts: [shop, other], kinds: [all], level: exists, purposes: [support]")+
		line("email", emailToken, "scopes: [reveal], accounts: [shop], kinds: [email], level: full, purposes: [support]")+
		line("far", farToken, "scopes: [reveal], accounts: [other], kinds: [all], level: full, purposes: [support]")+
		line("slow", slowToken, "scopes: [reveal], accounts: [shop], kinds: [all], level: full, purposes: [support], rate: 10/h")+
		line("first", firstToken, "scopes: [restore], accounts: [shop, other], kinds: [credit_card, email, person]")+
		line("second", secondToken, "scopes: [restore, links], accounts: [shop], kinds: [all]")+
		line("people", peopleToken, "scopes: [erase, export], accounts: [shop]")+
		line("third", farToken[:len(farToken)-1]+"3", "scopes: [restore], accounts: [shop], kinds: [all]")+
		line("every", everyToken, "scopes: [links, reveal, restore, erase, export], accounts: [shop], kinds: [all], level: full, purposes: [support]"))
	c.says(chatValues)
	tokens := map[string]string{}
	for _, token := range regexp.MustCompile(`pii_([a-z0-9]+)_[a-z2-7]{26}`).FindAllStringSubmatch(c.bot.last(), -1) {
		tokens[token[1]] = token[0]
	}
	if len(tokens) != 4 {
		t.Fatalf("the bot got %s", c.bot.last())
	}
	return c, tokens
}

// revealOrder is an order for tokens.
func revealOrder(purpose string, tokens ...string) string {
	return `{"tokens":["` + strings.Join(tokens, `","`) + `"],"purpose":"` + purpose + `"}`
}

// TestReveal: each level tells what it may, in order, and nothing more; the audit
// has who, what for, from where, and no value.
func TestReveal(t *testing.T) {
	c, tokens := withRevealers(t)
	all := []string{tokens["creditcard"], strings.ToUpper(tokens["email"]), tokens["cvv"], tokens["ssn"], tokens["email"]}
	for _, level := range []struct {
		token string
		want  []string
	}{
		{fullToken, []string{chatCard, chatMail, "123", "219-09-9999", chatMail}},
		{maskedToken, []string{"***1111", "a***@example.com", "***", "***", "a***@example.com"}},
		{last4Token, []string{"1111", "", "", "9999", ""}},
		{existsToken, []string{"", "", "", "", ""}},
	} {
		got := c.asCaller(level.token, "POST", "/v1/reveal", revealOrder("support", all...))
		answer := decoded[console.RevealAnswer](t, got)
		if got.status != 200 || len(answer.Values) != len(all) {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for i, kind := range []string{"credit_card", "email", "cvv", "ssn", "email"} {
			if want := (console.Revealed{Found: true, Account: "shop", Kind: kind, Value: level.want[i]}); answer.Values[i] != want {
				t.Errorf("%s: value %d of %s", level.token, i, got.body)
			}
		}
	}
	log := c.audited()
	for _, want := range []string{
		`"actor":"caller:full","action":"reveal","account":"shop","conversation":"`, `"kinds":["credit_card","email","cvv","ssn"]`, `"count":5`,
		`"purpose":"support"`, `"source":"127.0.0.1"`, `"result":"done"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit has no %s: %s", want, log)
		}
	}
	c.hides(t, append(all, "219-09-9999", chatMail, chatCard, "4111", chatAnna, "canary")...)
	if prompts := decoded[console.PromptReport](t, c.asCommand("GET", "/v1/prompts", "")); len(prompts.Prompts) == 0 {
		t.Error("nothing was counted as looked at")
	} else {
		for _, line := range prompts.Prompts {
			if want := map[string]int{"credit_card": 3, "email": 4, "cvv": 2, "ssn": 3}[line.Kind]; line.Revealed != want {
				t.Errorf("%s was looked at %d times, counted %d", line.Kind, want, line.Revealed)
			}
		}
	}
	if metrics := c.ask("ops", "GET", "/metrics", "").body; !strings.Contains(metrics, `piiproxy_reveals_total{outcome="answered"} 20`) {
		t.Error("the metrics do not count what was revealed")
	}
}

// hides sees that neither log, audit nor metrics show any of these.
func (c *chat) hides(t *testing.T, secrets ...string) {
	t.Helper()
	places := map[string]string{"log": c.log.String(), "audit": c.audited(), "metrics": c.ask("ops", "GET", "/metrics", "").body}
	for name, text := range places {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the %s shows %.6s…", name, secret)
			}
		}
	}
}

// TestRevealOneAnswer: what is unknown, malformed, of another account, another kind
// or another person cannot be told apart, and the audit counts it.
func TestRevealOneAnswer(t *testing.T) {
	c, tokens := withRevealers(t)
	card := tokens["creditcard"]
	const none = `{"values":[{"found":false}]}` + "\n"
	ask := func(token, body string) reply { return c.asCaller(token, "POST", "/v1/reveal", body) }
	for name, got := range map[string]reply{
		"another account":                ask(farToken, revealOrder("support", card)),
		"another kind":                   ask(emailToken, revealOrder("support", card)),
		"unknown":                        ask(fullToken, revealOrder("support", flipped(card, len(card)-1))),
		"malformed":                      ask(fullToken, revealOrder("support", card[1:])),
		"no text":                        ask(fullToken, revealOrder("support", "")),
		"a value":                        ask(fullToken, revealOrder("support", "4111111111111111")),
		"narrowed to an account":         ask(existsToken, `{"tokens":["`+card+`"],"purpose":"support","account":"other"}`),
		"narrowed to one that is not":    ask(existsToken, `{"tokens":["`+card+`"],"purpose":"support","account":"nobody"}`),
		"narrowed to somebody":           ask(fullToken, `{"tokens":["`+card+`"],"purpose":"support","account":"shop","user":"7301558493021175"}`),
		"narrowed to somebody who is no": ask(fullToken, `{"tokens":["`+card+`"],"purpose":"support","account":"shop","user":"anna"}`),
	} {
		if got.status != 200 || got.body != none {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := ask(fullToken, `{"tokens":["`+card+`"],"purpose":"support","account":"shop","user":"`+chatAnna+`"}`); !strings.Contains(got.body, chatCard) {
		t.Errorf("narrowed to its person: %d %s", got.status, got.body)
	}
	log := c.audited()
	for _, want := range []string{
		`"actor":"caller:far","action":"reveal","count":1,"reason":"1 foreign, 0 not there"`, `"reason":"0 foreign, 1 not there"`, `"result":"refused"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit has no %s: %s", want, log)
		}
	}
	c.hides(t, card, chatCard, "4111111111111111", "7301558493021175", chatAnna)
}

// flipped is a token with another letter in one place.
func flipped(token string, at int) string {
	letter := "a"
	if token[at] == 'a' {
		letter = "b"
	}
	return token[:at] + letter + token[at+1:]
}

// TestRevealFlipped: threat V1. A token with one letter changed, wherever, is none.
func TestRevealFlipped(t *testing.T) {
	c, tokens := withRevealers(t)
	card := tokens["creditcard"]
	var all []string
	for at := range card {
		all = append(all, flipped(card, at))
	}
	got := c.asCaller(fullToken, "POST", "/v1/reveal", revealOrder("support", all...))
	if got.status != 200 || strings.Contains(got.body, "true") || strings.Count(got.body, "false") != len(card) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestRevealRefusals: what is asked for in a way that nobody may.
func TestRevealRefusals(t *testing.T) {
	c, tokens := withRevealers(t)
	email := tokens["email"]
	many := make([]string, 1001)
	for i := range many {
		many[i] = email
	}
	for _, try := range []struct {
		name, token, body string
		status            int
	}{
		{"no purpose", fullToken, `{"tokens":["` + email + `"]}`, 422},
		{"a purpose that is not its own", emailToken, revealOrder("chargeback", email), 422},
		{"no tokens", fullToken, `{"tokens":[],"purpose":"support"}`, 422},
		{"too many tokens", fullToken, revealOrder("support", many...), 422},
		{"a user without an account", fullToken, `{"tokens":["x"],"purpose":"support","user":"1"}`, 422},
		{"an unknown key", fullToken, `{"tokens":["x"],"purpose":"support","level":"full"}`, 400},
		{"a token that is no text", fullToken, `{"tokens":[7],"purpose":"support"}`, 400},
		{"too much", fullToken, `{"tokens":["` + strings.Repeat("x", 130<<10) + `"],"purpose":"support"}`, 400},
		{"another scope", secondToken, revealOrder("support", email), 403},
		{"nobody", wrongToken, revealOrder("support", email), 401},
	} {
		got := c.asCaller(try.token, "POST", "/v1/reveal", try.body)
		if got.status != try.status || strings.Contains(got.body, chatMail) || strings.Contains(got.body, email) {
			t.Errorf("%s: %d %s", try.name, got.status, got.body)
		}
	}
	if got := c.asCommand("POST", "/v1/reveal", revealOrder("support", email)); got.status != 403 || !strings.Contains(got.body, "commands do not reveal") {
		t.Errorf("a command: %d %s", got.status, got.body)
	}
	if !strings.Contains(c.audited(), `"reason":"refused: not a purpose of the caller"`) {
		t.Error("the audit says nothing of a purpose that is not the caller's")
	}
}

// TestRevealRate: tokens count, not requests, and one caller slows nobody else.
func TestRevealRate(t *testing.T) {
	c, tokens := withRevealers(t)
	email := tokens["email"]
	ask := func(token string, n int) reply {
		list := make([]string, n)
		for i := range list {
			list[i] = email
		}
		return c.asCaller(token, "POST", "/v1/reveal", revealOrder("support", list...))
	}
	if got := ask(slowToken, 11); got.status != 422 || strings.Contains(got.body, chatMail) {
		t.Errorf("more than ever fit: %d %s", got.status, got.body)
	}
	if got := ask(slowToken, 9); got.status != 200 {
		t.Errorf("9 of 10: %d %s", got.status, got.body)
	}
	got := ask(slowToken, 2)
	if got.status != 429 || strings.Contains(got.body, chatMail) || !regexp.MustCompile(`^3[0-9]{2}$`).MatchString(got.header.Get("Retry-After")) {
		t.Errorf("2 more: %d %s, Retry-After %s", got.status, got.body, got.header.Get("Retry-After"))
	}
	if got := ask(slowToken, 1); got.status != 200 {
		t.Errorf("the tenth: %d %s", got.status, got.body)
	}
	if got := ask(fullToken, 1000); got.status != 200 || strings.Count(got.body, chatMail) != 1000 {
		t.Errorf("another caller: %d", got.status)
	}
}

// TestRevealUnaudited: no audit, no value.
func TestRevealUnaudited(t *testing.T) {
	c, tokens := withRevealers(t)
	if err := c.core.audit.Close(); err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/v1/reveal": revealOrder("support", tokens["email"]), "/v1/restore": restoreOrder(tokens["email"]),
	} {
		token, header := fullToken, "X: y"
		if path == "/v1/restore" {
			token, header = firstToken, "Piiproxy-Approval: Bearer "+secondToken
		}
		got := c.asCaller(token, "POST", path, body, header)
		if got.status != 503 || strings.Contains(got.body, "@") || !strings.Contains(got.body, "audit log") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// TestRevealStoreDown: a store that cannot be read is 503, and the audit says that
// nothing came of it.
func TestRevealStoreDown(t *testing.T) {
	c, tokens := withRevealers(t)
	if err := c.stores.values.Close(); err != nil {
		t.Fatal(err)
	}
	got := c.asCaller(fullToken, "POST", "/v1/reveal", revealOrder("support", tokens["email"]))
	if got.status != 503 || strings.Contains(got.body, "@") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if log := c.audited(); !strings.Contains(log, `"result":"failed"`) {
		t.Errorf("the audit does not say that it failed: %s", log)
	}
}

func restoreOrder(tokens ...string) string {
	return `{"tokens":["` + strings.Join(tokens, `","`) + `"],"file":"` + strings.Repeat("ab", 32) + `"}`
}

// TestRestoreTakesTwo: whole values, for what both may have, and two names in the
// audit.
func TestRestoreTakesTwo(t *testing.T) {
	c, tokens := withRevealers(t)
	order := restoreOrder(tokens["email"], tokens["ssn"], tokens["creditcard"])
	for name, try := range map[string]struct {
		token, approval string
		status          int
	}{
		"one alone":                {firstToken, "", 403},
		"the same twice":           {firstToken, "Bearer " + firstToken, 403},
		"a second without a scope": {firstToken, "Bearer " + fullToken, 403},
		"a second that is nobody":  {firstToken, "Bearer " + wrongToken, 401},
		"a second that is empty":   {firstToken, "Bearer ", 401},
		"a second of another form": {firstToken, secondToken, 401},
		"a first without a scope":  {fullToken, "Bearer " + secondToken, 403},
	} {
		got := c.asCaller(try.token, "POST", "/v1/restore", order, "Piiproxy-Approval: "+try.approval)
		if got.status != try.status || strings.Contains(got.body, "@") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for _, order := range [][2]string{{firstToken, secondToken}, {secondToken, firstToken}} {
		got := c.asCaller(order[0], "POST", "/v1/restore", restoreOrder(tokens["email"], tokens["ssn"], tokens["creditcard"]), "Piiproxy-Approval: Bearer "+order[1])
		answer := decoded[console.RevealAnswer](t, got)
		if got.status != 200 || len(answer.Values) != 3 || answer.Values[0].Value != chatMail || answer.Values[1].Found || answer.Values[2].Value != chatCard {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	log := c.audited()
	for _, want := range []string{`"actor":"caller:first","action":"restore"`, `"reason":"with caller:second, file ` + strings.Repeat("ab", 32), `"kinds":["email","credit_card"]`} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit has no %s: %s", want, log)
		}
	}
	c.hides(t, chatMail, chatCard, "219-09-9999", tokens["email"])
}

// asCommand calls the admin API as piiproxy's own commands do.
func (c *chat) asCommand(method, path, body string) reply {
	c.t.Helper()
	request := httptest.NewRequest(method, path, nil)
	console.Authorize(request, []byte(body), c.keys, time.Now())
	return c.ask("admin", method, path, body, "Content-Type: application/json", "Authorization: "+request.Header.Get("Authorization"))
}
