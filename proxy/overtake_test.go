package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// asksBack makes the bot ask within the webhook, as most do: its call comes
// before its 200.
func (r *rig) asksBack(words string) {
	r.bots["bot"].answers(func(w http.ResponseWriter, _ *http.Request) {
		r.bots["bot"].answers(botAnswer)
		r.send(anna, words)
		w.WriteHeader(http.StatusOK)
	})
}

// TestAskedWithinTheWebhook: a question that the bot asks while it handles a
// message is not answered by that message.
func TestAskedWithinTheWebhook(t *testing.T) {
	r := newRig(t)
	r.asksBack(lastFour)
	r.says("a", "hi")
	r.says("b", "what for?")
	r.says("c", "hm")
	if got := r.says("d", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("asked while the first message was handled: %q", got)
	}
	r.send(anna, lastFour)
	r.asksBack("That does not match. " + lastFour)
	if got := r.says("e", "4821"); !strings.HasPrefix(got, isToken) {
		t.Fatalf("asked: %q", got)
	}
	if got := r.says("f", "4822"); !strings.HasPrefix(got, isToken) {
		t.Errorf("asked again while the answer was handled: %q", got)
	}
}

// TestAskedWithinTheTurn: the same where the message is one of ours.
func TestAskedWithinTheTurn(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	r.asksBack(lastFour)
	r.openForm().fill(cardFields)
	r.until("the turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	r.until("the question", func() bool { return strings.Contains(strings.Join(r.platform.bodies(), ""), "last 4") })
	r.says("a", "4821") // it waits its turn while the form's is being settled
	r.until("the answer", func() bool { return len(r.bots["bot"].requests()) == 3 })
	if got := r.heardWords(); !strings.HasPrefix(got, isToken) {
		t.Errorf("asked while the turn was handled: %q", got)
	}
}

// TestTurnAnswersItsKinds: a form ends the questions that it asked, and no other.
func TestTurnAnswersItsKinds(t *testing.T) {
	r := newRig(t)
	r.knows(anna)
	r.send(anna, askCard)
	form := r.openForm()
	r.send(anna, lastFour)
	form.fill(cardFields)
	r.until("the turn", func() bool { return len(r.bots["bot"].requests()) == 2 })
	if got := r.says("a", "4821"); !strings.HasPrefix(got, isToken) {
		t.Errorf("a form for a card ended another question: %q", got)
	}
}

// TestAnswersOfOneDelivery: of several messages in one delivery each is read the
// same way when it comes again.
func TestAnswersOfOneDelivery(t *testing.T) {
	r := newRig(t)
	r.send(anna, lastFour)
	one := strings.Replace(text(shopID, anna, "4821"), `"mid":"`, `"mid":"1`, 1)
	two := strings.Replace(text(shopID, anna, "4822"), `"mid":"`, `"mid":"2`, 1)
	for range 2 {
		r.hook(page(entry(shopID, one, two)))
	}
	bodies := r.bots["bot"].bodies()
	if bodies[0] != bodies[1] || strings.Contains(bodies[0], "4822") {
		t.Errorf("first  %s\nsecond %s", bodies[0], bodies[1])
	}
}
