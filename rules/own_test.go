package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/piiproxy/piiproxy/rules"
)

func TestOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.txt")
	if err := os.WriteFile(file, []byte("# ours\nhttps://bank.example/*\n\n203.0.113.7 # gateway\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set := view(t, load(t, "builtin"), rules.View{Regions: []string{"US"}, Own: rules.Own{
		Values: []string{"+1 800 555 0100", "Help@Shop.example"}, Patterns: []string{"*@bank.example", "DE44 5001 ????*"}, File: file,
	}})
	text := "call (800) 555-0100 or help@shop.example, ann@bank.example, bob@other.example, https://bank.example/a, https://other.example/b, 203.0.113.7"
	all := []string{
		"phone:(800) 555-0100", "email:help@shop.example", "email:ann@bank.example", "email:bob@other.example",
		"url:https://bank.example/a", "url:https://other.example/b", "ip:203.0.113.7",
	}
	if got := show(text, scan(t, set, text, rules.Context{}).Findings); !slices.Equal(got, all) {
		t.Errorf("inbound %q, want %q", got, all)
	}
	want := []string{"email:bob@other.example", "url:https://other.example/b"}
	if got := show(text, scan(t, set, text, rules.Context{Direction: rules.Outbound}).Findings); !slices.Equal(got, want) {
		t.Errorf("outbound %q, want %q", got, want)
	}
}

// TestOwnParts lets nothing of an own value be taken for somebody's: the national
// part of a number is another phone number by itself.
func TestOwnParts(t *testing.T) {
	set := view(t, load(t, "builtin"), rules.View{Regions: []string{"GB"}, Own: rules.Own{Values: []string{"+44 20 7946 0958"}}})
	outbound := rules.Context{Direction: rules.Outbound}
	if got := scan(t, set, "call us on +44 20 7946 0958", outbound).Findings; len(got) > 0 {
		t.Errorf("found %v in our own", got)
	}
	text := "we have +44 20 7946 0958 and you 020 7946 0018"
	if got, want := show(text, scan(t, set, text, outbound).Findings), []string{"phone:020 7946 0018"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// TestOwnHides refuses what would let a card, SSN or IBAN out.
func TestOwnHides(t *testing.T) {
	library := load(t, "builtin/contact") // the examples of every pack count, loaded or not
	missing := filepath.Join(t.TempDir(), "none.txt")
	_, err := library.Set(rules.View{Own: rules.Own{
		Values:   []string{"4111-1111-1111-1111", "+1 800 555 0100"},
		Patterns: []string{"*", "???-??-????", "gb82*", "*@bank.example"},
		File:     missing,
	}})
	compareLines(t, err, []string{
		missing + ": reading it: no such file or directory",
		`own: value "4111-1111-1111-1111" would hide "4111111111111111", a credit_card example of built-in rule credit_card; narrow or remove it`,
		`own: pattern "*" would hide "GB82 WEST 1234 5698 7654 32", a iban example of built-in rule iban; narrow or remove it`,
		`own: pattern "???-??-????" would hide "123-45-6789", a ssn example of built-in rule us_ssn; narrow or remove it`,
		`own: pattern "gb82*" would hide "GB82 WEST 1234 5698 7654 32", a iban example of built-in rule iban; narrow or remove it`,
	})
}
