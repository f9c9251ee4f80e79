package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// TestFleetKnowsWhatOthersSent: the echo of what one instance sent is no foreign
// send to another one, nor to one that begins later; a foreign one still is.
func TestFleetKnowsWhatOthersSent(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	if got := f.all[0].send(anna, "hello"); got.status != http.StatusOK { // learns m_out1
		t.Fatalf("answered %d", got.status)
	}
	f.all[1].hook(page(entry(shopID, echo(shopID, anna, "m_out1", "hello"))))
	f.all[0].until("told", func() bool { return f.all[0].records("sent/") > 0 })
	late := f.join()
	late.hook(page(entry(shopID, echo(shopID, anna, "m_out1", "hello"))))
	f.all[1].hook(page(entry(shopID, echo(shopID, anna, "m_foreign", "hello"))))
	f.all[1].until("an alarm", func() bool { return len(f.all[1].lines("foreign_send")) > 0 })
	time.Sleep(300 * time.Millisecond) // others would have come before
	if n, m := len(f.all[1].lines("foreign_send")), len(late.lines("foreign_send")); n != 1 || m != 0 {
		t.Errorf("%d and %d alarms, want one, of what nobody sent", n, m)
	}
}

// TestFleetAbsorbsItsOwnWords: the echo of a message of our own, which one instance
// sent, comes to another one, even before the first has its answer. Instagram gives
// no mark back.
func TestFleetAbsorbsItsOwnWords(t *testing.T) {
	t.Parallel()
	absorbsItsOwnWords(t, newFleet(t, 2, telling))
}

func absorbsItsOwnWords(t *testing.T, f *fleet) {
	a, b := f.all[0], f.all[1]
	echoed := make(chan reply, 1)
	a.platform.answers(func(w http.ResponseWriter, r *http.Request) {
		words := noticeIn(a.platform.bodies())
		echoed <- b.hook(instagram(entry(gramID, echo(gramID, anna, "m_notice", words))))
		graphAnswer(w, r)
	})
	a.hook(instagram(entry(gramID, text(gramID, anna, "hi"))))
	if got := <-echoed; got.status != http.StatusOK {
		t.Fatalf("answered %d", got.status)
	}
	if got := a.bots["bot"].bodies(); len(got) != 1 || strings.Contains(got[0], noticeWords) {
		t.Errorf("the bot got %s", strings.Join(got, "\n"))
	}
	b.hook(instagram(entry(gramID, echo(gramID, anna, "m_bots", "hello"))))
	if got := len(a.bots["bot"].bodies()); got != 2 {
		t.Errorf("the bot got %d deliveries, want the echo of its own message, too", got)
	}
}

// noticeIn is the text of the notice that the platform got.
func noticeIn(bodies []string) string {
	for _, body := range bodies {
		if _, rest, ok := strings.Cut(body, `"text":"`); ok && strings.Contains(body, noticeWords) {
			words, _, _ := strings.Cut(rest, `"`)
			return words
		}
	}
	return ""
}

// TestFleetBreakGlass: an order to one instance is in force on all within 5 s, and
// so is the one that ends it.
func TestFleetBreakGlass(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	for _, order := range []struct{ mode, want string }{{"off", glassGone}, {"enforce", glassClosed}} {
		mode, err := rules.ParseMode(order.mode)
		f.all[0].must(err)
		f.all[0].must(f.all[0].proxy.Break(t.Context(), proxy.BreakGlass{
			Account: "shop", Mode: mode, For: time.Hour, All: true, Reason: "test", Actor: "sre",
		}))
		ordered := time.Now()
		matches(t, "the first", order.want, f.all[0].glassWords())
		time.Sleep(time.Until(ordered.Add(5 * time.Second))) // the bound that is promised
		for i, r := range f.all {
			matches(t, fmt.Sprint("number ", i), order.want, r.glassWords())
		}
	}
}

// TestFleetSetsAsideTheThirdTime: what cannot be read comes to one instance after
// the other; the third time it is set aside.
func TestFleetSetsAsideTheThirdTime(t *testing.T) {
	t.Parallel()
	setsAsideTheThirdTime(t, newFleet(t, 3))
}

