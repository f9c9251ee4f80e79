package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

const (
	eraserToken   = "ppx_eraser-token-canary-4444"
	exporterToken = "ppx_exporter-token-canary-5555"
	strangerToken = "ppx_stranger-token-canary-6666"
	annaMail      = "anna.canary@corp.example"
)

var mailToken = regexp.MustCompile(`pii_email_[a-z2-7]{26}`)

// command calls the admin API as piiproxy's own commands do.
func (c *chat) command(path, body string) reply {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.server.Addr("admin")+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	console.Authorize(request, []byte(body), c.keys, time.Now())
	return c.ask("admin", http.MethodPost, path, body, "Content-Type: application/json", "Authorization: "+request.Header.Get("Authorization"))
}

// byPrefix counts the records of both stores by what they are.
func (c *chat) byPrefix() map[string]int {
	c.t.Helper()
	counts := map[string]int{}
	for _, s := range []store.Store{c.stores.values, c.stores.conversations} {
		for after := ""; ; {
			page, err := s.List(c.t.Context(), "", after, store.MaxPage)
			if err != nil {
				c.t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, record := range page {
				after = record.Key
				what, _, _ := strings.Cut(record.Key, "/")
				counts[what]++
			}
		}
	}
	return counts
}

// lives gives anna one record of everything that there is.
func (c *chat) lives() (token string) {
	c.t.Helper()
	c.says("my mail is " + annaMail)
	if token = mailToken.FindString(c.bot.last()); token == "" {
		c.t.Fatalf("the bot got no token: %s", c.bot.last())
	}
	c.says("and my card is " + chatCard) // a residue
	if got := c.sends("Please type your card number."); got.status != http.StatusOK {
		c.t.Fatalf("asking: %d %s", got.status, got.body)
	}
	c.linkOf("https://chat.example.com/c/")
	return token
}

const eraseAnna = `{"user":"` + chatAnna + `","reason":"ticket 4711"}`

// TestErasePrefixes: of everything that is kept of a person nothing is left, what
// is kept of others and of nobody stays, and every kind of record that there is has
// its place in this test: a new one fails it until erasing knows of it.
func TestErasePrefixes(t *testing.T) {
	c := newChat(t, `, policy: warned`, "policies: {warned: {token_codes: random, format: {credit_card: like}}}\noverrides: [{id: mac, mode: shadow}]\n")
	token := c.lives()
	c.says("my device is 3c:22:fb:9a:01:7e")
	c.until("a review item", func() bool { return c.byPrefix()["review"] > 0 })
	before := c.byPrefix()
	theirs := []string{"conversation", "alias", "value", "owner", "like", "index", "chat", "residue", "link", "chart", "review"}
	for _, what := range theirs {
		if before[what] == 0 {
			t.Errorf("there is no %s to erase", what)
		}
	}
	nobodys := map[string]bool{"sent": true, "said": true, "failure": true, "meta": true, "asked": true, "tombstone": true, "mode": true, "deletion": true, "audit": true}
	for what := range before {
		if !nobodys[what] && !contains(theirs, what) {
			t.Errorf("records of %s are neither a person's nor nobody's: tell erasing of them, and this test", what)
		}
	}
	survey := decoded[erasure.Report](t, c.command("/v1/conversations/shop/erase", `{"user":"`+chatAnna+`","dry_run":true}`))
	if survey.Finished || survey.Parts["values"] != 2 || survey.Parts["links"] != 1 || survey.Parts["reviews"] == 0 || survey.Parts["residues"] != 1 {
		t.Errorf("the survey says %+v", survey)
	}
	if c.byPrefix()["value"] != before["value"] {
		t.Error("looking erased")
	}
	got := c.command("/v1/conversations/shop/erase", eraseAnna)
	if report := decoded[erasure.Report](t, got); got.status != http.StatusOK || !report.Finished || report.Parts["values"] != 2 {
		t.Errorf("erasing: %d %s", got.status, got.body)
	}
	after := c.byPrefix()
	for _, what := range theirs {
		if after[what] != 0 {
			t.Errorf("%d of %s are left", after[what], what)
		}
	}
	if after["tombstone"] != 2 || after["meta"] != before["meta"] {
		t.Errorf("after it there are %v", after)
	}
	if c.sends("your mail is " + token + ", is it?"); strings.Contains(c.platform.last(), "canary") || strings.Contains(c.platform.last(), token) {
		t.Errorf("the token was resolved, or passed on: %s", c.platform.last())
	}
	c.says("my mail is " + annaMail)
	if again := mailToken.FindString(c.bot.last()); again == "" || again == token {
		t.Error("the same value has the same token, or none")
	}
	log := c.audited()
	if !strings.Contains(log, `"action":"erase"`) || !strings.Contains(log, "ticket 4711") || strings.Contains(log, chatAnna) {
		t.Errorf("the audit log has %s", log)
	}
	again := c.command("/v1/conversations/shop/erase", `{"user":"123456789"}`)
	if again.status != http.StatusNotFound {
		t.Errorf("erasing nobody: %d %s", again.status, again.body)
	}
}

func contains(list []string, one string) bool {
	for _, other := range list {
		if other == one {
			return true
		}
	}
	return false
}

// withErasers is a chat with callers that may erase and export.
func withErasers(t *testing.T) *chat {
	t.Helper()
	return newChat(t, "", fmt.Sprintf(`callers:
  - {name: privacy, token_sha256: %s, scopes: [erase], accounts: [shop]}
  - {name: archive, token_sha256: %s, scopes: [export, reveal], accounts: [shop], kinds: [email], level: full, purposes: [export]}
  - {name: stranger, token_sha256: %s, scopes: [erase, export], accounts: [other]}
`, hashOf(eraserToken), hashOf(exporterToken), hashOf(strangerToken)))
}

// TestExport: what is kept of a person, with values for those who may see them.
func TestExport(t *testing.T) {
	c := withErasers(t)
	token := c.lives()
	plain := c.command("/v1/conversations/shop/export", `{"user":"`+chatAnna+`"}`)
	dossier := decoded[erasure.Dossier](t, plain)
	if plain.status != http.StatusOK || len(dossier.Values) != 2 || !strings.Contains(plain.body, token) || dossier.Values[0].Origin != "chat" ||
		len(dossier.Forms) != 1 || dossier.Forms[0].State != "open" || len(dossier.Platform) != 1 || dossier.Aliases != 1 || dossier.Expires.IsZero() {
		t.Errorf("the export is %s", plain.body)
	}
	for _, canary := range []string{annaMail, "4111 1111", chatAnna} {
		if strings.Contains(plain.body, canary) {
			t.Errorf("an export without values has %s", canary)
		}
	}
	whole := c.command("/v1/conversations/shop/export", `{"user":"`+chatAnna+`","values":true}`)
	if !strings.Contains(whole.body, annaMail) || !strings.Contains(whole.body, chatCard) || !strings.Contains(whole.body, chatAnna) {
		t.Error("an export with values lacks some")
	}
	if log := c.audited(); !strings.Contains(log, `"action":"export"`) || !strings.Contains(log, `"action":"reveal"`) || strings.Contains(log, annaMail) {
		t.Error("the audit log lacks the export or the reveal, or has a value")
	}
	some := c.asCaller(exporterToken, "POST", "/v1/conversations/shop/export", `{"user":"`+chatAnna+`","values":true}`)
	if !strings.Contains(some.body, annaMail) || strings.Contains(some.body, "4111 1111") {
		t.Errorf("a caller that may reveal e-mails got %s", some.body)
	}
	c.command("/v1/conversations/shop/erase", eraseAnna)
	c.says("I am back")
	later := decoded[erasure.Dossier](t, c.command("/v1/conversations/shop/export", `{"user":"`+chatAnna+`"}`))
	if len(later.Values) != 0 || len(later.Tombstones) != 1 || later.Tombstones[0].Reason != "ticket 4711" {
		t.Errorf("after an erasure the export is %+v", later)
	}
}

// TestPeopleScopes: callers have the endpoints of their scopes, for their accounts,
// and learn nothing of others.
func TestPeopleScopes(t *testing.T) {
	c := withErasers(t)
	c.lives()
	for name, test := range map[string]struct {
		token, path string
		status      int
	}{
		"export with erase":  {eraserToken, "/v1/conversations/shop/export", http.StatusForbidden},
		"erase with export":  {exporterToken, "/v1/conversations/shop/erase", http.StatusForbidden},
		"find with erase":    {eraserToken, "/v1/values/find", http.StatusForbidden},
		"a foreign account":  {strangerToken, "/v1/conversations/shop/erase", http.StatusNotFound},
		"a foreign account ": {strangerToken, "/v1/conversations/shop/export", http.StatusNotFound},
		"no such account":    {eraserToken, "/v1/conversations/none/erase", http.StatusNotFound},
		"erase":              {eraserToken, "/v1/conversations/shop/erase", http.StatusOK},
	} {
		if name == "erase" {
			continue
		}
		body := `{"user":"` + chatAnna + `"}`
		if got := c.asCaller(test.token, "POST", test.path, body); got.status != test.status {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if c.byPrefix()["value"] != 2 {
		t.Fatal("somebody erased who must not")
	}
	if got := c.asCaller(eraserToken, "POST", "/v1/conversations/shop/erase", `{"user":"`+chatAnna+`"}`); got.status != http.StatusOK || c.byPrefix()["value"] != 0 {
		t.Errorf("who may erase: %d %s", got.status, got.body)
	}
	if got := c.asCaller(eraserToken, "POST", "/v1/conversations/"+chatAnna+"/erase", `{"user":"`+chatAnna+`"}`); got.status != http.StatusNotFound {
		t.Errorf("an id in the place of an account: %d %s", got.status, got.body)
	}
	if log := c.audited(); !strings.Contains(log, `"actor":"caller:privacy"`) || !strings.Contains(log, "not an account of the caller") || strings.Contains(log, chatAnna) {
		t.Errorf("the audit log has %s", log)
	}
}

// TestFindValue: who has a value is found in whatever spelling it is asked for.
func TestFindValue(t *testing.T) {
	c := newChat(t, "", "")
	c.lives()
	for value, kind := range map[string]string{" Anna.Canary@Corp.example ": "email", "4111-1111-1111-1111": "credit_card", "nobody@corp.example": ""} {
		got := c.command("/v1/values/find", fmt.Sprintf(`{"value":%q}`, value))
		page := decoded[console.Findings](t, got)
		if page.Seen != 1 || page.Next != "" || (kind == "") != (len(page.Found) == 0) || kind != "" && page.Found[0].Kinds[0] != kind {
			t.Errorf("finding a %s: %s", kind, got.body)
		}
		if kind == "credit_card" {
			erased := c.command("/v1/conversations/shop/erase", fmt.Sprintf(`{"ref":%q}`, page.Found[0].Ref))
			if erased.status != http.StatusOK {
				t.Errorf("erasing whom was found: %d %s", erased.status, erased.body)
			}
			c.lives()
		}
	}
	if foreign := c.command("/v1/conversations/other/erase", `{"ref":"AAAA"}`); foreign.status != http.StatusNotFound {
		t.Errorf("a made-up ref: %d", foreign.status)
	}
	if log := c.audited(); !strings.Contains(log, "value_search") || strings.Contains(strings.ToLower(log), "canary") {
		t.Error("the audit log lacks the search, or has the value")
	}
}

// TestFindGoesOnWithItsValue: a search that goes on is the one in the audit log; its
// cursor looks for no other value.
func TestFindGoesOnWithItsValue(t *testing.T) {
	c := newChat(t, "", "")
	c.lives()
	desk := peopleDesk{c.people, &c.core, c.keys}
	const audited = "nobody@corp.example"
	next := desk.seal(desk.cursorOf(console.Who{}, "op", audited), "a")
	for _, test := range []struct {
		value, actor string
		status       int
	}{
		{audited, "op", http.StatusOK},
		{"anna.canary@corp.example", "op", http.StatusUnprocessableEntity},
		{audited, "another", http.StatusUnprocessableEntity},
	} {
		got := c.command("/v1/values/find", fmt.Sprintf(`{"value":%q,"actor":%q,"after":%q}`, test.value, test.actor, next))
		if got.status != test.status {
			t.Errorf("going on with %s as %s: %d %s", test.value, test.actor, got.status, got.body)
		}
	}
}

// takesBack lets the person delete a message.
func (c *chat) takesBack(mid string) {
	c.t.Helper()
	c.hook(fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"time":1,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":1,"message":{"mid":%q,"is_deleted":true}}]}]}`,
		chatPage, chatAnna, chatPage, mid))
}

func (c *chat) hook(body string) {
	c.t.Helper()
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(body))
	got := c.ask("public", "POST", "/webhook/main", body, "Content-Type: application/json", fmt.Sprintf("X-Hub-Signature-256: sha256=%x", mac.Sum(nil)))
	if got.status != http.StatusOK {
		c.t.Fatalf("the webhook: %d %s", got.status, got.body)
	}
}

func (c *chat) writes(mid, words string) {
	c.t.Helper()
	c.hook(fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"time":1,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":1,"message":{"mid":%q,"text":%q}}]}]}`,
		chatPage, chatAnna, chatPage, mid, words))
}

