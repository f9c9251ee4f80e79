package vault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/rules/identifier"
	"github.com/piiproxy/piiproxy/vault"
)

// of makes a value the way the rules do.
func of(kind, text, region string) vault.Value {
	return vault.Value{Kind: kind, Canonical: rules.Canonical(kind, text, []string{region}), Text: text, Origin: vault.Chat}
}

// numbers are one well-formed value of each numbering, from the authorities'
// and the standards' own examples.
var numbers = []struct{ check, text string }{
	{"br_cpf", "111.444.777-35"},
	{"br_cnpj", "11.222.333/0001-81"},
	{"es_dni", "12345678-Z"},
	{"es_nie", "x1234567l"},
	{"fr_nir", "2 55 08 14 168 025 38"},
	{"fr_nir", "2 55 08 14 168 025"},
	{"it_codice_fiscale", "RSSMRA85T10A562S"},
	{"de_steuer_id", "36 574 261 809"},
	{"in_aadhaar", "2341 2341 2346"},
	{"in_pan", "ABCPE1234F"},
	{"pl_pesel", "44051401359"},
	{"pl_nip", "123-456-32-18"},
	{"nl_bsn", "111222333"},
	{"gb_nino", "AB 12 34 56 C"},
	{"gb_nino", "AB123456"},
	{"tr_tckn", "10000000146"},
	{"pt_nif", "123456789"},
	{"ca_sin", "046 454 286"},
}

// TestLikeNumbers: a form has the sort, the separators and the case of its value,
// right check digits, and is never the value; its form has them too.
func TestLikeNumbers(t *testing.T) {
	b := newBench(t)
	v := b.vault(t)
	for i, number := range numbers {
		check := identifier.Checks()[number.check]
		for j := range 4 {
			c := b.chat(t, "shop", fmt.Sprint("psid:", i, "-", j))
			kind := []string{"national_id", "tax_id"}[j%2]
			text := number.text
			for range 3 {
				value := of(kind, text, "")
				form := like(t, v, c, value)
				if strings.HasPrefix(form, "pii_") && sortsOf(value.Canonical) > 2 {
					break // it could be of three sorts: the word is right
				}
				if canonical := rules.Canonical(kind, form, nil); !check(canonical) || canonical == value.Canonical || shapeOf(form) != shapeOf(number.text) {
					t.Fatalf("%s: %q became %q", number.check, text, form)
				}
				wantLikenessOf(t, v, c, kind, form, value)
				text = form // which is a value now, of another conversation, and of this
				c = b.chat(t, "shop", fmt.Sprint("psid:", i, "-", j, "-", text))
			}
		}
	}
}

// sortsOf is how many of the sorts a number could be of.
func sortsOf(canonical string) int {
	sorts := map[string]bool{}
	for _, number := range numbers {
		if identifier.Checks()[number.check](canonical) {
			sorts[number.check] = true
		}
	}
	return len(sorts)
}

// shapeOf is a text with 9 for digits, A and a for letters.
func shapeOf(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '9'
		case r >= 'a' && r <= 'z':
			return 'a'
		case r >= 'A' && r <= 'Z':
			return 'A'
		}
		return r
	}, text)
}

// wantLikenessOf wants a form recognised as the rules would find it: as kind, in
// the normal form.
func wantLikenessOf(t testing.TB, v *vault.Vault, c *conversation.Conversation, kind, form string, want vault.Value) {
	t.Helper()
	got, err := v.Likeness(t.Context(), c, kind, rules.Canonical(kind, form, []string{"US"}))
	if err != nil || got.Canonical != want.Canonical || got.Kind != want.Kind {
		t.Errorf("%s %q stands for %+v (%v), want %q", kind, form, fields(got), err, want.Canonical)
	}
}

// TestLikeIBAN: country and spelling stay; the check digits are right.
func TestLikeIBAN(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for text, want := range map[string]string{
		"DE89 3704 0044 0532 0130 00":       `^DE\d\d 9\d\d\d( \d{4}){3} \d\d$`,
		"GB82 WEST 1234 5698 7654 32":       `^GB\d\d [QXZ]{4}( \d{4}){3} \d\d$`,
		"gb82west12345698765432":            `^gb\d\d[qxz]{4}\d{14}$`,
		"FR14 2004 1010 0505 0001 3M02 606": `^FR\d\d( \d{4}){4} \d[A-Z]\d\d \d{3}$`,
		"NO93 8601 1117 947":                `^NO\d\d \d{4} \d{4} \d{3}$`,
		"IT60X0542811101000000123456":       `^IT\d\d[A-Z]\d{22}$`,
		"MU17BOMM0101101030300200000MUR":    `^MU\d\d[QXZ]{4}\d{19}MUR$`,
	} {
		value := of("iban", text, "")
		form := like(t, v, c, value)
		if !regexp.MustCompile(want).MatchString(form) {
			t.Errorf("%q became %q", text, form)
		}
		wantLikenessOf(t, v, c, "iban", form, value)
		wantLikenessOf(t, v, c, "iban", strings.ToLower(strings.ReplaceAll(form, " ", "-")), value)
	}
}

