package proxy_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	asForm   = "Content-Type: application/x-www-form-urlencoded"
	formSend = "/shop/v23.0/me/messages"
)

// carried is a call's parameters, given as name, value, name, value, in a form, in
// the query, and half and half.
func carried(target string, parameters ...string) map[string]posted {
	fields := func(parameters []string) string {
		var out []string
		for i := 0; i < len(parameters); i += 2 {
			out = append(out, url.QueryEscape(parameters[i])+"="+url.QueryEscape(parameters[i+1]))
		}
		return strings.Join(out, "&")
	}
	half := len(parameters) / 4 * 2
	return map[string]posted{
		"form":           {target: target, body: []byte(fields(parameters)), headers: []string{asForm}},
		"query":          {target: target + "?" + fields(parameters)},
		"query and form": {target: target + "?" + fields(parameters[:half]), body: []byte(fields(parameters[half:])), headers: []string{asForm}},
	}
}

// received are the parameters of the platform's latest request, wherever they stand.
func (r *rig) received() url.Values {
	r.t.Helper()
	all := r.platform.requests()
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	body, err := url.ParseQuery(last.body)
	r.must(err)
	_, query, _ := strings.Cut(last.target, "?")
	values, err := url.ParseQuery(query)
	r.must(err)
	for name, value := range body {
		values[name] = append(values[name], value...)
	}
	return values
}

// What has nothing to hide goes on byte for byte, however it is spelled.
func TestFormsAsTheyCame(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ query, body string }{
		{"", `recipient={"id":"` + anna + `"}&message={"text":"hello"}`},
		{"", `recipient=%7b%22id%22:%22` + anna + `%22%7d&message=%7B%22text%22%3A+%22h%C3%A9%20llo%22+%7D&&messaging_type=RESPONSE&`},
		{"?access_token=" + shopToken + "&appsecret_proof=0f", "message={%22text%22:%22hi%22}&recipient={%22id%22:%22" + anna + "%22}&access_token=" + shopToken},
		{"?recipient=%7B%22id%22%3A%22" + anna + "%22%7D&fields=id", "message=%7B%22text%22%3A%22hi%22%7D"},
		{"?recipient={%22id%22:%22" + anna + "%22}&sender_action=typing_on", ""},
		{"?recipient=%7b%22id%22:%22" + anna + "%22%7d&&message=%7B%22text%22%3A%22hi+there%22%7d", ""},
	} {
		before := len(r.platform.requests())
		got := r.ask("bot", "POST", formSend+test.query, test.body, asForm)
		if got.status != http.StatusOK {
			t.Errorf("%s %s: answered %d %s", test.query, test.body, got.status, got.body)
			continue
		}
		seen := r.platform.requests()[before]
		if seen.body != test.body || seen.target != "/v23.0/me/messages"+test.query || seen.method != "POST" {
			t.Errorf("the platform got %s %s %s, sent was %s %s", seen.method, seen.target, seen.body, test.query, test.body)
		}
		if test.body != "" && seen.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("declared as %s", seen.header.Get("Content-Type"))
		}
	}
}

// An edit changes its span and nothing else of form or query.
func TestFormsEdited(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ query, body, wantQuery, wantBody string }{
		{
			"?access_token=x%7c", `recipient=%7b"id":"` + anna + `"}&message={"text":+"card+4111+1111%201111+1111!","metadata":"%C3%A9"}&tag=A`,
			"?access_token=x%7c", `recipient=%7b"id":"` + anna + `"}&message={"text":+"card+%2A%2A%2A1111!","metadata":"%C3%A9"}&tag=A`,
		},
		{
			"?recipient=%7b%22id%22:%22" + anna + "%22}&message={%22text%22:%22" + digits + "%22}&tag=A%20", "",
			"?recipient=%7b%22id%22:%22" + anna + "%22}&message={%22text%22:%22%2A%2A%2A1111%22}&tag=A%20", "",
		},
		// As the samples of the platform's own documentation spell it.
		{"", "recipient={'id':'" + anna + "'}&message={text:'Hello'}", "", "recipient=%7B%22id%22%3A%22" + anna + "%22%7D&message=%7B%22text%22%3A%22Hello%22%7D"},
		{"", "recipient={id:" + anna + "}&message={'text':'" + card + "'}", "", "recipient=%7B%22id%22%3A" + anna + "%7D&message=%7B%22text%22%3A%22%2A%2A%2A1111%22%7D"},
		// A percent sign that hides digits hides nothing.
		{"", `recipient={"id":"` + anna + `"}&message={"text":"%2534%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531%2531"}`, "", `recipient={"id":"` + anna + `"}&message={"text":"%2A%2A%2A3131"}`},
		{"", `recipient={"id":"` + anna + `"}&message={"text":"\u0034111 1111 1111 1111"}`, "", `recipient={"id":"` + anna + `"}&message={"text":"%2A%2A%2A1111"}`},
	} {
		before := len(r.platform.requests())
		got := r.ask("bot", "POST", formSend+test.query, test.body, asForm)
		if got.status != http.StatusOK {
			t.Errorf("%s %s: answered %d %s", test.query, test.body, got.status, got.body)
			continue
		}
		seen := r.platform.requests()[before]
		if shows(seen.target, seen.body) || seen.body != test.wantBody || seen.target != "/v23.0/me/messages"+test.wantQuery {
			t.Errorf("the platform got\n     %s %s\nwant %s %s", seen.target, seen.body, test.wantQuery, test.wantBody)
		}
	}
}

