package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// restoring puts addresses back, too.
func restoring(t *testing.T) func(*redact.Scope) {
	return func(s *redact.Scope) {
		s.Policy = defaults(t, func(p *redact.Tables) { p.Tokens["address"] = "restore" })
	}
}

func echoing(s *redact.Scope) { s.Echo = true }

func another(s *redact.Scope) { s.Aliases = []string{"psid:1"} }

// placed is a delivery with a message of more members.
func placed(message string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{"from":"2",` + message + `}]}}]}]}`
}

// fieldToken gives the token of a value that only its field makes personal.
func fieldToken(t *testing.T, e *redact.Engine, message string, s *redact.Scope) string {
	t.Helper()
	token := tokenIn.FindString(string(rewrite(t, e, "whatsapp", placed(message), s).Bytes))
	if token == "" {
		t.Fatalf("no token was made of %s", message)
	}
	return token
}

// sayAgain wants a text with value in it to be the same text with its token.
func sayAgain(t *testing.T, what, said, value, token, got string) {
	t.Helper()
	if want := strings.ReplaceAll(said, value, token); got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// What was restored comes back in the account's echo as the token that it was,
// also where no rule finds it; for anybody else it is just words.
func TestEchoOfRestored(t *testing.T) {
	for name, test := range map[string]struct{ message, value string }{
		"an address":    {`"location":{"latitude":1,"longitude":2,"address":"behind the mill"}`, "behind the mill"},
		"a bare number": {`"contacts":[{"phones":[{"phone":"5550042"}]}]`, "5550042"},
		"an umlaut":     {`"location":{"latitude":1,"longitude":2,"address":"Höhe 7"}`, "Höhe 7"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := engine(t)
			known := restoring(t)
			said := "we come to " + test.value + " and " + test.value + "."
			if got := words(t, e, said, scope(t, known, echoing)); got.Text != said {
				t.Errorf("before it was restored: %s", got.Text)
			}
			token := fieldToken(t, e, test.message, scope(t, known))
			if got := words(t, e, said, scope(t, known, echoing)); got.Text != said {
				t.Errorf("before it was restored: %s", got.Text)
			}
			if got := words(t, e, "we come to "+token, scope(t, known, outbound)); got.Text != "we come to "+test.value {
				t.Fatalf("outbound: %s", got.Text)
			}
			sayAgain(t, "the echo", said, test.value, token, words(t, e, said, scope(t, known, echoing)).Text)
			if got := words(t, e, said, scope(t, known, echoing, another)); got.Text != said {
				t.Errorf("another person: %s", got.Text)
			}
			if got := words(t, e, said, scope(t, known)); strings.Contains(got.Text, token) {
				t.Errorf("a person's own words: %s", got.Text)
			}
			if got := words(t, e, said, scope(t, known, echoing, func(s *redact.Scope) { s.Context.Account = "other" })); got.Text != said {
				t.Errorf("another account: %s", got.Text)
			}
		})
	}
}

// What rules find by its words is the token of its field before and after it was
// restored, in anybody's words; in another conversation it is another token.
func TestEchoOfFound(t *testing.T) {
	for name, test := range map[string]struct{ message, value string }{
		"an address": {`"location":{"latitude":1,"longitude":2,"address":"1 Hacker Way"}`, "1 Hacker Way"},
		"an e-mail":  {`"contacts":[{"emails":[{"email":"` + email + `"}]}]`, email},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := engine(t)
			known := restoring(t)
			said := "we come to " + test.value + " and " + test.value + "."
			token := fieldToken(t, e, test.message, scope(t, known))
			sayAgain(t, "before", said, test.value, token, words(t, e, said, scope(t, known, echoing)).Text)
			if got := words(t, e, "we come to "+token, scope(t, known, outbound)); got.Text != "we come to "+test.value {
				t.Fatalf("outbound: %s", got.Text)
			}
			sayAgain(t, "after", said, test.value, token, words(t, e, said, scope(t, known, echoing)).Text)
			sayAgain(t, "a person's own words", said, test.value, token, words(t, e, said, scope(t, known)).Text)
			for who, change := range map[string]func(*redact.Scope){
				"another person":  another,
				"another account": func(s *redact.Scope) { s.Context.Account = "other" },
			} {
				if got := words(t, e, said, scope(t, known, echoing, change)).Text; strings.Contains(got, token) || strings.Contains(got, test.value) {
					t.Errorf("%s: %s", who, got)
				}
			}
		})
	}
}

// A value that is masked on its way out is not in the chat, so nothing is to be
// found in the echo.
func TestEchoOfMasked(t *testing.T) {
	e, _ := engine(t)
	hidden := scope(t, func(s *redact.Scope) {
		s.Policy = defaults(t, func(p *redact.Tables) { p.Tokens["address"] = "mask" })
	})
	token := fieldToken(t, e, `"location":{"latitude":1,"longitude":2,"address":"behind the mill"}`, hidden)
	if got := words(t, e, token, scope(t, outbound, func(s *redact.Scope) { s.Policy = hidden.Policy })); strings.Contains(got.Text, "mill") {
		t.Fatalf("outbound: %s", got.Text)
	}
	if got := words(t, e, "behind the mill", scope(t, echoing)); got.Text != "behind the mill" {
		t.Errorf("the echo: %s", got.Text)
	}
}

// What a mask shows is no finding in its echo, though a person who types the
// same has told the last four digits of a card.
func TestEchoOfMask(t *testing.T) {
	e, _ := engine(t)
	token := tokenIn.FindString(words(t, e, "my card is "+card, scope(t)).Text)
	for name, sent := range map[string]string{
		"a token":         "I have your card " + token + " on file",
		"the bot's words": "I have your card " + card + " on file",
	} {
		said := words(t, e, sent, scope(t, outbound)).Text
		if said != "I have your card ***1111 on file" {
			t.Fatalf("%s, outbound: %s", name, said)
		}
		if got := words(t, e, said, scope(t, echoing)).Text; got != said {
			t.Errorf("%s: the echo: %s", name, got)
		}
		matches(t, name+": a person", "I have your card ***{cardlast4} on file", words(t, e, said, scope(t)).Text)
		matches(t, name+": another person", "I have your card ***{cardlast4} on file", words(t, e, said, scope(t, echoing, another)).Text)
	}
	matches(t, "what only begins in a mask", "write to ***{email}", words(t, e, "write to ***1111@corp.example", scope(t, echoing)).Text)
	mailed := words(t, e, "to "+email, scope(t, outbound, func(s *redact.Scope) {
		s.Policy = defaults(t, func(p *redact.Tables) { p.Outbound["email"] = "mask" })
	})).Text
	if got := words(t, e, mailed, scope(t, echoing)).Text; got != mailed || mailed != "to j***@corp.example" {
		t.Errorf("an e-mail's mask: %s became %s", mailed, got)
	}
}
