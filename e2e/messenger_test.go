package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

const clearAddress, clearCard = "maria.clear@example.net", "5105 1051 0510 5100"

// messengerStage is a Messenger page whose bot was made with messenger-bot,
// which verifies sha1 signatures and nothing else.
type messengerStage struct {
	*testing.T
	platform *rig.Platform
	proxy    *rig.Proxy
	bot      *rig.LibraryBot
	sent     int // messages that the bot has sent so far
}

func newMessengerStage(t *testing.T) *messengerStage {
	s := &messengerStage{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t)}
	s.bot = rig.StartNode(t, "messenger-bot.mjs", rig.Access{
		Graph: s.proxy.Graph("shop") + "/v2.12/", Token: shopToken, Secret: mainApp.Secret,
		Clear: "Ask " + clearAddress + " or charge card " + clearCard,
	})
	s.proxy.Start(t, rig.Setup{
		Apps: []rig.App{mainApp},
		Accounts: []rig.Account{{
			Name: "shop", App: "main", Channel: "messenger", ID: page, Token: shopToken,
			Bot: s.bot.URL, Graph: s.platform.URL,
		}},
	})
	return s
}

// deliver sends events to the page in one delivery and returns its bytes.
func (s *messengerStage) deliver(events ...any) []byte {
	s.Helper()
	body := rig.Page(rig.PageEntry(page, events...))
	s.platform.MustDeliver(s, s.proxy.Webhook(mainApp), mainApp, body)
	return body
}

// say sends a text and returns what the bot saw of it.
func (s *messengerStage) say(text string) rig.Happening {
	s.Helper()
	mid := rig.NewID("m_")
	s.deliver(rig.Text(anna, page, mid, text))
	return s.heard(mid)
}

func (s *messengerStage) heard(mid string) rig.Happening {
	s.Helper()
	return s.bot.Await(s, "message "+mid, func(h rig.Happening) bool { return h.Event == "message" && h.ID == mid })
}

// answer is the bot's next message, as the platform got it.
func (s *messengerStage) answer() rig.Object {
	s.Helper()
	s.sent++
	call := awaitSend(s.T, s.platform, s.sent)
	if call.Path != "/v2.12/me/messages" || call.Query.Get("access_token") != shopToken {
		s.Errorf("the platform got %s without the bot's token or path", call.Path)
	}
	body := call.JSON(s)
	same(s.T, body, anna, "recipient", "id")
	return body
}

func TestMessengerBot(t *testing.T) {
	s := newMessengerStage(t)
	handshake(t, s.proxy, mainApp)
	for _, step := range []struct {
		name string
		play func(*messengerStage)
	}{
		{"a text with values", (*messengerStage).textWithValues},
		{"a clean text keeps every byte", (*messengerStage).cleanText},
		{"values that the bot knows", (*messengerStage).clearText},
		{"generic template", (*messengerStage).generic},
		{"buttons and postback", (*messengerStage).buttons},
		{"quick replies", (*messengerStage).quickReplies},
		{"an e-mail quick reply", (*messengerStage).emailReply},
		{"media", (*messengerStage).media},
		{"echo", (*messengerStage).echo},
		{"delivered and read", (*messengerStage).receipts},
		{"a batch", (*messengerStage).batch},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.T = t
			step.play(s)
		})
	}
	s.T = t
	s.noComplaints()
}

// noComplaints holds at the end for every library: no signature was refused,
// no send failed, and each send returned the platform's id.
func (s *messengerStage) noComplaints() {
	noComplaints(s.T, s.bot)
	everySendReturnedItsID(s.T, s.bot)
	for _, h := range s.bot.Happenings() {
		if h.Event == "raw" {
			valueless(s.T, "what the bot got", h.Body, email, card, "@example.org")
		}
	}
}

func (s *messengerStage) textWithValues() {
	heard := s.say(said)
	if got, want := unveiled(heard.Text), veiled(said); got != want {
		s.Errorf("the bot saw\n %s, want\n %s", got, want)
	}
	if heard.From != anna {
		s.Errorf("sender: got %s", heard.From)
	}
	text, _ := dig(s.T, s.answer(), "message", "text").(string)
	if !strings.Contains(text, padded) || !strings.Contains(text, email) || !strings.Contains(text, last4) {
		s.Errorf("the person got %q, want the words, the address and the card's last four", text)
	}
	absent(s.T, "the platform", text, card, strings.ReplaceAll(card, " ", ""), "4539", "pii_")
}

