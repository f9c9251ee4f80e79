package redact_test

import (
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// TestKeeping: values are kept as the policy says for their kind, by whichever way
// they came, and a policy that draws tokens gives one value one token.
func TestKeeping(t *testing.T) {
	e, values, book := booked(t)
	policy := defaults(t, func(p *redact.Tables) {
		p.Keep = redact.Keeping{Lifetimes: map[string]time.Duration{"email": time.Hour, "default": 48 * time.Hour}, Random: true}
	})
	s := scope(t, func(s *redact.Scope) { s.Policy, s.Message = policy, "mid.1" })
	first := words(t, e, email+" and "+card, s).Text
	if again := words(t, e, email+" and "+card, s).Text; again != first {
		t.Errorf("%q, then %q", first, again)
	}
	c, err := book.Find(t.Context(), "shop", []string{anna})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Show(t.Context(), policy, c, []vault.Value{{Kind: "cvv", Canonical: "123", Text: "123"}, {Kind: "ssn", Canonical: "536903399", Text: "536903399"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Joined(t.Context(), s, c, vault.Value{Kind: "iban", Canonical: "GB82WEST12345698765432", Text: "GB82WEST12345698765432"}); err != nil {
		t.Fatal(err)
	}
	kept := map[string]vault.Held{}
	if err := values.Each(t.Context(), c, func(token string, held vault.Held) error {
		kept[token] = held
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	lives := map[string]time.Duration{}
	for token, held := range kept { // not before: what is derived here is kept, too
		lives[held.Value.Kind] = held.Expires.Sub(held.Created).Round(time.Minute)
		derived, err := values.Tokens(t.Context(), c, []vault.Value{held.Value})
		if err != nil || derived[0] == token && held.Value.Kind != "cvv" {
			t.Errorf("the token of %s is derived (%v)", held.Value.Kind, err)
		}
	}
	for kind, want := range map[string]time.Duration{"email": time.Hour, "credit_card": 48 * time.Hour, "cvv": 15 * time.Minute, "ssn": 48 * time.Hour, "iban": 48 * time.Hour} {
		if lives[kind] != want {
			t.Errorf("%s is kept for %v, want %v", kind, lives[kind], want)
		}
	}
}
