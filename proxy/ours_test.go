package proxy_test

import (
	"strings"
	"testing"
)

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
