package proxy_test

import (
	"strings"
	"testing"
)

// TestAskedUnderAnotherNumber: a question to a number as the bot's books spell it
// takes no tokens from the person that it belongs to, and is open under the number
// that they write from.
func TestAskedUnderAnotherNumber(t *testing.T) {
	const wrote, booked = "5511955551234", "551155551234"
	r := newRig(t)
	r.hook(waba(change(lineID, waText(wrote, "my card is "+card))))
	token := tokenIn.FindString(r.bots["bot"].bodies()[0])
	r.platform.says(200, "application/json", `{"messaging_product":"whatsapp","contacts":[{"input":"`+booked+`","wa_id":"`+wrote+`"}],"messages":[{"id":"wamid.out7"}]}`)
	say := func(to, words string) {
		t.Helper()
		if got := r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+to+`","type":"text","text":{"body":"`+words+`"}}`); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	say(booked, lastFour)
	say(wrote, "OK "+token)
	if got := r.lastSent(); !strings.Contains(got, "***1111") {
		t.Errorf("the token means nothing any more: %s", got)
	}
	r.hook(waba(change(lineID, waText(wrote, "4821"))))
	if got := r.bots["bot"].bodies()[1]; !strings.Contains(got, isToken) {
		t.Errorf("the answer: %s", got)
	}
}
