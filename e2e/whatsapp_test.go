package e2e

import (
	"bytes"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// whatsappLibrary is a library that a WhatsApp bot is made with.
type whatsappLibrary struct {
	name    string
	version string // of the Graph paths that it calls
	// reads is how many messages of one delivery it looks at; 0 means all.
	reads int
	// gzip tells that its HTTP client asks for packed answers.
	gzip  bool
	proof bool // sends an appsecret_proof
	start func(testing.TB, rig.Access) *rig.LibraryBot
}

var whatsappLibraries = []whatsappLibrary{
	{name: "kapso", version: "v23.0", gzip: true, start: node("kapso.mjs")},
	{name: "whatsapp-api-js", version: "v24.0", reads: 1, gzip: true, start: node("whatsapp-api-js.mjs")},
	{name: "piusalfred", version: "v22.0", gzip: true, proof: true, start: rig.StartGo},
}

func node(script string) func(testing.TB, rig.Access) *rig.LibraryBot {
	return func(t testing.TB, access rig.Access) *rig.LibraryBot { return rig.StartNode(t, script, access) }
}

// whatsappStage is one WhatsApp number with a bot made with one library.
type whatsappStage struct {
	*testing.T
	library  whatsappLibrary
	platform *rig.Platform
	proxy    *rig.Proxy
	bot      *rig.LibraryBot
	sent     int
}

// botApp signs what the bot gets: it has a secret of its own.
var botApp = rig.App{Name: "bot", Secret: "91c3d0be5a7f42688b1e6d2f07a4c9e5"}

func newWhatsAppStage(t *testing.T, library whatsappLibrary) *whatsappStage {
	s := &whatsappStage{T: t, library: library, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t)}
	// Without an account in the path: the number in it says whose call it is.
	graph := strings.TrimSuffix(s.proxy.Graph(""), "/")
	s.bot = library.start(t, rig.Access{
		Graph: graph, Token: phoneToken, Secret: botApp.Secret, Phone: numberOne.ID,
		Clear: "Ask " + clearAddress + " or charge card " + clearCard,
	})
	s.proxy.Start(t, rig.Setup{
		Apps: []rig.App{mainApp},
		Accounts: []rig.Account{{
			Name: "line", App: "main", Channel: "whatsapp", ID: numberOne.ID, Business: numberOne.Business,
			Bot: s.bot.URL, BotSecret: botApp.Secret, Graph: s.platform.URL,
		}},
	})
	return s
}

func TestWhatsAppBots(t *testing.T) {
	for _, library := range whatsappLibraries {
		t.Run(library.name, func(t *testing.T) {
			s := newWhatsAppStage(t, library)
			handshake(t, s.proxy, mainApp)
			s.play(t)
			s.T = t
			s.noComplaints()
		})
	}
}

func (s *whatsappStage) play(t *testing.T) {
	for _, step := range []struct {
		name string
		play func(*whatsappStage)
	}{
		{"a text with values", (*whatsappStage).textWithValues},
		{"a clean text keeps every byte", (*whatsappStage).cleanText},
		{"values that the bot knows", (*whatsappStage).clearText},
		{"buttons", (*whatsappStage).buttons},
		{"list", (*whatsappStage).list},
		{"template", (*whatsappStage).template},
		{"picture", (*whatsappStage).picture},
		{"location", (*whatsappStage).location},
		{"statuses", (*whatsappStage).statuses},
		{"a batch", (*whatsappStage).batch},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.T = t
			step.play(s)
		})
	}
}

func (s *whatsappStage) noComplaints() {
	noComplaints(s.T, s.bot)
	everySendReturnedItsID(s.T, s.bot)
	for _, h := range s.bot.Happenings() {
		if h.Event == "raw" {
			valueless(s.T, "what the bot got", h.Body, email, card, "@example.org", street)
		}
	}
	for _, call := range s.platform.Calls() {
		if s.library.proof && call.Query.Get("appsecret_proof") == "" {
			s.Errorf("the platform got no appsecret_proof")
		}
		if got := call.Header.Get("Authorization"); got != "Bearer "+phoneToken {
			s.Errorf("the platform got the wrong Authorization header")
		}
	}
}

func (s *whatsappStage) deliver(entries ...any) []byte {
	s.Helper()
	body := rig.WhatsApp(entries...)
	s.platform.MustDeliver(s, s.proxy.Webhook(mainApp), mainApp, body)
	return body
}