// TestLikeSSN: no area that was ever given to a grown-up.
func TestLikeSSN(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for i := range 300 {
		value := of("ssn", fmt.Sprintf("%03d-%02d-%04d", 1+i, 1+i%99, 1+i*7), "US")
		if value.Canonical[:3] == "666" {
			continue
		}
		form := like(t, v, c, value)
		if area := form[:3]; shapeOf(form) != "999-99-9999" || area < "773" || area > "899" || form[4:6] == "00" || form[7:] == "0000" {
			t.Errorf("%q became %q", value.Text, form)
		}
		wantLikenessOf(t, v, c, "ssn", form, value)
		wantLikenessOf(t, v, c, "tax_id", strings.ReplaceAll(form, "-", " "), value)
	}
}

// TestLikeDates: a form is on the value's side of every line that matters, and
// spelled as it.
func TestLikeDates(t *testing.T) {
	b := newBench(t) // the clock stands at 14 March 2026
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for _, test := range []struct{ kind, text, region, first, last, shape string }{
		{"dob", "1980-04-07", "US", "1961-03-15", "2005-03-14", "9999-99-99"},
		{"dob", "04/07/1980", "US", "1961-03-15", "2005-03-14", "99/99/9999"},
		{"dob", "4/7/80", "US", "1961-03-15", "2005-03-14", ""},
		{"dob", "25.12.1980", "DE", "1961-03-15", "2005-03-14", "99.99.9999"},
		{"dob", "7 Apr 1980", "US", "1961-03-15", "2005-03-14", ""},
		{"dob", "APRIL 7TH, 1980", "US", "1961-03-15", "2005-03-14", ""},
		{"dob", "07041980", "GB", "1961-03-15", "2005-03-14", "99999999"},
		{"dob", "5/5/1980", "US", "1961-03-15", "2005-03-14", ""}, // in whichever order
		{"dob", "7 avril 1980", "FR", "1961-03-15", "2005-03-14", "9999-99-99"},
		{"dob", "2005-03-15", "US", "2005-03-15", "2008-03-14", "9999-99-99"},
		{"dob", "2005-03-14", "US", "1961-03-15", "2005-03-14", "9999-99-99"},
		{"dob", "2009-01-01", "US", "2008-03-15", "2010-03-14", "9999-99-99"},
		{"dob", "2012-01-01", "US", "2010-03-15", "2013-03-14", "9999-99-99"},
		{"dob", "2020-01-01", "US", "2013-03-15", "2026-03-14", "9999-99-99"},
		{"dob", "1940-01-01", "US", "1936-03-15", "1961-03-14", "9999-99-99"},
		{"dob", "1920-01-01", "US", "1936-03-15", "1961-03-14", "9999-99-99"},
		{"date", "2026-03-14", "US", "2026-03-14", "2027-03-14", "9999-99-99"},
		{"date", "12 March 2026", "US", "2025-03-14", "2026-03-13", ""},
		{"date", "2024-01-01", "US", "2016-03-14", "2025-03-13", "9999-99-99"},
		{"date", "2029-01-01", "US", "2027-03-15", "2036-03-14", "9999-99-99"},
	} {
		value := of(test.kind, test.text, test.region)
		form := like(t, v, c, value)
		canonical := rules.Canonical(test.kind, form, []string{test.region})
		if canonical < test.first || canonical > test.last || canonical == value.Canonical {
			t.Errorf("%s %q became %q", test.kind, test.text, form)
		}
		if test.shape != "" && shapeOf(form) != test.shape {
			t.Errorf("%s %q is spelled %q", test.kind, test.text, form)
		}
		for _, kind := range []string{"dob", "date"} { // words around it make one of the other
			if got, err := v.Likeness(t.Context(), c, kind, canonical); err != nil || got.Canonical != value.Canonical {
				t.Errorf("%q as %s: %v", form, kind, err)
			}
		}
	}
}

