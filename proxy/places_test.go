package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// Where a string stands decides what is done with it. Templates mark tokens
// with {kind}; what differs only there was edited and nothing else was.
func TestPlacesOfWebhook(t *testing.T) {
	fb := func(members string) string { return page(entry(shopID, event(shopID, anna, members))) }
	wa := func(members string) string { return waba(change(lineID, waMessage(annaPhone, members))) }
	for _, test := range []struct{ name, sent, want string }{
		{
			"unlisted, validator passed", fb(`"message":{"mid":"m","text":"x","brand_new":{"words":["` + card + `"]}}`),
			fb(`"message":{"mid":"m","text":"x","brand_new":{"words":["{creditcard}"]}}`),
		},
		{
			"unlisted, no validator", fb(`"message":{"mid":"m","text":"x","brand_new":"cvv 123"}`),
			fb(`"message":{"mid":"m","text":"x","brand_new":"cvv 123"}`),
		},
		{
			"structure and ids", fb(`"message":{"mid":"` + card + `","tags":[{"source":"` + card + `"}]}`),
			fb(`"message":{"mid":"` + card + `","tags":[{"source":"` + card + `"}]}`),
		},
		{
			"links", fb(`"message":{"mid":"m","attachments":[{"type":"image","payload":{"url":"https://x/?c=` + digits + `"}}]}`),
			fb(`"message":{"mid":"m","attachments":[{"type":"image","payload":{"url":"https://x/?c=` + digits + `"}}]}`),
		},
		{"developer's string", fb(`"message":{"mid":"m","metadata":"` + card + `"}`), fb(`"message":{"mid":"m","metadata":"` + card + `"}`)},
		{
			"quick reply repeats the text", fb(`"message":{"mid":"m","quick_reply":{"payload":"jane.doe\u0040corp.example"},"text":"` + email + `"}`),
			fb(`"message":{"mid":"m","quick_reply":{"payload":"{email}"},"text":"{email}"}`),
		},
		{
			"quick reply with its own payload", fb(`"message":{"mid":"m","text":"my ` + email + `","quick_reply":{"payload":"` + email + `"}}`),
			fb(`"message":{"mid":"m","text":"my {email}","quick_reply":{"payload":"` + email + `"}}`),
		},
		{
			"quick reply repeats a document", fb(`"message":{"mid":"m","text":"{\"c\":\"` + card + `\",\"n\":` + digits + `}","quick_reply":{"payload":"{\"c\":\"` + card + `\",\"n\":` + digits + `}"}}`),
			fb(`"message":{"mid":"m","text":"{\"c\":\"{creditcard}\",\"n\":\"{creditcard}\"}","quick_reply":{"payload":"{\"c\":\"{creditcard}\",\"n\":\"{creditcard}\"}"}}`),
		},
		{
			"an edit of a message", fb(`"message_edit":{"mid":"m","text":"it is ` + card + `","num_edit":1}`),
			fb(`"message_edit":{"mid":"m","text":"it is {creditcard}","num_edit":1}`),
		},
		{"a postback", fb(`"postback":{"mid":"m","title":"` + email + `","payload":"` + email + `"}`), fb(`"postback":{"mid":"m","title":"{email}","payload":"` + email + `"}`)},
		{
			"coordinates", fb(`"message":{"mid":"m","attachments":[{"type":"location","payload":{"coordinates":{"lat":52.520008,"long":13.404954}}}]}`),
			fb(`"message":{"mid":"m","attachments":[{"type":"location","payload":{"coordinates":{"lat":52.520008,"long":13.404954}}}]}`),
		},
		{
			"standby", page(`{"id":"` + shopID + `","time":1,"standby":[` + text(shopID, anna, card) + `]}`),
			page(`{"id":"` + shopID + `","time":1,"standby":[` + text(shopID, anna, "{creditcard}") + `]}`),
		},
		{
			"a receipt of delivery", fb(`"delivery":{"mids":["m_1"],"watermark":1799999999999}`), fb(`"delivery":{"mids":["m_1"],"watermark":1799999999999}`),
		},
		{
			"a status", waba(change(lineID, `"statuses":[{"id":"wamid.1","status":"sent","timestamp":"1","recipient_id":"`+annaPhone+`","pricing":{"billable":true}}]`)),
			waba(change(lineID, `"statuses":[{"id":"wamid.1","status":"sent","timestamp":"1","recipient_id":"`+annaPhone+`","pricing":{"billable":true}}]`)),
		},
		{
			"a flow's answers", wa(`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{ \"flow_token\":\"` + card + `\",\"note\":\"call ` + email + `\",\"card\":` + digits + `,\"deep\":\"{\\\"a\\\":[\\\"` + card + `\\\"]}\" }","body":"Sent","name":"flow"}}`),
			wa(`"type":"interactive","interactive":{"nfm_reply":{"response_json":"{ \"flow_token\":\"` + card + `\",\"note\":\"call {email}\",\"card\":\"{creditcard}\",\"deep\":\"{\\\"a\\\":[\\\"{creditcard}\\\"]}\" }","body":"Sent","name":"flow"}}`),
		},
		{
			"a contact card", wa(`"type":"contacts","contacts":[{"name":{"formatted_name":"Joe Roe"},"phones":[{"phone":"+1 (555) 123-4567","wa_id":"15551234567"}],"emails":[{"email":"any words"}]}]`),
			wa(`"type":"contacts","contacts":[{"name":{"formatted_name":"Joe Roe"},"phones":[{"phone":"{phone}","wa_id":"15551234567"}],"emails":[{"email":"{email}"}]}]`),
		},
		{"a place", wa(`"type":"location","location":{"latitude":52.5,"longitude":13.4,"name":"Home","address":"1 Hacker Way"}`), wa(`"type":"location","location":{"latitude":52.5,"longitude":13.4,"name":"{address}","address":"{address}"}`)},
	} {
		r := newRig(t)
		if got := r.hook(test.sent); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", test.name, got.status)
			continue
		}
		if bodies := r.bots["bot"].bodies(); len(bodies) != 1 {
			t.Errorf("%s: the bot got %d deliveries; quarantine: %s", test.name, len(bodies), r.quarantined())
		} else {
			t.Run(test.name, func(t *testing.T) { matches(t, test.name, test.want, bodies[0]) })
		}
	}
}

