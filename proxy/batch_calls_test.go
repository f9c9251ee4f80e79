package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// A question in a batch becomes a button like one in a call of its own, and is
// armed for the answer; one that cannot is refused alone.
func TestBatchSwap(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	r.knows(anna)
	r.knows(bert)
	entries := r.entries(r.batch(writes(bert, "hello"), writes(anna, askCard), part{Method: "POST", URL: "me/messages", Body: "recipient=" + `{"comment_id":"1_2"}` + "&message=" + `{"text":"Please type your card number"}`}))
	parts := r.parts()
	if len(parts) != 2 || parts[0].says() != "hello" || !strings.Contains(entries[1].text(), "m_batch1") || !strings.Contains(entries[2].text(), "(prompt_without_person)") {
		t.Fatalf("the platform got %v, the bot %s", parts, entries[2].text())
	}
	message := parts[1].parameters().Get("message")
	if linkIn.FindString(message) == "" || strings.Contains(message, "16-digit") || parts[1].parameters().Get("messaging_type") != "RESPONSE" {
		t.Fatalf("the question went on as %s", parts[1].Body)
	}
	lines := r.lines("call")
	if len(lines) != 3 || lines[0]["reason"] != "prompt_without_person" {
		t.Errorf("logged %v", lines)
	}
}

// A question in a batch tells what a bare answer is; one in a batch that was not
// sent asked nothing.
func TestBatchArms(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Prompts["default"] = "arm" })
	r.platform.batches()
	r.entries(r.batch(writes(bert, "hello"), writes(anna, lastFour)))
	if got := r.says("a", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("asked: %q", got)
	}
	r.refused("no batch", r.batch(writes(anna, lastFour), part{Method: "GET", URL: "//evil.example"}), http.StatusBadRequest, "batch_url")
	if got := r.says("b", "4821"); got != "4821" {
		t.Errorf("not asked: %q", got)
	}
}

// A link of a batch that the platform did not take is taken back, so that the same
// question gets it again.
func TestBatchSwapNotTaken(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	link := func() string { return linkIn.FindString(r.parts()[0].parameters().Get("message")) }
	r.platform.batches(`{"code":400,"body":"{\"error\":{\"message\":\"no\",\"code\":100}}"}`)
	r.batch(writes(anna, askCard))
	first := link()
	r.platform.says(http.StatusBadRequest, "application/json", `{"error":{"message":"no","code":100}}`)
	r.batch(writes(anna, askCard))
	second := link()
	r.platform.batches()
	for range 2 { // a third question would be one too many
		if got := r.entries(r.batch(writes(anna, askCard)))[0]; got.Code != http.StatusOK {
			t.Fatalf("answered %s", got.text())
		}
	}
	if first == "" || second == "" || first == second {
		t.Errorf("links %s, %s", first, second)
	}
}

// What is about a message of ours is answered in its place; what waits for it does
// not wait any more, and what takes something from its answer is refused.
func TestBatchAbsorbed(t *testing.T) {
	r := newRig(t)
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`)
	r.openForm().fill(map[string]string{"ssn": "123-45-6789"})
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	id := regexp.MustCompile(`"id":"(wamid\.[^"]+)"`).FindStringSubmatch(r.bots["bot"].bodies()[1])[1]
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	r.platform.batches(`{"success":true}`)
	url := lineID + "/messages"
	read := part{Method: "POST", URL: url, Name: "read", Body: "messaging_product=whatsapp&status=read&message_id=" + escape(id)}
	waits := part{Method: "POST", URL: url, DependsOn: "read", Body: "messaging_product=whatsapp&to=" + annaPhone + "&type=text&text=" + escape(`{"body":"Thank you!"}`)}
	uses := part{Method: "GET", URL: "{result=read:$.id}"}
	entries := r.entries(r.call("/line/", `{"batch":`+listed(read, waits, uses)+`}`))
	if len(entries) != 3 || entries[0].text() != `{"success":true}` || entries[1].text() != `{"success":true}` || !strings.Contains(entries[2].text(), "(batch_depends)") {
		t.Errorf("answered %s %s %s", entries[0].text(), entries[1].text(), entries[2].text())
	}
	if parts := r.parts(); len(parts) != 1 || parts[0].Body != waits.Body || parts[0].DependsOn != "" || strings.Contains(r.lastSent(), id) {
		t.Errorf("the platform got %s", r.lastSent())
	}
	before := len(r.platform.requests())
	if entries := r.entries(r.call("/line/", `{"batch":`+listed(read)+`}`)); entries[0].Code != http.StatusOK || len(r.platform.requests()) != before {
		t.Errorf("answered %s", entries[0].text())
	}
}

