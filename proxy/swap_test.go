package proxy_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/proxy"
)

const askCard = "Great choice! Please type your 16-digit card number."

// linkIn finds a link to a form in Meta's spelling.
var linkIn = regexp.MustCompile(`https:\\?/\\?/chat\.example\.com\\?/c\\?/([a-z2-7]{26})`)

// knows lets a person write first: nobody is asked before their ids are known.
func (r *rig) knows(person string) {
	r.t.Helper()
	if got := r.hook(page(entry(shopID, text(shopID, person, "hi")))); got.status != 200 {
		r.t.Fatalf("webhook: %d", got.status)
	}
}

// lastSent is the body of the platform's latest request.
func (r *rig) lastSent() string {
	bodies := r.platform.bodies()
	if len(bodies) == 0 {
		return ""
	}
	return bodies[len(bodies)-1]
}

// TestSwap: a question becomes a button in the bot's own call, whose answer is the
// platform's; the question itself never leaves.
func TestSwap(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	got := r.send(anna, askCard)
	if got.status != 200 || !strings.Contains(got.body, "m_out1") {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	sent := r.lastSent()
	link := linkIn.FindString(sent)
	if link == "" || strings.Contains(sent, "16-digit") || !strings.Contains(sent, "Great choice! Please enter your card number") {
		t.Fatalf("sent %s", sent)
	}
	want := `{"recipient":{"id":"` + anna + `"},"message":{"attachment":{"type":"template","payload":{"template_type":"button","text":`
	if !strings.HasPrefix(sent, want) {
		t.Errorf("sent %s", sent)
	}
	if strings.Contains(got.body, "chat.example") {
		t.Error("the bot saw the link")
	}
	if line := r.lines("call")[0]; line["reason"] != "prompt_swapped" {
		t.Errorf("logged %v", line["reason"])
	}
	if id := linkIn.FindStringSubmatch(link)[1]; strings.Contains(r.logged.String(), id) {
		t.Error("the link's id is in the log")
	}
}

// TestSwapWhatsApp: the same there, and the other parts of the call stay.
func TestSwapWhatsApp(t *testing.T) {
	r := newRig(t)
	r.hook(waba(change(lineID, waText(annaPhone, "hi"))))
	got := r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"},"biz_opaque_callback_data":"x1"}`)
	if got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	sent := r.lastSent()
	if !strings.Contains(sent, `"type":"cta_url"`) || linkIn.FindString(sent) == "" || strings.Contains(sent, "What is") || !strings.Contains(sent, `"biz_opaque_callback_data":"x1"`) {
		t.Errorf("sent %s", sent)
	}
}

// TestSwapAgain: the same question again reuses the link, the third time it is
// refused and alarmed, and an answer in the chat begins to count anew.
func TestSwapAgain(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	first := linkIn.FindString(r.lastSent())
	r.send(anna, "Sorry, what is your card number?")
	if again := linkIn.FindString(r.lastSent()); again != first {
		t.Error("a second link for the same question")
	}
	r.refused("third", r.send(anna, askCard), http.StatusBadRequest, "prompt_stalled")
	if len(r.lines("prompt_stalled")) != 1 {
		t.Error("no alarm")
	}
	r.says("x", card)
	if got := r.send(anna, askCard); got.status != 200 {
		t.Errorf("after progress: %d %s", got.status, got.body)
	}
}

// TestSwapUnsent: a message that the platform did not take asked nobody: the bot
// may try again as often as it likes.
func TestSwapUnsent(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.platform.says(500, "application/json", `{"error":{"message":"x","code":1}}`)
	for i := range 4 {
		if got := r.send(anna, askCard); got.status != 500 {
			t.Fatalf("try %d: %d %s", i, got.status, got.body)
		}
	}
}

// TestSwapSaidNo: a link in a message that the platform refused is taken back;
// where it may have the message, the link goes on to work.
func TestSwapSaidNo(t *testing.T) {
	for status, want := range map[int]int{400: http.StatusGone, 500: http.StatusOK} {
		r := newRig(t)
		r.knows(anna)
		r.platform.says(status, "application/json", `{"error":{"message":"x","code":1}}`)
		r.send(anna, askCard)
		if got := r.ask("public", "GET", "/c/"+linkIn.FindStringSubmatch(r.lastSent())[1], ""); got.status != want {
			t.Errorf("the platform said %d: the form answers %d", status, got.status)
		}
	}
}

// TestSwapRefused: what cannot become a button is refused, and nothing is sent.
func TestSwapRefused(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*plan)
		body    string
		reason  string
		known   bool
	}{
		"no public URL": {prepare: func(p *plan) { p.publicURL = "" }, body: sent(anna, askCard), reason: "prompt_no_form", known: true},
		"cards": {
			body:  `{"recipient":{"id":"` + anna + `"},"message":{"attachment":{"type":"template","payload":{"template_type":"generic","elements":[{"title":"Please type your card number"}]}}}}`,
			known: true, reason: "swap_layout",
		},
		"a template that policy refuses": {
			prepare: func(p *plan) { p.conduct = proxy.Conduct{RefuseTemplates: true} },
			body:    `{"recipient":{"id":"` + anna + `"},"message":{"template":{"name":"x","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"Please type your card number"}]}]}}}`,
			known:   true, reason: "prompt_in_template",
		},
	} {
		change := test.prepare
		if change == nil {
			change = func(*plan) {}
		}
		r := newRig(t, change)
		if test.known {
			r.knows(anna)
		}
		r.refused(name, r.call("/shop/me/messages", test.body), http.StatusBadRequest, test.reason)
		r.nothing(r.platform)
	}
}

