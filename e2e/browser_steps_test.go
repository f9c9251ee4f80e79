package e2e

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

const askForCard = "Great choice! Please type your 16-digit card number."

// types fills what the form asks of a card; what it has kept of a try before stays.
func (h *parlour) types(tab *rig.Tab, number string) {
	h.Helper()
	for name, value := range map[string]string{"credit_card": number, "card_expiry": "12/39", "cvv": "737"} {
		input := fmt.Sprintf("input[name=%s]", name)
		if !tab.Has(input) {
			continue
		}
		if kept := rig.Ask[string](tab, fmt.Sprintf("document.querySelector(%q).value", input)); kept == "" {
			tab.Type(input, value)
		} else if kept != value || name != "card_expiry" {
			h.Errorf("the form has kept something of %s", name)
		}
	}
}

// journey is a person's way: the form, an error, success, back, and once more.
func (h *parlour) journey(tab *rig.Tab, door door) {
	address := h.address(door, askForCard)
	h.opens(tab, address, 200)
	h.looks(tab, door.channel+" form", "Secure form")
	if text := tab.HTML(); !strings.Contains(text, "Piggy Mugs") || !strings.Contains(text, "card number") {
		h.Error("the form does not say who asks for what")
	}
	tab.Size(1280, 800)
	tab.Shot(door.channel + "-form-desktop")
	tab.Size(390, 844)

	h.types(tab, formWrong)
	if live := rig.Ask[string](tab, `document.querySelector("input[name=credit_card]").value`); live != formWrong {
		h.Errorf("the live help shows %q", live)
	}
	h.presses(tab, "button.main", 422)
	h.looks(tab, door.channel+" errors", "Secure form")
	h.unseen(tab, "the page with errors", formWrong, "737")
	if !tab.Has(".problems a[href]") || !tab.Has("[aria-invalid=true]") {
		h.Error("the page with errors names none")
	}

	before := len(h.bot.Deliveries())
	h.types(tab, formCard)
	h.presses(tab, "button.main", 200)
	h.looks(tab, door.channel+" done", "Thank you")
	h.unseen(tab, "the last page", formCard, "737")
	turn := string(h.bot.Await(h, before+1)[before].Body)
	if !strings.Contains(turn, "453914") || strings.Contains(turn, strings.ReplaceAll(formCard, " ", "")) {
		h.Errorf("the bot got %s", turn)
	}
	awaitCall(h, h.platform, "Thank you, we have received your details securely.")

	for range 2 { // to the page with errors, and to the form before it
		tab.Back()
		h.unseen(tab, "a page that was gone back to", formCard, formWrong, "737")
	}
	h.opens(tab, address, 410)
	h.looks(tab, door.channel+" used", "This link was already used")
}

// unseen fails when the page, its address or its inputs hold one of the values.
func (h *parlour) unseen(tab *rig.Tab, where string, values ...string) {
	h.Helper()
	all := tab.HTML() + rig.Ask[string](tab, "location.href")
	for _, value := range values {
		if strings.Contains(all, value) || strings.Contains(all, strings.ReplaceAll(value, " ", "")) {
			h.Errorf("%s shows what was typed", where)
		}
	}
}

// manyFields is a form with several kinds of input.
func (h *parlour) manyFields(tab *rig.Tab) {
	h.opens(tab, h.address(shopDoor, askForPayment), 200)
	h.looks(tab, "many fields", "Secure form")
	h.presses(tab, "button.main", 422)
	h.looks(tab, "many errors", "Secure form")
}

// noScript fills a form in with JavaScript switched off.
func (h *parlour) noScript(tab *rig.Tab) {
	tab.ScriptOff()
	h.opens(tab, h.address(shopDoor, askForCard), 200)
	tab.Shot("no-script-form")
	h.types(tab, formWrong)
	h.presses(tab, "button.main", 422)
	tab.Shot("no-script-errors")
	before := len(h.bot.Deliveries())
	h.types(tab, formCard)
	h.presses(tab, "button.main", 200)
	tab.Shot("no-script-done")
	h.bot.Await(h, before+1)
}

