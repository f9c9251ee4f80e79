package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// A value that touches a token is found as if it stood alone, on either side, and
// the token is dealt with, too.
func TestValuesTouchTokens(t *testing.T) {
	e, _ := engine(t)
	mail := tokenIn.FindString(words(t, e, email, scope(t)).Text)
	fake := "pii_email_" + strings.Repeat("a", 26)
	for _, test := range []struct{ name, sent, want string }{
		{"card before", card + mail, "***1111" + email},
		{"card behind", mail + card, email + "***1111"},
		{"digits before", digits + mail, "***1111" + email},
		{"digits behind", mail + digits, email + "***1111"},
		{"on both sides", digits + mail + digits, "***1111" + email + "***1111"},
		{"between tokens", mail + card + mail, email + "***1111" + email},
		{"beside one that stands for nothing", digits + fake + digits, "***1111your e-mail***1111"},
		{"in capitals", digits + strings.ToUpper(mail), "***1111" + email},
	} {
		if got := words(t, e, test.sent, scope(t, outbound)); got.Text != test.want {
			t.Errorf("outbound, %s: %q, want %q", test.name, got.Text, test.want)
		}
	}
	for _, test := range []struct{ name, sent, want string }{
		{"card before", card + fake, "{creditcard}[TOKEN]"},
		{"card behind", fake + card, "[TOKEN]{creditcard}"},
		{"digits on both sides", digits + fake + digits, "{creditcard}[TOKEN]{creditcard}"},
		{"e-mail behind", fake + " " + email, "[TOKEN] {email}"},
		{"in capitals", digits + strings.ToUpper(fake), "{creditcard}[TOKEN]"},
	} {
		matches(t, "inbound, "+test.name, test.want, words(t, e, test.sent, scope(t)).Text)
	}
}

// A value that holds another one that is not to be restored is masked, whatever
// policy says of its own kind; so is one that holds what looks like a token.
func TestRestoredValueHoldsMore(t *testing.T) {
	for name, test := range map[string]struct{ place, want string }{
		"nothing more":        {"1 Hacker Way", "1 Hacker Way"},
		"a card":              {"Home, " + card, "***"},
		"digits of a card":    {digits, "***"},
		"a made-up token":     {"Home pii_email_" + strings.Repeat("a", 26), "***"},
		"a token in capitals": {"PII_EMAIL_" + strings.Repeat("A", 26), "***"},
		"what is restored":    {"Home, " + email, "Home, " + email},
	} {
		e, _ := engine(t)
		token := fieldToken(t, e, `"location":{"latitude":1,"longitude":2,"name":"`+test.place+`"}`, scope(t, restoring(t)))
		got := words(t, e, "at "+token+".", scope(t, restoring(t), outbound))
		if got.Text != "at "+test.want+"." {
			t.Errorf("%s: %q, want %q", name, got.Text, "at "+test.want+".")
		}
	}
}

// A quick reply whose payload is the text but for case or the space around it is
// edited like the text; a payload of the bot's own stays.
func TestPayloadLikeText(t *testing.T) {
	e, _ := engine(t)
	body := func(text, payload string) string {
		return webhook(`"message":{"mid":"m","text":"` + text + `","quick_reply":{"payload":"` + payload + `"}}`)
	}
	for _, test := range []struct{ name, text, payload, wantText, wantPayload string }{
		{"the same", email, email, "{email}", "{email}"},
		{"another case", "Jane.Doe@Corp.Example", email, "{email}", "{email}"},
		{"space around", email, " " + email + " ", "{email}", " {email} "},
		{"card, space around", card, card + " ", "{creditcard}", "{creditcard} "},
		{"another payload", "mail " + email, email, "mail {email}", email},
		{"a payload of the bot's", "yes", "YES_" + digits, "yes", "YES_" + digits},
		{"clean, another case", "Yes", "YES", "Yes", "YES"},
		{"no words", "", digits, "", digits},
	} {
		got := rewrite(t, e, "messenger", body(test.text, test.payload), scope(t))
		matches(t, test.name, body(test.wantText, test.wantPayload), string(got.Bytes))
	}
	got := string(rewrite(t, e, "messenger", body("Jane.Doe@Corp.Example", email), scope(t)).Bytes)
	if tokens := tokenIn.FindAllString(got, -1); len(tokens) != 2 || tokens[0] != tokens[1] {
		t.Errorf("text and payload have %v", tokens)
	}
	if got := rewrite(t, e, "messenger", body("mail "+email, email), scope(t, func(s *redact.Scope) { s.Policy = defaults(t, func(p *redact.Tables) { p.Inbound["email"] = "allow" }) })); got.Edited {
		t.Errorf("allowed: %s", got.Bytes)
	}
}
