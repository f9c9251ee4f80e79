package form_test

import (
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// allFields asks for every built-in kind, for less of it where that is possible,
// and for a kind that only rules know.
func allFields() []form.Field {
	var fields []form.Field
	for _, kind := range rules.BuiltinKinds() {
		fields = append(fields, form.Field{Kind: kind, Need: form.NeedFull})
	}
	return append(fields, form.Field{Kind: "credit_card", Need: form.NeedBIN}, form.Field{Kind: "dob", Need: form.NeedOver18}, form.Field{Kind: "loyalty_card"})
}

// cardFields is what is asked for most.
var cardFields = []form.Field{{Kind: "cvv"}, {Kind: "email"}, {Kind: "credit_card"}, {Kind: "card_expiry"}}

// basis is a page with everything that a page may have.
func basis() form.Page {
	return form.Page{
		Brand:    form.Brand{Title: "Northwind Bank", Color: "#0a7d4b", Logo: "/c/assets/logo/shop"},
		Language: "en", Regions: "US", Fields: cardFields, Keep: 90 * 24 * time.Hour,
		Action: "/c/abc", Proof: "proof", Remember: true,
	}
}

// pageOf renders one page by its name.
func pageOf(t testing.TB, name string, page form.Page) *html.Node {
	t.Helper()
	pages, err := form.New()
	if err != nil {
		t.Fatal(err)
	}
	write := map[string]func(*strings.Builder) error{
		"form":    func(w *strings.Builder) error { return pages.Form(w, page) },
		"code":    func(w *strings.Builder) error { return pages.Code(w, page) },
		"prove":   func(w *strings.Builder) error { return pages.Prove(w, page) },
		"signin":  func(w *strings.Builder) error { return pages.SignIn(w, page) },
		"cookies": func(w *strings.Builder) error { return pages.Cookies(w, page) },
		"done":    func(w *strings.Builder) error { return pages.Done(w, page) },
		"expired": func(w *strings.Builder) error { return pages.Expired(w, page) },
		"sent":    func(w *strings.Builder) error { return pages.Sent(w, page) },
		"used":    func(w *strings.Builder) error { return pages.Used(w, page) },
		"unknown": func(w *strings.Builder) error { return pages.Unknown(w, page) },
		"locked":  func(w *strings.Builder) error { return pages.Locked(w, page) },
		"sorry":   func(w *strings.Builder) error { return pages.Sorry(w, page) },
	}[name]
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.String())
}

var pageNames = []string{"form", "code", "prove", "signin", "cookies", "done", "expired", "sent", "used", "unknown", "locked", "sorry"}

// wrong is a page after a post that was wrong in every field.
func wrong(page form.Page) form.Page {
	page.Typed, page.Tries = url.Values{}, 2
	page.Typed.Set(form.InputRemember, "yes")
	page.Problems = map[string]string{form.InputCode: "code"}
	for _, field := range page.Fields {
		page.Typed.Set(field.Asks(), "typed "+field.Asks())
		page.Problems[field.Asks()] = "missing"
	}
	return page
}

// TestSkeletons compares the elements of every page with those that somebody
// looked at last: run with -update after a change, and look.
func TestSkeletons(t *testing.T) {
	everything := basis()
	everything.Fields, everything.Code = allFields(), true
	pages := map[string]form.Page{"form_all": everything, "form_wrong": wrong(basis()), "code_wrong": wrong(basis())}
	for _, name := range pageNames {
		pages[name] = basis()
	}
	for name, page := range pages {
		kind := strings.TrimSuffix(strings.TrimSuffix(name, "_wrong"), "_all")
		got := skeleton(pageOf(t, kind, page))
		golden := filepath.Join("testdata", name+".skeleton")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-golden +got):\n%s", name, diff)
		}
	}
}

// TestSecretsAreNotShown wants no secret that was typed in the page that asks
// again, a word about that, and everything else back.
func TestSecretsAreNotShown(t *testing.T) {
	const typed = "7777 visible"
	page := basis()
	page.Fields, page.Code = allFields(), true
	page.Problems = map[string]string{"phone": "phone"}
	page.Typed = url.Values{form.InputCode: {typed}}
	for _, kind := range []string{"credit_card", "cvv", "bank_account", "ssn", "ssn_last4", "national_id", "tax_id", "passport", "drivers_license", "medical_id", "password", "otp", "secret"} {
		page.Typed.Set(kind, typed)
	}
	root := pageOf(t, "form", page)
	again := 0
	for _, n := range elements(root) {
		if strings.HasSuffix(attribute(n, "id"), "-again") {
			again++
		}
		for _, a := range n.Attr {
			if strings.Contains(a.Val, typed) {
				t.Errorf("%s of %s holds a secret", a.Key, attribute(n, "name"))
			}
		}
	}
	if strings.Contains(words(root), typed) || again != 13 {
		t.Errorf("a secret is shown, or not asked for again: %d times", again)
	}
	page.Typed = url.Values{"email": {typed}, "dob.day": {typed}, "address.street": {typed}, "over_18": {"yes"}, "health": {typed}}
	shown := 0
	root = pageOf(t, "form", page)
	for _, n := range elements(root) {
		if attribute(n, "value") == typed || n.Data == "textarea" && words(n) == typed || has(n, "checked") {
			shown++
		}
	}
	if shown != 5 {
		t.Errorf("%d of 5 values came back", shown)
	}
}

// TestMinimisation wants the form to ask only for what is needed, each thing
// once.
func TestMinimisation(t *testing.T) {
	page := basis()
	page.Fields = []form.Field{
		{"credit_card", form.NeedLast4},
		{"credit_card", form.NeedBIN},
		{"ssn", form.NeedLast4},
		{"dob", form.NeedOver18},
		{"address", form.NeedZIP},
		{"postcode", ""},
		{"email", form.NeedLast4},
	}
	got := map[string]int{}
	for _, n := range elements(pageOf(t, "form", page)) {
		if name := attribute(n, "name"); n.Data == "input" && attribute(n, "type") != "hidden" && name != form.InputRemember {
			got[name]++
		}
	}
	want := map[string]int{"card_last4": 1, "card_bin": 1, "ssn_last4": 1, "over_18": 2, "postcode": 1, "email": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