func (s *messengerStage) cleanText() {
	mid := rig.NewID("m_")
	body := s.deliver(rig.Text(anna, page, mid, padded))
	if heard := s.heard(mid); heard.Text != padded {
		s.Errorf("the bot saw %q", heard.Text)
	}
	s.bot.Await(s, "the very bytes of the platform", func(h rig.Happening) bool {
		return h.Event == "raw" && bytes.Equal(h.Body, body)
	})
	same(s.T, s.answer(), "You wrote: "+padded, "message", "text")
}

func (s *messengerStage) clearText() {
	s.say("clear")
	text, _ := dig(s.T, s.answer(), "message", "text").(string)
	absent(s.T, "the platform", text, clearAddress, clearCard, "maria.clear")
	if !strings.HasPrefix(text, "Ask ") || !strings.Contains(text, " or charge card ") || !strings.Contains(text, "5100") {
		s.Errorf("the person got %q, want the bot's words with masks", text)
	}
}

func (s *messengerStage) generic() {
	s.say("menu for " + email)
	element := dig(s.T, s.answer(), "message", "attachment", "payload", "elements", 0)
	same(s.T, element, "Blue mug", "title")
	same(s.T, element, "For menu for "+email, "subtitle")
	same(s.T, element, "https://shop.example/mug.png", "image_url")
	same(s.T, element, "https://shop.example/mug?sku=4000056655665556", "default_action", "url")
	same(s.T, element, "BUY:4000056655665556", "buttons", 1, "payload")
}

func (s *messengerStage) buttons() {
	s.say("buttons " + email)
	payload := dig(s.T, s.answer(), "message", "attachment", "payload")
	same(s.T, payload, "Shall we write to buttons "+email+"?", "text")
	same(s.T, payload, "YES:389501", "buttons", 0, "payload")

	mid := rig.NewID("m_")
	s.deliver(rig.Event(anna, page, rig.Object{"postback": rig.Object{"mid": mid, "title": "Yes", "payload": "BUY:4000056655665556"}}))
	clicked := s.bot.Await(s, "the postback", func(h rig.Happening) bool { return h.Event == "postback" })
	if clicked.Payload != "BUY:4000056655665556" || clicked.Text != "Yes" {
		s.Errorf("the bot saw the postback %s", clicked.Line)
	}
	same(s.T, s.answer(), "Taken: Yes", "message", "text")
}

func (s *messengerStage) quickReplies() {
	s.say("quick " + email)
	message := dig(s.T, s.answer(), "message")
	same(s.T, message, "Size for quick "+email+"?", "text")
	same(s.T, message, "SIZE:S", "quick_replies", 0, "payload")

	mid := rig.NewID("m_")
	s.deliver(rig.Event(anna, page, rig.Object{"message": rig.Object{
		"mid": mid, "text": "Small", "quick_reply": rig.Object{"payload": "SIZE:4000056655665556"},
	}}))
	if heard := s.heard(mid); heard.Payload != "SIZE:4000056655665556" || heard.Text != "Small" {
		s.Errorf("the bot saw %s", heard.Line)
	}
	same(s.T, s.answer(), "You chose Small", "message", "text")
}

// emailReply is a tap on Messenger's own e-mail chip: the address comes as
// the text and as the payload.
func (s *messengerStage) emailReply() {
	mid := rig.NewID("m_")
	s.deliver(rig.Event(anna, page, rig.Object{"message": rig.Object{
		"mid": mid, "text": email, "quick_reply": rig.Object{"payload": email},
	}}))
	heard := s.heard(mid)
	if !emailToken.MatchString(heard.Text) || heard.Payload != heard.Text {
		s.Errorf("want the same token as text and payload, got %q and %q", heard.Text, heard.Payload)
	}
	same(s.T, s.answer(), "You chose "+email, "message", "text")
}

