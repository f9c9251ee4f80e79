package client_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/client"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/reveal"
	"github.com/piiproxy/piiproxy/store/memory"
	"github.com/piiproxy/piiproxy/vault"
)

// A system that handles chargebacks knows tokens, from the bot's database, and may
// see the last four digits of cards.
func Example() {
	address, token := startPiiproxy()

	piiproxy, err := client.New(client.Config{URL: address, Token: "ppx_an-example-and-not-a-secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer piiproxy.Close()
	values, err := piiproxy.Reveal(context.Background(), client.Question{
		Tokens: []string{token, "pii_creditcard_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, Purpose: "chargeback",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, value := range values {
		fmt.Println(value.Found, value.Kind, value.Text, "printed whole:", value)
	}
	// Output:
	// true credit_card 1111 printed whole: <value>
	// false   printed whole: <value>
}

// startPiiproxy serves the admin API over a vault with one card, whose token it
// returns.
func startPiiproxy() (address, token string) {
	ctx, records := context.Background(), memory.Open(&memory.Storage{}, nil)
	set, err := keys.Ephemeral()
	must(err)
	book := conversation.NewBook(records, set, nil)
	values := vault.New(vault.Config{Store: records, Keys: set})
	c, err := book.Ensure(ctx, "shop", []string{"7301558493021174"})
	must(err)
	tokens, err := values.Tokens(ctx, c, []vault.Value{{Kind: "credit_card", Canonical: "4111111111111111", Text: "4111 1111 1111 1111", Origin: vault.Chat}})
	must(err)
	desk := exampleDesk{desk: reveal.New(reveal.Config{Vault: values, Conversations: book, Audit: audit.Nop{}, Kinds: func() []string { return nil }})}
	caller := console.Caller{Name: "chargebacks", Token: sha256.Sum256([]byte("ppx_an-example-and-not-a-secret")), Scopes: []string{"reveal"}, Grant: console.Grant{
		Accounts: []string{"shop"}, Kinds: []string{"credit_card"}, Level: "last4", Purposes: []string{"chargeback"}, Tokens: 600, Time: time.Minute,
	}}
	server := httptest.NewServer(console.Handler(console.Access{Keys: set, Callers: []console.Caller{caller}}, console.Desks{Reveals: desk}))
	return server.URL, tokens[0]
}

// exampleDesk is what cmd/piiproxy puts between the API and the vault, shortened.
type exampleDesk struct {
	console.Reveals
	desk *reveal.Desk
}

// Reveal implements console.Reveals.
func (d exampleDesk) Reveal(ctx context.Context, who console.Who, o console.RevealOrder) (console.RevealAnswer, error) {
	asker := reveal.Asker{Actor: who.Actor(), Source: who.Source, Accounts: who.Grant.Accounts, Kinds: who.Grant.Kinds}
	answers, err := d.desk.Values(ctx, asker, reveal.Order{Action: "reveal", Purpose: o.Purpose, Tokens: o.Tokens})
	told := console.RevealAnswer{}
	for _, a := range answers {
		if a.Found {
			told.Values = append(told.Values, console.Revealed{Found: true, Account: a.Account, Kind: a.Value.Kind, Value: reveal.Level(who.Grant.Level).Of(a.Value)})
			continue
		}
		told.Values = append(told.Values, console.Revealed{})
	}
	return told, err
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