// send delivers one message of Anna's and returns what the bot saw of it and
// the bytes that the platform sent.
func (s *whatsappStage) send(kind string, content rig.Object) (rig.Happening, []byte) {
	s.Helper()
	id := rig.NewID("wamid.")
	body := s.deliver(numberOne.Entry(annaPhone, "Zoë 🦊 Keller", rig.Message(annaPhone, id, kind, content)))
	return s.heard(id), body
}

func (s *whatsappStage) say(text string) rig.Happening {
	s.Helper()
	heard, _ := s.send("text", rig.Object{"body": text})
	return heard
}

func (s *whatsappStage) heard(id string) rig.Happening {
	s.Helper()
	return s.bot.Await(s, "message "+id, func(h rig.Happening) bool { return h.Event == "message" && h.ID == id })
}

// answer is the bot's next message, as the platform got it.
func (s *whatsappStage) answer() rig.Object {
	s.Helper()
	s.sent++
	call := awaitSend(s.T, s.platform, s.sent)
	if want := "/" + s.library.version + "/" + numberOne.ID + "/messages"; call.Path != want {
		s.Errorf("the platform got %s, want %s", call.Path, want)
	}
	body := call.JSON(s)
	same(s.T, body, annaPhone, "to")
	return body
}

func (s *whatsappStage) textWithValues() {
	heard := s.say(said)
	if got, want := unveiled(heard.Text), veiled(said); got != want {
		s.Errorf("the bot saw\n %s, want\n %s", got, want)
	}
	if heard.From != annaPhone || heard.Name != "Zoë 🦊 Keller" {
		s.Errorf("sender: got %s, %s", heard.From, heard.Name)
	}
	text, _ := dig(s.T, s.answer(), "text", "body").(string)
	if !strings.Contains(text, padded) || !strings.Contains(text, email) || !strings.Contains(text, last4) {
		s.Errorf("the person got %q, want the words, the address and the card's last four", text)
	}
	absent(s.T, "the platform", text, card, strings.ReplaceAll(card, " ", ""), "4539", "pii_")
}

func (s *whatsappStage) cleanText() {
	heard, body := s.send("text", rig.Object{"body": padded})
	if heard.Text != padded {
		s.Errorf("the bot saw %q", heard.Text)
	}
	s.sameBytes(body)
	same(s.T, s.answer(), "You wrote: "+padded, "text", "body")
}

func (s *whatsappStage) sameBytes(body []byte) {
	s.Helper()
	s.bot.Await(s, "the very bytes of the platform", func(h rig.Happening) bool {
		return h.Event == "raw" && bytes.Equal(h.Body, body)
	})
}

func (s *whatsappStage) clearText() {
	s.say("clear")
	text, _ := dig(s.T, s.answer(), "text", "body").(string)
	absent(s.T, "the platform", text, clearAddress, clearCard, "maria.clear")
	if !strings.HasPrefix(text, "Ask ") || !strings.Contains(text, " or charge card ") || !strings.Contains(text, "5100") {
		s.Errorf("the person got %q, want the bot's words with masks", text)
	}
}

func (s *whatsappStage) buttons() {
	s.say("buttons " + email)
	interactive := dig(s.T, s.answer(), "interactive")
	same(s.T, interactive, "button", "type")
	same(s.T, interactive, "Shall we write to buttons "+email+"?", "body", "text")
	same(s.T, interactive, "YES:4000056655665556", "action", "buttons", 0, "reply", "id")
	same(s.T, interactive, "Yes", "action", "buttons", 0, "reply", "title")

	s.send("interactive", rig.Object{
		"type":         "button_reply",
		"button_reply": rig.Object{"id": "YES:4000056655665556", "title": "Yes"},
	})
	same(s.T, s.answer(), "You chose Yes", "text", "body")
	s.sawLine(`"YES:4000056655665556"`)
}

// sawLine waits for a message that the library told with text in it.
func (s *whatsappStage) sawLine(text string) {
	s.Helper()
	s.bot.Await(s, text, func(h rig.Happening) bool { return h.Event == "message" && strings.Contains(h.Line, text) })
}

