package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// in has the rules of a region, and look-alikes for every kind.
func in(t *testing.T, region string) func(*redact.Scope) {
	return func(s *redact.Scope) {
		library, err := builtin()
		if err != nil {
			t.Fatal(err)
		}
		s.Rules, err = library.Set(rules.View{Account: "shop", Channel: "messenger", Regions: []string{region}, Languages: []string{"en"}})
		if err != nil {
			t.Fatal(err)
		}
		s.Context.Region = region
		alike(t, func(p *redact.Tables) {
			p.Inbound["date"] = "tokenize"
			p.Tokens["default"] = "restore" // what can be restored is
		})(s)
	}
}

// compact leaves out separators.
var compact = strings.NewReplacer(" ", "", "-", "", ".", "", "/", "")

// TestLikeEchoed: a person types a value, the bot gets a look-alike and writes it
// back, as it was and in other spellings, with a word beside it and alone. The
// person sees the value where there are a million forms, a mask where there are
// fewer; the look-alike reaches nobody.
func TestLikeEchoed(t *testing.T) {
	for _, test := range []struct {
		said, value, region, label string
		restored                   bool
	}{
		{"my CPF is ", "111.444.777-35", "BR", "CPF", true},
		{"mi DNI es ", "12345678-Z", "ES", "DNI", true},
		{"NIE ", "X1234567L", "ES", "NIE", true},
		{"NIR ", "2 55 08 14 168 025 38", "FR", "NIR", true},
		{"codice fiscale ", "RSSMRA85T10A562S", "IT", "codice fiscale", true},
		{"Steuer-ID ", "36 574 261 809", "DE", "Steuer-ID", true},
		{"aadhaar ", "2341 2341 2346", "IN", "Aadhaar", true},
		{"PAN is ", "ABCPE1234F", "IN", "PAN", true},
		{"PESEL ", "44051401359", "PL", "PESEL", true},
		{"NIP ", "123-456-32-18", "PL", "NIP", true},
		{"mijn BSN is ", "111222333", "NL", "BSN", true},
		{"NI number ", "AB 12 34 56 C", "GB", "National Insurance number", true},
		{"TCKN ", "10000000146", "TR", "TCKN", true},
		{"NIF ", "123456789", "PT", "NIF", true},
		{"SIN ", "046 454 286", "CA", "SIN", true},
		{"my ssn is ", "123-45-6789", "US", "SSN", true},
		{"iban ", "GB82 WEST 1234 5698 7654 32", "GB", "IBAN", true},
		{"born on ", "04/07/1980", "US", "date of birth", false},
		{"see you on ", "12 March 2027", "US", "date", false},
	} {
		e, _ := engine(t)
		got := words(t, e, test.said+test.value, scope(t, in(t, test.region))).Text
		form, ok := strings.CutPrefix(got, test.said)
		if !ok || form == test.value || tokenIn.MatchString(form) {
			t.Errorf("%s%s became %q", test.said, test.value, got)
			continue
		}
		spellings := []string{form}
		if test.restored { // a date without separators is no date to the rules
			spellings = append(spellings, compact.Replace(form), strings.ToLower(form))
		}
		want := "***"
		if test.restored {
			want = test.value
		}
		for _, spelling := range spellings {
			for _, frame := range []string{test.label + ": %", "I have % on file.", "%"} {
				sent := strings.Replace(frame, "%", spelling, 1)
				got := words(t, e, sent, scope(t, in(t, test.region), outbound)).Text
				if got != strings.Replace(frame, "%", want, 1) {
					t.Errorf("%q went out as %q, want %q in it", sent, got, want)
				}
			}
		}
		if other := words(t, e, test.label+": "+form, scope(t, in(t, test.region), outbound, another)).Text; strings.Contains(other, test.value) {
			t.Errorf("%s: another person gets the value", test.label)
		}
	}
}

// TestLikeExpiryEchoed: masked beside a word that says what it is.
func TestLikeExpiryEchoed(t *testing.T) {
	e, _ := engine(t)
	form := strings.TrimPrefix(words(t, e, "exp 12/29", scope(t, in(t, "US"))).Text, "exp ")
	if got := words(t, e, "expires "+form, scope(t, in(t, "US"), outbound)).Text; got != "expires ***" || form == "12/29" {
		t.Errorf("%q went out as %q", form, got)
	}
}

// TestLikeDateReformatted: the rules read a date in any spelling.
func TestLikeDateReformatted(t *testing.T) {
	e, _ := engine(t)
	form := strings.TrimPrefix(words(t, e, "born on 1980-04-17", scope(t, in(t, "US"))).Text, "born on ")
	parts := strings.Split(form, "-")
	for _, spelling := range []string{parts[1] + "/" + parts[2] + "/" + parts[0], parts[2] + "." + parts[1] + "." + parts[0]} {
		got := words(t, e, "birthday: "+spelling, scope(t, in(t, "US"), outbound))
		if got.Text != "birthday: ***" || !strings.Contains(tallied(got.Tallies), "token/dob/mask") {
			t.Errorf("%q went out as %q: %s", spelling, got.Text, tallied(got.Tallies))
		}
	}
}

// TestNumbersThatAreNoLikes stay as they are.
func TestNumbersThatAreNoLikes(t *testing.T) {
	e, _ := engine(t)
	words(t, e, "my CPF is 111.444.777-35", scope(t, in(t, "BR")))
	for _, sent := range []string{"I have 99851118712 on file", "I have 998511187 on file", "ref 12-345-67890-1.", "5586 5707 8122 9999 1111 2222", "12", ""} {
		if got := words(t, e, sent, scope(t, in(t, "US"), outbound)).Text; got != sent {
			t.Errorf("%q went out as %q", sent, got)
		}
	}
}