// TestTakenBack: what came by a message that the person deletes goes, and nothing
// else; the bot hears of it.
func TestTakenBack(t *testing.T) {
	c := newChat(t, "", "")
	c.writes("m_one", "mail "+annaMail)
	first := mailToken.FindString(c.bot.last())
	c.writes("m_two", "mail other.canary@corp.example and card "+chatCard)
	second := mailToken.FindString(c.bot.last())
	if n := c.byPrefix()["residue"]; n != 1 {
		t.Fatalf("%d residues", n)
	}
	c.takesBack("m_two")
	if !strings.Contains(c.bot.last(), "is_deleted") {
		t.Errorf("the bot got %s", c.bot.last())
	}
	if n := c.byPrefix(); n["value"] != 1 || n["residue"] != 0 || n["conversation"] != 1 {
		t.Errorf("left are %v", n)
	}
	c.sends("is " + first + " right?")
	if !strings.Contains(c.platform.last(), strings.Replace(annaMail, "@", `\u0040`, 1)) {
		t.Errorf("the other message's value is gone: %s", c.platform.last())
	}
	if c.sends("is " + second + " right?"); strings.Contains(c.platform.last(), "other.canary") {
		t.Error("what was taken back is restored")
	}
	if !strings.Contains(c.audited(), `"action":"unsend"`) {
		t.Error("it is not in the audit log")
	}
}

