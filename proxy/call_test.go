package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// A call without findings goes on byte for byte, and so does its answer.
func TestCleanCall(t *testing.T) {
	r := newRig(t)
	for name, test := range map[string]struct{ method, target, body, answer string }{
		"messenger":       {"POST", "/shop/v23.0/me/messages?access_token=" + shopToken, hello, `{"recipient_id":"` + anna + `","message_id":"m_\/1"}`},
		"white space":     {"POST", "/shop/me/messages", " {\n\t\"recipient\" : {\"id\":\"" + anna + "\"}, \"message\":{\"text\":\"\\u0041 \\/ 😀 caf\\u00e9\"}}\r\n", "{ \"message_id\" :\"1\\u0041\" }\n"},
		"whatsapp":        {"POST", "/v23.0/" + lineID + "/messages", `{"messaging_product":"whatsapp","to":"+1 (555) 123-0001","type":"text","text":{"body":"hi"}}`, `{"messages":[{"id":"wamid.1"}]}`},
		"ids like cards":  {"POST", "/shop/me/messages", strings.ReplaceAll(hello, anna, digits), `{"recipient_id":"` + digits + `","message_id":"` + digits + `"}`},
		"read":            {"GET", "/shop/v23.0/" + anna + "?fields=first_name,last_name&access_token=" + shopToken, "", `{"first_name":"Ann","last_name":"Example","id":"` + anna + `"}`},
		"delete":          {"DELETE", "/shop/v23.0/me/messenger_profile?fields=[%22get_started%22]", "", `{"result":"success"}`},
		"an empty answer": {"POST", "/shop/me/messages", hello, ``},
		"numbers":         {"POST", "/shop/me/messages", strings.Replace(hello, "{", `{"x":10158612345678901234,"y":1.50e+2,`, 1), `{"x":1.0E0}`},
	} {
		r.platform.says(http.StatusOK, "application/json", test.answer)
		before := len(r.platform.requests())
		got := r.ask("bot", test.method, test.target, test.body, "Content-Type: application/json; charset=utf-8", "User-Agent: my-bot/1", "X-Own: dropped", "Cookie: c=dropped", "Baggage: user=dropped", "Authorization: Bearer "+shopToken)
		if got.status != http.StatusOK || got.body != test.answer {
			t.Errorf("%s: answered %d %q", name, got.status, got.body)
			continue
		}
		sent := r.platform.requests()[before]
		target := strings.TrimPrefix(test.target, "/shop")
		if sent.method != test.method || sent.target != target || sent.body != test.body || sent.chunked {
			t.Errorf("%s: the platform got %s %s %s", name, sent.method, sent.target, sent.body)
		}
		for _, header := range []string{"X-Own", "Cookie", "Traceparent", "X-Forwarded-For", "Expect-Ct", "Range"} {
			if sent.header.Get(header) != "" {
				t.Errorf("%s: %s was forwarded", name, header)
			}
		}
		for header, want := range map[string]string{"User-Agent": "my-bot/1", "X-Own": "", "Cookie": "", "Authorization": "Bearer " + shopToken, "Accept-Encoding": "gzip"} {
			if got := sent.header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

// What policy hides is masked on its way out, in Meta's spelling.
func TestDirtyCall(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.accounts[0].own = rules.Own{Values: []string{"+1 800 555 0100"}, Patterns: []string{"*@shop.example"}}
	})
	send := func(words string) string { return strings.Replace(hello, "hello", words, 1) }
	for name, test := range map[string][2]string{
		"card":       {"your card " + card + " é", "your card ***1111 é"},
		"e-mail":     {"to " + email, `to j***\u0040corp.example`},
		"own value":  {"call +1 800 555 0100 or (800) 555-0100", "call +1 800 555 0100 or (800) 555-0100"},
		"own domain": {"mail help@shop.example", "mail help@shop.example"},
		"not own":    {"mail help@bank.example", `mail h***\u0040bank.example`},
		"escapes":    {`\u0034111 1111 1111 1111\/`, `***1111\/`},
		"own prompt": {"Please confirm your order 389501", "Please confirm your order 389501"},
	} {
		before := len(r.platform.requests())
		if got := r.call("/shop/me/messages", send(test[0])); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		} else if sent := r.platform.bodies()[before]; sent != send(test[1]) {
			t.Errorf("%s:\n got %s\nwant %s", name, sent, send(test[1]))
		}
	}
}

