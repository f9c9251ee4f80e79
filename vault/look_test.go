package vault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/vault"
)

var (
	word       = regexp.MustCompile(`^pii_[a-z0-9]+_[a-z2-7]{26}$`)
	emailForm  = regexp.MustCompile(`^[a-z2-7]{16}@example\.com$`)
	drama      = regexp.MustCompile(`^\+44(2079460|1[1-6]\d4960)\d{3}$`)
	fictitious = regexp.MustCompile(`^\+1[2-9]\d{2}55501\d{2}$`)
)

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// luhn is the check once more, from the table of doubled digits.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		sum += [2][10]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 2, 4, 6, 8, 1, 3, 5, 7, 9}}[i%2][n]
	}
	return sum%10 == 0
}

// checkCard holds a card's look-alike to what is promised of it. PCI SSC FAQ
// 1091: no more of a number is kept than first six and last four, which at
// every length is within what may be.
func checkCard(digits, form string) error {
	switch n := len(digits); {
	case len(form) != n:
		return fmt.Errorf("%d digits instead of %d", len(form), n)
	case form == digits:
		return fmt.Errorf("it is the value")
	case form[:6] != digits[:6] || form[n-4:] != digits[n-4:]:
		return fmt.Errorf("first six or last four are gone")
	case !luhn(form):
		return fmt.Errorf("the check digit is wrong")
	}
	return nil
}

func TestLikeCards(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	const digits = "4111111111111111234"
	for n := 10; n <= 21; n++ {
		value := vault.Value{Kind: "credit_card", Canonical: (digits + "56")[:n], Text: "", Origin: vault.Chat}
		got := like(t, v, c, value)
		if n < 13 || n > 19 {
			if !word.MatchString(got) {
				t.Errorf("%d digits: %q, want the word form", n, got)
			}
			continue
		}
		if err := checkCard(value.Canonical, got); err != nil {
			t.Errorf("%d digits: %q: %v", n, got, err)
		}
	}
}

// TestLikeCardIsSpelledAsTheValue: a validator that wants groups gets them.
func TestLikeCardIsSpelledAsTheValue(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	plain := like(t, v, c, card("4111111111111111"))
	for text, want := range map[string]string{
		"4111111111111111":      "################",
		"4111 1111 1111 1111":   "#### #### #### ####",
		"4111-1111-1111-1111":   "####-####-####-####",
		" 4111 -11111111 1111":  " #### -######## ####",
		"4111.1111.1111.1111":   "################",
		"４１１１ 1111 1111 1111":   "################",
		"4111 1111 1111 111":    "################",
		"4111 1111 1111 1111 1": "################",
		"5111 1111 1111 1111":   "################",
		"":                      "################",
	} {
		got := like(t, v, c, vault.Value{Kind: "credit_card", Canonical: "4111111111111111", Text: text, Origin: vault.Chat})
		if shape := regexp.MustCompile(`\d`).ReplaceAllString(got, "#"); shape != want || onlyDigits(got) != onlyDigits(plain) {
			t.Errorf("of %q: %q, want %q of %q", text, got, want, plain)
		}
	}
}

