package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// What a person types as a token becomes none, wherever it stands; a bot's is
// resolved, wherever it stands.
func TestTypedTokens(t *testing.T) {
	e, _ := engine(t)
	fake := "pii_email_" + strings.Repeat("a", 26)
	for _, test := range [][2]string{
		{said("x " + fake + " y"), said("x [TOKEN] y")},
		{said("X" + strings.ToUpper(fake) + "7Y"), said("X[TOKEN]7Y")},
		{said(fake + fake), said("[TOKEN][TOKEN]")},
		{said(`\u0070ii_email_` + strings.Repeat("a", 26)), said("[TOKEN]")},
		{said(quoted(`{"a":"` + fake + `"}`)), said(quoted(`{"a":"[TOKEN]"}`))},
		{webhook(`"new":"` + fake + `"`), webhook(`"new":"[TOKEN]"`)},
		{webhook(`"postback":{"payload":"` + fake + `","title":"` + fake + `"}`), webhook(`"postback":{"payload":"` + fake + `","title":"[TOKEN]"}`)},
		{said("pii_email_" + strings.Repeat("a", 25)), said("pii_email_" + strings.Repeat("a", 25))},
	} {
		got := rewrite(t, e, "messenger", test[0], scope(t))
		if string(got.Bytes) != test[1] {
			t.Errorf("\n got %s\nwant %s", got.Bytes, test[1])
		}
	}
}

// A token and values side by side: each is dealt with once.
func TestTokensBesideValues(t *testing.T) {
	e, _ := engine(t)
	token := tokenIn.FindString(words(t, e, email, scope(t)).Text)
	got := words(t, e, token+" "+card+" "+token+email, scope(t, outbound))
	if got.Text != email+" ***1111 "+email+email && got.Text != email+" ***1111 "+email+"j***@corp.example" {
		t.Errorf("got %s", got.Text)
	}
	if got := rewrite(t, e, "messenger", `{"new":"`+token+`"}`, scope(t, outbound)); string(got.Bytes) != `{"new":"j***\u0040corp.example"}` {
		t.Errorf("in an unlisted place: %s", got.Bytes)
	}
	if got := rewrite(t, e, "messenger", `{"message":{"metadata":"`+token+`"}}`, scope(t, outbound)); strings.Contains(string(got.Bytes), email) {
		t.Errorf("in a place that is not altered: %s", got.Bytes)
	}
	got = words(t, e, token, scope(t, outbound, func(s *redact.Scope) { s.Aliases = []string{"psid:1"} }))
	if got.Text != "your e-mail" || got.Unresolved != 1 {
		t.Errorf("another person: %q, %d unresolved", got.Text, got.Unresolved)
	}
}

// Words for what cannot be resolved, in the account's language.
func TestWordings(t *testing.T) {
	e, _ := engine(t)
	for language, want := range map[string]string{
		"en": "your card number", "es": "su número de tarjeta", "pt": "o número do seu cartão", "fr": "votre numéro de carte", "de": "Ihre Kartennummer",
		"it": "il numero della sua carta", "hi": "aapka card number", "id": "nomor kartu Anda", "": "your card number", "xx": "your card number",
	} {
		got := words(t, e, "pii_creditcard_"+strings.Repeat("a", 26), scope(t, outbound, func(s *redact.Scope) { s.Context.Language = language }))
		if got.Text != want {
			t.Errorf("%s: %q", language, got.Text)
		}
	}
	if got := words(t, e, "pii_newkind_"+strings.Repeat("a", 26), scope(t, outbound)); got.Text != "[UNKNOWN]" {
		t.Errorf("an unknown kind: %q", got.Text)
	}
}

// Prompts are told; one that policy would capture is refused where there is
// nobody to capture from.
func TestPrompts(t *testing.T) {
	e, _ := engine(t)
	const ask = "Please type your card number"
	if got := words(t, e, ask, scope(t, outbound)); len(got.Prompts) == 0 || len(got.Refusals) > 0 || got.Text != ask {
		t.Errorf("to a person: %v, refused %v", got.Prompts, got.Refusals)
	}
	nobody := func(s *redact.Scope) { s.Aliases = nil }
	if got := words(t, e, ask, scope(t, outbound, nobody)); got.Refusals[0] != redact.PromptNoOne {
		t.Errorf("to nobody: refused %v", got.Refusals)
	}
	if got := words(t, e, ask, scope(t, outbound, nobody, func(s *redact.Scope) { s.Mode = rules.Shadow })); len(got.Refusals) > 0 {
		t.Errorf("to nobody, in shadow: refused %v", got.Refusals)
	}
	if got := words(t, e, ask, scope(t)); len(got.Prompts) > 0 {
		t.Errorf("from a person: %v", got.Prompts)
	}
	if got := words(t, e, ask, scope(t, outbound, func(s *redact.Scope) { s.Echo = true })); len(got.Prompts) > 0 {
		t.Errorf("an echo: %v", got.Prompts)
	}
}

// The account's own values are no findings on their way out, and are on their
// way in.
func TestOwnValues(t *testing.T) {
	library, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	own, err := library.Set(rules.View{Account: "shop", Regions: []string{"US"}, Own: rules.Own{Values: []string{"+1 800 555 0199"}, Patterns: []string{"*@shop.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	mine := func(s *redact.Scope) { s.Rules = own }
	const text = "call (800) 555-0199 or help@shop.example"
	if got := words(t, bare(), text, scope(t, outbound, mine)); got.Text != text || len(got.Findings) > 0 {
		t.Errorf("outbound: %q, %v", got.Text, got.Findings)
	}
	if got := words(t, bare(), text, scope(t, mine)); got.Text != "call [PHONE] or [EMAIL]" {
		t.Errorf("inbound: %q", got.Text)
	}
}
