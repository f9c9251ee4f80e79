package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
)

// The tokens of the tests, and the callers that have them.
const (
	formToken  = "ppx_form-token-canary-1111"
	botToken   = "ppx_other-token-canary-2222"
	wrongToken = "ppx_wrong-token-canary-3333"
)

// asCaller calls the admin API with a token.
func (c *chat) asCaller(token, method, path, body string, headers ...string) reply {
	c.t.Helper()
	return c.ask("admin", method, path, body, append([]string{"Authorization: Bearer " + token, "Content-Type: application/json"}, headers...)...)
}

// withCallers is a chat whose person has written once.
func withCallers(t *testing.T, account, more string) *chat {
	t.Helper()
	c := newChat(t, account, fmt.Sprintf(`callers:
  - {name: form-server, token_sha256: %s, scopes: [links], accounts: [shop]}
  - {name: other-bot, token_sha256: %s, scopes: [links], accounts: [other]}
%s`, hashOf(formToken), hashOf(botToken), more))
	c.says("hi")
	return c
}

// hashOf is the hash of a token as a configuration has it.
func hashOf(token string) string {
	hash := sha256.Sum256([]byte(token))
	return hex.EncodeToString(hash[:])
}

func decoded[T any](t *testing.T, r reply) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

const orderCard = `{"account":"shop","user":"` + chatAnna + `","fields":[{"kind":"credit_card"},{"kind":"cvv"}]}`

// TestLinkAPI: make, read, fill in: the bot gets the person's next message, and
// what was typed is nowhere but in the vault.
func TestLinkAPI(t *testing.T) {
	c := withCallers(t, "", "")
	made := c.asCaller(formToken, "POST", "/v1/links", orderCard)
	link := decoded[console.Link](t, made)
	if made.status != 200 || link.URL != "https://chat.example.com/c/"+link.ID || link.Reused || time.Until(link.Expires) < 50*time.Minute {
		t.Fatalf("made: %d %s", made.status, made.body)
	}
	if again := decoded[console.Link](t, c.asCaller(formToken, "POST", "/v1/links", orderCard)); again.ID != link.ID || !again.Reused {
		t.Errorf("the same order again: %+v", again)
	}
	read := c.asCaller(formToken, "GET", "/v1/links/"+link.ID, "")
	facts := decoded[console.LinkFacts](t, read)
	if read.status != 200 || facts.Account != "shop" || facts.Title != "shop" || !facts.Valid || facts.State != "open" || facts.Tries != 5 || len(facts.Fields) != 2 ||
		facts.Fields[0] != (console.LinkField{Kind: "credit_card", Need: "full", Name: "credit_card", Label: "Card number"}) {
		t.Errorf("read: %d %s", read.status, read.body)
	}
	if !strings.Contains(c.log.String(), `"conversation":"`+facts.Person+`"`) || strings.Contains(read.body, chatAnna) {
		t.Errorf("the log does not call the person %s", facts.Person)
	}
	path := "/v1/links/" + link.ID + "/values"
	wrong := c.asCaller(formToken, "POST", path, `{"values":{"credit_card":"4111 1111 1111 1112"}}`)
	problem := decoded[console.Problem](t, wrong)
	if wrong.status != 422 || problem.Problems["credit_card"] != "card" || problem.Problems["cvv"] != "missing" || problem.Texts["cvv"] != "Please fill this in." || problem.Tries == nil || *problem.Tries != 4 {
		t.Errorf("wrong values: %d %s", wrong.status, wrong.body)
	}
	if got := c.asCaller(formToken, "POST", path, `{"values":{"ssn":"123-45-6789"}}`); got.status != 422 || !strings.Contains(got.body, "no try was counted") {
		t.Errorf("a value nobody asked for: %d %s", got.status, got.body)
	}
	values := `{"values":{"credit_card":"` + chatCard + `","cvv":"123"}}`
	if got := c.asCaller(formToken, "POST", path, values); got.status != 200 || got.body != "{\"state\":\"used\"}\n" {
		t.Errorf("values: %d %s", got.status, got.body)
	}
	c.until("the bot's turn", func() bool { return len(c.bot.heard()) == 2 })
	if turn := c.bot.last(); !strings.Contains(turn, `"text":"411111`) || strings.Contains(turn, "4111111111111111") {
		t.Errorf("the bot got %s", turn)
	}
	if got := c.asCaller(formToken, "POST", path, values); got.status != 410 {
		t.Errorf("values again: %d %s", got.status, got.body)
	}
	if facts := decoded[console.LinkFacts](t, c.asCaller(formToken, "GET", "/v1/links/"+link.ID, "")); facts.Valid || facts.State != "used" {
		t.Errorf("read after: %+v", facts)
	}
	c.saysNothing(link.ID)
}