func TestLikeKinds(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for _, test := range []struct {
		kind, canonical string
		want            *regexp.Regexp
	}{
		{"email", "ann@bank.example", emailForm},
		{"email", "not even an address", emailForm},
		{"phone", "+12125550142", fictitious},
		{"phone", "+18765551234", fictitious},
		{"phone", "+442079460958", drama},
		{"phone", "+44169772234", drama},
		{"phone", "+4930231250123", regexp.MustCompile(`^\+49(3023125|6990009|4066969|2214710|8999998)\d{3}$`)},
		{"phone", "+33612345678", regexp.MustCompile(`^\+33[1-5]\d{8}$`)},
		{"phone", "+61412345678", regexp.MustCompile(`^\+61[2378]5550\d{4}$`)},
		{"phone", "+34612345678", word},
		{"phone", "+1212555014", word},
		{"phone", "+121255501422", word},
		{"phone", "+4420794609581", word},
		{"phone", "2125550142", word},
		{"phone", "+1212555o142", word},
		{"phone", "+", word},
		{"credit_card", "411111111111111x", word},
		{"credit_card", "٤١١١١١١١", word},
		{"card_last4", "1111", word},
		{"dob", "2 January", word},
		{"dob", "2190-01-02", word},
		{"dob", "1880-01-02", word},
		{"date", "tomorrow", word},
		{"card_expiry", "13/27", word},
		{"card_expiry", "1227", word},
		{"iban", "GB82WEST12345698765433", word},
		{"iban", "XX8200001234", word},
		{"iban", "GB82", word},
		{"ssn", "666123456", word},
		{"ssn", "900123456", word},
		{"ssn", "123004567", word},
		{"ssn", "123450000", word},
		{"ssn", "12345678", word},
		{"national_id", "12345678A", word},
		{"national_id", "12345678", word},
		{"tax_id", "11144477736", word},
		{"passport", "12345678Z", word},
		{"creditcard", "4111111111111111", word},
		{"otp", "123456", word},
	} {
		value := vault.Value{Kind: test.kind, Canonical: test.canonical, Text: test.canonical, Origin: vault.Chat}
		got := like(t, v, c, value)
		if !test.want.MatchString(got) {
			t.Errorf("%s %s: %q does not match %s", test.kind, test.canonical, got, test.want)
		}
		if test.want == word {
			wantValue(t, v, c, got, value)
			if got != token(t, v, c, value) {
				t.Errorf("%s %s: %q is not its token", test.kind, test.canonical, got)
			}
		} else {
			wantLikeness(t, v, c, got, value)
		}
	}
}

// TestLikeAreaCode: it tells nothing of the number's own.
func TestLikeAreaCode(t *testing.T) {
	b := newBench(t)
	v := b.vault(t)
	areas := map[string]bool{}
	for i := range 20 {
		c := b.chat(t, "shop", fmt.Sprint("psid:", i))
		one := like(t, v, c, vault.Value{Kind: "phone", Canonical: "+12125551234", Origin: vault.Chat})
		two := like(t, v, c, vault.Value{Kind: "phone", Canonical: "+14165551234", Origin: vault.Chat})
		if one[:5] != two[:5] {
			t.Errorf("%q and %q in one conversation", one, two)
		}
		areas[one[2:5]] = true
	}
	if len(areas) < 3 {
		t.Errorf("%d area codes in 20 conversations", len(areas))
	}
}

// TestLikeRestorable: only kinds with a million forms.
func TestLikeRestorable(t *testing.T) {
	for kind, want := range map[string]bool{
		"credit_card": false, "email": true, "phone": false, "cvv": false, "otp": false,
		"card_last4": false, "date": false, "dob": false, "card_expiry": false, "person": false, "": false,
		"iban": true, "ssn": true, "national_id": true, "tax_id": true,
	} {
		if vault.LikeRestorable(kind) != want {
			t.Errorf("%s: restorable %v", kind, !want)
		}
	}
}

func FuzzLikeCard(f *testing.F) {
	b := newBench(f)
	v, c := b.vault(f), b.chat(f, "shop", "psid:1")
	for _, seed := range []string{"4111111111111111", "4111 1111 1111 1111", "378282246310005", "3782-822463-10005", "4222222222222", "30569309025904", "6304000000000000000", "62111111111111111", "1", "4111x1111"} {
		f.Add(seed)
	}
	for i := range 300 { // of 100 forms each: some first probe is the value
		f.Add(fmt.Sprintf("4000%09d", i*7919))
	}
	f.Fuzz(func(t *testing.T, text string) {
		value := vault.Value{Kind: "credit_card", Canonical: onlyDigits(text), Text: text, Origin: vault.Chat}
		if value.Canonical == "" {
			return
		}
		got := like(t, v, c, value)
		if n := len(value.Canonical); n < 13 || n > 19 {
			if !word.MatchString(got) {
				t.Fatalf("%d digits: %q", n, got)
			}
			return
		}
		if word.MatchString(got) {
			return // no free form
		}
		form := onlyDigits(got)
		if err := checkCard(value.Canonical, form); err != nil {
			t.Fatalf("%q for %q: %v", got, text, err)
		}
		if strings.Trim(text, "0123456789 -") == "" && len(got) != len(text) {
			t.Fatalf("%q is not spelled as %q", got, text)
		}
		resolved, err := v.Likeness(t.Context(), c, "credit_card", form)
		if err != nil || resolved.Canonical != value.Canonical {
			t.Fatalf("%q stands for %v (%v)", got, fields(resolved), err)
		}
		if again := like(t, v, c, value); again != got {
			t.Fatalf("%q, then %q", got, again)
		}
	})
}
