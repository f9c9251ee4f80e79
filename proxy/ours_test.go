package proxy_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestOursBesideOthers: what the platform reports of a message of ours is taken
// out of a change of WhatsApp's alone: the reports and messages beside it stay.
func TestOursBesideOthers(t *testing.T) {
	r := newRig(t)
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`)
	r.openForm().fill(map[string]string{"ssn": "123-45-6789"})
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 && r.records("outbox/") == 0 })
	mark := regexp.MustCompile(`"biz_opaque_callback_data":"(piiproxy [a-z2-7]+)"`).FindStringSubmatch(r.lastSent())
	if mark == nil {
		t.Fatalf("sent %s", r.lastSent())
	}
	status := func(id, more string) string {
		return `{"id":"` + id + `","status":"delivered","timestamp":"1","recipient_id":"` + annaPhone + `"` + more + `}`
	}
	ours := status("wamid.ours", `,"biz_opaque_callback_data":"`+mark[1]+`"`)
	for name, test := range map[string]struct{ got, want string }{
		"a status":  {`"statuses":[` + ours + `,` + status("wamid.bots", "") + `]`, `"statuses":[` + status("wamid.bots", "") + `]`},
		"a message": {waText(annaPhone, "hello") + `,"statuses":[` + ours + `]`, waText(annaPhone, "hello") + `,"statuses":[]`},
	} {
		before := len(r.bots["bot"].bodies())
		if got := r.hook(waba(change(lineID, test.got))); got.status != 200 {
			t.Fatalf("%s: %d", name, got.status)
		}
		r.until(name, func() bool { return len(r.bots["bot"].bodies()) > before }) // behind the turn, perhaps
		bodies := r.bots["bot"].bodies()[before:]
		if len(bodies) != 1 || !strings.Contains(bodies[0], test.want) || strings.Contains(bodies[0], "wamid.ours") {
			t.Errorf("%s: the bot got %v", name, bodies)
		}
	}
	before := len(r.bots["bot"].bodies())
	if r.hook(waba(change(lineID, `"statuses":[`+ours+`]`))); len(r.bots["bot"].bodies()) != before {
		t.Error("nothing but ours: the bot got it")
	}
}

// TestLinksOfAllAccounts: accounts of one bot share a delivery; each one's links
// lose their ids, wherever its forms are.
func TestLinksOfAllAccounts(t *testing.T) {
	const second = "2906385232743452"
	r := newRig(t, func(p *plan) {
		p.accounts = append(p.accounts, account{name: "outlet", channel: "messenger", id: second, token: "EAAoutlet", app: "main", bot: "bot"})
	})
	outlet, _ := r.tenants.Account("outlet")
	outlet.Prefixes = append(outlet.Prefixes, "https://forms.example.com/?link=")
	r.hook(page(
		entry(shopID, text(shopID, anna, "hi https://chat.example.com/c/abcdefgh")),
		entry(second, text(second, bert, "hi https://forms.example.com/?link=abcdefgh")),
	))
	if got := r.only(r.bots["bot"]).body; strings.Contains(got, "abcdefgh") || strings.Count(got, "hidden") != 2 {
		t.Errorf("the bot got %s", got)
	}
}

// TestReceiptsOfOurs: a receipt for our own messages is no business of the bot's,
// unless it is one for the bot's, too.
func TestReceiptsOfOurs(t *testing.T) {
	r := newRig(t, telling)
	r.platform.says(200, "application/json", `{"recipient_id":"`+anna+`","message_id":"m_notice"}`)
	r.says("a", "hi")
	r.until("the notice", func() bool { return r.count(noticeWords) == 1 })
	receipt := func(ids string) string {
		return page(entry(shopID, event(shopID, anna, `"delivery":{"mids":[`+ids+`],"watermark":1}`)))
	}
	r.until("a receipt for ours that stays here", func() bool { // the notice's answer may be on its way
		before := len(r.bots["bot"].bodies())
		r.hook(receipt(`"m_notice"`))
		return len(r.bots["bot"].bodies()) == before
	})
	before := len(r.bots["bot"].bodies())
	if r.hook(receipt(`"m_notice","m_bots"`)); len(r.bots["bot"].bodies()) != before+1 {
		t.Error("the bot did not get its own receipt")
	}
}
