package route_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/route"
)

// A token that may not be restored here gets one answer, whatever is wrong with it.
func TestOneAnswer(t *testing.T) {
	r := newRig(t)
	body := func(token string) string { return `{"customer":{"email":"` + token + `"}}` }
	mail := r.email()
	tokens := map[string]string{
		"unknown":            "pii_email_abcdefghijklmnopqrstuvwxyz",
		"of another account": r.token("gram", anna, "email", email, email),
		"of another kind":    r.token("shop", anna, "iban", "GB33BUKB20201555555555", "GB33BUKB20201555555555"),
		"of no kind":         "pii_x_abcdefghijklmnopqrstuvwxyz",
		"under another kind": "pii_phone_" + mail[len(mail)-26:],
	}
	var answers []string
	for what, token := range tokens {
		got := r.order(body(token))
		r.refused(what, got, "route_token")
		answers = append(answers, fmt.Sprint(got.status, got.body))
	}
	r.ahead.Add(int64(40 * 24 * time.Hour))
	got := r.order(body(mail))
	r.refused("expired", got, "route_token")
	answers = append(answers, fmt.Sprint(got.status, got.body))
	r.ahead.Store(0)
	r.passed("no longer expired", r.order(body(mail)))
	c, err := r.book.Ensure(context.Background(), "shop", []string{anna})
	r.must(err)
	_, err = r.store.DeletePrefix(context.Background(), "conversation/")
	r.must(err)
	r.book.Forget(c)
	got = r.order(body(mail))
	r.refused("of a person who was erased", got, "route_token")
	for _, answer := range append(answers, fmt.Sprint(got.status, got.body)) {
		if answer != answers[0] {
			t.Errorf("%s is not %s", answer, answers[0])
		}
	}
	if !strings.Contains(answers[0], `"place":"json:/customer/email"`) {
		t.Errorf("the answer does not say where: %s", answers[0])
	}
}

// A value that cannot stand in a header is refused as any other token: nothing is
// cut out of it, and nothing ends the header.
func TestHeaderInjection(t *testing.T) {
	r := newRig(t)
	for _, value := range []string{"a@b.example\r\nX-Evil: 1", "a@b.example\n", "\x00a@b.example", "a\x7f@b.example", "jané@b.example", " a@b.example"} {
		token := r.token("shop", anna, "email", value, value)
		r.refused(value, r.ask("GET", "/customers/1", "", "X-Customer-Email: "+token), "route_token")
		got := r.passed(value, r.order(`{"customer":{"email":"`+token+`"}}`))
		if strings.ContainsAny(got.body, "\r\n\x00") {
			t.Errorf("%q: the vendor got %q", value, got.body)
		}
	}
	evil := r.token("shop", anna, "email", `"},"admin":{"x":"&a=b`, `x`)
	if got := r.passed("quotes", r.order(`{"customer":{"email":"`+evil+`"}}`)); got.body != `{"customer":{"email":"\"},\"admin\":{\"x\":\"&a=b"}}` {
		t.Errorf("quotes: the vendor got %s", got.body)
	}
	if got := r.passed("a form", r.form("email="+evil)); got.body != "email=%22%7D%2C%22admin%22%3A%7B%22x%22%3A%22%26a%3Db" {
		t.Errorf("a form: the vendor got %s", got.body)
	}
}

// Tokens of two people are of no one request, unless the operator says so.
func TestSeveralPeople(t *testing.T) {
	for _, many := range []bool{false, true} {
		r := newRig(t, func(r *rig) { r.route.Restore.Many = many })
		body := `{"items":[{"to":"` + r.email() + `"},{"to":"` + r.token("shop", bert, "email", "bert@corp.example", "bert@corp.example") + `"}]}`
		if !many {
			r.refused("two people", r.order(body), "route_people")
			continue
		}
		r.vendor.says("application/json", `{"a":"jane.doe@corp.example, bert@corp.example, new@corp.example"}`)
		got := r.order(body)
		r.passed("two people", got)
		if n := strings.Count(r.audited(), `"result":"done"`); n != 2 {
			t.Errorf("%d lines in the audit, want one for each person", n)
		}
		if strings.Contains(got.body, "@") || strings.Count(got.body, "pii_email_") != 2 || !strings.Contains(got.body, "[EMAIL]") {
			t.Errorf("the bot got %s", got.body)
		}
	}
}

