package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

const (
	formCard  = "4539 1488 0343 6467"
	formWrong = "4539 1488 0343 6468" // the check digit is not right
	formPhone = "+1 212 736 5000"
)

// likely gives the bot values that look like values, and asks in the chat for
// whatever is no card.
const likely = `  likely: {prompts: {credit_card: capture, default: arm}, format: {email: like, phone: like, default: word}}`

// till is a chat with a bot that has never heard of piiproxy and asks for a card.
type till struct {
	*testing.T
	platform *rig.Platform
	proxy    *rig.Proxy
	bot      *rig.LibraryBot
	write    func(id, text string) []byte // one delivery of the person's
	quotes   bool                         // the bot answers by replying to the message
}

func newTill(t *testing.T, account rig.Account, start func(*till) *rig.LibraryBot) *till {
	l := &till{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t)}
	l.bot = start(l)
	account.App, account.Bot, account.Graph, account.Policy = "main", l.bot.URL, l.platform.URL, "likely"
	l.proxy.Start(t, rig.Setup{Apps: []rig.App{mainApp}, Accounts: []rig.Account{account}, Policies: likely})
	return l
}

func messengerTill(t *testing.T) *till {
	l := newTill(t, rig.Account{Name: "shop", Channel: "messenger", ID: page, Token: shopToken}, func(l *till) *rig.LibraryBot {
		return rig.StartNode(t, "messenger-bot.mjs", rig.Access{Graph: l.proxy.Graph("shop") + "/v2.12/", Token: shopToken, Secret: mainApp.Secret})
	})
	l.write = func(id, text string) []byte { return rig.Page(rig.PageEntry(page, rig.Text(anna, page, id, text))) }
	return l
}

func whatsappTill(script string) func(*testing.T) *till {
	return func(t *testing.T) *till {
		account := rig.Account{Name: "line", Channel: "whatsapp", ID: numberOne.ID, Business: numberOne.Business, Token: phoneToken}
		l := newTill(t, account, func(l *till) *rig.LibraryBot {
			return rig.StartNode(t, script, rig.Access{Graph: strings.TrimSuffix(l.proxy.Graph(""), "/"), Token: phoneToken, Secret: mainApp.Secret, Phone: numberOne.ID})
		})
		l.quotes = true
		l.write = func(id, text string) []byte {
			return rig.WhatsApp(numberOne.Entry(annaPhone, "Anna Keller", rig.Said(annaPhone, id, text)))
		}
		return l
	}
}

// say delivers a text of the person's.
func (l *till) say(text string) {
	l.Helper()
	l.platform.MustDeliver(l, l.proxy.Webhook(mainApp), mainApp, l.write(rig.NewID("m_"), text))
}

// checked waits for the bot's judgement of an answer.
func (l *till) checked(what string) rig.Happening {
	l.Helper()
	h := l.bot.Await(l, "checked "+what, func(h rig.Happening) bool { return h.Event == "checked" && h.What == what })
	if h.Status != "valid" {
		l.Errorf("the bot's own validator refuses what it got as %s: %s", what, h.Line)
	}
	return h
}

// sent waits for a call to the platform that holds a text.
func (l *till) sent(text string) rig.Call {
	l.Helper()
	return awaitCall(l, l.platform, text)
}

func awaitCall(t testing.TB, platform *rig.Platform, text string) rig.Call {
	t.Helper()
	return awaitCallThat(t, platform, text, func(call rig.Call) bool { return strings.Contains(plain(call.Body), text) })
}

// plain is JSON with no more escapes than JSON needs.
func plain(body []byte) string {
	var document any
	if json.Unmarshal(body, &document) != nil {
		return string(body)
	}
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(document) // it was JSON before
	return out.String()
}

func awaitCallThat(t testing.TB, platform *rig.Platform, what string, fits func(rig.Call) bool) (found rig.Call) {
	t.Helper()
	rig.Eventually(t, func() bool {
		for _, call := range platform.Calls() {
			if fits(call) {
				found = call
				return true
			}
		}
		return false
	}, func() string { return "the platform did not get " + what })
	return found
}

