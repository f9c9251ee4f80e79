package proxy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// While glass is broken without "all", a card number is hidden wherever it
// stands: also in a field that is personal as a whole, and is not in force.
func TestGlassAndPersonalFields(t *testing.T) {
	body := func(phone string) string {
		return waba(change(lineID, waMessage(annaPhone, `"type":"contacts","contacts":[{"name":{"formatted_name":"Joe Roe"},"phones":[{"phone":"`+phone+`"}]}]`)))
	}
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		r := newRig(t)
		order := proxy.BreakGlass{Account: "line", Mode: mode, For: time.Hour, Reason: "incident", Actor: "sre"}
		r.must(r.proxy.Break(t.Context(), order))
		r.hook(body(card))
		matches(t, mode.String(), body("{creditcard}"), r.bots["bot"].bodies()[0])
		r.hook(body("+1 (555) 123-4567"))
		if got := r.bots["bot"].bodies()[1]; got != body("+1 (555) 123-4567") {
			t.Errorf("%s: a phone number became %s", mode, got)
		}
		order.All = true
		r.must(r.proxy.Break(t.Context(), order))
		r.hook(body(card))
		if got := r.bots["bot"].bodies()[2]; got != body(card) {
			t.Errorf("%s, all: the bot got %s", mode, got)
		}
	}
}

// Tokens that the bot holds from before mean nothing to the person it writes to:
// they become what policy makes of them while glass is broken, too.
func TestGlassAndHeldTokens(t *testing.T) {
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		for _, all := range []bool{false, true} {
			r := newRig(t)
			mail, number := r.token(anna, email), r.token(anna, card)
			r.must(r.proxy.Break(t.Context(), proxy.BreakGlass{Account: "shop", Mode: mode, For: time.Hour, All: all, Reason: "incident", Actor: "sre"}))
			for words, want := range map[string]string{
				"to " + mail + " with " + number:           `to jane.doe\u0040corp.example with ***1111`,
				"pii_email_" + strings.Repeat("a", 26):     "your e-mail",
				"write to somebody@else.example":           "write to somebody@else.example",
				strings.ToUpper(mail) + "/" + number + ".": `jane.doe\u0040corp.example/***1111.`,
			} {
				if got := r.sentText(anna, words); got != sent(anna, want) {
					t.Errorf("%s, all %v:\n got %s\nwant %s", mode, all, got, sent(anna, want))
				}
			}
			if got := r.sentText(bert, mail); got != sent(bert, "your e-mail") {
				t.Errorf("%s, all %v: another person got %s", mode, all, got)
			}
		}
	}
}