// TestForgetMe: a phrase, sent twice, erases the person; the bot has their messages,
// and they are told.
func TestForgetMe(t *testing.T) {
	c := newChat(t, `, policy: kind`, "policies: {kind: {erasure: {phrases: [\"Forget me\"]}}}\n")
	token := c.lives()
	c.writes("m_a", "please forget me not") // not as a whole
	c.writes("m_b", "  FORGET  me! ")
	c.until("being asked to confirm", func() bool { return strings.Contains(c.platform.last(), "once more within ten minutes") })
	c.writes("m_b", "  FORGET  me! ") // the platform delivers again
	if c.byPrefix()["value"] != 2 {
		t.Fatal("a message that came twice is two")
	}
	c.writes("m_c", "forget me")
	if !strings.Contains(c.bot.last(), "m_c") {
		t.Error("the bot did not get the wish")
	}
	c.until("being told", func() bool { return strings.Contains(c.platform.last(), "We have erased what we kept about you") })
	c.until("that nothing is left", func() bool {
		n := c.byPrefix()
		return n["value"]+n["link"]+n["chat"]+n["conversation"]+n["alias"]+n["residue"] == 0
	})
	c.says("my mail is " + annaMail)
	if again := mailToken.FindString(c.bot.last()); again == "" || again == token {
		t.Error("the same value has the same token, or none")
	}
	if !strings.Contains(c.audited(), `"actor":"person"`) {
		t.Error("it is not in the audit log")
	}
}

