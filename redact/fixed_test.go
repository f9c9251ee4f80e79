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

// Degrees are hidden by rounding: the field stays a number, and a bot that computes
// with it goes on. Policy's other actions do what they do elsewhere.
func TestCoordinatesHidden(t *testing.T) {
	e, _ := engine(t)
	for action, want := range map[string]string{
		"allow": `"lat":48.2081743,"long":-16.3738189`, "report": `"lat":48.2081743,"long":-16.3738189`, "generalize": `"lat":48.2,"long":-16.4`,
		"mask": `"lat":48,"long":-16`, "redact": `"lat":48,"long":-16`, "tokenize": `"lat":48,"long":-16`, "block": "",
	} {
		s := scope(t, func(s *redact.Scope) {
			s.Policy = defaults(t, func(t *redact.Tables) { t.Inbound = map[string]string{"geo": action, "default": "tokenize"} })
		})
		body := func(degrees string) string {
			return webhook(`"message":{"mid":"m","attachments":[{"type":"location","payload":{"coordinates":{` + degrees + `}}}]}`)
		}
		got := rewrite(t, e, "messenger", body(`"lat":48.2081743,"long":-16.3738189`), s)
		if refused := len(got.Refusals) > 0; refused != (action == "block") {
			t.Errorf("%s: refused %v", action, got.Refusals)
		} else if !refused && string(got.Bytes) != body(want) {
			t.Errorf("%s: became %s", action, got.Bytes)
		}
		if action != "allow" && tallied(got.Tallies) == "" {
			t.Errorf("%s: counts nothing", action)
		}
	}
}
