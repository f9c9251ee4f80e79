package form

import (
	"net/url"
	"strings"
	"testing"
)

// TestUnknownKindIsSecret: what was typed for a kind of somebody's own rules does
// not come back in the page after an error: it may be a PIN.
func TestUnknownKindIsSecret(t *testing.T) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	page := Page{
		Fields: []Field{{Kind: "member_pin", Need: "full"}, {Kind: "email", Need: "full"}},
		Typed:  url.Values{"member_pin": {"7391-canary"}, "email": {"jane.doe"}}, Problems: map[string]string{"email": "error.email"},
	}
	if err := pages.Form(&out, page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "7391-canary") || !strings.Contains(out.String(), "jane.doe") {
		t.Error("the page holds what it must not, or not what it should")
	}
}
