package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// TestExpiryAlike: the look-alike of an expiry date is known again without a word
// beside it, in the ways that bots write it; other dates and fractions stay.
func TestExpiryAlike(t *testing.T) {
	e, _, book := booked(t)
	c, err := book.Ensure(t.Context(), "shop", []string{anna})
	if err != nil {
		t.Fatal(err)
	}
	policy := defaults(t, func(p *redact.Tables) { p.Prompts["default"] = "capture" })
	shown, err := e.Show(t.Context(), policy, c, []vault.Value{{Kind: "card_expiry", Canonical: "11/39", Text: "11/39"}})
	if err != nil {
		t.Fatal(err)
	}
	form := shown[0]
	month, year, _ := strings.Cut(form, "/")
	captured := scope(t, outbound, func(s *redact.Scope) { s.Policy, s.Captured = policy, []string{"card_expiry"} })
	for _, spelled := range []string{form, month + "/20" + year, strings.TrimPrefix(month, "0") + "/" + year} {
		if got := words(t, e, "It is good until "+spelled+".", captured).Text; strings.Contains(got, spelled) {
			t.Errorf("%s went into the chat: %s", spelled, got)
		}
	}
	for _, stays := range []string{"a 1/2 cup", "see 13/45", "path 1/22/33", "99/12"} {
		if got := words(t, e, stays, captured).Text; got != stays {
			t.Errorf("%q became %q", stays, got)
		}
	}
}
