package proxy_test

import (
	"fmt"
	"net/http"
	"testing"
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
