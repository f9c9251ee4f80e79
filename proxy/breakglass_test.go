package proxy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// mustBreak puts an account into another mode for half an hour, wholly.
func (r *rig) mustBreak(account, mode string) {
	r.t.Helper()
	m, err := rules.ParseMode(mode)
	r.must(err)
	r.must(r.proxy.Break(r.t.Context(), proxy.BreakGlass{Account: account, Mode: m, For: 30 * time.Minute, All: true, Reason: "test", Actor: "tester"}))
}

// says sends a delivery with a card, a code and an e-mail and gives the words
// that the bot got.
func (r *rig) glassWords() string {
	r.t.Helper()
	before := len(r.bots["bot"].requests())
	r.hook(page(entry(shopID, text(shopID, anna, "card "+card+", cvv 737, mail "+email))))
	_, words, _ := strings.Cut(r.bots["bot"].bodies()[before], `"text":"`)
	words, _, _ = strings.Cut(words, `"`)
	return words
}

const (
	glassClosed = "card {creditcard}, cvv {cvv}, mail {email}"
	glassBroken = "card {creditcard}, cvv {cvv}, mail " + email
	glassGone   = "card " + card + ", cvv 737, mail " + email
)

// Break glass leaves card numbers and security codes hidden unless it says
// all, ends by itself, survives a restart, and touches no other account.
func TestBreakGlass(t *testing.T) {
	for _, test := range []struct {
		mode rules.Mode
		all  bool
		want string
	}{
		{rules.Shadow, false, glassBroken},
		{rules.Off, false, glassBroken},
		{rules.Shadow, true, glassGone},
		{rules.Off, true, glassGone},
		{rules.Enforce, false, glassClosed},
	} {
		r := newRig(t)
		matches(t, "before", glassClosed, r.glassWords())
		order := proxy.BreakGlass{Account: "shop", Mode: test.mode, For: 30 * time.Minute, All: test.all, Reason: "incident 7", Actor: "sre"}
		r.must(r.proxy.Break(t.Context(), order))
		matches(t, "broken", test.want, r.glassWords())
		if got := r.call("/shop/me/messages", sent(anna, card)); got.status != 200 {
			t.Errorf("answered %d", got.status)
		}
		if got := r.platform.bodies()[0]; strings.Contains(got, card) != test.all {
			t.Errorf("%s, all %v: the platform got %s", test.mode, test.all, got)
		}
		r.hook(waba(change(lineID, waText(annaPhone, email))))
		if bodies := r.bots["bot"].bodies(); strings.Contains(bodies[len(bodies)-1], email) {
			t.Errorf("%s: another account is open, too", test.mode)
		}
		if got := r.counter(`piiproxy_break_glass_seconds{account="shop"}`); got < 1700 || got > 1800 {
			t.Errorf("%s: the gauge says %v", test.mode, got)
		}
		r.clock.advance(29 * time.Minute)
		r.restart()
		matches(t, "after a restart", test.want, r.glassWords())
		r.clock.advance(2 * time.Minute)
		matches(t, "when the time is over", glassClosed, r.glassWords())
		if got := r.counter(`piiproxy_break_glass_seconds{account="shop"}`); got != 0 {
			t.Errorf("%s: the gauge says %v", test.mode, got)
		}
		r.restart()
		matches(t, "after another restart", glassClosed, r.glassWords())
	}
}

// A later order replaces an earlier one.
func TestBreakGlassTwice(t *testing.T) {
	r := newRig(t)
	r.mustBreak("shop", "off")
	matches(t, "first", glassGone, r.glassWords())
	r.must(r.proxy.Break(t.Context(), proxy.BreakGlass{Account: "shop", Mode: rules.Enforce, For: time.Minute, Reason: "over", Actor: "sre"}))
	matches(t, "second", glassClosed, r.glassWords())
	r.restart()
	matches(t, "after a restart", glassClosed, r.glassWords())
	r.clock.advance(2 * time.Minute)
	matches(t, "later", glassClosed, r.glassWords())
}

// Orders that are wrong change nothing, and neither do those that cannot be
// kept.
func TestBreakGlassRefused(t *testing.T) {
	r := newRig(t)
	good := proxy.BreakGlass{Account: "shop", Mode: rules.Off, For: time.Minute, All: true, Reason: "x", Actor: "sre"}
	for name, change := range map[string]func(*proxy.BreakGlass){
		"no account": func(b *proxy.BreakGlass) { b.Account = "nobody" },
		"no time":    func(b *proxy.BreakGlass) { b.For = 0 },
		"too long":   func(b *proxy.BreakGlass) { b.For = 25 * time.Hour },
		"no reason":  func(b *proxy.BreakGlass) { b.Reason = "" },
		"a speech":   func(b *proxy.BreakGlass) { b.Reason = strings.Repeat("x", 401) },
		"no actor":   func(b *proxy.BreakGlass) { b.Actor = "" },
	} {
		order := good
		change(&order)
		if err := r.proxy.Break(t.Context(), order); err == nil || errors.Is(err, proxy.ErrUnaudited) {
			t.Errorf("%s: %v", name, err)
		}
	}
	matches(t, "after wrong orders", glassClosed, r.glassWords())
	r.must(r.values.Close())
	if err := r.proxy.Break(t.Context(), good); err == nil {
		t.Error("taken without a store")
	}
	r.hook(page(entry(shopID, text(shopID, anna, email))))
	if bodies := r.bots["bot"].bodies(); len(bodies) != 1 {
		t.Error("an order that could not be kept holds")
	}
}
