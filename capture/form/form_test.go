package form_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/rules"
)

func newPages(t testing.TB) *form.Pages {
	t.Helper()
	pages, err := form.New()
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// allFields asks for every built-in kind and for less of it where that is
// possible.
func allFields() []form.Field {
	var fields []form.Field
	for _, kind := range rules.BuiltinKinds() {
		fields = append(fields, form.Field{Kind: kind, Need: form.NeedFull})
	}
	return append(fields, form.Field{Kind: "credit_card", Need: form.NeedBIN}, form.Field{Kind: "dob", Need: form.NeedOver18}, form.Field{Kind: "loyalty_card"})
}

func render(t testing.TB, page form.Page) string {
	t.Helper()
	var b strings.Builder
	if err := newPages(t).Form(&b, page); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSecretsAreNotShown wants no secret that was typed in the page that asks
// again, and everything else back.
func TestSecretsAreNotShown(t *testing.T) {
	const typed = "7777 visible"
	values := url.Values{}
	for _, kind := range []string{"credit_card", "cvv", "bank_account", "ssn", "ssn_last4", "national_id", "tax_id", "passport", "drivers_license", "medical_id", "password", "otp", "secret"} {
		values.Set(kind, typed)
	}
	page := form.Page{Fields: allFields(), Typed: values, Problems: map[string]string{"phone": "phone"}, Keep: time.Hour}
	if html := render(t, page); strings.Contains(html, typed) {
		t.Error("the page holds a secret")
	}
	page.Typed = url.Values{"email": {typed}, "dob.day": {"17"}, "address.street": {typed}, "health": {typed}}
	if html := render(t, page); strings.Count(html, typed) != 3 || !strings.Contains(html, `value="17"`) {
		t.Error("the page lost what may be shown")
	}
}