// A set of parameters that can be read in two ways is refused, wherever they stand.
func TestFormsRefused(t *testing.T) {
	r := newRig(t)
	to := `recipient={"id":"` + anna + `"}`
	hi := `message={"text":"hi"}`
	for _, test := range []struct{ query, body, reason string }{
		{"", to + "&" + hi + "&" + hi, "parse_duplicate_key"},
		{"", to + "&" + hi + "&%6Dessage=x", "parse_duplicate_key"},
		{"?message=x", to + "&" + hi, "parse_duplicate_key"},
		{"?tag=A&tag=A", to + "&" + hi, "parse_duplicate_key"},
		{"?access_token=a&access_token=a", to + "&" + hi, "parse_duplicate_key"},
		{"?access_token=a", to + "&" + hi + "&access_token=b", "parse_duplicate_key"},
		{"", to + "&message[text]=hi", "parse_name"},
		{"", to + "&message%5Btext%5D=hi", "parse_name"},
		{"", to + "&message.text=hi", "parse_name"},
		{"", to + "&message+=hi", "parse_name"},
		{"?message[text]=hi", to, "query"},
		{"", to + "&message=%4", "parse_percent"},
		{"", to + "&message=a;b=c", "parse_semicolon"},
		{"", to + "&message=a%00", "parse_nul"},
		{"", to + "&message=%ff", "parse_invalid_utf8"},
		{"", to + "&message=\xff", "parse_invalid_utf8"},
		{"", to + "&message={text:'hi'", "parse_document"},
		{"", to + "&message={text:'hi',}", "parse_document"},
		{"", to + "&message={text:'hi'}//", "parse_document"},
		{"", "recipient={id:<PSID>}&" + hi, "parse_document"},
		{"?recipient={id:<PSID>}", hi, "parse_document"},
		{"", to + `&message={"text":"hi","text":"` + digits + `"}`, "parse_document"},
		{"", to + "&message=" + strings.Repeat("[", 70) + strings.Repeat("]", 70), "parse_too_deep"},
		{"", strings.Repeat("&a=1", 2) + to, "parse_duplicate_key"},
		{"", to + "&" + digits + "=1&" + hi, "value_in_name"},
		{"", to + `&brand_new=` + digits + "&" + hi, "unlisted_value"},
	} {
		got := r.ask("bot", "POST", formSend+strings.ReplaceAll(test.query, "<", "%3C"), test.body, asForm)
		r.refused(test.query+" "+test.body, got, http.StatusBadRequest, test.reason)
	}
	many := func(n int) string {
		var b strings.Builder
		for i := range n - 2 {
			fmt.Fprintf(&b, "&f%d", i)
		}
		return to + "&" + hi + b.String()
	}
	r.refused("1001 fields", r.ask("bot", "POST", formSend, many(1001), asForm), http.StatusBadRequest, "parse_too_many_fields")
	r.nothing(r.platform)
	if got := r.ask("bot", "POST", formSend, many(1000), asForm); got.status != http.StatusOK || r.only(r.platform).body != many(1000) {
		t.Errorf("1000 fields: answered %d %s", got.status, got.body)
	}
}

