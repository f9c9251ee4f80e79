package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

// moneyPacks are the packs that these tests are about. Rules of other packs
// would only hide what they do.
var moneyPacks = []string{"builtin/cards", "builtin/bank", "builtin/secrets"}

// TestMoneyContext wants answers, directions and neighbours to decide what a
// number is.
func TestMoneyContext(t *testing.T) {
	set := view(t, load(t, moneyPacks...), rules.View{Account: "shop", Channel: "messenger", Regions: []string{"US"}})
	outbound := rules.Context{Direction: rules.Outbound}
	tests := []struct {
		name, text string
		context    rules.Context
		want       string // kind:value of every finding
	}{
		{"card asked", "9856 254 819 1411", rules.Context{Asked: []string{"credit_card"}}, "credit_card:9856 254 819 1411"},
		{"card not asked", "9856 254 819 1411", rules.Context{}, ""},
		{"last four asked", "it's 4821", rules.Context{Asked: []string{"card_last4"}}, "card_last4:4821"},
		{"account asked", "8965", rules.Context{Asked: []string{"bank_account"}}, "bank_account:8965"},
		{"code asked", "482 913", rules.Context{Asked: []string{"otp"}}, "otp:482 913"},
		{"code by letters", "G-482913", rules.Context{Asked: []string{"otp"}}, "otp:G-482913"},
		{"password asked", "sunshine", rules.Context{Asked: []string{"password"}}, "password:sunshine"},
		{"password refused", "why do you ask", rules.Context{Asked: []string{"password"}}, ""},
		{"password forgotten", "I forgot it", rules.Context{Asked: []string{"password"}}, ""},
		{"security answer", "it was Biscuit", rules.Context{Asked: []string{"secret"}}, "secret:Biscuit"},
		{"cvv asked", "737", rules.Context{Asked: []string{"cvv"}}, "cvv:737"},
		{"expiry asked", "march 2027", rules.Context{Asked: []string{"card_expiry"}}, "card_expiry:march 2027"},
		{"last four told", "refunded to your Visa ending in 4242", outbound, ""},
		{"account told", "your account number is 45029981", outbound, "bank_account:45029981"},
		{"field", "x7!", rules.Context{Field: "password"}, "password:x7!"},
		{"order before card", "order 389501, card 4111111111111111", rules.Context{}, "account_ref:389501 credit_card:4111111111111111"},
		{"a card after all", "order 4111111111111111", rules.Context{}, "credit_card:4111111111111111"},
		{"no card", "order 4111111111111112", rules.Context{}, "account_ref:4111111111111112"},
		{"another business", "my internet account number is 45029981", rules.Context{}, "account_ref:45029981"},
		{
			"all of a card", "4111 1111 1111 1111, 12/29, 737",
			rules.Context{},
			"credit_card:4111 1111 1111 1111 card_expiry:12/29 cvv:737",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result, err := set.Scan(test.text, test.context)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range result.Findings {
				got = append(got, fmt.Sprintf("%s:%s", f.Kind, test.text[f.Start:f.End]))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestLongKey wants all of a private key, which is longer than one finding.
func TestLongKey(t *testing.T) {
	set := view(t, load(t, moneyPacks...), rules.View{Account: "shop"})
	for _, lines := range []int{1, 26, 29, 30, 31, 50} {
		key := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat(strings.Repeat("Aa0+", 16)+"\n", lines) + "-----END PRIVATE KEY-----"
		text := "here it is: " + key + "\nthanks"
		result, err := set.Scan(text, rules.Context{})
		if err != nil {
			t.Fatal(err)
		}
		hidden := 0
		for _, f := range result.Findings {
			hidden += f.End - f.Start
		}
		if hidden < len(key) {
			t.Errorf("%d lines: %d of %d bytes found", lines, hidden, len(key))
		}
	}
}