func (s *whatsappStage) list() {
	s.say("menu " + email)
	interactive := dig(s.T, s.answer(), "interactive")
	same(s.T, interactive, "list", "type")
	same(s.T, interactive, "For menu "+email, "body", "text")
	rows := dig(s.T, interactive, "action", "sections", 0, "rows")
	same(s.T, rows, "MUG:4000056655665556", 0, "id")
	same(s.T, rows, "holds 400 ml", 1, "description")

	s.send("interactive", rig.Object{
		"type":       "list_reply",
		"list_reply": rig.Object{"id": "MUG:4000056655665556", "title": "Blue mug", "description": "holds 300 ml"},
	})
	same(s.T, s.answer(), "You chose Blue mug", "text", "body")
	s.sawLine(`"MUG:4000056655665556"`)
}

func (s *whatsappStage) template() {
	s.say("template for " + email)
	template := dig(s.T, s.answer(), "template")
	same(s.T, template, "order_ready", "name")
	same(s.T, template, "en_US", "language", "code")
	same(s.T, template, "template for "+email, "components", 0, "parameters", 0, "text")
	same(s.T, template, "389501", "components", 0, "parameters", 1, "text")
}

func (s *whatsappStage) picture() {
	s.say("picture " + email)
	image := dig(s.T, s.answer(), "image")
	same(s.T, image, "https://shop.example/mug.png?sku=4000056655665556", "link")
	same(s.T, image, "Your mug, picture "+email, "caption")

	_, body := s.send("image", rig.Object{
		"id": "4000056655665556", "mime_type": "image/jpeg", "sha256": "a1B2/c3+D4=",
		"url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=4000056655665556&ext=1&hash=AR_x%2F",
	})
	s.bot.Await(s, "the very bytes of the platform, but for the picture's address", func(h rig.Happening) bool {
		return h.Event == "raw" && sameButAddress(h.Body, body, `https:\/\/lookaside.fbsbx.com`)
	})
	text, _ := dig(s.T, s.answer(), "text", "body").(string)
	if !strings.HasPrefix(text, "Got your image") {
		s.Errorf("the person got %q", text)
	}
}

const street = "Hafenstraße 12, 20359 Hamburg"

// location is personal by definition: no rule has to find it.
func (s *whatsappStage) location() {
	heard, _ := s.send("location", rig.Object{
		"latitude": 53.5461, "longitude": 9.9661, "name": "Home", "address": street,
	})
	if !strings.Contains(string(heard.Message), "53.5461") {
		s.Errorf("the bot must get the numbers as they are, got %s", heard.Message)
	}
	text, _ := dig(s.T, s.answer(), "text", "body").(string)
	if !strings.HasPrefix(text, "We come to ") || !strings.Contains(text, street) {
		s.Errorf("the person got %q, want their own address back", text)
	}
}

func (s *whatsappStage) statuses() {
	body := s.deliver(numberOne.Statuses(rig.Status(annaPhone, "wamid.4000056655665556", "delivered")))
	s.bot.Await(s, "the status", func(h rig.Happening) bool {
		return h.Event == "status" && h.ID == "wamid.4000056655665556" && h.Status == "delivered" && h.To == annaPhone
	})
	s.sameBytes(body)
}

// batch is one delivery with two people's messages in two entries. Libraries
// that read only the first of a delivery do so behind piiproxy too.
func (s *whatsappStage) batch() {
	ids := []string{rig.NewID("wamid."), rig.NewID("wamid."), rig.NewID("wamid.")}
	s.deliver(
		numberOne.Entry(annaPhone, "Zoë 🦊 Keller", rig.Said(annaPhone, ids[0], "one "+email), rig.Said(annaPhone, ids[1], "two "+email)),
		numberOne.Entry(brunoPhone, "Bruno", rig.Said(brunoPhone, ids[2], "three "+email)),
	)
	read := len(ids)
	if s.library.reads > 0 {
		read = s.library.reads
	}
	tokens := map[string]bool{}
	for _, id := range ids[:read] {
		heard := s.heard(id)
		token := emailToken.FindString(heard.Text)
		if token == "" {
			s.Errorf("the bot saw %q, want a token", heard.Text)
		}
		tokens[heard.From+" "+token] = true
	}
	if want := min(read, 2); len(tokens) != want {
		s.Errorf("want one token a person, got %v", tokens)
	}
	for range read {
		s.sent++
		body := awaitSend(s.T, s.platform, s.sent).JSON(s)
		text, _ := dig(s.T, body, "text", "body").(string)
		if !strings.HasSuffix(text, " "+email) {
			s.Errorf("the person got %q, want the address back", text)
		}
	}
}