// Items wait for items that are before them and go on; expressions stand for ids,
// and whom an expression names is nobody.
func TestBatchDepends(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Outbound["ssn"] = "block" })
	r.platform.batches()
	mail := r.token(anna, email)
	named := func(name string, p part) part { p.Name = name; return p }
	blocked := named("bad", writes(anna, "my social security number is 219-09-9999"))
	read := named("who", part{Method: "GET", URL: "me/conversations?limit=1"})
	for name, test := range map[string]struct {
		items []part
		want  string // what each item gets: ok, or a reason
		texts string // what the platform gets
	}{
		"waits":                {[]part{named("a", writes(anna, "one")), after("a", writes(anna, "two"))}, "ok ok", "one|two"},
		"waits for nothing":    {[]part{writes(anna, "one"), after("x", writes(anna, "two"))}, "ok batch_depends", "one"},
		"waits for a later":    {[]part{after("a", writes(anna, "one")), named("a", writes(anna, "two"))}, "batch_depends ok", "two"},
		"waits for itself":     {[]part{after("a", named("a", writes(anna, "one"))), writes(anna, "two")}, "batch_depends ok", "two"},
		"waits for a refused":  {[]part{blocked, after("bad", writes(anna, "two")), writes(anna, "three")}, "policy_block batch_depends ok", "three"},
		"and who waits for it": {[]part{blocked, named("b", after("bad", writes(anna, "two"))), after("b", writes(anna, "three")), writes(anna, "four")}, "policy_block batch_depends batch_depends ok", "four"},
		"an id":                {[]part{read, writes("{result=who:$.data[0].id}", "hello")}, "ok ok", "|hello"},
		"ids in a query":       {[]part{read, {Method: "GET", URL: "?ids={result=who:$.data.*.id}"}}, "ok ok", "|"},
		"a path":               {[]part{read, {Method: "POST", URL: "{result=who:$.data[0].id}/messages", Body: writes(anna, "x").Body}}, "ok ok", "|x"},
		"a token to nobody":    {[]part{read, writes("{result=who:$.data[0].id}", "to "+mail)}, "ok ok", "|to your e-mail"},
		"a question to nobody": {[]part{read, writes("{result=who:$.data[0].id}", askCard)}, "ok prompt_without_person", ""},
		"from a refused":       {[]part{blocked, writes("{result=bad:$.id}", "hello"), writes(anna, "x")}, "policy_block batch_depends ok", "x"},
	} {
		entries := r.entries(r.batch(test.items...))
		var got, texts []string
		for _, entry := range entries {
			reason := regexp.MustCompile(`\((\w+)\)$`).FindStringSubmatch(graphShape(entry.text()).Message)
			got = append(got, append(reason, "ok", "ok")[1])
		}
		for _, p := range r.parts() {
			texts = append(texts, p.says())
		}
		if strings.Join(got, " ") != test.want || strings.Join(texts, "|") != test.texts {
			t.Errorf("%s: got %v, the platform %q", name, got, texts)
		}
	}
}

// Each item has the account that its own path, or its token, names.
func TestBatchAccounts(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.accounts = append(p.accounts, account{name: "far", channel: "messenger", id: "1002", token: "EAAfar", app: "other", bot: "bot"})
	})
	r.platform.batches()
	whatsapp := part{Method: "POST", URL: "v23.0/" + lineID + "/messages", Body: "messaging_product=whatsapp&to=" + annaPhone + "&type=text&text=" + escape(`{"body":"card `+card+`"}`)}
	byToken := writes(anna, "hello")
	byToken.URL += "?access_token=" + gramToken
	r.entries(r.batch(writes(anna, "hello"), whatsapp, byToken))
	var accounts []string
	for _, line := range r.lines("call") {
		accounts = append(accounts, line["account"].(string))
	}
	if strings.Join(accounts, " ") != "shop line gram" || !strings.Contains(r.parts()[1].Body, "***1111") && !strings.Contains(r.parts()[1].Body, "%2A%2A%2A1111") {
		t.Errorf("accounts %v, the platform got %s", accounts, r.lastSent())
	}
	before := len(r.platform.requests())
	other := writes(anna, "hello")
	other.URL = "1002/messages"
	r.refused("another app", r.batch(writes(anna, "hello"), other), http.StatusBadRequest, "batch_accounts")
	r.refused("nobody's", r.call("/", `{"batch":`+listed(writes(anna, "hello"))+`}`), http.StatusUnauthorized, "account_unknown")
	if len(r.platform.requests()) != before {
		t.Error("a refused batch went on")
	}
	if got := r.call("/", `{"batch":`+listed(part{Method: "GET", URL: shopID})+`}`); got.status != http.StatusOK {
		t.Errorf("by an item's path: answered %d %s", got.status, got.body)
	}
	if got := r.call("/", `{"access_token":"`+shopToken+`","batch":`+listed(writes(anna, "hello"))+`}`); got.status != http.StatusOK {
		t.Errorf("by the batch's token: answered %d %s", got.status, got.body)
	}
}

