package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser fills in forms of the public listener: it keeps cookies and the proof
// of the page before.
type browser struct {
	chat          *chat
	path          string
	cookie, proof string
}

var proofOf = regexp.MustCompile(`name="proof" value="([^"]+)"`)

func (b *browser) ask(method, query, body string) reply {
	b.chat.t.Helper()
	headers := []string{"Content-Type: application/x-www-form-urlencoded"}
	if b.cookie != "" {
		headers = append(headers, "Cookie: "+b.cookie)
	}
	got := b.chat.ask("public", method, b.path+query, body, headers...)
	if set := got.header.Get("Set-Cookie"); set != "" {
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	if found := proofOf.FindStringSubmatch(got.body); found != nil {
		b.proof = found[1]
	}
	return got
}

func (b *browser) post(pairs ...string) reply {
	b.chat.t.Helper()
	typed := url.Values{"proof": {b.proof}}
	for i := 0; i < len(pairs); i += 2 {
		typed.Set(pairs[i], pairs[i+1])
	}
	got := b.ask("POST", "", typed.Encode())
	if got.status == http.StatusSeeOther && got.header.Get("Location") == b.path {
		return b.ask("GET", "", "")
	}
	return got
}

const askForCard = "Please type your card number."

// asked is the browser of a person whom the bot has asked for a card.
func (c *chat) asked() *browser {
	c.t.Helper()
	c.says("hi")
	if got := c.sends(askForCard); got.status != http.StatusOK {
		c.t.Fatalf("the bot's question: %d %s", got.status, got.body)
	}
	if got := c.platform.last(); strings.Contains(got, "type your card") {
		c.t.Fatalf("the platform got the question: %s", got)
	}
	return &browser{chat: c, path: "/c/" + c.linkOf("https://chat.example.com/c/")}
}

// TestChatCode: the code comes into the chat, under the account's token, and opens
// the form.
func TestChatCode(t *testing.T) {
	c := newChat(t, ", form: {step_up: chat_code, remember_device: 24h}", "")
	b := c.asked()
	if got := b.ask("GET", "", ""); got.status != 200 || strings.Contains(got.body, `name="credit_card"`) || !strings.Contains(got.body, "First, a code") {
		t.Fatalf("before: %d %s", got.status, got.body)
	}
	before := len(c.platform.heard())
	if got := b.post("again", "yes"); got.status != 200 || !strings.Contains(got.body, `name="code"`) {
		t.Fatalf("asking for the code: %d %s", got.status, got.body)
	}
	sent := c.platform.heard()
	code := regexp.MustCompile(`\b\d{6}\b is your code`).FindString(c.platform.last())
	if len(sent) != before+1 || code == "" || !strings.Contains(c.platform.last(), chatAnna) {
		t.Fatalf("into the chat came %q", sent[before:])
	}
	if got := b.post("credit_card", chatCard); got.status != http.StatusForbidden {
		t.Errorf("values without the code: %d", got.status)
	}
	if got := b.post("code", code[:6]); got.status != 200 || !strings.Contains(got.body, `name="credit_card"`) {
		t.Fatalf("the code: %d %s", got.status, got.body)
	}
	if got := b.post("credit_card", chatCard, "card_expiry", "12/39", "cvv", "123"); got.status != http.StatusSeeOther {
		t.Fatalf("the form: %d %s", got.status, got.body)
	}
	c.until("the bot's turn", func() bool { return len(c.bot.heard()) == 2 })
	if turn := c.bot.last(); strings.Contains(turn, "4111111111111111") || strings.Contains(turn, chatCard) || !strings.Contains(turn, `"text":"411111`) {
		t.Errorf("the bot got %s", turn)
	}
}

// TestAsked: what the bot asked for is counted by kind, what was filled in too,
// and only operators see it.
func TestAsked(t *testing.T) {
	c := withCallers(t, ", policy: little", "policies: {little: {need: {ssn: last4}}}\n")
	c.sends("What is your SSN? What is your e-mail address?")
	b := &browser{chat: c, path: "/c/" + c.linkOf("https://chat.example.com/c/")}
	b.ask("GET", "", "")
	if got := b.post("ssn_last4", "4821"); got.status != http.StatusSeeOther {
		t.Fatalf("the form: %d %s", got.status, got.body)
	}
	report, err := promptDesk{c.core.asked, c.settings}.Prompts(t.Context())
	if err != nil || len(report.Prompts) != 2 {
		t.Fatalf("got %+v, %v", report, err)
	}
	for _, line := range report.Prompts {
		if line.Kind == "ssn" && (line.Asked != 1 || line.Swapped != 1 || line.Filled != 1 || line.Revealed != 0 || line.Need != "last4") {
			t.Errorf("got %+v", line)
		}
		if line.Kind == "email" && (line.Asked != 1 || line.Swapped != 0 || line.Filled != 0 || line.Need != "full") {
			t.Errorf("got %+v", line)
		}
	}
	if got := c.asCaller(formToken, "GET", "/v1/prompts", ""); got.status != http.StatusForbidden {
		t.Errorf("as a caller: %d", got.status)
	}
}

// TestSignIn: an account's issuer is asked as the configuration says. The sign-in
// itself is tested in capture/stepup.
func TestSignIn(t *testing.T) {
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"issuer":%[1]q,"authorization_endpoint":"%[1]s/auth","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys","id_token_signing_alg_values_supported":["RS256"]}`, issuer.URL)
	}))
	t.Cleanup(issuer.Close)
	t.Setenv("OIDC_SECRET", "canary-oidc-secret-0004")
	c := newChat(t, `, form: {step_up: oidc, oidc: {issuer: "`+issuer.URL+`", client_id: piiproxy-client, client_secret: "${OIDC_SECRET}", acr_values: [phr, mfa]}}`, "")
	b := c.asked()
	if got := b.ask("GET", "", ""); got.status != 200 || strings.Contains(got.body, `name="credit_card"`) || !strings.Contains(got.body, "Please sign in first") {
		t.Fatalf("before: %d %s", got.status, got.body)
	}
	got := b.ask("GET", "?sign-in", "")
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status/100 != 3 || !strings.HasPrefix(to.String(), issuer.URL+"/auth?") {
		t.Fatalf("signing in: %d to %s %s", got.status, to, got.body)
	}
	query := to.Query()
	if query.Get("client_id") != "piiproxy-client" || query.Get("acr_values") != "phr mfa" || query.Get("redirect_uri") != "https://chat.example.com/c/signed-in" || query.Get("code_challenge") == "" {
		t.Errorf("asked with %v", query)
	}
	if got := b.post("credit_card", chatCard); got.status != http.StatusForbidden {
		t.Errorf("values without a sign-in: %d", got.status)
	}
}