// What looks like a document is words where the platform takes no object.
func TestWordsInBraces(t *testing.T) {
	r := newRig(t)
	body := "recipient={'id':'" + anna + "'}&message={'text':'hi'}&metadata={so%20be%20it:%20" + digits + "}"
	if got := r.ask("bot", "POST", formSend, body, asForm); got.status != http.StatusOK {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	if got := r.received().Get("metadata"); got != "{so be it: ***1111}" {
		t.Errorf("the platform got %s", got)
	}
}

// A body of JSON and a query have their parameters together.
func TestQueryBesideJSON(t *testing.T) {
	r := newRig(t)
	target := formSend + "?message=%7B%22text%22:%22card%20" + digits + "%22%7D"
	if got := r.call(target, `{ "recipient" : {"id":"`+anna+`"} }`); got.status != http.StatusOK {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	seen := r.only(r.platform)
	if seen.body != `{ "recipient" : {"id":"`+anna+`"} }` || seen.target != "/v23.0/me/messages?message=%7B%22text%22:%22card%20%2A%2A%2A1111%22%7D" {
		t.Errorf("the platform got %s %s", seen.target, seen.body)
	}
	for name, body := range map[string]string{"twice": hello, "escaped": strings.Replace(hello, "message", `mess\u0061ge`, 1)} {
		r.refused(name, r.call(target, body), http.StatusBadRequest, "parse_duplicate_key")
	}
	r.refused("array", r.call(target, "[1]"), http.StatusBadRequest, "query")
}

// The account is found by the access token of a form, too.
func TestFormsFindTheirAccount(t *testing.T) {
	r := newRig(t)
	for name, sent := range carried("/v23.0/me/messages", "recipient", "{'id':'"+anna+"'}", "message", "{'text':'hi'}", "access_token", gramToken, "tag", "A") {
		if got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
	for _, line := range r.lines("call") {
		if line["account"] != "gram" {
			t.Errorf("it went to %v", line["account"])
		}
	}
	if logged := r.logged.String(); strings.Contains(logged, gramToken) || strings.Contains(logged, anna) {
		t.Error("the log holds a token or an id")
	}
}

// TestMethodParameter: a parameter makes the call another one, and everything
// behind goes by that.
func TestMethodParameter(t *testing.T) {
	r := newRig(t)
	to := "recipient=" + url.QueryEscape(`{"id":"`+anna+`"}`)
	message := "message=" + url.QueryEscape(`{"text":"`+digits+`"}`)
	for _, test := range []struct {
		method, target, body, header string
		sent                         string // the method that the platform sees
	}{
		{"GET", formSend + "?method=post&" + to + "&" + message, "", asForm, "POST"},
		{"GET", formSend + "?method=POST&" + to + "&" + message, "", asForm, "POST"},
		{"POST", formSend, "method=post&" + to + "&" + message, asForm, "POST"},
		{"POST", formSend + "?method=post", to + "&" + message, asForm, "POST"},
		{"POST", formSend, `{"method":"post","recipient":{"id":"` + anna + `"},"message":{"text":"` + digits + `"}}`, "Content-Type: application/json", "POST"},
	} {
		before := len(r.platform.requests())
		got := r.ask("bot", test.method, test.target, test.body, test.header)
		if got.status != http.StatusOK {
			t.Errorf("%s %s %s: answered %d %s", test.method, test.target, test.body, got.status, got.body)
			continue
		}
		seen := r.platform.requests()[before]
		if seen.method != test.sent || shows(seen.target, seen.body) || !strings.Contains(seen.target+seen.body, "1111") {
			t.Errorf("%s %s: the platform got %s %s %s", test.method, test.target, seen.method, seen.target, seen.body)
		}
	}
	for _, test := range []struct{ method, query, body, header, reason string }{
		{"POST", "?method=put", to, asForm, "method_parameter"},
		{"POST", "?method=", to, asForm, "method_parameter"},
		{"POST", "?method=post&method=get", to, asForm, "method_parameter"},
		{"POST", "?method=post", "method=post&" + to, asForm, "method_parameter"},
		{"POST", "", "method=options&" + to, asForm, "method_parameter"},
		{"POST", "", `{"method":["post"]}`, "Content-Type: application/json", "method_parameter"},
		{"DELETE", "?method=post", "", asForm, "method_parameter"},
		{"DELETE", "?method=get", "", asForm, "method_parameter"},
		{"POST", "?method=get&" + message, "", asForm, "query"},
		{"GET", "?method=get&" + message, "", asForm, "query"},
		{"POST", "?method=get&q=" + digits, "", asForm, "value_in_query"},
	} {
		before := len(r.platform.requests())
		got := r.ask("bot", test.method, formSend+test.query, test.body, test.header)
		r.refused(test.method+" "+test.query+" "+test.body, got, http.StatusBadRequest, test.reason)
		if len(r.platform.requests()) != before {
			t.Errorf("%s: it was forwarded", test.query)
		}
	}
	got := r.ask("bot", "POST", formSend, hello, "Content-Type: application/json", "X-HTTP-Method-Override: DELETE")
	r.refused("header", got, http.StatusMethodNotAllowed, "method")
}

// TestAnswerByMethod: whether the platform may have done something goes by the
// effective method.
func TestAnswerByMethod(t *testing.T) {
	r := newRig(t)
	r.platform.says(200, "text/html", "<html>")
	for _, test := range []struct{ method, target, message string }{
		{"GET", "/shop/me/messages?method=post&recipient=" + url.QueryEscape(`{"id":"`+anna+`"}`), "may have carried out"},
		{"POST", "/shop/me/conversations?method=get", "cannot be read"},
		{"POST", "/shop/me/messages", "may have carried out"},
		{"GET", "/shop/me/conversations", "cannot be read"},
	} {
		if got := r.ask("bot", test.method, test.target, ""); got.status != http.StatusBadGateway || !strings.Contains(got.body, test.message) {
			t.Errorf("%s %s: %d %s", test.method, test.target, got.status, got.body)
		}
	}
}

// TestCarriedRegistration: a webhook is registered at piiproxy, whatever carries the
// call.
func TestCarriedRegistration(t *testing.T) {
	r := newRig(t)
	for name, sent := range carried("/shop/v23.0/1/subscriptions", "object", "page", "callback_url", "https://bot.example/hook", "fields", "messages", "verify_token", "bots-own") {
		if got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
			continue
		}
		got := r.received()
		if got.Get("callback_url") != "https://chat.example.com/webhook/main" || got.Get("verify_token") != verifyToken || got.Get("object") != "page" || len(got) != 4 {
			t.Errorf("%s: the platform got %v", name, got)
		}
	}
	for document, want := range map[string]string{
		`{'callback_url':'https://bot.example'}`:            `{"callback_url":"https:\/\/chat.example.com\/webhook\/main"}`,
		`{"a":{"override_callback_uri":"x"}}`:               `{"a":{"override_callback_uri":"https:\/\/chat.example.com\/webhook\/main"}}`,
		`{"a":"{override_callback_uri:'x'}"}`:               "",
		`{"a":"{\"b\":\"{'override_callback_uri':'x'}\"}"}`: "",
	} {
		for name, sent := range carried("/shop/v23.0/1/subscriptions", "object", "page", "webhook_configuration", document) {
			got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...)
			if want == "" {
				r.refused(name+" "+document, got, http.StatusForbidden, "registration")
			} else if said := r.received().Get("webhook_configuration"); got.status != http.StatusOK || said != want {
				t.Errorf("%s %s: answered %d, the platform got %s", name, document, got.status, said)
			}
		}
	}
}

// TestCarriedSwap: a question becomes a button to a form in the call that carried
// it.
func TestCarriedSwap(t *testing.T) {
	for name, sent := range carried(formSend, "recipient", "{'id':'"+anna+"'}", "tag", "A", "message", `{"text":"`+askCard+`"}`, "metadata", "x") {
		r := newRig(t)
		r.knows(anna)
		if got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
			continue
		}
		got := r.received()
		if message := got.Get("message"); linkIn.FindString(message) == "" || strings.Contains(message, "16-digit") || got.Get("tag") != "A" || got.Get("metadata") != "x" || len(got) != 4 {
			t.Errorf("%s: the platform got %v", name, got)
		}
	}
	for name, sent := range carried("/"+lineID+"/messages", "messaging_product", "whatsapp", "to", annaPhone, "text", `{"body":"What is your SSN?"}`, "type", "text") {
		r := newRig(t)
		r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
		if got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
			continue
		}
		got := r.received()
		if interactive := got.Get("interactive"); linkIn.FindString(interactive) == "" || got.Get("type") != "interactive" || got.Has("text") || got.Get("to") != annaPhone || len(got) != 4 {
			t.Errorf("%s: the platform got %v", name, got)
		}
	}
}

