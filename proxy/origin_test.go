package proxy_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/piiproxy/piiproxy/vault"
)

// A value is kept with the message that brought it: each message of a delivery
// has its own, and when one is unsent, what it alone brought can be erased.
func TestValuesGoWithTheirMessage(t *testing.T) {
	r := newRig(t)
	said := func(mid, person, words string) string {
		return fmt.Sprintf(`{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":1,"message":{"mid":%q,"text":%q}}`, person, shopID, mid, words)
	}
	body := page(entry(shopID, said("mid.1", anna, "card "+card), said("mid.2", anna, "mail "+email+" again "+card), said("mid.3", bert, "card "+card)))
	if got := r.hook(body); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	for i, want := range []struct {
		person, message string
		erased          int
	}{{anna, "mid.1", 0}, {anna, "mid.3", 0}, {anna, "mid.2", 1}, {anna, "mid.2", 0}, {bert, "mid.3", 1}} {
		c, err := r.book.Find(t.Context(), "shop", []string{"psid:" + want.person})
		r.must(err)
		if n, err := r.vault.EraseMessage(t.Context(), c, want.message); n != want.erased || err != nil {
			t.Errorf("step %d: unsending %s of %s erased %d (%v), want %d", i, want.message, want.person, n, err, want.erased)
		}
	}
}

// Drawn tokens through the whole proxy: the same value has one, a delivery that
// comes again gives the same, it comes back into its own chat only, and a
// look-alike is one, too. After a restart it is still so.
func TestDrawnTokens(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.policy.Keep.Random = true
		p.policy.Format = map[string]string{"credit_card": "like"}
	})
	first := r.token(anna, "mail "+email)
	if again := r.token(anna, "mail "+email); again != first {
		t.Errorf("%q, then %q", first, again)
	}
	r.hook(page(entry(shopID, text(shopID, anna, card))))
	form := r.words(2)
	r.restart()
	if got := r.sentText(anna, "to "+first); got != sent(anna, `to jane.doe\u0040corp.example`) {
		t.Errorf("in its own chat: %s", got)
	}
	if got := r.sentText(anna, form); got == sent(anna, form) || form == card {
		t.Errorf("the look-alike %q went out as %s", form, got)
	}
	other := r.token(bert, "mail "+email)
	if other == first {
		t.Error("two people have one token")
	}
	if got := r.sentText(bert, "to "+first); got != sent(bert, "to your e-mail") {
		t.Errorf("in another chat: %s", got)
	}
	c, err := r.book.Find(t.Context(), "shop", []string{"psid:" + anna})
	r.must(err)
	derived, err := r.vault.Tokens(t.Context(), c, []vault.Value{{Kind: "email", Canonical: email, Text: email, Origin: vault.Chat}})
	r.must(err)
	if derived[0] == first {
		t.Error("the token is derived from the value")
	}
}