func (s *messengerStage) media() {
	mid := rig.NewID("m_")
	link := "https://scontent.xx.fbcdn.net/v/t1.15752-9/mug.jpg?_nc_cat=4000056655665556&oe=5F3A%2B"
	body := s.deliver(rig.Event(anna, page, rig.Object{"message": rig.Object{
		"mid": mid, "attachments": rig.List{rig.Object{"type": "image", "payload": rig.Object{"url": link}}},
	}}))
	s.heard(mid)
	s.bot.Await(s, "the picture's very bytes, but for its address", func(h rig.Happening) bool {
		return h.Event == "raw" && sameButAddress(h.Body, body, `https:\/\/scontent.xx.fbcdn.net`)
	})
	same(s.T, s.answer(), "Got your image", "message", "text")
}

// sameButAddress says that a delivery came as the platform made it, but for the
// one string that begins with an address of the platform: it leads to piiproxy.
func sameButAddress(got, sent []byte, address string) bool {
	start := bytes.Index(sent, []byte(address))
	if start < 0 || len(got) < start {
		return false
	}
	rest := sent[start+bytes.IndexByte(sent[start:], '"'):]
	ticket, whole := bytes.CutSuffix(got[start:], rest)
	return whole && bytes.Equal(got[:start], sent[:start]) && bytes.HasPrefix(ticket, []byte(`http:\/\/`)) && bytes.Contains(ticket, []byte(`\/fetch\/Ag`))
}

// echo is Meta telling what the page sent: a restored address becomes the
// token of before.
func (s *messengerStage) echo() {
	mid := rig.NewID("m_")
	s.deliver(rig.Echo(page, anna, mid, "We wrote to "+email))
	heard := s.bot.Await(s, "the echo", func(h rig.Happening) bool { return h.Event == "echo" && h.ID == mid })
	token := emailToken.FindString(heard.Text)
	if token == "" || heard.Text != "We wrote to "+token || !s.knows(token) {
		s.Errorf("want the conversation's token in the echo, got %q", heard.Text)
	}
}

// knows tells whether the bot saw the token in a message before.
func (s *messengerStage) knows(token string) bool {
	for _, h := range s.bot.Happenings() {
		if h.Event == "message" && strings.Contains(h.Text, token) {
			return true
		}
	}
	return false
}

func (s *messengerStage) receipts() {
	s.deliver(
		rig.Event(anna, page, rig.Object{"delivery": rig.Object{"mids": rig.List{"m_4000056655665556"}, "watermark": 1721138123456}}),
		rig.Event(anna, page, rig.Object{"read": rig.Object{"watermark": 1721138199999}}),
	)
	s.bot.Await(s, "delivered", func(h rig.Happening) bool { return h.Status == "delivered" && h.ID == "m_4000056655665556" })
	s.bot.Await(s, "read", func(h rig.Happening) bool { return h.Status == "read" && h.ID == "1721138199999" })
}

// batch is one delivery with two entries and three people's messages; the
// same address is another token in another conversation.
func (s *messengerStage) batch() {
	mids := []string{rig.NewID("m_"), rig.NewID("m_"), rig.NewID("m_")}
	body := rig.Page(
		rig.PageEntry(page, rig.Text(anna, page, mids[0], "one "+email), rig.Text(bruno, page, mids[1], "two "+email)),
		rig.PageEntry(page, rig.Text(anna, page, mids[2], "three "+email)),
	)
	if reply := s.platform.Deliver(s.Context(), s.proxy.Webhook(mainApp), mainApp, body); reply.Status != http.StatusOK {
		s.Fatalf("webhook: got %d", reply.Status)
	}
	one, two, three := s.heard(mids[0]), s.heard(mids[1]), s.heard(mids[2])
	first := emailToken.FindString(one.Text)
	if first == "" || first != emailToken.FindString(three.Text) {
		s.Errorf("one person's address must be one token, got %q and %q", one.Text, three.Text)
	}
	if other := emailToken.FindString(two.Text); other == "" || other == first {
		s.Errorf("two people's address must be two tokens, got %q and %q", one.Text, two.Text)
	}
	restored := map[any]int{}
	for n := range 3 {
		call := awaitSend(s.T, s.platform, s.sent+n+1)
		text, _ := dig(s.T, call.JSON(s), "message", "text").(string)
		if !strings.HasSuffix(text, " "+email) {
			s.Errorf("the person got %q, want the address back", text)
		}
		restored[dig(s.T, call.JSON(s), "recipient", "id")]++
	}
	if restored[anna] != 2 || restored[bruno] != 1 {
		s.Errorf("answers went to %v, want two to one person and one to the other", restored)
	}
	s.sent += 3
}