// What cannot be hidden in place is refused, and the platform gets nothing.
func TestRefusedCall(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Outbound["ssn"] = "block" })
	body := func(members string) string { return strings.Replace(hello, "{", "{"+members+",", 1) }
	for name, test := range map[string]struct{ target, body, reason string }{
		"unlisted value":     {"/shop/me/messages", body(`"brand_new":["` + card + `"]`), "unlisted_value"},
		"unlisted and text":  {"/shop/me/messages", strings.Replace(body(`"brand_new":"`+card+`"`), "hello", card, 1), "unlisted_value"},
		"number for a text":  {"/shop/me/messages", strings.Replace(hello, `"hello"`, digits, 1), "value_in_number"},
		"name":               {"/shop/me/messages", body(`"` + digits + `":1`), "value_in_name"},
		"name in a document": {"/line/me/messages", `{"to":"` + annaPhone + `","interactive":{"action":{"parameters":{"flow_action_payload":"{\"` + digits + `\":1}"}}}}`, "value_in_name"},
		"blocked kind":       {"/shop/me/messages", strings.Replace(hello, "hello", "my social security number is 219-09-9999", 1), "policy_block"},
		"prompt to a post":   {"/shop/me/messages", `{"recipient":{"comment_id":"1_2"},"message":{"text":"Please type your card number"}}`, "prompt_without_person"},
		"value in the query": {"/shop/me/messages?note=" + digits, hello, "unlisted_value"},
		"mail in the query":  {"/shop/me/messages?note=jane.doe%40corp.example", hello, "unlisted_value"},
	} {
		got := r.call(test.target, test.body)
		r.refused(name, got, http.StatusBadRequest, test.reason)
		if shape := graphShape(got.body); shape.Code != 100 || *shape.Transient {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	r.nothing(r.platform)
}

// A call that only reads has no message in its query, and no other has what cannot
// be parsed.
func TestQueryCarriers(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"batch", "message", "recipient", "to", "text", "callback_url", "override_callback_uri", "body", "attachment", "payload"} {
		r.refused(name, r.ask("bot", "GET", "/shop/me/messages?"+name+"=x", ""), http.StatusBadRequest, "query")
		if name == "batch" || name == "callback_url" {
			continue
		}
		if got := r.ask("bot", "POST", "/shop/me/messages?"+name+"="+card[:4], ""); got.status != http.StatusOK {
			t.Errorf("POST %s: answered %d %s", name, got.status, got.body)
		}
	}
	before := len(r.platform.requests())
	for _, query := range []string{"a=%zz", "a;b"} {
		r.refused(query, r.ask("bot", "POST", "/shop/me/messages?"+query, ""), http.StatusBadRequest, "query")
	}
	if len(r.platform.requests()) != before {
		t.Error("a query that cannot be parsed was forwarded")
	}
}

// Ids in a query are ids, whatever they look like: an eleventh of all PSIDs
// would pass for cards (threats.md B3).
func TestIDsInQuery(t *testing.T) {
	r := newRig(t)
	for _, query := range []string{
		"user=" + digits, "psid=" + digits, "access_token=" + digits, "input_token=" + digits,
		"fields=name,profile_pic&platform=instagram",
	} {
		if got := r.ask("bot", "GET", "/shop/v23.0/me/conversations?"+query, ""); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", query, got.status, got.body)
		} else if sent := r.platform.requests(); sent[len(sent)-1].target != "/v23.0/me/conversations?"+query {
			t.Errorf("%s: the platform got %s", query, sent[len(sent)-1].target)
		}
	}
}

// In shadow mode every byte goes on and the log says what would be done.
func TestShadow(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[0].mode = rules.Shadow })
	for _, body := range []string{
		strings.Replace(hello, "hello", card+" "+email, 1), strings.Replace(hello, `"hello"`, digits, 1),
		strings.Replace(hello, "{", `{"x":"`+card+`",`, 1), strings.Replace(hello, "hello", "pii_email_"+strings.Repeat("a", 26), 1),
	} {
		before := len(r.platform.requests())
		if got := r.call("/shop/me/messages", body); got.status != http.StatusOK || r.platform.bodies()[before] != body {
			t.Errorf("%s: answered %d", body, got.status)
		}
	}
	sent := page(entry(shopID, text(shopID, anna, "card "+card), event(shopID, bert, `"message":{"text":`+digits+`}`)))
	if got := r.hook(sent); got.status != http.StatusOK || r.only(r.bots["bot"]).body != sent {
		t.Errorf("webhook: answered %d, the bot got %s", got.status, r.bots["bot"].bodies())
	}
	if said := fmt.Sprint(r.lines("webhook")[0]["findings"]); !strings.Contains(said, "action:tokenize") || !strings.Contains(said, "mode:shadow") {
		t.Errorf("the log says %s", said)
	}
	if got := r.counter(`piiproxy_findings_total{account="shop",action="tokenize",direction="inbound",kind="credit_card",mode="shadow"}`); got != 1 {
		t.Errorf("counted %v", got)
	}
	if got := r.records("value"); got != 0 {
		t.Errorf("%d values were kept", got)
	}
}
