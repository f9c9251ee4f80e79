package proxy_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var proofIn = regexp.MustCompile(`name="proof" value="([^"]+)"`)

// opened is a form in a browser.
type opened struct {
	rig                 *rig
	path, proof, cookie string
}

// openForm opens the form behind the latest swap.
func (r *rig) openForm() opened {
	r.t.Helper()
	found := linkIn.FindStringSubmatch(r.lastSent())
	if found == nil {
		r.t.Fatalf("no link in %s", r.lastSent())
	}
	o := opened{rig: r, path: "/c/" + found[1]}
	got := r.ask("public", "GET", o.path, "")
	proof := proofIn.FindStringSubmatch(got.body)
	if got.status != http.StatusOK || proof == nil {
		r.t.Fatalf("the form: %d %s", got.status, got.body)
	}
	o.proof = proof[1]
	o.cookie, _, _ = strings.Cut(got.header.Get("Set-Cookie"), ";")
	return o
}

// fill submits the form.
func (o opened) fill(values map[string]string) reply {
	o.rig.t.Helper()
	typed := url.Values{"proof": {o.proof}}
	for name, value := range values {
		typed.Set(name, value)
	}
	return o.rig.ask("public", "POST", o.path, typed.Encode(), "Content-Type: application/x-www-form-urlencoded", "Cookie: "+o.cookie)
}

var cardFields = map[string]string{"credit_card": card, "card_expiry": "12/39", "cvv": "123"}

// TestResume: ask, swap, fill, resume: the bot gets one signed message of that
// person with tokens in it, and neither the question nor the value was ever on
// the platform.
func TestResume(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	if got := r.openForm().fill(cardFields); got.status != http.StatusSeeOther {
		t.Fatalf("filling in: %d %s", got.status, got.body)
	}
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	turn := r.bots["bot"].requests()[1]
	signedForBot(t, turn, "bot")
	words := r.heardWords()
	if strings.Contains(turn.body, digits) || strings.Contains(turn.body, card) || !strings.HasPrefix(words, "411111") {
		t.Errorf("the bot got %s", turn.body)
	}
	if !strings.Contains(turn.body, `"sender":{"id":"`+anna+`"}`) || !strings.Contains(turn.body, `"recipient":{"id":"`+shopID+`"}`) {
		t.Errorf("the bot got %s", turn.body)
	}
	for _, body := range r.platform.bodies() {
		if strings.Contains(body, "16-digit") || strings.Contains(body, digits) || strings.Contains(body, card) {
			t.Errorf("the platform got %s", body)
		}
	}
	if got := r.openedAgain(); got.status != http.StatusGone {
		t.Errorf("the link again: %d", got.status)
	}
	// What the bot says of it goes out masked, whatever policy says of tokens.
	r.send(anna, "We charge "+strings.Fields(words)[0])
	if got := r.lastSent(); strings.Contains(got, strings.Fields(words)[0]) || strings.Contains(got, digits) {
		t.Errorf("sent %s", got)
	}
}

// openedAgain opens the first link that was sent once more.
func (r *rig) openedAgain() reply {
	for _, body := range r.platform.bodies() {
		if found := linkIn.FindStringSubmatch(body); found != nil {
			return r.ask("public", "GET", "/c/"+found[1], "")
		}
	}
	return reply{}
}

// TestResumeOnce: of many who submit one form at once exactly one does, and the
// bot gets one message (threats.md C2).
func TestResumeOnce(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	form := r.openForm()
	statuses := make([]int, 30)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i] = form.fill(cardFields).status })
	}
	all.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusSeeOther {
			won++
		} else if status != http.StatusGone {
			t.Errorf("answered %d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d succeeded", won, len(statuses))
	}
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
}

