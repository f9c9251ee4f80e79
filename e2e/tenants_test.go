package e2e

import (
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// One app, two WhatsApp numbers with a bot each, made with different
// libraries, and one delivery for both and for a number that nobody named.
func TestTwoBotsOfOneApp(t *testing.T) {
	platform, proxy := rig.NewPlatform(t), rig.NewProxy(t)
	one := rig.StartNode(t, "kapso.mjs", rig.Access{Graph: proxy.Graph("one"), Token: "EAAJone8Zr", Secret: mainApp.Secret})
	two := rig.StartGo(t, rig.Access{Graph: proxy.Graph("two"), Token: "EAAJtwo5Wq", Secret: mainApp.Secret, Phone: numberTwo.ID})
	proxy.Start(t, rig.Setup{
		Apps: []rig.App{mainApp},
		Accounts: []rig.Account{
			{Name: "one", App: "main", Channel: "whatsapp", ID: numberOne.ID, Bot: one.URL, Graph: platform.URL},
			{Name: "two", App: "main", Channel: "whatsapp", ID: numberTwo.ID, Bot: two.URL, Graph: platform.URL},
		},
	})
	stranger := rig.Number{Business: "900000000000001", ID: "900000000000002", Display: "15550000000"}
	body := rig.WhatsApp(
		numberOne.Entry(annaPhone, "Anna", rig.Said(annaPhone, "wamid.one", "to one "+email)),
		stranger.Entry(brunoPhone, "Bruno", rig.Said(brunoPhone, "wamid.stranger", "to a stranger "+email)),
		numberTwo.Entry(annaPhone, "Anna", rig.Said(annaPhone, "wamid.two", "to two "+email)),
	)
	platform.MustDeliver(t, proxy.Webhook(mainApp), mainApp, body)

	tokens := map[string]bool{}
	for bot, id := range map[*rig.LibraryBot]string{one: "wamid.one", two: "wamid.two"} {
		got := bot.Await(t, id, func(h rig.Happening) bool { return h.Event == "message" && h.ID == id })
		tokens[emailToken.FindString(got.Text)] = true
	}
	if len(tokens) != 2 || tokens[""] {
		t.Errorf("one person in two accounts is two conversations: want two tokens, got %v", tokens)
	}
	awaitSend(t, platform, 2)
	for _, bot := range []*rig.LibraryBot{one, two} {
		noComplaints(t, bot)
		for _, h := range bot.Happenings() {
			if h.Event == "message" && h.ID != "wamid.one" && h.ID != "wamid.two" {
				t.Errorf("%s saw a message that is not its own: %s", bot.Name, h.ID)
			}
		}
	}
	d := &desk{T: t, proxy: proxy, platform: platform}
	rig.Eventually(t, func() bool { return d.metric("piiproxy_quarantine", "") >= 1 }, func() string {
		return "the part for the stranger's number is not in quarantine by piiproxy_quarantine"
	})
}

// A signature fixes the tenant: an app cannot deliver for another app's page.
func TestWrongTenant(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) { s.Apps = append(s.Apps, otherApp) })
	body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_wrong", "hello")))
	reply := d.platform.Deliver(t.Context(), d.proxy.Webhook(otherApp), otherApp, body)
	if reply.Err != nil || reply.Status/100 == 5 {
		t.Fatalf("got %d (error: %v)", reply.Status, reply.Err)
	}
	d.hears(anna, "a message of its own")
	if n := len(d.bot.Deliveries()); n != 1 {
		t.Errorf("the bot must get nothing that another app signed, got %d deliveries", n)
	}
}

// A token means something in its own conversation only.
func TestForeignToken(t *testing.T) {
	d := newDesk(t, nil)
	token := emailToken.FindString(d.hears(anna, "I am "+email))
	d.hears(bruno, "I am somebody else")
	if got := d.gets(anna, "You are "+token); got != "You are "+email {
		t.Errorf("the person whose token it is got %q", got)
	}
	got := d.gets(bruno, "You are "+token)
	absent(t, "another person", got, email, token)
	if got == "You are " || got == "" {
		t.Errorf("another person must get a placeholder, got %q", got)
	}
	// Somebody types a token into the chat: it is a look-alike, not a key.
	if seen := d.hears(bruno, "my code is "+token); token == emailToken.FindString(seen) {
		t.Errorf("the bot must not get a typed token as it is")
	}
}

// In shadow every byte passes and the log tells what would have been done.
func TestShadow(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) {
		for i := range s.Accounts {
			s.Accounts[i].Mode = "shadow"
		}
	})
	body := rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_shadow", said)))
	d.deliver(body)
	if got := d.bot.Await(t, 1)[0].Body; string(got) != string(body) {
		t.Errorf("the bot got other bytes than the platform sent:\n%s\n%s", got, body)
	}
	text := "Call us: " + clearAddress + ", " + clearCard
	if got := d.gets(anna, text); got != text {
		t.Errorf("the platform got %q", got)
	}
	logs := d.proxy.Logs()
	for _, want := range []string{`"kind":"credit_card"`, `"kind":"email"`, `"action":"tokenize"`, `"mode":"shadow"`} {
		if !containsText(logs, want) {
			t.Errorf("the log does not tell %s", want)
		}
	}
	valueless(t, "the log", logs, email, card, clearAddress, clearCard)
}
