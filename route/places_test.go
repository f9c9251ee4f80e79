package route_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// In a listed place a token becomes its value; every other byte stays.
func TestListedPlaces(t *testing.T) {
	r := newRig(t)
	mail, call, pay := r.email(), r.token("shop", anna, "phone", phone, spelt), r.token("shop", anna, "credit_card", card, card)
	for _, test := range []struct{ what, sent, want string }{
		{"a member", `{"customer":{"email":"` + mail + `", "x" : 1.0e2 }}`, `{"customer":{"email":"jane.doe\u0040corp.example", "x" : 1.0e2 }}`},
		{"in upper case", `{"customer":{"email":"` + strings.ToUpper(mail) + `"}}`, `{"customer":{"email":"jane.doe\u0040corp.example"}}`},
		{"escaped", `{"customer":{"email":"\u0070` + mail[1:] + `"}}`, `{"customer":{"email":"jane.doe\u0040corp.example"}}`},
		{"in the form for machines", `{"customer":{"phone":"` + call + `"}}`, `{"customer":{"phone":"+14155550123"}}`},
		{"elements", `{"items":[{"to":"` + mail + `"},{"to":"x"},{"to":"` + call + `"}]}`, `{"items":[{"to":"jane.doe\u0040corp.example"},{"to":"x"},{"to":"+14155550123"}]}`},
		{"members of any name", `{"items":{"a":{"to":"` + mail + `"}}}`, `{"items":{"a":{"to":"jane.doe\u0040corp.example"}}}`},
		{"a card", `{"card":"` + pay + `"}`, `{"card":"4111111111111111"}`},
		{"prose", `{"note":"ring ` + call + `, not ` + mail + `!"}`, `{"note":"ring +14155550123, not jane.doe\u0040corp.example!"}`},
		{"no token", `{"note":"none", "card": null }`, `{"note":"none", "card": null }`},
	} {
		if got := r.passed(test.what, r.order(test.sent)); got.body != test.want || got.target != "/api/v2/orders" {
			t.Errorf("%s: the vendor got %s %s", test.what, got.target, got.body)
		}
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	if got := r.passed("a form", r.ask("POST", "/v2/orders", "a=1&email="+mail+"&to[]="+call+"&to[]=x&b=+%20", form)); got.body != "a=1&email=jane.doe%40corp.example&to[]=%2B14155550123&to[]=x&b=+%20" {
		t.Errorf("a form: the vendor got %s", got.body)
	}
	got := r.passed("a header", r.ask("GET", "/customers/42?expand=all", "", "X-Customer-Email: "+mail))
	if got.header.Get("X-Customer-Email") != email || got.target != "/api/customers/42?expand=all" {
		t.Errorf("a header: the vendor got %s %v", got.target, got.header)
	}
	if got.header.Get("Authorization") != "" || got.header.Get("X-Api-Key") != "vendor key" {
		t.Errorf("credentials: the vendor got %v", got.header)
	}
}

// As the person wrote it, where the operator wants it so.
func TestWrittenSpelling(t *testing.T) {
	r := newRig(t, func(r *rig) { r.route.Restore.Written = true })
	got := r.passed("a phone", r.order(`{"customer":{"phone":"`+r.token("shop", anna, "phone", phone, spelt)+`"}}`))
	if got.body != `{"customer":{"phone":"(415) 555-0123"}}` {
		t.Errorf("the vendor got %s", got.body)
	}
}

// spellings are ways to write a token that a reader may undo.
var spellings = []struct {
	name  string
	spell func(token string) string
}{
	{"plain", func(s string) string { return s }},
	{"in upper case", strings.ToUpper},
	{"url-encoded", func(s string) string { return strings.ReplaceAll(s, "_", "%5F") }},
	{"url-encoded twice", func(s string) string { return strings.ReplaceAll(s, "_", "%255f") }},
	{"url-encoded, every byte", func(s string) string { return each(s, "%%%02x") }},
	{"as %u0070", func(s string) string { return each(s, "%%u%04x") }},
	{"as \\u0070", func(s string) string { return each(s, `\u%04x`) }},
	{"as \\x70", func(s string) string { return each(s, `\x%02x`) }},
	{"as &#112;", func(s string) string { return each(s, "&#%d;") }},
	{"as &#x70;", func(s string) string { return each(s, "&#x%x;") }},
	{"as =70", func(s string) string { return each(s, "=%02X") }},
	{"in base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"in base64 with more around", func(s string) string { return "data:" + base64.StdEncoding.EncodeToString([]byte(`{"a":"`+s+`"}`)) }},
	{"in base64, shifted", func(s string) string { return "x" + base64.RawURLEncoding.EncodeToString([]byte("??>"+s)) }},
	{"in base64, url-encoded inside", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(s, "_", "%5F")))
	}},
	{"in base64 twice", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	}},
	{"in base64 of UTF-16", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Join(strings.Split(s, ""), "\x00") + "\x00"))
	}},
	{"in hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"in JSON in a string", func(s string) string { return `{"email":"` + s + `"}` }},
	{"in JSON in a string, twice", func(s string) string { return `{"a":"{\"email\":\"` + s + `\"}"}` }},
	{"in a form in a string", func(s string) string { return "a=1&email=" + s + "&b=2" }},
	{"in wide letters", func(s string) string { return strings.Map(wide, s) }},
	{"with letters that cannot be seen", func(s string) string { return s[:3] + "\u200b" + s[3:] }},
	{"among words", func(s string) string { return "mail " + s + " please" }},
	{"glued to words", func(s string) string { return "x" + s + "y" }},
	{"in other words and a card", func(s string) string { return "4111 1111 1111 1111 " + s }},
}