// Batches beyond the bounds are refused, and so are bodies that are none.
func TestBatchBounds(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Bodies.BatchItems = 3; p.limits.Payload.Values = 100 })
	r.platform.batches()
	get := part{Method: "GET", URL: "me"}
	if got := r.batch(get, get, get); got.status != http.StatusOK {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	before := len(r.platform.requests())
	r.refused("four", r.batch(get, get, get, get), http.StatusBadRequest, "batch_items")
	big := part{Method: "POST", URL: "me/messages", Body: "a=" + escape("["+strings.Repeat("1,", 60)+"1]")}
	r.refused("many values", r.batch(big, big), http.StatusBadRequest, "parse_too_many_values")
	for name, body := range map[string]string{"no batch": `{"a":1}`, "a list": `[{"method":"GET","relative_url":"me"}]`, "empty": `{"batch":[]}`, "a number": `{"batch":1}`} {
		r.refused(name, r.call("/shop/", body), http.StatusBadRequest, "batch")
	}
	if len(r.platform.requests()) != before {
		t.Error("a refused batch went on")
	}
}

// A registration in a batch gets piiproxy's own address, and what is not to be
// changed in one goes on as it is.
func TestBatchOtherCalls(t *testing.T) {
	r := newRig(t)
	r.platform.batches(`{"success":true}`, `{"result":"success"}`, `{"first_name":"Ann","id":"`+anna+`"}`)
	items := []part{
		{Method: "POST", URL: "445566/subscriptions?object=page", Body: "callback_url=" + escape("https://evil.example/hook") + "&verify_token=mine&fields=messages"},
		{Method: "DELETE", URL: "me/messenger_profile?fields=" + escape(`["get_started"]`)},
		{Method: "GET", URL: anna + "?fields=first_name,last_name"},
	}
	entries := r.entries(r.batch(items...))
	parts := r.parts()
	if got := parts[0].parameters(); got.Get("callback_url") != "https://chat.example.com/webhook/main" || got.Get("verify_token") != verifyToken || got.Get("fields") != "messages" || parts[0].URL != items[0].URL {
		t.Errorf("the platform got %s", parts[0].Body)
	}
	if parts[1] != items[1] || parts[2] != items[2] || entries[2].text() != `{"first_name":"Ann","id":"`+anna+`"}` {
		t.Errorf("the platform got %v, the bot %s", parts[1:], entries[2].text())
	}
	if lines := r.lines("registration_rewritten"); len(lines) != 1 {
		t.Errorf("logged %v", lines)
	}
}

// In shadow mode every byte goes on, in both directions, and the log says what
// would be done.
func TestBatchShadow(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[0].mode = rules.Shadow; p.policy.Outbound["ssn"] = "block" })
	answer := `[{"code":200,"body":` + quoted(`{"message_id":"m_1","note":"`+card+`"}`) + `},null]`
	r.platform.says(http.StatusOK, "application/json", answer)
	body := `{"note":"` + card + `","batch":` + listed(writes(anna, "card "+card), writes(anna, "my social security number is 219-09-9999")) + `}`
	if got := r.call("/shop/", body); got.body != answer || r.lastSent() != body {
		t.Errorf("answered %d %s, the platform got %s", got.status, got.body, r.lastSent())
	}
	if said := fmt.Sprint(r.lines("call")); !strings.Contains(said, "action:mask") || !strings.Contains(said, "action:block") {
		t.Errorf("the log says %s", said)
	}
}

// Files of a batch go by the policy of its account, and never without their item.
func TestBatchFiles(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Outbound["ssn"] = "block" })
	r.platform.batches()
	picture := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\x00IEND\xaeB`\x82"
	send := func(url, words string) reply {
		p := writes(anna, words)
		item := `{"method":"POST","relative_url":"` + url + `","attached_files":"pic","body":` + string(must(json.Marshal(p.Body))) + `}`
		body := "--b\r\nContent-Disposition: form-data; name=\"batch\"\r\n\r\n[" + item + "]\r\n--b\r\nContent-Disposition: form-data; name=\"pic\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" + picture + "\r\n--b--\r\n"
		return r.ask("bot", "POST", "/shop/", body, "Content-Type: multipart/form-data; boundary=b")
	}
	if got := send("me/messages", "a card "+card); len(r.entries(got)) != 1 || !strings.Contains(r.lastSent(), picture) || strings.Contains(r.lastSent(), "4111") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	before := len(r.platform.requests())
	r.refused("its item refused", send("me/messages", "my social security number is 219-09-9999"), http.StatusBadRequest, "policy_block")
	r.refused("another account's", send(lineID+"/messages", "hello"), http.StatusBadRequest, "batch_accounts")
	if len(r.platform.requests()) != before {
		t.Error("a refused batch went on")
	}
}