// TestResumeWaits: a bot that is down for an hour gets the turn after, with the
// same message id each time, and what the person typed meanwhile behind it.
func TestResumeWaits(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	r.bots["bot"].says(503, "text/plain", "")
	r.openForm().fill(cardFields)
	r.until("a first try", func() bool { return len(r.bots["bot"].requests()) >= 2 })
	if got := r.hook(page(entry(shopID, strings.Replace(text(shopID, anna, "are you there?"), "m_"+anna, "m_later", 1)))); got.status != 200 {
		t.Fatalf("the person's message: %d", got.status)
	}
	r.restart()
	r.clock.advance(time.Hour)
	r.bots["bot"].says(200, "text/plain", "")
	var bodies []string
	r.until("both messages", func() bool {
		bodies = r.bots["bot"].bodies()
		return strings.Contains(bodies[len(bodies)-1], "are you there?")
	})
	ids := map[string]bool{}
	for _, body := range bodies[1 : len(bodies)-1] {
		ids[regexp.MustCompile(`"mid":"([^"]+)"`).FindStringSubmatch(body)[1]] = true
		if strings.Contains(body, "are you there?") {
			t.Error("the person's message overtook the form's")
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d message ids for one form", len(ids))
	}
}

// TestAbsorb: what the bot does with the message that came from us never reaches
// the platform, and a reply to it does, without the quotation.
func TestAbsorb(t *testing.T) {
	r := newRig(t)
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`)
	r.openForm().fill(map[string]string{"ssn": "123-45-6789"})
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	body := r.bots["bot"].bodies()[1]
	id := regexp.MustCompile(`"id":"(wamid\.[^"]+)"`).FindStringSubmatch(body)
	if id == nil || !strings.Contains(body, `"from":"`+annaPhone+`"`) || !strings.Contains(body, `"contacts":[{"profile":{"name":"Ann Example"},"wa_id":"`+annaPhone+`"}]`) {
		t.Fatalf("the bot got %s", body)
	}
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	before := len(r.platform.requests())
	for what, call := range map[string]string{
		"read":     `{"messaging_product":"whatsapp","status":"read","message_id":"` + id[1] + `"}`,
		"typing":   `{"messaging_product":"whatsapp","status":"read","message_id":"` + id[1] + `","typing_indicator":{"type":"text"}}`,
		"reaction": `{"messaging_product":"whatsapp","to":"` + annaPhone + `","type":"reaction","reaction":{"message_id":"` + id[1] + `","emoji":"x"}}`,
	} {
		if got := r.call("/"+lineID+"/messages", call); got.status != 200 || strings.Contains(got.body, "error") {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	for name, sent := range carried("/"+lineID+"/messages", "messaging_product", "whatsapp", "status", "read", "message_id", id[1], "typing_indicator", "{'type':'text'}") {
		if got := r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...); got.status != 200 || !strings.Contains(got.body, "success") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if n := len(r.platform.requests()); n != before {
		t.Errorf("%d calls reached the platform", n-before)
	}
	for name, sent := range carried("/"+lineID+"/messages", "messaging_product", "whatsapp", "to", annaPhone, "context", `{"message_id":"`+id[1]+`"}`, "type", "text", "text", `{"body":"Thank you!"}`) {
		r.ask("bot", "POST", sent.target, string(sent.body), sent.headers...)
		if got := r.received(); got.Has("context") || got.Get("text") != `{"body":"Thank you!"}` {
			t.Errorf("%s: sent %v", name, got)
		}
	}
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","context":{"message_id":"`+id[1]+`"},"type":"text","text":{"body":"Thank you!"}}`)
	if got := r.lastSent(); strings.Contains(got, id[1]) || !strings.Contains(got, "Thank you!") {
		t.Errorf("sent %s", got)
	}
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.other"}`)
	if got := r.lastSent(); !strings.Contains(got, "wamid.other") {
		t.Error("a real message's read call was absorbed")
	}
}

// TestFormValuesStayOut: a value that came by a form is masked in whatever the bot
// sends, by whichever way it got to know it, and whatever policy says.
func TestFormValuesStayOut(t *testing.T) {
	r := newRig(t, func(p *plan) {
		p.policy.Outbound, p.policy.Tokens = map[string]string{"default": "allow"}, map[string]string{"default": "restore"}
	})
	r.knows(anna)
	r.send(anna, askCard)
	r.openForm().fill(cardFields)
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	r.send(anna, "your card "+card+" and mine 5555 5555 5555 4444, "+r.heardWords())
	got := r.lastSent()
	if strings.Contains(got, digits) || strings.Contains(got, strings.Fields(r.heardWords())[0]) || !strings.Contains(got, "***1111") {
		t.Errorf("sent %s", got)
	}
	if !strings.Contains(got, "5555 5555 5555 4444") {
		t.Errorf("what came by no form is the policy's: %s", got)
	}
}

// TestOursAreNoNews: echoes and statuses of messages that piiproxy sent by itself
// never reach the bot, also after a restart: they may hold a code.
func TestOursAreNoNews(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	r.openForm().fill(cardFields)
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	mark := regexp.MustCompile(`"metadata":"(piiproxy [a-z2-7]+)"`).FindStringSubmatch(r.lastSent())
	if mark == nil {
		t.Fatalf("sent %s", r.lastSent())
	}
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	r.restart()
	echoed := event(shopID, anna, `"message":{"mid":"m_9","is_echo":true,"metadata":"`+mark[1]+`","text":"Thank you"}`)
	echoed = strings.NewReplacer(`"sender":{"id":"`+anna, `"sender":{"id":"`+shopID, `"recipient":{"id":"`+shopID, `"recipient":{"id":"`+anna).Replace(echoed)
	if got := r.hook(page(entry(shopID, echoed, text(shopID, bert, "hello")))); got.status != 200 {
		t.Fatalf("delivering: %d", got.status)
	}
	if got := r.bots["bot"].bodies()[2]; strings.Contains(got, "Thank you") || !strings.Contains(got, "hello") {
		t.Errorf("the bot got %s", got)
	}
	if got := r.hook(page(entry(shopID, echoed))); got.status != 200 || len(r.bots["bot"].requests()) != 3 {
		t.Errorf("alone: %d, %d deliveries", got.status, len(r.bots["bot"].requests()))
	}
}

// TestAskedWhileTold: a bot that asks while it is told of a person's first message
// gets its form: the ids are known before the bot has the message.
func TestAskedWhileTold(t *testing.T) {
	r := newRig(t)
	r.bots["bot"].says(503, "text/plain", "") // it has not taken the message yet
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	if got := r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`); got.status != 200 {
		t.Errorf("asking: %d %s", got.status, got.body)
	}
	if linkIn.FindString(r.lastSent()) == "" {
		t.Errorf("sent %s", r.lastSent())
	}
}

// TestOursBesideTheBots: the platform tells of several messages in one change; the
// bot gets what is said of its own.
func TestOursBesideTheBots(t *testing.T) {
	r := newRig(t)
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`)
	r.openForm().fill(map[string]string{"ssn": "123-45-6789"})
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	mark := regexp.MustCompile(`"biz_opaque_callback_data":"([^"]+)"`).FindStringSubmatch(r.lastSent())
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	status := func(id, more string) string {
		return `{"id":"` + id + `","status":"sent","timestamp":"1757000000","recipient_id":"` + annaPhone + `"` + more + `}`
	}
	ours := status("wamid.ours", `,"biz_opaque_callback_data":"`+mark[1]+`"`)
	list := func(statuses ...string) string {
		return waba(change(lineID, `"statuses":[`+strings.Join(statuses, ",")+`]`))
	}
	if got := r.hook(list(ours, status("wamid.bots", ""), ours)); got.status != 200 {
		t.Fatalf("delivering: %d", got.status)
	}
	// Behind the turn, perhaps; then it is in the outbox until the bot's answer is there.
	r.until("the bot's status", func() bool { return len(r.bots["bot"].requests()) == 3 && r.records("outbox/") == 0 })
	if got := r.bots["bot"].bodies()[2]; strings.Contains(got, "wamid.ours") || !strings.Contains(got, "wamid.bots") {
		t.Errorf("the bot got %s", got)
	}
	for name, alone := range map[string]string{
		"alone":         list(ours, ours),
		"with contacts": waba(change(lineID, `"contacts":[{"wa_id":"`+annaPhone+`"}],"statuses":[`+ours+`]`)),
	} {
		if got := r.hook(alone); got.status != 200 || r.records("outbox/") != 0 || len(r.bots["bot"].requests()) != 3 {
			t.Errorf("%s: %d, %d deliveries", name, got.status, len(r.bots["bot"].requests()))
		}
	}
	if got := r.hook(waba(change(lineID, waText(annaPhone, "hello")+`,"statuses":[`+ours+`]`))); got.status != 200 {
		t.Fatalf("delivering: %d", got.status)
	}
	r.until("the person's message", func() bool { return len(r.bots["bot"].requests()) == 4 })
	if got := r.bots["bot"].bodies()[3]; strings.Contains(got, "wamid.ours") || !strings.Contains(got, `"body":"hello"`) {
		t.Errorf("beside a message: the bot got %s", got)
	}
}

// TestConfirmation: the person is thanked in the chat, and the echo of that is no
// foreign send.
func TestConfirmation(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	r.openForm().fill(cardFields)
	r.until("the thanks", func() bool { return strings.Contains(r.lastSent(), "Thank you") })
	got := r.platform.requests()[len(r.platform.requests())-1]
	if got.header.Get("Authorization") != "Bearer "+shopToken || !strings.HasSuffix(strings.Split(got.target, "?")[0], "/me/messages") {
		t.Errorf("sent to %s with %v", got.target, got.header)
	}
}