func each(s, format string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, format, b)
	}
	return out.String()
}

func wide(r rune) rune {
	if r > ' ' && r < 0x7f {
		return r - ' ' + 0xff00
	}
	return r
}

// headerText says that a text can be sent in a header as it is.
func headerText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x7f })
}

// places are where a spelling is put, but for listed places as the whole token.
var places = []struct {
	name, at string // at: what the answer calls it
	listed   bool
	ask      func(r *rig, spelled string) reply
}{
	{"another member", "json:/customer/name", false, func(r *rig, s string) reply { return r.order(`{"customer":{"name":` + quote(s) + `}}`) }},
	{"a member below a listed one", "json:/customer/email/x", false, func(r *rig, s string) reply { return r.order(`{"customer":{"email":{"x":` + quote(s) + `}}}`) }},
	{"an element of a listed member", "json:/card/0", false, func(r *rig, s string) reply { return r.order(`{"card":[` + quote(s) + `]}`) }},
	{"the whole body", "json:/", false, func(r *rig, s string) reply { return r.order(quote(s)) }},
	{"a name of a member", "member name", false, func(r *rig, s string) reply { return r.order(`{` + quote(s) + `:1}`) }},
	{"a listed member", "json:/customer/email", true, func(r *rig, s string) reply { return r.order(`{"customer":{"email":` + quote(s) + `}}`) }},
	{"a field of a form", "form", false, func(r *rig, s string) reply { return r.form("name=" + url.QueryEscape(s)) }},
	{"a name of a field", "field name", false, func(r *rig, s string) reply { return r.form(url.QueryEscape(s) + "=1") }},
	{"a listed field", "form:email", true, func(r *rig, s string) reply { return r.form("email=" + url.QueryEscape(s)) }},
	{"the query", "query", false, func(r *rig, s string) reply { return r.ask("GET", "/customers/1?q="+url.QueryEscape(s), "") }},
	{"a name in the query", "query", false, func(r *rig, s string) reply { return r.ask("GET", "/customers/1?"+url.QueryEscape(s)+"=1", "") }},
	{"another header", "header", false, func(r *rig, s string) reply { return r.ask("GET", "/customers/1", "", "X-Note: "+s) }},
	{"a cookie", "header", false, func(r *rig, s string) reply { return r.ask("GET", "/customers/1", "", "Cookie: a="+s) }},
	{"a listed header", "header:X-Customer-Email", true, func(r *rig, s string) reply { return r.ask("GET", "/customers/1", "", "X-Customer-Email: "+s) }},
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (r *rig) form(body string) reply {
	return r.ask("POST", "/v2/orders", body, "Content-Type: application/x-www-form-urlencoded")
}

// Anywhere else, in whatever spelling, a token refuses the request, and nothing
// leaves.
func TestEveryOtherPlace(t *testing.T) {
	r := newRig(t)
	mail := r.email()
	n := 0
	for _, place := range places {
		for _, spelling := range spellings {
			spelled := spelling.spell(mail)
			if strings.Contains(place.at, "header") && !headerText(spelled) || place.listed && (spelling.name == "plain" || spelling.name == "in upper case") {
				continue
			}
			what := place.name + ", " + spelling.name
			got := place.ask(r, spelled)
			r.refused(what, got, "route_place")
			if got.place() != place.at {
				t.Errorf("%s: the answer says %q, want %q", what, got.place(), place.at)
			}
			n++
		}
	}
	for what, target := range map[string]string{
		"the path": "/customers/" + mail, "the path, encoded": "/customers/" + each(mail, "%%%02x"),
	} {
		got := r.ask("GET", target, "")
		r.refused(what, got, "route_place")
	}
	if n < 300 {
		t.Errorf("only %d places and spellings", n)
	}
	if strings.Contains(r.logs.String(), "pii_") || strings.Contains(r.audited(), "pii_") {
		t.Error("the log or the audit has a token")
	}
	if n, refused := strings.Count(r.audited(), "\n"), strings.Count(r.audited(), "route_place"); n != refused || n < 300 {
		t.Errorf("%d of %d lines of the audit are refusals", refused, n)
	}
}

// Whoever only looks like one is no token, and passes.
func TestNoTokens(t *testing.T) {
	r := newRig(t)
	picture := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x89PNG\x00\x01\x02\x03%&=\\\xff\xfe", 4000)))
	for _, text := range []string{"pii_email_", "pii_email_abc", "apii email_abcdefghijklmnopqrstuvwxyz", picture, "50% off & more \\ =3D"} {
		r.passed(text[:9], r.order(`{"customer":{"name":`+quote(text)+`}}`))
	}
}