// TestCarriedTokens: tokens are restored in the conversation that the parameters
// name, and the account's own values stay.
func TestCarriedTokens(t *testing.T) {
	r := newRig(t)
	mail := r.token(anna, email)
	for name, sent := range carried(formSend, "recipient", "{'id':'"+anna+"'}", "message", `{"text":"we write to `+mail+`"}`) {
		r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...)
		if got := r.received().Get("message"); !strings.Contains(got, `jane.doe\u0040corp.example`) {
			t.Errorf("%s: the platform got %s", name, got)
		}
	}
	for name, sent := range carried(formSend, "recipient", "{'id':'"+bert+"'}", "message", `{"text":"we write to `+mail+`"}`) {
		r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...)
		if got := r.received().Get("message"); strings.Contains(got, "corp.example") || strings.Contains(got, mail) {
			t.Errorf("%s, another person: the platform got %s", name, got)
		}
	}
	own := newRig(t, func(p *plan) { p.accounts[0].own.Values = []string{"help@shop.example"} })
	for name, sent := range carried(formSend, "recipient", `{"id":"`+anna+`"}`, "message", `{"text":"mail help@shop.example or `+email+`"}`) {
		own.ask("bot", "POST", sent.target, string(sent.body), sent.headers...)
		if got := own.received().Get("message"); !strings.Contains(got, "help@shop.example or j***") {
			t.Errorf("%s: the platform got %s", name, got)
		}
	}
}
