package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// TestLinkIDs: a link to a secure form that comes back in an echo, a history or a
// person's words loses its id, wherever it stands; another link stays.
func TestLinkIDs(t *testing.T) {
	e, _ := engine(t)
	const id = "abcdefghijklmnopqrstuvwx23"
	wrapped := `https:\/\/l.facebook.com\/l.php?u=https\u00253A\u00252F\u00252Fchat.example.com\u00252Fc\u00252F` + id + `&h=AT1`
	link, other := `https:\/\/chat.example.com\/c\/`+id, `https:\/\/shop.example.com\/c\/`+id
	for name, body := range map[string]string{
		"an echo's button":  `{"object":"page","entry":[{"id":"1906385232743451","time":1,"messaging":[{"sender":{"id":"1906385232743451"},"recipient":{"id":"7301558493021174"},"timestamp":1,"message":{"mid":"m_1","is_echo":true,"attachments":[{"type":"template","payload":{"template_type":"button","text":"Enter it here:","buttons":[{"type":"web_url","url":"LINK","title":"Enter securely"}]}}]}}]}]}`,
		"words":             `{"object":"page","entry":[{"id":"1906385232743451","time":1,"messaging":[{"sender":{"id":"7301558493021174"},"recipient":{"id":"1906385232743451"},"timestamp":1,"message":{"mid":"m_1","text":"what is LINK for? LINK"}}]}]}`,
		"an unlisted place": `{"object":"page","entry":[{"id":"1906385232743451","time":1,"messaging":[{"sender":{"id":"7301558493021174"},"recipient":{"id":"1906385232743451"},"timestamp":1,"new":{"place":"LINK"}}]}]}`,
	} {
		for _, url := range []string{link, other, wrapped} {
			document, err := payload.Parse([]byte(strings.ReplaceAll(body, "LINK", url)), payload.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			ch, _ := channel.ByName("messenger")
			got, err := e.Rewrite(t.Context(), redact.Body{
				Document: document, Channel: ch, Table: ch.Webhook(), Stretches: []redact.Stretch{{Scope: scope(t)}}, Links: []string{"https://chat.example.com/c/", "https%3A%2F%2Fchat.example.com%2Fc%2F"},
			})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(body, "LINK", url)
			if url != other {
				want = strings.ReplaceAll(want, id, "hidden")
			}
			if string(got.Bytes) != want {
				t.Errorf("%s:\n got %s\nwant %s", name, got.Bytes, want)
			}
		}
	}
}

// TestShow: what came by a form reaches the bot as policy says, never as it is,
// and does not go back into the chat.
func TestShow(t *testing.T) {
	e, values, book := booked(t)
	policy := defaults(t, func(p *redact.Tables) {
		p.Inbound["ssn"], p.Inbound["passport"] = "mask", "redact"
		p.Format = map[string]string{"email": "word"}
		p.Tokens["default"] = "restore"
		p.Prompts["default"] = "capture"
		p.Outbound["default"] = "allow"
	})
	c, err := book.Ensure(t.Context(), "shop", []string{anna})
	if err != nil {
		t.Fatal(err)
	}
	given := []vault.Value{
		{Kind: "credit_card", Canonical: digits, Text: card},
		{Kind: "person", Canonical: "jane doe", Text: "Jane Doe"}, // which the policy allows in a chat
		{Kind: "ssn", Canonical: "123456789", Text: "123-45-6789"},
		{Kind: "passport", Canonical: "X1234567", Text: "X1234567"},
		{Kind: "email", Canonical: email, Text: email},
	}
	shown, err := e.Show(t.Context(), policy, c, given)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 5 || len(shown[0]) != len(card) || shown[0] == card || shown[2] != "***" || shown[3] != "[PASSPORT]" || !strings.HasPrefix(shown[4], "pii_email_") || !strings.HasPrefix(shown[1], "pii_person_") {
		t.Errorf("shown %q", shown)
	}
	if value, err := values.Lookup(t.Context(), c, "ssn", "123456789"); err != nil || value.Origin != vault.Form {
		t.Errorf("what the bot sees a mask of: origin %d, %v", value.Origin, err)
	}
	if value, err := values.Resolve(t.Context(), c, shown[1]); err != nil || value.Origin != vault.Form {
		t.Errorf("the name's token: origin %d, %v", value.Origin, err)
	}
	back := words(t, e, "Thank you "+shown[1]+", we charge "+shown[0]+" and write to "+shown[4], scope(t, outbound, func(s *redact.Scope) {
		s.Policy, s.Captured = policy, []string{"credit_card", "person", "email"}
	}))
	for _, value := range given {
		if strings.Contains(back.Text, value.Text) {
			t.Errorf("%s went into the chat", value.Kind)
		}
	}
	if strings.Contains(back.Text, shown[0]) {
		t.Error("the look-alike went into the chat as if it were a card")
	}
}

// TestFormValueUnderAnotherKind: rules tell some kinds apart by the words beside
// them only. A value that came by a form stays out of the chat under each of them.
func TestFormValueUnderAnotherKind(t *testing.T) {
	e, _, book := booked(t)
	policy := defaults(t, func(p *redact.Tables) { p.Outbound["ssn"], p.Outbound["tax_id"] = "allow", "allow" })
	c, err := book.Ensure(t.Context(), "shop", []string{anna})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Show(t.Context(), policy, c, []vault.Value{
		{Kind: "dob", Canonical: "1980-04-17", Text: "1980-04-17"},
		{Kind: "tax_id", Canonical: "123456789", Text: "123-45-6789"},
	}); err != nil {
		t.Fatal(err)
	}
	for _, sent := range []string{"We met on 1980-04-17.", "born on 1980-04-17", "your SSN is 123-45-6789"} {
		got := words(t, e, sent, scope(t, outbound, func(s *redact.Scope) { s.Policy, s.Captured = policy, []string{"dob", "tax_id"} }))
		if strings.Contains(got.Text, "1980-04-17") || strings.Contains(got.Text, "123-45-6789") {
			t.Errorf("%q went out as %q: %s", sent, got.Text, tallied(got.Tallies))
		}
	}
	for _, sent := range []string{"your SSN is 123-45-6780"} {
		if got := words(t, e, sent, scope(t, outbound, func(s *redact.Scope) { s.Policy, s.Captured = policy, []string{"dob", "tax_id"} })); got.Text != sent {
			t.Errorf("%q went out as %q", sent, got.Text)
		}
	}
}
