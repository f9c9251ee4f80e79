package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// parlour is a desk whose forms people open in a real browser.
type parlour struct {
	*desk
	browser *rig.Browser
	people  int
}

// door is an account whose bot asks.
type door struct {
	account, channel, id, token string
	form                        string
}

var (
	shopDoor  = door{account: "shop", channel: "messenger", id: page, token: shopToken, form: `{title: Piggy Mugs, color: "#8a1c4a"}`}
	lineDoor  = door{account: "line", channel: "whatsapp", id: numberOne.ID, token: phoneToken, form: `{title: Piggy Mugs}`}
	codeDoor  = door{account: "codes", channel: "messenger", id: secondPage, token: "EAAGspool3Xv", form: `{title: Piggy Bank, step_up: chat_code, remember_device: 24h}`}
	rogueDoor = door{account: "rogue", channel: "messenger", id: "3128607454965673", token: "EAAGrogue5Wd", form: rogueForm}
)

func newParlour(t *testing.T, links string) *parlour {
	h := &parlour{}
	d := &desk{T: t, platform: rig.NewPlatform(t), proxy: rig.NewProxy(t), bot: rig.NewBot(t, mainApp)}
	setup := rig.Setup{Apps: []rig.App{mainApp}, Links: links, Policies: captive}
	for _, door := range []door{shopDoor, lineDoor, codeDoor, rogueDoor} {
		account := rig.Account{
			Name: door.account, App: "main", Channel: door.channel, ID: door.id, Token: door.token,
			Bot: d.bot.URL, Graph: d.platform.URL, Policy: "captive", Form: door.form,
		}
		if door.channel == "whatsapp" {
			account.Business = numberOne.Business
		}
		setup.Accounts = append(setup.Accounts, account)
	}
	d.proxy.Secure(t)
	d.proxy.Start(t, setup)
	h.desk, h.browser = d, rig.NewBrowser(t, d.proxy)
	return h
}

// captive asks for everything in forms.
const captive = `  captive: {prompts: {default: capture}}`

const askForPayment = "Nearly done! What is your card number, your IBAN, your date of birth and your home address?"

// greets has a new person write to the bot behind a door.
func (d *desk) greets(door door, person string) {
	d.Helper()
	before := len(d.bot.Deliveries())
	body := rig.Page(rig.PageEntry(door.id, rig.Text(person, door.id, rig.NewID("m_"), "hi")))
	if door.channel == "whatsapp" {
		body = rig.WhatsApp(numberOne.Entry(person, "Anna Keller", rig.Said(person, rig.NewID("wamid."), "hi")))
	}
	d.deliver(body)
	d.bot.Await(d, before+1)
}

// asks has the bot behind a door send a text to a person and returns the id of the
// link that the platform got for it.
func (d *desk) asks(door door, person, text string) string {
	d.Helper()
	before := len(d.platform.Calls())
	d.speaks(door, person, text)
	for _, call := range d.platform.Calls()[before:] {
		if id := rig.LinkID(call.Body); id != "" {
			valueless(d.T, "what the platform got", call.Body, text)
			return id
		}
	}
	d.Fatal("the platform got no link for the question")
	return ""
}

// speaks has the bot behind a door send a text.
func (d *desk) speaks(door door, person, text string) {
	d.Helper()
	target := "/" + door.account + "/v23.0/me/messages"
	body := rig.Object{"recipient": rig.Object{"id": person}, "message": rig.Object{"text": text}}
	if door.channel == "whatsapp" {
		target = "/" + door.account + "/v23.0/" + door.id + "/messages"
		body = rig.Object{"messaging_product": "whatsapp", "to": person, "type": "text", "text": rig.Object{"body": text}}
	}
	if reply := d.proxy.Send(d.Context(), target, door.token, rig.Marshal(body)); reply.Status != 200 {
		d.Fatalf("send: got %d %s (error: %v)", reply.Status, reply.Body, reply.Err)
	}
}

// stranger is a person who has never been here.
func (h *parlour) stranger() string {
	h.people++
	return fmt.Sprintf("712034889%07d", 5000000+h.people)
}

// address has the bot of a door ask a new person and returns where the button
// leads.
func (h *parlour) address(door door, text string) string {
	h.Helper()
	person := h.stranger()
	h.greets(door, person)
	return rig.PublicOrigin + "/c/" + h.asks(door, person, text)
}

// TestFormInBrowser opens the forms of both channels in Debian's Chromium: what a
// person sees, with and without scripts, and all that can be wrong with a link.
func TestFormInBrowser(t *testing.T) {
	h := newParlour(t, "")
	for _, step := range []struct {
		name string
		play func(*parlour, *rig.Tab)
	}{
		{"messenger", func(h *parlour, tab *rig.Tab) { h.journey(tab, shopDoor) }},
		{"whatsapp", func(h *parlour, tab *rig.Tab) { h.journey(tab, lineDoor) }},
		{"many fields", (*parlour).manyFields},
		{"no script", (*parlour).noScript},
		{"no such link", (*parlour).noSuchLink},
		{"five tries", (*parlour).fiveTries},
		{"a code from the chat", (*parlour).chatCode},
		{"hostile words", (*parlour).hostileWords},
	} {
		t.Run(step.name, func(t *testing.T) {
			h.T = t
			tab := h.browser.NewTab(t)
			step.play(h, tab)
			h.settled(tab)
		})
		h.T = t
	}
}

