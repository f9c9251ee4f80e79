package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/proxy"
)

// telling switches notices and warnings on.
func telling(p *plan) {
	var texts form.Texts
	p.conduct.Telling = proxy.Telling{
		NoticeNew: true, NoticeRisky: true, Warn: []string{"credit_card"},
		Words: func(language, key string) string { return texts.Lookup(language, "chat."+key) },
	}
}

// count is how many requests to the platform hold some words.
func (r *rig) count(words string) (n int) {
	for _, body := range r.platform.bodies() {
		if strings.Contains(body, words) {
			n++
		}
	}
	return n
}

const (
	noticeWords  = "Please do not write card numbers"
	warningWords = "please do not type card details"
)

// TestNotice: a new conversation gets one privacy notice in 24 hours, and so does
// one that is about to get a form.
func TestNotice(t *testing.T) {
	r := newRig(t, telling)
	r.says("a", "hi")
	r.until("the notice", func() bool { return r.count(noticeWords) == 1 })
	r.says("b", "hello")
	r.send(anna, askCard)
	r.must(r.proxy.Close())
	if n := r.count(noticeWords); n != 1 {
		t.Errorf("%d notices in one window", n)
	}
	r.restart()
	r.clock.advance(25 * time.Hour)
	r.says("c", "me again")
	r.send(anna, "And what is your SSN?")
	if n := r.count(noticeWords); n != 2 {
		t.Errorf("%d notices, the second one before the form of the next day", n)
	}
}

// TestWarning: who types a card unasked is warned once a day, with a button; the
// bot gets a token. Who was asked is not.
func TestWarning(t *testing.T) {
	r := newRig(t, telling)
	if got := r.says("a", "my card is "+card); !strings.Contains(got, "pii_creditcard_") {
		t.Fatalf("the bot got %q", got)
	}
	r.until("the warning", func() bool { return r.count(warningWords) == 1 })
	for _, body := range r.platform.bodies() {
		if strings.Contains(body, warningWords) && linkIn.FindString(body) == "" {
			t.Errorf("no button: %s", body)
		}
	}
	r.says("b", "really, "+card)
	r.must(r.proxy.Close())
	if n := r.count(warningWords); n != 1 {
		t.Errorf("%d warnings in a day", n)
	}
	r.restart()
	r.clock.advance(25 * time.Hour)
	r.says("c", "once more: "+card)
	r.until("the next day's warning", func() bool { return r.count(warningWords) == 2 })
}

// TestNothingIsSaid: without being switched on, piiproxy says nothing by itself.
func TestNothingIsSaid(t *testing.T) {
	r := newRig(t)
	r.says("a", "my card is "+card)
	r.must(r.proxy.Close())
	r.nothing(r.platform)
}

// TestResidue: what a person typed is on the platform, and the ledger says so;
// a repeated delivery counts once.
func TestResidue(t *testing.T) {
	r := newRig(t)
	for range 2 {
		r.says("a", "my card is "+card)
	}
	r.says("b", "my mail is "+email) // belongs into no form
	c, err := r.book.Find(t.Context(), "shop", []string{"psid:" + anna})
	r.must(err)
	list, err := conversation.NewLedger(r.values, r.clock.now).List(t.Context(), c)
	r.must(err)
	if len(list) != 1 || list[0].Message != "am_"+anna || list[0].Kinds[0] != "credit_card" || list[0].Platform != "messenger" || list[0].Retention == "" || list[0].At.IsZero() {
		t.Errorf("the ledger holds %+v", list)
	}
}

// TestInstagramEchoOfOurs: Instagram gives no mark back, so a message of ours is
// known by its words, even before the answer with its id is there.
func TestInstagramEchoOfOurs(t *testing.T) {
	r := newRig(t, telling)
	r.hook(instagram(entry(gramID, text(gramID, anna, "hi"))))
	r.until("the notice", func() bool { return r.count(noticeWords) == 1 })
	before := len(r.bots["bot"].requests())
	var texts form.Texts
	echoed := echo(gramID, anna, "another-id", texts.Lookup("", "chat.notice"))
	echoed = strings.NewReplacer(`"sender":{"id":"`+anna, `"sender":{"id":"`+gramID, `"recipient":{"id":"`+gramID, `"recipient":{"id":"`+anna).Replace(echoed)
	if got := r.hook(instagram(entry(gramID, echoed))); got.status != 200 || len(r.bots["bot"].requests()) != before {
		t.Errorf("answered %d, the bot got %d more", got.status, len(r.bots["bot"].requests())-before)
	}
}