// noSuchLink: a link that was changed, and one of another house.
func (h *parlour) noSuchLink(tab *rig.Tab) {
	address := h.address(lineDoor, askForCard)
	last := address[len(address)-1:]
	changed := address[:len(address)-1] + map[bool]string{true: "b", false: "a"}[last == "a"]
	h.opens(tab, changed, 404)
	h.looks(tab, "unknown", "We do not know this link")
	h.opens(tab, rig.PublicOrigin+"/c/"+strings.Repeat("foreign4", 4)[:26], 404)
	h.opens(tab, strings.ToUpper(address[:len(rig.PublicOrigin)])+address[len(rig.PublicOrigin):]+"x", 404)
	h.opens(tab, address, 200) // which is none the worse
}

// fiveTries ends a link.
func (h *parlour) fiveTries(tab *rig.Tab) {
	h.opens(tab, h.address(lineDoor, askForCard), 200)
	for range 4 {
		h.types(tab, formWrong)
		h.presses(tab, "button.main", 422)
	}
	h.types(tab, formWrong)
	h.presses(tab, "button.main", 410)
	h.looks(tab, "locked", tab.Title())
	h.unseen(tab, "the page after the last try", formWrong)
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// chatCode asks for a code that comes into the chat.
func (h *parlour) chatCode(tab *rig.Tab) {
	address := h.address(codeDoor, askForCard)
	h.opens(tab, address, 200)
	h.looks(tab, "prove", "First, a code from your chat")
	if tab.Has("input[name=credit_card]") {
		h.Error("the form shows before the code was entered")
	}
	before := len(h.platform.Calls())
	h.presses(tab, "button.main", 200)
	h.looks(tab, "code", "Enter the code from your chat")
	code := sixDigits.FindString(plain(h.platform.Calls()[before].Body))
	wrong := map[bool]string{true: "000001", false: "000000"}[code == "000000"]
	tab.Type("input[name=code]", wrong)
	h.presses(tab, "button.main", 422)
	h.looks(tab, "code errors", "Enter the code from your chat")
	tab.Type("input[name=code]", code)
	h.presses(tab, "button.main", 200)
	if !tab.Has("input[name=credit_card]") {
		h.Error("the right code does not open the form")
	}
	other := h.browser.NewTab(h.T)
	h.opens(other, address, 200)
	if other.Has("input[name=credit_card]") {
		h.Error("the form shows in another browser")
	}
	h.settled(other)

	h.types(tab, formCard)
	h.presses(tab, "button.main", 200)
	tab.Back()
	h.unseen(tab, "the form that was gone back to", formCard, "737")
	if got := tab.Title(); got != "This link was already used" {
		h.Errorf("the page before the last one says %q", got)
	}
}

// evil is what an account or a person may have in their words.
const evil = `</title></textarea><script>window.__pwned=1</script><img src=x onerror=window.__pwned=1>" autofocus onfocus="window.__pwned=1" x='{{.Proof}}<!--`

var rogueForm = fmt.Sprintf(`{title: %[1]q, texts: {en: {page.why: %[1]q, page.send: %[1]q, label.credit_card: %[1]q, hint.card_expiry: %[1]q, problem.card: %[1]q, done.text: %[1]q}}}`, "P"+evil)

// skeleton is a page without its words: elements, and the names of their
// attributes.
const skeleton = `[...document.querySelectorAll("*")].map((e) => e.tagName + "[" + e.getAttributeNames().filter((n) => n !== "value").join() + "]").join(" ")`

// hostileWords: an account whose words try to be more than words has the pages
// that any other has.
func (h *parlour) hostileWords(tab *rig.Tab) {
	var plain, hostile []string
	for _, account := range []struct {
		door  door
		typed string
		pages *[]string
	}{{shopDoor, "4x", &plain}, {rogueDoor, "4" + evil, &hostile}} {
		note := func() { *account.pages = append(*account.pages, rig.Ask[string](tab, skeleton)) }
		h.opens(tab, h.address(account.door, askForCard), 200)
		note()
		h.types(tab, account.typed)
		h.presses(tab, "button.main", 422)
		note()
		h.types(tab, formCard)
		h.presses(tab, "button.main", 200)
		note()
		if rig.Ask[bool](tab, `"__pwned" in window`) {
			h.Error("a script of a stranger ran")
		}
	}
	for i, page := range []string{"form", "errors", "done"} {
		if plain[i] != hostile[i] {
			h.Errorf("%s: hostile words change the page\n%s\n%s", page, plain[i], hostile[i])
		}
	}
	h.opens(tab, h.address(rogueDoor, askForCard), 200)
	tab.Shot("hostile-form")
	h.narrow(tab, "hostile words")
}
