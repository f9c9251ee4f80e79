package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// signedForBot wants both signatures over exactly what the bot got.
func signedForBot(t *testing.T, got seen, bot string) {
	t.Helper()
	want256, want1 := sign256("secret of "+bot, got.body), sign1("secret of "+bot, got.body)
	if h := got.header.Values("X-Hub-Signature-256"); len(h) != 1 || h[0] != want256 {
		t.Errorf("X-Hub-Signature-256 is %q", h)
	}
	if h := got.header.Values("X-Hub-Signature"); len(h) != 1 || h[0] != want1 {
		t.Errorf("X-Hub-Signature is %q", h)
	}
	if got.chunked || got.header.Get("Content-Length") == "" {
		t.Error("the bot did not get a Content-Length")
	}
}

// A delivery without findings reaches the bot byte for byte, signed again.
func TestCleanWebhook(t *testing.T) {
	r := newRig(t)
	for name, body := range map[string]string{
		"messenger":                page(entry(shopID, text(shopID, anna, "two tickets for order 389501 please"))),
		"instagram":                instagram(entry(gramID, text(gramID, anna, "hi there"))),
		"instagram in changes":     instagram(`{"id":"` + gramID + `","time":1,"changes":[{"field":"messages","value":` + text(gramID, anna, "hi") + `}]}`),
		"whatsapp":                 waba(change(lineID, waText(annaPhone, "two tickets please"))),
		"white space":              strings.ReplaceAll(page(entry(shopID, text(shopID, anna, "hello"))), `:`, " :\r\n\t "),
		"escapes":                  page(entry(shopID, text(shopID, anna, `\u0041 caf\u00e9 \/ \"q\" \u003Cb\u003E caf`+"é"+` 😀 \ud83d\ude00`))),
		"half a surrogate":         page(entry(shopID, text(shopID, anna, `cut \ud83d`))),
		"numbers":                  page(entry(shopID, event(shopID, anna, `"message":{"mid":"m_1","seq":10158612345678901234,"text":"1.50"},"x":[1.0e5,-0,0.10]`))),
		"empty entry":              page(`{"id":"` + shopID + `","time":1,"messaging":[]}`),
		"a person's id like cards": page(entry(shopID, text(shopID, digits, "hello"))),
	} {
		before := len(r.bots["bot"].requests())
		if got := r.hook(body); got.status != http.StatusOK || got.body != "" {
			t.Errorf("%s: answered %d %q", name, got.status, got.body)
			continue
		}
		got := r.bots["bot"].requests()[before:]
		if len(got) != 1 || got[0].body != body {
			t.Errorf("%s: changed on its way\n got %v\nwant %s", name, r.bots["bot"].bodies()[before:], body)
			continue
		}
		signedForBot(t, got[0], "bot")
		if got[0].method != "POST" || got[0].target != "/webhook" || got[0].header.Get("User-Agent") != "facebookexternalua" {
			t.Errorf("%s: the bot got %s %s", name, got[0].method, got[0].target)
		}
	}
}

// What policy hides becomes tokens; every other byte stays as it came.
func TestDirtyWebhook(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ name, wrap, words, want string }{
		{"card", "page", "my card is " + card + ", ok?", "my card is {creditcard}, ok?"},
		{"e-mail", "page", "write to " + email + " please", "write to {email} please"},
		{"both and an emoji", "page", "😀 " + email + " \u00e9 " + card + " 👍🏽", "😀 {email} \u00e9 {creditcard} 👍🏽"},
		{"escaped digits", "page", `card \u0034111 1111 1111 111\u0031 \u0041`, `card {creditcard} \u0041`},
		{"escapes around", "page", `\u0041\/\ud83d\ude00 ` + email + ` \"\n\u003C`, `\u0041\/\ud83d\ude00 {email} \"\n\u003C`},
		{"escaped at sign", "page", `jane.doe\u0040corp.example\/x`, `{email}\/x`},
		{"instagram", "instagram", card, "{creditcard}"},
		{"whatsapp", "whatsapp", "card " + card, "card {creditcard}"},
		{"the seed case", "page", "I want to buy item #389501 my cc is 9999999999999999 exp 01/20", "I want to buy item #389501 my cc is {creditcard} exp {cardexpiry}"},
	} {
		wrap := map[string]func(words string) string{
			"page":      func(w string) string { return page(entry(shopID, text(shopID, anna, w))) },
			"instagram": func(w string) string { return instagram(entry(gramID, text(gramID, anna, w))) },
			"whatsapp":  func(w string) string { return waba(change(lineID, waText(annaPhone, w))) },
		}[test.wrap]
		before := len(r.bots["bot"].requests())
		sent := wrap(test.words)
		if got := r.hook(sent); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", test.name, got.status)
			continue
		}
		got := r.bots["bot"].requests()[before]
		matches(t, test.name, strings.Replace(sent, test.words, test.want, 1), got.body)
		signedForBot(t, got, "bot")
	}
}

// White space, key order and the spelling of all else survive an edit.
func TestEditKeepsSpelling(t *testing.T) {
	r := newRig(t)
	sent := "{\r\n \"entry\" :\t[ {\"messaging\":[ { \"message\" : {\"text\":\"" + card + "\" , \"\\u006did\":\"m_\\/1\",\"seq\": 1.50e+2 },\n" +
		"\"timestamp\":17e0 ,\"recipient\":{\"id\": \"" + shopID + "\"},\"sender\":{ \"id\":\"" + anna + "\" } } ],\"id\":\"" + shopID + "\" } ],\"object\": \"page\"}\n"
	if got := r.hook(sent); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	matches(t, "edit", strings.Replace(sent, card, "{creditcard}", 1), r.only(r.bots["bot"]).body)
}

// Inserted text is spelled as Meta spells it: pure ASCII, \/ and \u0040.
func TestInsertedTextIsMetaStyle(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Inbound["email"] = "mask"; p.policy.Inbound["credit_card"] = "redact" })
	sent := page(entry(shopID, text(shopID, anna, "é/ "+email+" <> "+card)))
	if got := r.hook(sent); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	matches(t, "mask", strings.NewReplacer(email, `j***\u0040corp.example`, card, "[CREDIT_CARD]").Replace(sent), r.only(r.bots["bot"]).body)
}

// A token stands for the value that the person wrote, in their conversation
// only; the same value keeps its token, in another spelling too.
func TestTokensOfWebhook(t *testing.T) {
	r := newRig(t)
	first := r.token(anna, "my card is "+card)
	if again := r.token(anna, "again: "+digits); again != first {
		t.Errorf("the same card got %s and %s", first, again)
	}
	if other := r.token(bert, "my card is "+card); other == first {
		t.Error("two people share a token")
	}
	value, err := r.value("shop", "psid:"+anna, first)
	if err != nil || value.Text != card || value.Canonical != digits {
		t.Errorf("the token does not resolve to what was written: %v", err)
	}
	if _, err := r.value("shop", "psid:"+bert, first); err == nil {
		t.Error("the token resolves in another conversation")
	}
}

// Nothing of what a person typed as a token reaches the bot as one.
func TestTypedToken(t *testing.T) {
	r := newRig(t)
	own := r.token(anna, email)
	if got := r.hook(page(entry(shopID, text(shopID, bert, "take "+strings.ToUpper(own)+" or "+own+"x")))); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if got := r.bots["bot"].bodies()[1]; strings.Contains(strings.ToLower(got), own) || !strings.Contains(got, "[TOKEN]") {
		t.Errorf("the bot got %s", got)
	}
}
