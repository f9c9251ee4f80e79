package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/client"
)

func (c *chat) client(token, second string) *client.Client {
	c.t.Helper()
	made, err := client.New(client.Config{URL: "http://" + c.server.Addr("admin"), Token: token, Second: second, Patience: 10 * time.Second})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(made.Close)
	return made
}

// TestClient: the client package against what serve serves: values, links, and
// what it says when it may not.
func TestClient(t *testing.T) {
	c, tokens := withRevealers(t)
	ctx := t.Context()
	many := make([]string, 2500)
	for i := range many {
		many[i] = tokens["email"]
	}
	values, err := c.client(fullToken, "").Reveal(ctx, client.Question{Tokens: many, Purpose: "support", Account: "shop"})
	if err != nil || len(values) != len(many) || values[2499] != (client.Value{Found: true, Account: "shop", Kind: "email", Text: chatMail}) {
		t.Fatalf("%d values, %v", len(values), err)
	}
	if shown := fmt.Sprintf("%v %+v %s %q %#v", values[0], values[0], values[0], values[0], values[:1]); strings.Contains(shown, "anna") {
		t.Errorf("a value prints as %s", shown)
	}
	if values, err := c.client(firstToken, secondToken).Restore(ctx, []string{tokens["credit_card"], tokens["creditcard"]}, strings.Repeat("0", 64)); err != nil || values[0].Found || values[1].Text != chatCard {
		t.Errorf("restored %v", err)
	}
	links := c.client(secondToken, "")
	link, err := links.CreateLink(ctx, client.LinkOrder{Account: "shop", User: chatAnna, Fields: []client.Field{{Kind: "iban"}}})
	if err != nil {
		t.Fatal(err)
	}
	facts, err := links.Link(ctx, link.ID)
	if err != nil || !facts.Valid || facts.Fields[0].Label == "" || facts.Tries != 5 {
		t.Errorf("the link: %+v, %v", facts, err)
	}
	var refused *client.Error
	if err := links.Fill(ctx, link.ID, map[string]string{"iban": "DE89 3704 0044 0532 0130 01"}); !errors.As(err, &refused) || refused.Status != 422 || refused.Problems["iban"] == "" || refused.Tries != 4 || strings.Contains(err.Error(), "3704") {
		t.Errorf("a wrong value: %v", err)
	}
	if err := links.Fill(ctx, link.ID, map[string]string{"iban": "DE89 3704 0044 0532 0130 00"}); err != nil {
		t.Error(err)
	}
}

// TestClientErrors: no error holds a token, a value or a link's id.
func TestClientErrors(t *testing.T) {
	c, tokens := withRevealers(t)
	id := strings.Repeat("a", 26)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	nobody, err := client.New(client.Config{URL: "http://127.0.0.1:1", Token: fullToken})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(ctx context.Context, of *client.Client, purpose string) error {
		_, err := of.Reveal(ctx, client.Question{Tokens: []string{tokens["email"]}, Purpose: purpose})
		return err
	}
	link := func(of *client.Client, id string) error {
		_, err := of.Link(t.Context(), id)
		return err
	}
	for name, got := range map[string]struct {
		err    error
		status int
	}{
		"no purpose":            {ask(t.Context(), c.client(fullToken, ""), ""), 422},
		"another scope":         {ask(t.Context(), c.client(secondToken, ""), "support"), 403},
		"nobody":                {ask(t.Context(), c.client(wrongToken, ""), "support"), 401},
		"no link":               {link(c.client(secondToken, ""), id), 404},
		"another path":          {link(c.client(secondToken, ""), "../"+id), 0},
		"nobody there":          {link(nobody, id), 0},
		"nobody there for it":   {ask(t.Context(), nobody, "support"), 0},
		"a call that was ended": {ask(stopped, c.client(fullToken, ""), "support"), 0},
	} {
		var refused *client.Error
		if got.err == nil || errors.As(got.err, &refused) != (got.status != 0) || refused != nil && refused.Status != got.status {
			t.Errorf("%s: %v", name, got.err)
			continue
		}
		for _, secret := range []string{"canary", id, tokens["email"], chatMail} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", got.err, got.err, got.err), secret) {
				t.Errorf("%s: %v", name, got.err)
			}
		}
	}
	if !errors.Is(ask(stopped, c.client(fullToken, ""), "support"), context.Canceled) {
		t.Error("a call that was ended does not say so")
	}
	for name, config := range map[string]client.Config{
		"plain HTTP to elsewhere": {URL: "http://piiproxy.internal:8082", Token: "t"},
		"a path":                  {URL: "https://piiproxy.internal/v1", Token: "t"},
		"no scheme":               {URL: "piiproxy.internal:8082", Token: "t"},
		"a password":              {URL: "https://canary:canary@piiproxy.internal", Token: "t"},
		"no token":                {URL: "https://piiproxy.internal"},
	} {
		if _, err := client.New(config); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestClientWaits: it asks again where it is told when, and nowhere else.
func TestClientWaits(t *testing.T) {
	for _, try := range []struct {
		name, retryAfter string
		status           int
		asked            int
	}{
		{"busy", "1", 429, 2},
		{"a fault that may pass", "1", 503, 2},
		{"a fault that does not", "", 503, 1},
		{"longer than it waits", "60", 429, 1},
		{"longer than a clock has", "18446744073", 429, 1},
		{"refused", "1", 403, 1},
		{"sent elsewhere", "", 307, 1},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked == 2 {
				_, _ = w.Write([]byte(`{"values":[{"found":false}]}`))
				return
			}
			w.Header().Set("Location", "/elsewhere")
			if try.retryAfter != "" {
				w.Header().Set("Retry-After", try.retryAfter)
			}
			w.WriteHeader(try.status)
			_, _ = w.Write([]byte(`{"error":"no"}`))
		}))
		of, err := client.New(client.Config{URL: server.URL, Token: "t", Patience: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		_, err = of.Reveal(t.Context(), client.Question{Tokens: []string{"x"}, Purpose: "p"})
		of.Close()
		server.Close()
		if asked != try.asked || (err == nil) != (try.asked == 2) {
			t.Errorf("%s: asked %d times, %v", try.name, asked, err)
		}
	}
}
