package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// previewers ask for every link that comes by, before anybody presses it.
var previewers = []http.Header{
	{"User-Agent": {"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"}},
	{"User-Agent": {"WhatsApp/2.23.20.0 A"}},
	{"User-Agent": {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Messenger"}},
	{"User-Agent": {"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}},
	{"User-Agent": {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}},
	{"User-Agent": {"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"}},
	{"User-Agent": {"TelegramBot (like TwitterBot)"}},
	{"User-Agent": {"Mozilla/5.0"}, "Sec-Purpose": {"prefetch;prerender"}, "Purpose": {"prefetch"}},
}

// formDesk is a desk whose accounts ask for cards in forms.
func formDesk(t *testing.T, change func(*rig.Setup)) *desk {
	return newDesk(t, func(s *rig.Setup) {
		s.Policies = captive
		for i := range s.Accounts {
			s.Accounts[i].Policy = "captive"
		}
		if change != nil {
			change(s)
		}
	})
}

// cardOf is what a person types into a form that asks for a card.
func cardOf(number string) map[string]string {
	return map[string]string{"credit_card": number, "card_expiry": "12/39", "cvv": "737"}
}

// TestFormOnce: previews leave a link as it is, and of a hundred who fill it in at
// once one does, and the bot hears of it once (threats C2 and C3).
func TestFormOnce(t *testing.T) {
	d := formDesk(t, nil)
	d.greets(shopDoor, anna)
	id := d.asks(shopDoor, anna, askForCard)
	d.previews(id)

	form, reply, err := d.proxy.NewVisitor().Open(t.Context(), id)
	if err != nil {
		t.Fatalf("after the previews the form is %d: %v", reply.Status, err)
	}
	before := len(d.bot.Deliveries())
	statuses := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			reply := form.Follow(t.Context(), cardOf(formCard))
			mu.Lock()
			defer mu.Unlock()
			statuses[reply.Status]++
		})
	}
	all.Wait()
	if statuses[http.StatusOK] != 1 || statuses[http.StatusGone] != 99 {
		t.Errorf("100 posts at once were answered %v, want one 200 and 99 times 410", statuses)
	}
	d.bot.Await(t, before+1)
	d.hears(bruno, "what comes after") // so that a second event had its time
	if got := len(d.bot.Deliveries()) - before; got != 2 {
		t.Errorf("the bot got %d deliveries, want one for the form and one of another person", got)
	}
}

// previews asks for a link as previewers do, fifty times each.
func (d *desk) previews(id string) {
	d.Helper()
	var all sync.WaitGroup
	for _, header := range previewers {
		all.Go(func() {
			for i := range 50 {
				method := map[bool]string{true: http.MethodHead, false: http.MethodGet}[i%10 == 9]
				if reply := d.proxy.NewVisitor().Get(d.Context(), method, "/c/"+id, header); reply.Status != http.StatusOK {
					d.Errorf("%s of %s: %d (error: %v)", method, header.Get("User-Agent"), reply.Status, reply.Err)
				}
			}
		})
	}
	all.Wait()
}

// everything hides as little as can be configured.
const everything = `  open: {inbound: {default: allow}, outbound: {default: allow}, tokens: {default: restore}, prompts: {default: capture}, format: {credit_card: word, default: word}}`

// TestFormValuesStay: whatever policy says, no call to the platform holds what was
// typed into a form, in whichever spelling the bot sends it back.
func TestFormValuesStay(t *testing.T) {
	d := formDesk(t, func(s *rig.Setup) {
		s.Policies = everything
		for i := range s.Accounts {
			s.Accounts[i].Policy = "open"
		}
	})
	typed := map[string]string{
		"credit_card": formCard, "card_expiry": "11/38", "cvv": "846",
		"iban": "DE89 3704 0044 0532 0130 00", "ssn": "536-22-4417", "password": "Nightjar-31-quill",
	}
	for _, door := range []door{shopDoor, lineDoor} {
		person := map[string]string{"messenger": anna, "whatsapp": annaPhone}[door.channel]
		d.greets(door, person)
		id := d.asks(door, person, "What is your card number, its expiry date and CVV, your IBAN, your social security number and your password?")
		before := len(d.bot.Deliveries())
		form, _, err := d.proxy.NewVisitor().Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if reply := form.Follow(t.Context(), typed); reply.Status != http.StatusOK {
			t.Fatalf("filling in: %d %s", reply.Status, reply.Body)
		}
		heard := messages(t, d.bot.Await(t, before+1)[before].Body)[0].text
		valueless(t, "what the bot got", []byte(heard), formCard, typed["iban"], typed["ssn"], typed["password"])
		d.repeats(door, person, heard, typed)
	}
	d.stayed(typed)
}

// repeats has the bot say what it heard, and what the person typed as if it knew.
func (d *desk) repeats(door door, person, heard string, typed map[string]string) {
	d.Helper()
	d.speaks(door, person, "So it is "+heard)
	for _, word := range strings.Fields(heard) {
		d.speaks(door, person, word)
	}
	for _, value := range typed {
		// What is so short may stand for anything, and a password looks like any word:
		// that the bot never has it is what keeps it.
		if len(value) < 6 || value == typed["password"] {
			continue
		}
		for _, spelled := range []string{value, strings.ReplaceAll(value, " ", ""), strings.ReplaceAll(value, " ", "-"), strings.ReplaceAll(value, "-", " ")} {
			d.speaks(door, person, fmt.Sprintf("We have %s of you", spelled))
		}
	}
}

func (d *desk) stayed(typed map[string]string) {
	d.Helper()
	for kind, value := range typed {
		if len(value) < 6 {
			continue
		}
		for _, call := range d.platform.Calls() {
			for _, leak := range rig.Find("what the platform got", call.Body, []rig.Canary{{Place: kind, Value: value}, {Place: kind, Value: strings.ReplaceAll(value, " ", "")}}) {
				d.Error(leak)
			}
		}
	}
}

// TestArmed: "4821" is a token after it was asked for, and after a restart; asked
// for by nobody it is a number.
func TestArmed(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) {
		s.Policies = `  arms: {prompts: {default: arm}}`
		for i := range s.Accounts {
			s.Accounts[i].Policy = "arms"
		}
	})
	const question, token = "What are the last 4 of your SSN?", "pii_ssnlast4_"
	if got := d.hears(anna, "4821"); got != "4821" {
		t.Errorf("unasked: the bot saw %q", got)
	}
	if got := d.gets(anna, question); got != question {
		t.Errorf("the person was asked %q", got)
	}
	first := d.hears(anna, "4821")
	if !strings.HasPrefix(first, token) {
		t.Errorf("asked: the bot saw %q", first)
	}
	if got := d.hears(anna, "4821"); got != "4821" {
		t.Errorf("after the answer: the bot saw %q", got)
	}
	if got := d.hears(bruno, "4821"); got != "4821" {
		t.Errorf("another person, unasked: the bot saw %q", got)
	}
	d.gets(anna, question)
	d.proxy.Kill()
	d.proxy.Run(t)
	if got := d.hears(anna, "4821"); got != first {
		t.Errorf("after a restart: the bot saw %q, want %q", got, first)
	}
}