// The budget holds for each kind and day, exactly, however many ask at once; what
// is over it leaves no value.
func TestBudget(t *testing.T) {
	r := newRig(t, func(r *rig) { r.route.Restore.PerDay = 10 })
	mail, call := r.email(), r.token("shop", anna, "phone", phone, spelt)
	var all sync.WaitGroup
	statuses := make([]int, 30)
	for i := range statuses {
		all.Go(func() { statuses[i] = r.order(`{"customer":{"email":"` + mail + `"}}`).status })
	}
	all.Wait()
	passed := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			passed++
		} else if status != http.StatusTooManyRequests {
			t.Errorf("answered %d", status)
		}
	}
	if heard := r.vendor.heard(); passed != 10 || len(heard) != 10 {
		t.Errorf("%d passed, the vendor heard %d, want 10", passed, len(heard))
	}
	r.passed("another kind", r.order(`{"customer":{"phone":"`+call+`"}}`))
	got := r.order(`{"customer":{"phone":"` + call + `","email":"` + mail + `"}}`)
	r.refused("two kinds, one spent", got, "route_budget")
	if got.header.Get("Retry-After") == "" {
		t.Errorf("the answer does not say when: %v", got.header)
	}
	lines, err := r.ledger.Report(context.Background(), "orders")
	r.must(err)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	want := []route.Line{
		{Place: "json:/customer/email", Kind: "email", Count: 10, Today: 10, Since: today},
		{Place: "json:/customer/phone", Kind: "phone", Count: 1, Today: 1, Since: today},
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("the report is %v", lines)
	}
	r.ahead.Add(int64(24 * time.Hour))
	r.passed("the next day", r.order(`{"customer":{"email":"`+mail+`"},"items":[{"to":"`+mail+`"},{"to":"`+mail+`"}]}`))
	lines, err = r.ledger.Report(context.Background(), "orders")
	r.must(err)
	if len(lines) != 3 || lines[0].Count != 11 || lines[0].Today != 1 || lines[2].Count != 2 || !lines[0].Since.Equal(today) {
		t.Errorf("the next day's report is %v", lines)
	}
}