// TestForgetMeNot: without phrases in the policy a message is a message.
func TestForgetMeNot(t *testing.T) {
	c := newChat(t, "", "")
	c.lives()
	c.writes("m_a", "forget me")
	c.writes("m_b", "forget me")
	if c.byPrefix()["value"] != 2 {
		t.Error("somebody was erased")
	}
}

// signedRequest is what Meta posts.
func signedRequest(secret, user string, at time.Time) string {
	payload := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"algorithm":"HMAC-SHA256","expires":%d,"issued_at":%d,"user_id":%q}`, at.Unix()+3600, at.Unix(), user)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return url.Values{"signed_request": {base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) + "." + payload}}.Encode()
}

// TestUnsendMerged: what a message brought goes, too, when it came to a conversation
// that was merged into the person's since.
func TestUnsendMerged(t *testing.T) {
	c, ctx := newChat(t, "", ""), t.Context()
	ensure := func(aliases ...string) *conversation.Conversation {
		got, err := c.core.book.Ensure(ctx, "shop", aliases)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	home, earlier := ensure("psid:1"), ensure("psid:2")
	value := vault.Value{Kind: "email", Canonical: annaMail, Text: annaMail, Message: "m_1", Origin: vault.Chat}
	tokens, err := c.core.values.Tokens(ctx, earlier, []vault.Value{value})
	if err != nil || ensure("psid:1", "psid:2").ID != home.ID {
		t.Fatal("the conversations are not merged", err)
	}
	n, err := taker{c.people.eraser, c.core.book, c.core.values, c.core.residues}.Unsend(ctx, home, "m_1")
	if _, gone := c.core.values.Resolve(ctx, earlier, tokens[0]); n != 1 || err != nil || !errors.Is(gone, vault.ErrNoToken) {
		t.Errorf("erased %d (%v), the token resolves: %v", n, err, gone)
	}
}

// TestDeletionCallback: Meta's request erases whoever has its id here, and the
// person can look up what became of it, without a word about them.
func TestDeletionCallback(t *testing.T) {
	c := newChat(t, "", "erasure: {deletion_callback: \"on\"}\n")
	c.lives()
	post := func(path, body string) reply {
		return c.ask("public", "POST", path, body, "Content-Type: application/x-www-form-urlencoded")
	}
	now := time.Now()
	for name, test := range map[string]struct{ path, body string }{
		"another secret": {"/deletion/main", signedRequest("no", chatAnna, now)},
		"too old":        {"/deletion/main", signedRequest(appSecret, chatAnna, now.Add(-25*time.Hour))},
		"of tomorrow":    {"/deletion/main", signedRequest(appSecret, chatAnna, now.Add(time.Hour))},
		"another app":    {"/deletion/none", signedRequest(appSecret, chatAnna, now)},
		"nothing":        {"/deletion/main", ""},
		"no signature":   {"/deletion/main", "signed_request=abc"},
	} {
		if got := post(test.path, test.body); got.status != http.StatusUnauthorized || c.byPrefix()["value"] != 2 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	type answer struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}
	got := post("/deletion/main", signedRequest(appSecret, chatAnna, now))
	a := decoded[answer](t, got)
	if got.status != http.StatusOK || a.URL != "https://chat.example.com/deletion/main/"+a.Code || !regexp.MustCompile(`^[a-z0-9]{26}$`).MatchString(a.Code) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	c.until("that nothing is left", func() bool { n := c.byPrefix(); return n["value"]+n["link"]+n["chat"]+n["conversation"] == 0 })
	page := c.ask("public", "GET", "/deletion/main/"+a.Code, "")
	if page.status != http.StatusOK || !strings.Contains(page.body, "has been erased") || strings.Contains(page.body, chatAnna) {
		t.Errorf("the page is %d %s", page.status, page.body)
	}
	nobody := decoded[answer](t, post("/deletion/main", signedRequest(appSecret, "99988877766655", now)))
	if page := c.ask("public", "GET", "/deletion/main/"+nobody.Code, ""); !strings.Contains(page.body, "Nothing of your messages is kept under the id") {
		t.Errorf("of an id that nobody has: %s", page.body)
	}
	if page := c.ask("public", "GET", "/deletion/main/"+strings.Repeat("a", 26), ""); page.status != http.StatusNotFound {
		t.Errorf("an invented code: %d", page.status)
	}
	if log := c.audited() + c.log.String(); strings.Contains(log, a.Code) || !strings.Contains(log, "deletion_request") {
		t.Error("a log has the code, or lacks the request")
	}
}

// TestDeletionReplayed: a request that comes again, from Meta or from who got hold of
// it, is answered as before and takes nothing from who has written since.
func TestDeletionReplayed(t *testing.T) {
	c := newChat(t, "", "erasure: {deletion_callback: \"on\"}\n")
	c.lives()
	now := time.Now()
	post := func(body string) string {
		got := c.ask("public", "POST", "/deletion/main", body, "Content-Type: application/x-www-form-urlencoded")
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return got.body
	}
	first := post(signedRequest(appSecret, chatAnna, now))
	c.until("that nothing is left", func() bool { return c.byPrefix()["value"] == 0 })
	c.lives()
	kept := c.byPrefix()["conversation"]
	if again := post(signedRequest(appSecret, chatAnna, now)); again != first || kept == 0 || c.byPrefix()["conversation"] != kept {
		t.Errorf("answered %q after %q, %d of %d conversations are left", again, first, c.byPrefix()["conversation"], kept)
	}
	if later := post(signedRequest(appSecret, chatAnna, now.Add(time.Second))); later == first || c.byPrefix()["conversation"] != kept-1 {
		t.Errorf("a new request is answered %q after %q", later, first)
	}
}

// TestDeletionCallbackOff: who has not asked for it has no such page.
func TestDeletionCallbackOff(t *testing.T) {
	c := newChat(t, "", "")
	c.lives()
	c.ask("public", "POST", "/deletion/main", signedRequest(appSecret, chatAnna, time.Now()), "Content-Type: application/x-www-form-urlencoded")
	if c.byPrefix()["value"] != 2 {
		t.Error("somebody was erased")
	}
}

// TestUnauditedPeople: no audit, no erasure and no export.
func TestUnauditedPeople(t *testing.T) {
	c := newChat(t, "", "")
	c.lives()
	if err := c.core.audit.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/conversations/shop/erase", "/v1/conversations/shop/export"} {
		if got := c.command(path, `{"user":"`+chatAnna+`"}`); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "audit") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := c.command("/v1/values/find", `{"value":"x@corp.example"}`); got.status != http.StatusServiceUnavailable {
		t.Errorf("finding: %d", got.status)
	}
	if c.byPrefix()["value"] != 2 {
		t.Error("somebody was erased")
	}
}

// TestTakenBackHeld: part of a number that waits for the rest goes when its person
// deletes it, and what they write later is not joined to it.
func TestTakenBackHeld(t *testing.T) {
	c := newChat(t, "", "limits: {hold: {unarmed: 60s, armed: 60s}}\n")
	c.says("hi")
	c.sends("Please type your card number.")
	c.writes("m_part", "4111 1111")
	c.until("a held message", func() bool { return c.byPrefix()["outbox"] == 1 })
	c.takesBack("m_part")
	if n := c.byPrefix()["outbox"]; n != 0 {
		t.Errorf("%d messages are held", n)
	}
	heard := len(c.bot.heard())
	if !strings.Contains(c.bot.last(), "is_deleted") {
		t.Errorf("the bot got %s", c.bot.last())
	}
	c.writes("m_rest", "1111 1111")
	time.Sleep(100 * time.Millisecond)
	for _, body := range c.bot.heard()[heard:] {
		if strings.Contains(body, "pii_creditcard") {
			t.Error("what was taken back became part of a value")
		}
	}
}

// TestUnauditedChat: no audit, no erasure, and the platform asks again.
func TestUnauditedChat(t *testing.T) {
	c := newChat(t, `, policy: kind`, "policies: {kind: {erasure: {phrases: [\"forget me\"], confirm: none}}}\n")
	c.lives()
	c.writes("m_mine", "mail mine.canary@corp.example")
	if err := c.core.audit.Close(); err != nil {
		t.Fatal(err)
	}
	for name, event := range map[string]string{
		"taken back": `"message":{"mid":"m_mine","is_deleted":true}`,
		"forget me":  `"message":{"mid":"m_wish","text":"forget me"}`,
	} {
		body := fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"time":1,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":1,%s}]}]}`, chatPage, chatAnna, chatPage, event)
		mac := hmac.New(sha256.New, []byte(appSecret))
		mac.Write([]byte(body))
		got := c.ask("public", "POST", "/webhook/main", body, "Content-Type: application/json", fmt.Sprintf("X-Hub-Signature-256: sha256=%x", mac.Sum(nil)))
		if got.status != http.StatusServiceUnavailable {
			t.Errorf("%s without audit: %d %s", name, got.status, got.body)
		}
	}
	if n := c.byPrefix()["value"]; n != 3 {
		t.Errorf("%d values are left, want 3", n)
	}
}

// TestForgetMeSpooled: the wish itself stays in the outbox, and reaches the bot;
// what waited before it goes.
func TestForgetMeSpooled(t *testing.T) {
	c := newChat(t, `, policy: kind, delivery: spool`, "policies: {kind: {erasure: {phrases: [\"forget me\"], confirm: none}}}\n")
	var closed atomic.Bool
	closed.Store(true)
	answer := c.bot.Config.Handler
	c.bot.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if closed.Load() {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer.ServeHTTP(w, r)
	})
	c.writes("m_before", "mail "+annaMail)
	c.writes("m_wish", "Forget me.")
	c.until("that what waited before is gone", func() bool { n := c.byPrefix(); return n["outbox"] == 1 && n["value"]+n["conversation"] == 0 })
	closed.Store(false)
	c.until("that the bot gets the wish", func() bool { return strings.Contains(strings.Join(c.bot.heard(), ""), "m_wish") })
	if strings.Contains(strings.Join(c.bot.heard(), ""), "m_before") {
		t.Error("the bot got what was erased")
	}
}
