package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

const askForAll = "What is your card number with its expiry date and CVV, your IBAN, your social security number and your password?"

// forms fills forms in, in good days and bad ones. What was typed, the links, the
// secrets of the pages and what the bot got for it are canaries.
func (a *aviary) forms() {
	for _, day := range []struct {
		name string
		bad  func()
		want int
	}{
		{"good days", func() {}, http.StatusSeeOther},
		{"platform down", func() { a.platform.Answer(hangUp) }, http.StatusSeeOther},
		{"bot down", func() { a.bot.Behave(away) }, http.StatusSeeOther},
		{"store full", func() { a.proxy.StoreFull(a, true) }, http.StatusServiceUnavailable},
	} {
		for _, door := range []door{shopDoor, lineDoor} {
			a.fillsOn(day.name+", form, "+door.channel, door, day.bad, day.want)
		}
	}
}

// hangUp is a platform that has crashed.
func hangUp(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = connection.Close()
	}
	return true
}

func (a *aviary) fillsOn(day string, door door, bad func(), want int) {
	a.Helper()
	person := a.flock.hatch(day+", person", anID, true)
	a.greets(door, person)
	id := a.asks(door, person, askForAll)
	a.flock.note(day+", link", id, true)
	form, reply, err := a.proxy.NewVisitor().Open(a.Context(), id)
	if err != nil {
		a.Fatalf("%s: opening: %d", day, reply.Status)
	}
	_, session, _ := strings.Cut(form.Cookie, "=")
	a.flock.note(day+", session", session, false)
	a.flock.note(day+", proof", form.Proof, false)
	a.misuse(day, form)

	before := len(a.bot.Deliveries())
	bad()
	typed := a.typed(day, "right")
	if reply := form.Fill(a.Context(), typed); reply.Status != want {
		a.Errorf("%s: filling in: %d (error: %v)", day, reply.Status, reply.Err)
	}
	if strings.HasPrefix(day, "bot down") {
		a.bot.Await(a, before+1)
	}
	a.platform.Answer(nil)
	a.bot.Behave(nil)
	a.proxy.StoreFull(a, false)
	if want != http.StatusSeeOther {
		rig.Eventually(a, func() bool {
			time.Sleep(100 * time.Millisecond)
			return form.Fill(a.Context(), typed).Status == http.StatusSeeOther
		}, func() string { return "the form does not recover after " + day })
	}
	a.turn(day, person)
}

// typed is something of every kind that the form asks for.
func (a *aviary) typed(day, what string) map[string]string {
	hatch := func(kind string, k kind) string { return a.flock.hatch(day+", "+what+", "+kind, k, false) }
	return map[string]string{
		"credit_card": hatch("card", aCard), "card_expiry": "12/39", "cvv": "737", "iban": hatch("IBAN", anIBAN),
		"ssn": hatch("SSN", anSSN), "password": hatch("password", aPassword),
	}
}

// noCard is a card number whose check digit is wrong.
func noCard(n int) string {
	number := aCard(n)
	last := (number[len(number)-1]-'0'+1)%10 + '0'
	return number[:len(number)-1] + string(last)
}

// misuse posts what is wrong in every way there is.
func (a *aviary) misuse(day string, form rig.Form) {
	a.Helper()
	wrong := a.typed(day, "wrong")
	wrong["credit_card"] = a.flock.hatch(day+", wrong check digit", noCard, false)
	reply := form.Fill(a.Context(), wrong)
	if reply.Status != http.StatusUnprocessableEntity {
		a.Errorf("%s: wrong values: %d", day, reply.Status)
	}
	for _, leak := range rig.Find("the page with errors", reply.Body, a.flock.closed()) {
		// The page is posted again, and keeps what was typed but for secrets.
		if !strings.Contains(leak, ", proof") && !strings.Contains(leak, "wrong, IBAN") {
			a.Error(leak)
		}
	}
	strange := form
	strange.Proof = a.flock.hatch(day+", wrong proof", aWord, false)
	a.keepPage(form, strange.Fill(a.Context(), a.typed(day, "wrong proof")))
	strange = form
	strange.Cookie = "__Host-form=" + a.flock.hatch(day+", wrong cookie", aWord, false)
	a.keepPage(form, strange.Fill(a.Context(), a.typed(day, "wrong cookie")))
	visitor := a.proxy.NewVisitor()
	a.keep(visitor.Get(a.Context(), http.MethodGet, "/c/"+a.flock.hatch(day+", no link", aWord, false), nil))
	a.keep(visitor.Get(a.Context(), http.MethodPut, form.Path+"?q="+a.flock.hatch(day+", query", aWord, false), nil))
	large := map[string]string{"iban": strings.Repeat(a.flock.hatch(day+", too large", anIBAN, false), 4000)}
	a.keep(form.Fill(a.Context(), large))
}

// keepPage keeps a page of a link, which may lead to that link.
func (a *aviary) keepPage(form rig.Form, reply rig.Reply) {
	reply.Body = bytes.ReplaceAll(reply.Body, []byte(form.Path), nil)
	a.keep(reply)
}

// turn waits for the message that the bot gets for a form. Its words are for the
// bot and for nobody else.
func (a *aviary) turn(day, person string) {
	a.Helper()
	heard := ""
	rig.Eventually(a, func() bool {
		for _, delivery := range a.bot.Deliveries() {
			for _, m := range messages(a, delivery.Body) {
				if m.person == person && m.text != "hi" {
					heard = m.text
				}
			}
		}
		return heard != ""
	}, func() string { return day + ": the bot did not get the form's message" })
	for _, word := range strings.Fields(heard) {
		a.flock.note(day+", what the bot got", word, true)
	}
}