// TestLikeExpiry: over or not over, as the value, on the day it is made; the
// same later, and one of its own when the value has expired.
func TestLikeExpiry(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	for text, want := range map[string]string{
		"03/26": `^\d\d/(27|28|29|3[01])$`, "12/2029": `^\d\d/20(27|28|29|3[01])$`, "1229": `^\d\d(27|28|29|3[01])$`,
		"4-28": `^\d{1,2}-(27|28|29|3[01])$`, "02/26": `^\d\d/2[1-6]$`, "2027-05": `^20(27|28|29|3[01])-\d\d$`,
		"Dec 2028": `^[A-Z][a-z]{2} 20\d\d$`, "diciembre 2030": `^\d\d/\d\d$`,
	} {
		value := of("card_expiry", text, "US")
		form := like(t, v, c, value)
		if !regexp.MustCompile(want).MatchString(form) {
			t.Errorf("%q became %q", text, form)
		}
		wantLikenessOf(t, v, c, "card_expiry", form, value)
		b.move(time.Hour)
		if again := like(t, v, c, value); again != form {
			t.Errorf("%q: %q, then %q", text, form, again)
		}
	}
	value := of("card_expiry", "05/26", "US")
	form := like(t, v, c, value)
	b.move(29 * day)
	if again := like(t, b.vault(t), c, value); again != form {
		t.Errorf("%q, 29 days later %q", form, again)
	}
}

// TestLikeMeetsALaterValue: a value that comes later and equals a form leaves the
// form what it stood for, and gets a form of its own.
func TestLikeMeetsALaterValue(t *testing.T) {
	b := newBench(t)
	v := b.vault(t)
	for i, first := range []vault.Value{of("dob", "1980-04-07", "US"), of("iban", "DE89370400440532013000", ""), of("ssn", "123-45-6789", "US"), of("tax_id", "11144477735", ""), of("card_expiry", "12/29", "US")} {
		c := b.chat(t, "shop", fmt.Sprint("psid:", i))
		form := like(t, v, c, first)
		second := of(first.Kind, form, "US")
		other := like(t, v, c, second)
		if rules.Canonical(first.Kind, other, []string{"US"}) == second.Canonical || other == form {
			t.Errorf("%s: two values have the form %q", first.Kind, form)
		}
		wantLikenessOf(t, v, c, first.Kind, form, first)
		wantLikenessOf(t, v, c, first.Kind, other, second)
	}
}

// TestLikeAvoidsTheFamily: a form is no value of a kind that rules take for its
// own.
func TestLikeAvoidsTheFamily(t *testing.T) {
	b := newBench(t)
	v, c := b.vault(t), b.chat(t, "shop", "psid:1")
	first := of("dob", "2005-06-01", "US") // 1,095 forms, of which the other day's are there
	for i := range 365 {
		token(t, v, c, of("date", time.Date(2006, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), "US"))
	}
	for i := range 60 {
		value := of("dob", time.Date(2005, 4, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), "US")
		if form := like(t, v, c, value); strings.HasPrefix(form, "2006") {
			t.Errorf("%q became %q, which is a value", value.Text, form)
		}
	}
	form := like(t, v, c, first)
	for i := range 40 {
		date := of("date", fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+i%28), "US")
		if like(t, v, c, date) == form {
			t.Errorf("a date has the form %q of a date of birth", form)
		}
	}
}

// FuzzLikes: whatever text a value has, its form is not the value, is recognised,
// and is the same again.
func FuzzLikes(f *testing.F) {
	b := newBench(f)
	v := b.vault(f)
	kinds := []string{"iban", "ssn", "national_id", "tax_id", "dob", "date", "card_expiry"}
	for i, text := range []string{"GB82 WEST 1234 5698 7654 32", "123-45-6789", "12345678z", "111.444.777-35", "04/07/1980", "March 12th, 2026", "12 / 29", "1/1/1", "\xff", "DE", "5.5.05", "٢٩"} {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, pick uint8, text string) {
		value := of(kinds[int(pick)%len(kinds)], text, "US")
		if value.Canonical == "" {
			return
		}
		c := b.chat(t, "shop", fmt.Sprint("psid:", value.Kind, len(text)%16))
		form := like(t, v, c, value)
		if again := like(t, v, c, value); again != form {
			t.Fatalf("%q, then %q", form, again)
		}
		if word.MatchString(form) {
			return
		}
		if rules.Canonical(value.Kind, form, []string{"US"}) == value.Canonical {
			t.Fatalf("%s %q has itself for a form", value.Kind, text)
		}
		wantLikenessOf(t, v, c, value.Kind, form, value)
	})
}