// A request has at most a hundred tokens.
func TestTooManyTokens(t *testing.T) {
	r := newRig(t)
	of := func(n int) string {
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"to":"`+r.email()+`"},`, n), ",") + `]}`
	}
	r.refused("101", r.order(of(101)), "route_tokens")
	r.passed("100", r.order(of(100)))
}

// Without its token nobody learns more of a route than that it is there.
func TestCredential(t *testing.T) {
	r := newRig(t)
	basic := func(pair string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	}
	for _, header := range []string{"Authorization: ", "Authorization: Bearer ", "Authorization: Bearer " + token + "x", "Authorization: Bearer", basic("a:b"), basic(":"), "Authorization: Basic ?"} {
		got := r.ask("GET", "/nowhere/at/all", "", header)
		r.refused(header, got, "route_credential")
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", header, got.status)
		}
	}
	for _, header := range []string{"Authorization: " + token, "Authorization: bearer " + token, basic(token + ":"), basic("user:" + token)} {
		if got := r.passed(header, r.ask("GET", "/customers/1", "", header)); strings.Contains(got.seen(), token) {
			t.Errorf("%s: the vendor got %s", header, got.seen())
		}
	}
	open := newRig(t, func(r *rig) { r.route.Token = nil })
	if got := open.passed("no token asked for", open.ask("GET", "/customers/1", "", "Authorization: Bearer sk_1")); got.header.Get("Authorization") != "Bearer sk_1" {
		t.Errorf("the bot's own credential did not reach the vendor: %v", got.header)
	}
}

// Only what is allowed passes, and no path leads elsewhere.
func TestAllow(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ method, target, reason string }{
		{"GET", "", "route_not_allowed"},
		{"GET", "/", "route_not_allowed"},
		{"GET", "/customers", "route_not_allowed"},
		{"GET", "/customers/", "route_not_allowed"},
		{"GET", "/customers/1/2", "route_not_allowed"},
		{"POST", "/customers/1", "route_not_allowed"},
		{"DELETE", "/customers/1", "route_not_allowed"},
		{"PATCH", "/v2/orders/1", "route_not_allowed"},
		{"GET", "/Customers/1", "route_not_allowed"},
		{"GET", "/customers/..", "target"},
		{"GET", "/customers/%2e%2e", "target"},
		{"GET", "/customers/%2fadmin", "target"},
		{"GET", "/customers/%5cadmin", "target"},
		{"GET", "/customers/%00", "target"},
		{"GET", "/customers/%252e", "target"},
		{"GET", "/customers/a;b", "target"},
		{"GET", "/customers//1", "target"},
		{"GET", "//customers/1", "target"},
		{"GET", "/customers/1?_method=DELETE", "method"},
		{"GET", "/customers/1?X-HTTP-Method-Override=DELETE", "method"},
		{"GET", "/customers/1?a=%zz", "query"},
	} {
		r.refused(test.method+" "+test.target, r.ask(test.method, test.target, ""), test.reason)
	}
	r.refused("an override in a form", r.form("_method=DELETE"), "method")
	for target, want := range map[string]string{
		"/customers/1": "/api/customers/1", "/customers/1/": "/api/customers/1/", "/customers/a%20b": "/api/customers/a%20b", "/customers/@evil.example:80": "/api/customers/@evil.example:80",
	} {
		if got := r.passed(target, r.ask("GET", target, "")); got.target != want {
			t.Errorf("%s: the vendor got %s", target, got.target)
		}
	}
	for _, target := range []string{"/free", "/free/a/b/c"} {
		r.passed(target, r.ask("POST", target, ""))
	}
	for _, name := range []string{"/route/", "/route/orderz/customers/1", "/route/Orders/customers/1"} {
		response, err := http.Get(r.server.URL + name)
		r.must(err)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
}

// Bodies that cannot be read are refused.
func TestBodies(t *testing.T) {
	r := newRig(t)
	const form, plain = "application/x-www-form-urlencoded", "application/json"
	for _, test := range []struct{ kind, body, reason string }{
		{"", "{}", "media_type"},
		{"text/plain", "x", "media_type"},
		{"application/xml", "<a/>", "media_type"},
		{"multipart/form-data; boundary=x", "--x\r\n\r\na\r\n--x--", "media_type"},
		{"application/octet-stream", "x", "media_type"},
		{"application/json; charset=utf-16", "{}", "charset"},
		{plain, `{"a":1,"a":2}`, "parse_duplicate_key"},
		{plain, `{"a":1} {}`, "parse_trailing_data"},
		{plain, `a=b`, "parse_syntax"},
		{plain, "{\"a\":\"\xff\"}", "parse_invalid_utf8"},
		{form, "a=%zz", "parse_percent"},
		{form, "a=1;b=2", "parse_semicolon"},
		{form, "a=1&a=2", "parse_duplicate_key"},
	} {
		header := "Content-Type: " + test.kind
		r.refused(test.kind+" "+test.body, r.ask("POST", "/v2/orders", test.body, header), test.reason)
	}
	for _, kind := range []string{"application/json; charset=UTF-8", "application/vnd.api+json", "text/json"} {
		r.passed(kind, r.ask("POST", "/v2/orders", `{}`, "Content-Type: "+kind))
	}
}
