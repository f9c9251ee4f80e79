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

// What was restored comes back in the account's echo as the token that it was,
// also where no rule finds it; for anybody else it is just words.
func TestEchoOfRestored(t *testing.T) {
	for name, test := range map[string]struct{ message, value string }{
		"an address":    {`"location":{"latitude":1,"longitude":2,"address":"1 Hacker Way"}`, "1 Hacker Way"},
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
			if got, want := words(t, e, said, scope(t, known, echoing)).Text, strings.ReplaceAll(said, test.value, token); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
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

// A value that is masked on its way out is not in the chat, so nothing is to be
// found in the echo.
func TestEchoOfMasked(t *testing.T) {
	e, _ := engine(t)
	token := fieldToken(t, e, `"location":{"latitude":1,"longitude":2,"address":"1 Hacker Way"}`, scope(t))
	if got := words(t, e, token, scope(t, outbound)); strings.Contains(got.Text, "Hacker") {
		t.Fatalf("outbound: %s", got.Text)
	}
	if got := words(t, e, "1 Hacker Way", scope(t, echoing)); got.Text != "1 Hacker Way" {
		t.Errorf("the echo: %s", got.Text)
	}
}