// TestSwapBeforeTheFirstMessage: where the configuration has the ids, a person who
// never wrote can be asked; where it has not, nobody could tell the bot.
func TestSwapBeforeTheFirstMessage(t *testing.T) {
	r := newRig(t)
	r.send(anna, askCard)
	r.openForm().fill(cardFields)
	r.until("the bot's turn", func() bool { return len(r.bots["bot"].requests()) == 1 })
	if got := r.bots["bot"].bodies()[0]; !strings.Contains(got, `"sender":{"id":"`+anna+`"}`) || !strings.Contains(got, `"id":"`+shopID+`"`) {
		t.Errorf("the bot got %s", got)
	}
	before := len(r.platform.requests())
	r.refused("a number", r.call("/"+lineID+"/messages", `{"messaging_product":"whatsapp","to":"`+annaPhone+`","type":"text","text":{"body":"What is your SSN?"}}`), http.StatusBadRequest, "prompt_ids_unknown")
	if n := len(r.platform.requests()); n != before {
		t.Error("the question was sent")
	}
}

// TestTemplatesAreReported: a template that asks goes out as it is where policy
// reports; its answer is expected.
func TestTemplatesAreReported(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	got := r.call("/shop/me/messages", `{"recipient":{"id":"`+anna+`"},"message":{"template":{"name":"x","language":{"code":"en"},"components":[{"type":"body","parameters":[{"type":"text","text":"Please type your card number"}]}]}}}`)
	if got.status != 200 || r.lines("call")[0]["reason"] != "prompt_in_template" {
		t.Errorf("answered %d, logged %v", got.status, r.lines("call")[0]["reason"])
	}
}

// TestShadowSwapsNothing: an account in shadow sends the question as it is.
func TestShadowSwapsNothing(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts[0].mode = 1 })
	r.knows(anna)
	if r.send(anna, askCard); r.lastSent() != sent(anna, askCard) {
		t.Errorf("sent %s", r.lastSent())
	}
}

// TestBotNeverSeesTheLink: the echo of a swapped message loses the link's id.
func TestBotNeverSeesTheLink(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	link := linkIn.FindStringSubmatch(r.lastSent())
	echoed := event(anna, shopID, `"message":{"mid":"m_out1","is_echo":true,"attachments":[{"type":"template","payload":{"template_type":"button","text":"x","buttons":[{"type":"web_url","url":"`+link[0]+`","title":"Enter securely"}]}}]}`)
	r.hook(page(entry(shopID, strings.Replace(strings.Replace(echoed, `"sender":{"id":"`+anna, `"sender":{"id":"`+shopID, 1), `"recipient":{"id":"`+shopID, `"recipient":{"id":"`+anna, 1))))
	bodies := r.bots["bot"].bodies()
	if got := bodies[len(bodies)-1]; strings.Contains(got, link[1]) || !strings.Contains(got, `\/c\/hidden`) {
		t.Errorf("the bot got %s", got)
	}
	r.platform.says(200, "application/json; charset=UTF-8", `{"data":[{"message":"`+link[0]+`","id":"m_out1"}]}`)
	if got := r.ask("bot", "GET", "/shop/t_1/messages", ""); strings.Contains(got.body, link[1]) {
		t.Errorf("history: %s", got.body)
	}
}

// TestWordlessSwap: a request without words is a prompt, too.
func TestWordlessSwap(t *testing.T) {
	r := newRig(t, func(p *plan) { p.policy.Prompts["email"] = "capture" })
	r.knows(anna)
	r.call("/shop/me/messages", `{"recipient":{"id":"`+anna+`"},"message":{"text":"How can we reach you?","quick_replies":[{"content_type":"user_email"}]}}`)
	if sent := r.lastSent(); strings.Contains(sent, "user_email") || linkIn.FindString(sent) == "" || !strings.Contains(sent, "How can we reach you?") {
		t.Errorf("sent %s", sent)
	}
}