func setsAsideTheThirdTime(t *testing.T, f *fleet) {
	for i, want := range []int{400, 400, 200, 400} {
		if got := f.all[i%3].hook(`{"object":"page"`); got.status != want {
			t.Errorf("time %d: answered %d, want %d", i+1, got.status, want)
		}
	}
	if got := f.all[0].quarantined(); len(got) != 1 {
		t.Errorf("%d items in quarantine", len(got))
	}
}

// TestFleetFormFromStepToStep: each step is another instance's: the question, the
// form, the submission; the turn goes on when that one is gone.
func TestFleetFormFromStepToStep(t *testing.T) {
	t.Parallel()
	formFromStepToStep(t, newFleet(t, 4))
}

func formFromStepToStep(t *testing.T, f *fleet) {
	a, b, c, d := f.all[0], f.all[1], f.all[2], f.all[3]
	a.hook(page(entry(shopID, text(shopID, anna, "hi"))))
	b.send(anna, askCard)
	form := b.opensOn(c)
	a.bots["bot"].says(http.StatusBadGateway, "text/plain", "")
	form.rig = d
	if got := form.fill(cardFields); got.status != http.StatusSeeOther {
		t.Fatalf("filling in: %d %s", got.status, got.body)
	}
	a.until("tried", func() bool { return len(a.bots["bot"].requests()) > 1 })
	d.dies()
	a.bots["bot"].answers(botAnswer)
	f.advance(leaseOver)
	turn := func() string { bodies := a.bots["bot"].bodies(); return bodies[len(bodies)-1] }
	a.until("an empty outbox", func() bool { return a.records("outbox/") == 0 })
	if got := turn(); !strings.Contains(got, "411111") || strings.Contains(got, digits) {
		t.Errorf("the bot got %s", got)
	}
	form.rig = a
	if got := form.fill(cardFields); got.status != http.StatusGone {
		t.Errorf("once more: %d", got.status)
	}
	// What stands for the card is restored nowhere and masked by all.
	words := strings.Fields(a.heardWords())[0]
	b.send(anna, "We charge "+words)
	if got := b.lastSent(); strings.Contains(got, words) || strings.Contains(got, digits) {
		t.Errorf("sent %s", got)
	}
}

// opensOn opens the form behind the latest swap in another instance.
func (r *rig) opensOn(other *rig) opened {
	r.t.Helper()
	if !linkIn.MatchString(r.lastSent()) {
		r.t.Fatalf("no link in %s", r.lastSent())
	}
	return other.openForm()
}

// TestFleetKnowsEchoes: what one instance put into a chat in the place of a token
// comes back in an echo to another one, which no rule helps, and is the same token
// again.
func TestFleetKnowsEchoes(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	a, b := f.all[0], f.all[1]
	place := waba(change(lineID, waMessage(annaPhone, `"type":"location","location":{"latitude":52.5,"longitude":13.4,"address":"the old mill"}`)))
	a.hook(place)
	token := tokenIn.FindString(a.only(a.bots["bot"]).body)
	a.call("/"+lineID+"/messages", `{"to":"`+annaPhone+`","text":{"body":"we deliver to `+token+`"}}`)
	if got := a.only(a.platform).body; !strings.Contains(got, "we deliver to the old mill") {
		t.Fatalf("the platform got %s", got)
	}
	echo := func(words string) string {
		return waba(change(lineID, `"message_echoes":[{"from":"15550783881","to":"`+annaPhone+`","id":"wamid.out1","timestamp":"1","type":"text","text":{"body":"`+words+`"}}]`))
	}
	b.hook(echo("we deliver to the old mill"))
	if got, want := a.bots["bot"].bodies()[1], echo("we deliver to "+token); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	raw, err := b.values.List(t.Context(), "echo/", "", 10)
	b.must(err)
	if len(raw) != 1 || strings.Contains(string(raw[0].Value), "mill") {
		t.Error("what was put into the chat is not kept sealed")
	}
	f.advance(2 * time.Hour)
	if got := b.records("echo/"); got != 0 {
		t.Errorf("%d records are left after an hour", got)
	}
}