// awaitLink waits for the first link that the platform was given and returns its
// id.
func awaitLink(t testing.TB, platform *rig.Platform) string {
	t.Helper()
	return rig.LinkID(awaitCallThat(t, platform, "a link", func(call rig.Call) bool { return rig.LinkID(call.Body) != "" }).Body)
}

// TestCheckout: bots made with three libraries ask for a card. The person gets a
// button and fills the form in; the bot gets one more message, whose card its own
// validator accepts, and goes on.
func TestCheckout(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *till{
		"messenger-bot": messengerTill, "whatsapp-api-js": whatsappTill("whatsapp-api-js.mjs"), "kapso": whatsappTill("kapso.mjs"),
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t)
			l.say("checkout")
			id := awaitLink(t, l.platform)
			resumed := l.fill(id)
			l.sent("Got it. Which e-mail address")
			l.say("anna.keller@example.org")
			likeEmail := l.checked("email").Text
			l.sent("what is your mobile phone number?")
			l.say(formPhone)
			likePhone := l.checked("phone").Text
			last := plain(l.sent("The receipt goes to anna.keller@example.org").Body)
			absent(t, "the person", last, resumed.Text, likeEmail, likePhone)
			l.search(id, resumed)
		})
	}
}

// fill fills the form in, at the second try, and returns the message that the bot
// got for it.
func (l *till) fill(id string) rig.Happening {
	l.Helper()
	form, reply, err := l.proxy.NewVisitor().Open(l.Context(), id)
	if err != nil || !strings.Contains(form.Page, "Card number") {
		l.Fatalf("the form: %d (error: %v)", reply.Status, err)
	}
	if reply := form.Follow(l.Context(), map[string]string{"credit_card": formWrong}); reply.Status != http.StatusUnprocessableEntity {
		l.Errorf("a wrong card: %d", reply.Status)
	} else {
		valueless(l.T, "the page after an error", reply.Body, formWrong)
	}
	if reply := form.Follow(l.Context(), map[string]string{"credit_card": formCard}); reply.Status != http.StatusOK || !strings.Contains(string(reply.Body), "Thank you") {
		l.Fatalf("the right card: %d (error: %v)", reply.Status, reply.Err)
	}
	checked := l.checked("card")
	if !strings.HasPrefix(checked.Text, "453914") || !strings.HasSuffix(checked.Text, "6467") {
		l.Errorf("the bot got %s for the card", checked.Text)
	}
	return l.bot.Await(l, "the form's message", func(h rig.Happening) bool { return h.Event == "message" && h.Text == checked.Text })
}

// search holds at the end: neither the question nor a value of the form was ever
// on the platform, nor was the message that the platform does not know.
func (l *till) search(id string, resumed rig.Happening) {
	l.Helper()
	l.sent("Thank you, we have received your details securely.")
	noComplaints(l.T, l.bot)
	everySendReturnedItsID(l.T, l.bot)
	reads := 0
	for _, h := range l.bot.Happenings() {
		if h.What == "read" && h.Event == "sent" {
			reads++
		}
		if h.Event == "raw" {
			valueless(l.T, "what the bot got", h.Body, formCard, id, formPhone, email)
		}
	}
	if reads < 4 {
		l.Errorf("the bot could mark %d messages as read, want each", reads)
	}
	for _, call := range l.platform.Calls() {
		valueless(l.T, "what the platform got", call.Body, formCard, resumed.Text, resumed.ID, "16-digit")
		if strings.Contains(string(call.Body), "Got it.") && strings.Contains(string(call.Body), `"context"`) {
			l.Error("the platform got a reply to a message that it does not know")
		}
	}
	if !l.quotes {
		return
	}
	if body := string(l.sent("what is your mobile phone number?").Body); !strings.Contains(body, `"context"`) {
		l.Errorf("a reply to a real message lost its quotation: %s", body)
	}
}