// What the bot sent comes back as an echo with the same tokens again.
func TestEchoMeetsItsToken(t *testing.T) {
	r := newRig(t)
	token := r.token(anna, "I am "+email)
	if got := r.send(anna, "thanks, we write to "+token); got.status != http.StatusOK {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	if sent := r.only(r.platform).body; !strings.Contains(sent, `jane.doe\u0040corp.example`) {
		t.Errorf("the platform got %s", sent)
	}
	sent := page(entry(shopID, echo(shopID, anna, "m_out1", "thanks, we write to "+email)))
	if got := r.hook(sent); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if got, want := r.bots["bot"].bodies()[1], strings.Replace(sent, email, token, 1); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// A template's parameters are edited, but for the end of a button's link,
// which changes only with its twin.
func TestTemplateParameters(t *testing.T) {
	r := newRig(t)
	send := func(body, button string) string {
		return `{"messaging_product":"whatsapp","to":"` + annaPhone + `","type":"template","template":{"name":"order","language":{"code":"en"},"components":[` +
			`{"type":"body","parameters":[{"type":"text","text":"` + body + `"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"` + button + `"}]}]}}`
	}
	for _, test := range []struct{ name, sent, want string }{
		{"clean", send("order 1", "abc"), send("order 1", "abc")},
		{"body", send("card "+card, "abc"), send("card ***1111", "abc")},
		{"the end of a link alone", send("hello", digits), send("hello", digits)},
		{"twins", send(digits, digits), send("***1111", "***1111")},
	} {
		before := len(r.platform.requests())
		if got := r.call("/"+lineID+"/messages", test.sent); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", test.name, got.status, got.body)
		} else if got := r.platform.bodies()[before]; got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

// What looks like JSON and is none hides nothing from the rules.
func TestEscapesInText(t *testing.T) {
	r := newRig(t)
	if got := r.hook(page(entry(shopID, text(shopID, anna, `{\"card\": \"\\u0034111111111111111\", oops`)))); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if got := r.only(r.bots["bot"]).body; strings.Contains(got, "111111111111111") {
		t.Errorf("the bot got %s", got)
	}
}

// A name that holds a token look-alike is still a name.
func TestPersonalFieldWithToken(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Inbound["person"] = "tokenize" })
	sent := waba(change(lineID, strings.Replace(waText(annaPhone, "hi"), "Ann Example", "Ann Example pii_email_aaaaaaaaaaaaaaaaaaaaaaaaaa", 1)))
	if got := r.hook(sent); got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if got := r.only(r.bots["bot"]).body; strings.Contains(got, "Ann Example") || strings.Contains(got, "aaaaaaaaaa") {
		t.Errorf("the bot got %s", got)
	}
}