// TestBrowserWouldTell breaks a page on purpose: what TestFormInBrowser looks for
// must be found, or it proves nothing.
func TestBrowserWouldTell(t *testing.T) {
	h := newParlour(t, "")
	tab := h.browser.NewTab(t)
	h.opens(tab, h.address(shopDoor, askForCard), 200)
	if strays, complaints := tab.Strays(), tab.Complaints(); len(strays)+len(complaints) > 0 {
		t.Errorf("the page as it is: %v %v", strays, complaints)
	}
	rig.Ask[bool](tab, `document.querySelectorAll("label").forEach((l) => l.remove()), true`)
	if len(tab.Flaws()) == 0 {
		t.Error("axe does not miss the labels")
	}
	rig.Ask[bool](tab, `document.body.append(Object.assign(new Image(), {src: "https://evil.example/x.png"})), true`)
	rig.Eventually(t, func() bool { return len(tab.Complaints()) > 0 }, func() string { return "nobody complains of a picture that the policy forbids" })
	h.opens(tab, "data:text/html,<h1>elsewhere</h1><img src=https://evil.example/x.png>", 200)
	if len(tab.Strays()) == 0 {
		t.Error("a request to elsewhere is not noted")
	}
}

// TestExpiredFormInBrowser: a link whose time is over offers a new one, which
// comes into the same chat.
func TestExpiredFormInBrowser(t *testing.T) {
	h := newParlour(t, "{unopened: 300ms, tried: 300ms}")
	tab := h.browser.NewTab(t)
	address := h.address(shopDoor, askForCard)
	rig.Eventually(t, func() bool { return tab.Open(address) == 410 }, func() string { return "the link does not expire" })
	h.looks(tab, "expired", "This link has expired")
	before := len(h.platform.Calls())
	h.presses(tab, "button.main", 200)
	h.looks(tab, "sent", "A new link is in your chat")
	if id := rig.LinkID(h.platform.Calls()[before].Body); id == "" || strings.HasSuffix(address, id) {
		t.Error("no new link came into the chat")
	}
	h.opens(tab, address, 410)
	if tab.Has("form") {
		t.Error("the expired page offers a second new link")
	}
	h.looks(tab, "expired and replaced", "This link has expired")
	h.settled(tab)
}

func (h *parlour) opens(tab *rig.Tab, address string, want int) {
	h.Helper()
	if got := tab.Open(address); got != want {
		h.Fatalf("opening: got %d, want %d", got, want)
	}
}

func (h *parlour) presses(tab *rig.Tab, selector string, want int) {
	h.Helper()
	if got := tab.Press(selector); got != want {
		h.Fatalf("pressing: got %d, want %d: %s", got, want, tab.Title())
	}
}

// looks looks at a page as people do: on a phone, in the light and in the dark;
// and lets axe look, too. It keeps pictures.
func (h *parlour) looks(tab *rig.Tab, name, title string) {
	h.Helper()
	if got := tab.Title(); got != title {
		h.Errorf("%s: the page says %q, want %q", name, got, title)
	}
	picture := strings.ReplaceAll(name, " ", "-")
	for _, dark := range []bool{false, true} {
		tab.Dark(dark)
		colours := map[bool]string{true: "dark", false: "light"}[dark]
		tab.Shot(picture + "-phone-" + colours)
		for _, flaw := range tab.Flaws() {
			h.Errorf("%s, %s: axe finds %s", name, colours, flaw)
		}
	}
	tab.Dark(false)
	h.narrow(tab, name)
	if small := rig.Ask[[]string](tab, smallTargets); len(small) > 0 {
		h.Errorf("%s: too small to be pressed: %v", name, small)
	}
}

// narrow holds when a phone need not scroll to the side.
func (h *parlour) narrow(tab *rig.Tab, name string) {
	h.Helper()
	if wide := rig.Ask[int](tab, "document.documentElement.scrollWidth"); wide > 390 {
		h.Errorf("%s: the page is %d pixels wide on a phone", name, wide)
	}
}

// smallTargets are the controls that are less than 24 pixels high or wide (WCAG
// 2.2, 2.5.8), and the buttons that are less than 44 high (2.5.5).
const smallTargets = `[...document.querySelectorAll("button, input:not([type=hidden]), textarea, a.main")].filter((e) => {
	const {width, height} = e.getBoundingClientRect();
	return Math.min(width, height) < 24 || (e.matches("button.main, a.main") && height < 44);
}).map((e) => e.outerHTML.slice(0, 60))`

// settled holds for every tab at its end: its pages asked nobody but piiproxy for
// anything, and broke none of their own rules.
func (h *parlour) settled(tab *rig.Tab) {
	h.Helper()
	for _, stray := range tab.Strays() {
		h.Errorf("a request left the origin: %s", stray)
	}
	for _, complaint := range tab.Complaints() {
		h.Errorf("the browser complained: %s", complaint)
	}
}
