package redact_test

import (
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// The exact output for each kind (docs/masks.md).
func TestMasks(t *testing.T) {
	for _, test := range [][3]string{
		{"credit_card", "4111 1111 1111 1111", "***1111"},
		{"credit_card", "4111-1111-1111-1234", "***1234"},
		{"credit_card", "３５３０１１１３３３３０００００", "***"},
		{"credit_card", "12345678", "***"},
		{"credit_card", "", "***"},
		{"phone", "+1 (415) 555-2671", "***71"},
		{"phone", "5551", "***"},
		{"phone", "55512", "***12"},
		{"email", "jane.doe@corp.example", "j***@corp.example"},
		{"email", "édith@corp.example", "é***@corp.example"},
		{"email", `"a@b"@corp.example`, `"***@corp.example`},
		{"email", "a@b.example", "***"},
		{"email", "@b.example", "***"},
		{"email", "nobody", "***"},
		{"email", "", "***"},
		{"email", "write @ my card is 4111 1111 1111 1111", "***"},
		{"email", "jd@4111111111111111.example", "***"},
		{"email", "jd@", "***"},
		{"iban", "GB82 WEST 1234 5698 7654 32", "***"},
		{"ssn", "219-09-9999", "***"},
		{"cvv", "737", "***"},
		{"card_last4", "1111", "***"},
		{"card_expiry", "01/20", "***"},
		{"ip", "203.0.113.7", "***"},
		{"otp", "123456", "***"},
		{"person", "Ann", "***"},
		{"something_new", "x", "***"},
	} {
		if got := redact.MaskOf(test[0], test[1]); got != test[2] {
			t.Errorf("%s %q: %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

// PCI DSS 4.0.1, 3.4.1 and FAQ 1091: of a card of any length and spelling at
// most the last four digits are shown.
func TestCardMasks(t *testing.T) {
	const all = "4539578763621486027"
	for length := 13; length <= 19; length++ {
		number := all[:length]
		for _, separator := range []string{"", " ", "-", ".", " - ", "\u00a0", "/"} {
			var spelled []string
			for i := 0; i < length; i += 4 {
				spelled = append(spelled, number[i:min(i+4, length)])
			}
			got := redact.MaskOf("credit_card", strings.Join(spelled, separator))
			if got != "***"+number[length-4:] {
				t.Errorf("%d digits, %q between: %q", length, separator, got)
			}
		}
	}
}

// A placeholder is the kind's name in brackets.
func TestPlaceholders(t *testing.T) {
	for kind, want := range map[string]string{"credit_card": "[CREDIT_CARD]", "email": "[EMAIL]", "x9": "[X9]"} {
		if got := redact.Placeholder(kind); got != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// Redacting what is redacted changes nothing (threats.md V4), and finds
// nothing again.
func TestIdempotence(t *testing.T) {
	texts := []string{
		"my card is " + card, digits, "cc 5105 1051 0510 5100", "exp 01/20 cvv 737", email, "mail " + email + ", or jd@x.example", "call (415) 555-2671",
		"+44 20 7946 0958", "ssn 219-09-9999", "iban GB82 WEST 1234 5698 7654 32", "from 203.0.113.7", "I want to buy item #389501 my cc is 9999999999999999 exp 01/20",
		"card:" + card + ";" + card + " " + email, "jd@4111111111111111.example", "４１１１ １１１１ １１１１ １１１１", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
		`{"card":"` + card + `","n":` + digits + `}`, `{"a": "\u0034111111111111111", oops`, "pii_email_aaaaaaaaaaaaaaaaaaaaaaaaaa", "",
		"[CREDIT_CARD] ***1111 j***@corp.example [UNREADABLE] [TOKEN] ***71 ***",
	}
	for _, action := range []string{"mask", "redact", "tokenize"} {
		for _, direction := range []func(*redact.Scope){func(*redact.Scope) {}, outbound} {
			s := scope(t, direction, func(s *redact.Scope) {
				s.Policy = defaults(t, func(p *redact.Tables) {
					p.Inbound = map[string]string{"default": action}
					p.Outbound = map[string]string{"default": strings.Replace(action, "tokenize", "mask", 1)}
				})
			})
			for _, text := range texts {
				once := wordsInTime(t, bare(), text, s)
				again := wordsInTime(t, bare(), once.Text, s)
				if again.Text != once.Text || len(again.Findings) > 0 {
					t.Errorf("%s, %s: %q became %q, then %q (%v)", s.Context.Direction, action, text, once.Text, again.Text, again.Findings)
				}
			}
		}
	}
}

// The last four digits of a masked card are no date, whatever stands behind
// them: an echo of a masked text must not be found again.
func TestMaskedCardIsNothingElse(t *testing.T) {
	for _, text := range []string{"cc " + card + " exp 01/20", "card " + card + ", valid until 12/29", "card 4000 0000 0000 1224 cvv 737"} {
		once := words(t, bare(), text, scope(t, outbound))
		if again := words(t, bare(), once.Text, scope(t)); len(again.Findings) > 0 {
			t.Errorf("%q became %q, in which %v was found", text, once.Text, again.Findings)
		}
	}
}