// saysNothing sees that neither log nor audit has an id, a value or a token, and
// that each step is in the audit.
func (c *chat) saysNothing(id string) {
	c.t.Helper()
	log := c.audited()
	for _, secret := range []string{id, chatAnna, "4111111111111111", chatCard, "canary"} {
		if strings.Contains(log, secret) || strings.Contains(c.log.String(), secret) {
			c.t.Errorf("the log or the audit shows %.6s…", secret)
		}
	}
	for _, want := range []string{`"action":"link_create","account":"shop"`, `"action":"link_read","account":"shop"`, `"action":"link_values","account":"shop"`, `"actor":"caller:form-server"`} {
		if !strings.Contains(log, want) {
			c.t.Errorf("the audit has no %s", want)
		}
	}
}

// TestLinkAPICredentials: threat A1. Every endpoint without a token, with a wrong
// one, with one for something else, with one for another account, and under a
// name that is not the listener's.
func TestLinkAPICredentials(t *testing.T) {
	c := withCallers(t, "", "")
	id := decoded[console.Link](t, c.asCaller(formToken, "POST", "/v1/links", orderCard)).ID
	links := []struct{ method, path, body string }{
		{"POST", "/v1/links", orderCard},
		{"GET", "/v1/links/" + id, ""},
		{"POST", "/v1/links/" + id + "/values", `{"values":{"credit_card":"` + chatCard + `","cvv":"123"}}`},
	}
	operators := []struct{ method, path, body string }{
		{"POST", "/v1/mode", `{}`},
		{"POST", "/v1/conversation", `{}`},
		{"GET", "/v1/rules", ""},
		{"POST", "/v1/rules/test", `{}`},
		{"POST", "/v1/rules/diff", `{}`},
		{"POST", "/v1/rules/reload", `{}`},
		{"POST", "/v1/review/list", `{}`},
		{"POST", "/v1/review/show", `{}`},
		{"POST", "/v1/review/mark", `{}`},
		{"GET", "/v1/prompts", ""},
		{"POST", "/v1/keys", `{}`},
		{"GET", "/", ""},
		{"GET", "/metrics", ""},
		{"POST", "/v1/nothing", `{}`},
		{"DELETE", "/v1/links/" + id, ""},
		{"GET", "/v1/links", ""},
		{"POST", "/v1/links/" + id, `{}`},
	}
	refused := func(what string, got reply, want int) {
		t.Helper()
		var problem console.Problem
		if got.status != want || json.Unmarshal([]byte(got.body), &problem) != nil || problem.Error == "" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	for _, e := range append(links, operators...) {
		name := e.method + " " + strings.ReplaceAll(e.path, id, "ID")
		refused(name+" without a token", c.ask("admin", e.method, e.path, e.body, "Content-Type: application/json"), 401)
		refused(name+" with a wrong token", c.asCaller(wrongToken, e.method, e.path, e.body), 401)
		refused(name+" with the hash as token", c.asCaller(hashOf(formToken), e.method, e.path, e.body), 401)
		refused(name+" with an empty token", c.asCaller("", e.method, e.path, e.body), 401)
		refused(name+" as Basic", c.ask("admin", e.method, e.path, e.body, "Content-Type: application/json", "Authorization: Basic "+formToken), 401)
		refused(name+" under another name", c.asCaller(formToken, e.method, e.path, e.body, "Host: rebound.example"), 421)
		refused(name+" in the query", c.ask("admin", e.method, e.path+"?access_token="+formToken, e.body, "Content-Type: application/json"), 401)
	}
	for _, e := range operators {
		refused(e.method+" "+e.path+" with a links token", c.asCaller(formToken, e.method, e.path, e.body), 403)
	}
	for _, e := range links {
		refused(e.method+" with another account's token", c.asCaller(botToken, e.method, e.path, e.body), 404)
		if e.method == "POST" {
			refused("a form", c.asCaller(formToken, e.method, e.path, e.body, "Content-Type: application/x-www-form-urlencoded"), 415)
			refused("plain text", c.asCaller(formToken, e.method, e.path, e.body, "Content-Type: text/plain"), 415)
			refused("not JSON", c.asCaller(formToken, e.method, e.path, "values="), 400)
			refused("an unknown key", c.asCaller(formToken, e.method, e.path, `{"valuez":{}}`), 400)
		}
	}
	foreign, unknown := c.asCaller(botToken, "GET", "/v1/links/"+id, ""), c.asCaller(formToken, "GET", "/v1/links/"+strings.Repeat("a", 26), "")
	if foreign.body != unknown.body {
		t.Errorf("another account's link and none differ: %s, %s", foreign.body, unknown.body)
	}
	if !strings.Contains(c.audited(), `"actor":"caller:other-bot","action":"link_values","account":"shop","reason":"refused`) {
		t.Errorf("the audit says nothing of the other account's token: %s", c.audited())
	}
	if facts := decoded[console.LinkFacts](t, c.asCaller(formToken, "GET", "/v1/links/"+id, "")); !facts.Valid || facts.Tries != 5 {
		t.Errorf("after all of it: %+v", facts)
	}
	if metrics := c.ask("ops", "GET", "/metrics", "").body; !strings.Contains(metrics, `piiproxy_admin_denied_total{reason="host"}`) || !strings.Contains(metrics, `piiproxy_admin_denied_total{reason="scope"}`) {
		t.Error("the metrics do not count who was turned away")
	}
}

// TestLinkOrders: an order for somebody who cannot be asked has one answer, and
// policy has the last word on how much is asked.
func TestLinkOrders(t *testing.T) {
	c := withCallers(t, ", policy: little, languages: [de]", "policies: {little: {need: {credit_card: last4}}}\n")
	order := func(body string) reply { return c.asCaller(formToken, "POST", "/v1/links", body) }
	first := order(`{"account":"shop","user":"123456789","fields":[{"kind":"ssn"}]}`)
	for name, body := range map[string]string{
		"no id of the channel": `{"account":"shop","user":"anna","fields":[{"kind":"ssn"}]}`,
		"no id":                `{"account":"shop","user":"","fields":[{"kind":"ssn"}]}`,
		"another account":      `{"account":"other","user":"` + chatAnna + `","fields":[{"kind":"ssn"}]}`,
		"no account":           `{"account":"nobody","user":"` + chatAnna + `","fields":[{"kind":"ssn"}]}`,
	} {
		if got := order(body); got.status != 404 || got.body != first.body {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, fields := range map[string]string{
		"none": `[]`, "twice": `[{"kind":"ssn"},{"kind":"ssn"}]`, "no kind": `[{"kind":"Not a kind"}]`, "a need it has not": `[{"kind":"cvv","need":"last4"}]`,
		"a need that is none": `[{"kind":"ssn","need":"half"}]`, "a label": `[{"kind":"ssn","label":"<b>x"}]`,
	} {
		if got := order(`{"account":"shop","user":"` + chatAnna + `","fields":` + fields + `}`); got.status != 422 {
			t.Errorf("fields, %s: %d %s", name, got.status, got.body)
		}
	}
	link := decoded[console.Link](t, order(`{"account":"shop","user":"`+chatAnna+`","fields":[{"kind":"credit_card","need":"full"},{"kind":"ssn","need":"last4"}]}`))
	facts := decoded[console.LinkFacts](t, c.asCaller(formToken, "GET", "/v1/links/"+link.ID, ""))
	if facts.Language != "de" || facts.Fields[0].Name != "card_last4" || facts.Fields[1].Name != "ssn_last4" || !strings.Contains(facts.Fields[0].Label, "Kartennummer") {
		t.Errorf("policy needs four digits: %+v", facts)
	}
	for i, kind := range []string{"iban", "passport", "tax_id", "password"} {
		if got := order(`{"account":"shop","user":"` + chatAnna + `","fields":[{"kind":"` + kind + `"}]}`); got.status != 200 {
			t.Errorf("link %d: %d %s", i+2, got.status, got.body)
		}
	}
	if got := order(`{"account":"shop","user":"` + chatAnna + `","fields":[{"kind":"email"}]}`); got.status != 409 {
		t.Errorf("a sixth link: %d %s", got.status, got.body)
	}
}

// TestLinkRate: a caller that asks too much is slowed down, and nobody else is.
func TestLinkRate(t *testing.T) {
	c := withCallers(t, "", "")
	slowed := 0
	for range 700 {
		if got := c.asCaller(formToken, "GET", "/v1/mode", ""); got.status == http.StatusTooManyRequests {
			slowed++
			if got.header.Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		}
	}
	if slowed == 0 {
		t.Error("700 requests at once were all answered")
	}
	for range 200 {
		c.asCaller(wrongToken, "GET", "/v1/links/x", "")
	}
	if got := c.asCaller(botToken, "GET", "/v1/links/x", ""); got.status != 404 {
		t.Errorf("another caller meanwhile: %d", got.status)
	}
}

// TestCallersToken: what the command prints is a configuration that lets the
// token in.
func TestCallersToken(t *testing.T) {
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"callers", "token", "form-server", "--accounts", "shop"}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	printed := strings.Split(out.String(), "\n")
	token := printed[1]
	yaml := out.String()[strings.Index(out.String(), "callers:"):]
	if len(token) != len(tokenPrefix)+52 || strings.Contains(yaml, token) {
		t.Fatalf("printed %s", out.String())
	}
	c := newChat(t, "", yaml)
	if got := c.asCaller(token, "GET", "/v1/links/x", ""); got.status != 404 {
		t.Errorf("the token: %d %s", got.status, got.body)
	}
	if _, err := config.Load(c.settings.File()); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(c.settings.File()); err != nil || strings.Contains(string(text), token) {
		t.Error("the configuration holds the token")
	}
}

// TestCallersRevealToken: the printed lines of a caller that reveals load as they
// stand, and give the least that is of use.
func TestCallersRevealToken(t *testing.T) {
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"callers", "token", "desk", "--scopes", "reveal"}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	c := newChat(t, "", out.String()[strings.Index(out.String(), "callers:"):])
	got := c.settings.Callers[0]
	if got.Level != "masked" || len(got.Kinds) != 1 || got.Kinds[0] == "all" || len(got.Purposes) != 1 || got.Scopes[0] != "reveal" {
		t.Errorf("printed %+v", got)
	}
}

// TestChosenToken: a token that somebody chose and hashed opens nothing: it has
// not the 128 bits of one that was made.
func TestChosenToken(t *testing.T) {
	const chosen = "correct-horse-battery"
	c := newChat(t, "", fmt.Sprintf(`callers:
  - {name: form-server, token_sha256: %s, scopes: [links], accounts: [shop]}
`, hashOf(chosen)))
	c.says("hi")
	if got := c.asCaller(chosen, "POST", "/v1/links", orderCard); got.status != 401 {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}
