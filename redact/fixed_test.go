package redact_test

import (
	"strconv"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Degrees have the digits of phone numbers of some country. In a place for
// degrees they are degrees, and what is more than any degree is judged.
func TestCoordinates(t *testing.T) {
	library, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	everywhere, err := library.Set(rules.View{Account: "shop", Channel: "messenger", Languages: []string{"en"}})
	if err != nil {
		t.Fatal(err)
	}
	abroad := func(s *redact.Scope) { s.Rules, s.Context.Region = everywhere, "" }
	e, _ := engine(t)
	place := func(latitude, longitude string) string {
		return webhook(`"message":{"mid":"m","attachments":[{"type":"location","payload":{"coordinates":{"lat":` + latitude + `,"long":` + longitude + `}}}]}`)
	}
	for lat := -89.1234567; lat < 90; lat += 3.7654321 {
		body := place(strconv.FormatFloat(lat, 'f', 7, 64), strconv.FormatFloat(2*lat, 'f', 6, 64))
		if got := rewrite(t, e, "messenger", body, scope(t, abroad)); got.Edited || len(got.Refusals) > 0 {
			t.Errorf("%s: refused %v, became %s", body, got.Refusals, got.Bytes)
		}
	}
	for _, number := range []string{digits, "-" + digits, digits + ".0"} {
		if got := rewrite(t, e, "messenger", place(number, "1"), scope(t, abroad)); len(got.Refusals) == 0 {
			t.Errorf("%s passes as degrees", number)
		}
	}
}
