package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// payloads touch every way in which a payload can be judged.
var payloads = map[string]string{
	"text":        said("card " + card + ", " + email + ", cvv 737"),
	"number":      webhook(`"message":{"text":` + digits + `}`),
	"name":        webhook(`"message":{"nlp":{"entities":{"` + digits + `":[]}}}`),
	"unlisted":    webhook(`"new":"` + card + `"`),
	"report":      webhook(`"message":{"metadata":"` + card + `"}`),
	"token":       said("pii_email_" + strings.Repeat("a", 26)),
	"personal":    `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2","email":"words"}}]}]}`,
	"inner":       said(`{\"a\":\"` + card + `\",\"b\":` + digits + `,\"` + digits + `\":1}`),
	"escapes":     said(`{\"a\":\"\\u0034111111111111111\" oops`),
	"quick reply": webhook(`"message":{"text":"` + email + `","quick_reply":{"payload":"` + email + `"}}`),
}

// In shadow mode not one byte changes, nothing is refused or kept, and the
// tallies say what would have been done; in off mode nothing is looked at.
func TestShadow(t *testing.T) {
	e, _ := engine(t)
	for name, body := range payloads {
		enforced := rewrite(t, e, "messenger", body, scope(t))
		for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
			got := rewrite(t, e, "messenger", body, scope(t, func(s *redact.Scope) { s.Mode = mode }))
			if got.Edited || string(got.Bytes) != body || len(got.Refusals) > 0 {
				t.Errorf("%s, %s: refused %v, became %s", mode, name, got.Refusals, got.Bytes)
			}
			if told := len(got.Tallies) > 0; told != (mode == rules.Shadow) {
				t.Errorf("%s, %s: tallies are %s, enforced %s", mode, name, tallied(got.Tallies), tallied(enforced.Tallies))
			}
			for _, tally := range got.Tallies {
				if tally.Mode != mode {
					t.Errorf("%s, %s: tallied as %s", mode, name, tallied(got.Tallies))
				}
			}
		}
	}
}

// What would be done is what is done.
func TestShadowTallies(t *testing.T) {
	e, _ := engine(t)
	for name, body := range payloads {
		if name == "quick reply" {
			continue // in shadow its payload is reported beside the text
		}
		enforced := tallied(rewrite(t, e, "messenger", body, scope(t)).Tallies)
		shadow := tallied(rewrite(t, e, "messenger", body, scope(t, func(s *redact.Scope) { s.Mode = rules.Shadow })).Tallies)
		if want := strings.ReplaceAll(enforced, "/enforce", "/shadow"); shadow != want {
			t.Errorf("%s: shadow says\n     %s\nwant %s", name, shadow, want)
		}
	}
}

// Kinds that stay enforced in shadow or off mode are hidden as ever.
func TestEnforcedKinds(t *testing.T) {
	e, _ := engine(t)
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		broken := func(s *redact.Scope) { s.Mode, s.Enforced, s.Interim = mode, []string{"credit_card", "cvv"}, true }
		for _, test := range [][2]string{
			{said("card " + card + ", " + email + ", cvv 737"), said("card {creditcard}, " + email + ", cvv {cvv}")},
			{said(`{\"a\":\"` + card + `\",\"b\":` + digits + `,\"c\":\"` + email + `\"}`), said(`{\"a\":\"{creditcard}\",\"b\":\"{creditcard}\",\"c\":\"` + email + `\"}`)},
			{webhook(`"new":"` + card + `"`), webhook(`"new":"{creditcard}"`)},
		} {
			matches(t, mode.String(), test[1], string(rewrite(t, e, "messenger", test[0], scope(t, broken)).Bytes))
		}
		if got := rewrite(t, e, "messenger", payloads["number"], scope(t, broken)); len(got.Refusals) != 1 {
			t.Errorf("%s: a card as a number passes", mode)
		}
		got := rewrite(t, e, "messenger", `{"message":{"text":"`+card+" "+email+`"}}`, scope(t, outbound, broken))
		if want := `{"message":{"text":"***1111 ` + email + `"}}`; string(got.Bytes) != want {
			t.Errorf("%s, outbound: %s", mode, got.Bytes)
		}
	}
}

// A rule in shadow is told and changes nothing, in an account that is enforced.
func TestRuleInShadow(t *testing.T) {
	e, _ := engine(t)
	shadowed := func(s *redact.Scope) { s.Rules = set(t, rules.Override{ID: "email", Mode: "shadow"}) }
	got := rewrite(t, e, "messenger", said(email+" "+card), scope(t, shadowed))
	matches(t, "text", said(email+" {creditcard}"), string(got.Bytes))
	if want := "email/email/tokenize/shadow"; !strings.Contains(tallied(got.Tallies), want) {
		t.Errorf("tallies are %s", tallied(got.Tallies))
	}
	got = rewrite(t, e, "messenger", `{"new":"`+email+`"}`, scope(t, outbound, shadowed))
	if len(got.Refusals) > 0 || got.Edited {
		t.Errorf("a rule in shadow refuses: %v", got.Refusals)
	}
	refused := rewrite(t, e, "messenger", webhook(`"message":{"text":`+digits+`}`), scope(t, func(s *redact.Scope) {
		var cards []rules.Override
		for _, rule := range s.Rules.Rules() {
			if rule.Kind == "credit_card" {
				cards = append(cards, rules.Override{ID: rule.ID, Mode: "shadow"})
			}
		}
		s.Rules = set(t, cards...)
	}))
	if len(refused.Refusals) > 0 {
		t.Errorf("a rule in shadow sends to quarantine: %v", refused.Refusals)
	}
}
