package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
)

// TestTokenInLink: what looks like a token in a link to a form is part of its id.
func TestTokenInLink(t *testing.T) {
	e, _ := engine(t)
	const token = "pii_email_abcdefghijklmnopqrstuvwx23"
	for _, words := range []string{
		`https://chat.example.com/c/` + token,
		`https://chat.example.com/c/x` + token,
		`https://chat.example.com/c/` + token + `x`,
		`https://chat.example.com/c/` + token + ` and ` + token,
		`https://chat.example.com/c/a-` + token + `-b`,
		`HTTPS://Chat.Example.com/c/` + token,
		`https://chat.example.com/c/https://chat.example.com/c/abc`,
	} {
		body := `{"object":"page","entry":[{"id":"1906385232743451","time":1,"messaging":[{"sender":{"id":"7301558493021174"},"recipient":{"id":"1906385232743451"},"timestamp":1,"message":{"mid":"m_1","text":"` + words + `"}}]}]}`
		document, err := payload.Parse([]byte(body), payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		ch, _ := channel.ByName("messenger")
		got, err := e.Rewrite(t.Context(), redact.Body{
			Document: document, Channel: ch, Table: ch.Webhook(), Stretches: []redact.Stretch{{Scope: scope(t)}}, Links: []string{"https://chat.example.com/c/", "chat.example.com/c/", "https://chat.example.com/c/x"},
		})
		if err != nil || strings.Contains(string(got.Bytes), "pii_") {
			t.Errorf("%s: %v %s", words, err, got.Bytes)
		}
	}
}
