package redact_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/redact"
)

// alike gives cards, e-mails and phone numbers forms that pass a bot's checks.
func alike(t *testing.T, change ...func(*redact.Tables)) func(*redact.Scope) {
	return func(s *redact.Scope) {
		s.Policy = defaults(t, append([]func(*redact.Tables){func(p *redact.Tables) { p.Format = map[string]string{"default": "like"} }}, change...)...)
	}
}

// luhn is ISO/IEC 7812-1, annex B.
func luhn(text string) bool {
	sum, n := 0, 0
	for i := len(text) - 1; i >= 0; i-- {
		digit := int(text[i] - '0')
		if digit < 0 || digit > 9 {
			continue
		}
		if n%2 == 1 {
			digit = digit/5 + digit*2%10
		}
		sum, n = sum+digit, n+1
	}
	return n > 0 && sum%10 == 0
}

var (
	reservedMail  = regexp.MustCompile(`^[a-z2-7]{16}@example\.com$`)     // RFC 2606, section 3
	reservedPhone = regexp.MustCompile(`^\+1[2-9]\d\d55501\d\d$`)         // ATIS-0300048
	reservedUK    = regexp.MustCompile(`^\+44(20794|1[1-6]\d49)60\d{3}$`) // Ofcom, numbers for drama
	keptOfCard    = regexp.MustCompile(`^4539 57\d\d \d\d\d\d 1486$`)     // first six and last four
	keptOfDashes  = regexp.MustCompile(`^4539-57\d\d-\d\d\d\d-1486$`)     // the same, as it was written
	keptOfAmex    = regexp.MustCompile(`^378282\d{5}0005$`)               // 15 digits
	wordOf        = regexp.MustCompile(`^pii_[a-z0-9]+_[a-z2-7]{26}$`)    // a token of words
)

const likeCard = "4539 5787 6362 1486"

// A look-alike has the form of what it stands for, reaches nobody, and is the
// same for the same value however it is written.
func TestLikeInbound(t *testing.T) {
	e, _ := engine(t)
	for _, test := range []struct {
		name, said string
		form       *regexp.Regexp
		card       bool
	}{
		{"card", likeCard, keptOfCard, true},
		{"card with dashes", "4539-5787-6362-1486", keptOfDashes, true},
		{"American Express", "378282246310005", keptOfAmex, true},
		{"e-mail", email, reservedMail, false},
		{"phone", "+14155552671", reservedPhone, false},
		{"phone, as people write it", "(415) 555-2671", reservedPhone, false},
		{"British phone", "+44 20 7946 0958", reservedUK, false},
		{"phone without a form", "+34 612 345 678", wordOf, false},
		{"IBAN", "GB82 WEST 1234 5698 7654 32", regexp.MustCompile(`^GB\d\d [QXZ]{4} \d{4} \d{4} \d{4} \d\d$`), false},
		{"a kind without a form", "8.8.8.8", wordOf, false},
	} {
		first := words(t, e, test.said, scope(t, alike(t))).Text
		if !test.form.MatchString(first) || first == test.said || test.card && !luhn(first) {
			t.Errorf("%s became %s", test.name, first)
		}
		if again := words(t, e, test.said, scope(t, alike(t))).Text; again != first {
			t.Errorf("%s: %s, then %s", test.name, first, again)
		}
		if other := words(t, e, test.said, scope(t, alike(t), another)).Text; other == first {
			t.Errorf("%s: another person has the same form", test.name)
		}
	}
	spaced, dashed := words(t, e, likeCard, scope(t, alike(t))).Text, words(t, e, "4539-5787-6362-1486", scope(t, alike(t))).Text
	if strings.ReplaceAll(spaced, " ", "-") != dashed {
		t.Errorf("one card has two forms: %s and %s", spaced, dashed)
	}
}

// What the bot writes back is treated as the token that it is, in its own
// conversation only; elsewhere it is a value like any other.
func TestLikeOutbound(t *testing.T) {
	e, _ := engine(t)
	mail := words(t, e, email, scope(t, alike(t))).Text
	number := words(t, e, likeCard, scope(t, alike(t))).Text
	phone := words(t, e, "(415) 555-2671", scope(t, alike(t))).Text
	allowed := func(p *redact.Tables) {
		p.Outbound["email"], p.Outbound["credit_card"], p.Outbound["phone"] = "allow", "allow", "allow"
	}
	blocked := func(p *redact.Tables) { p.Outbound["email"] = "block" }
	for _, test := range []struct {
		name, sent, want string
		change           []func(*redact.Scope)
	}{
		{"e-mail", "to " + mail + ".", "to " + email + ".", nil},
		{"e-mail in capitals", strings.ToUpper(mail), email, nil},
		{"e-mail, allowed", mail, email, []func(*redact.Scope){alike(t, allowed)}},
		{"e-mail, blocked", mail, email, []func(*redact.Scope){alike(t, blocked)}},
		{"card", number, "***1486", nil},
		{"card without spaces", strings.ReplaceAll(number, " ", ""), "***1486", nil},
		{"card, allowed", number, "***1486", []func(*redact.Scope){alike(t, allowed)}},
		{"phone", phone, "***71", nil},
		{"phone, allowed", phone, "***71", []func(*redact.Scope){alike(t, allowed)}},
		{"beside a real one", mail + " or a@corp.example", email + " or ***", nil},
		{"another person", mail, mail[:1] + "***@example.com", []func(*redact.Scope){another}},
		{"another person, allowed", mail + " " + number, mail + " " + number, []func(*redact.Scope){alike(t, allowed), another}},
		{"nobody", mail, mail[:1] + "***@example.com", []func(*redact.Scope){func(s *redact.Scope) { s.Aliases = nil }}},
	} {
		got := words(t, e, test.sent, scope(t, append([]func(*redact.Scope){outbound, alike(t)}, test.change...)...))
		if got.Text != test.want || len(got.Refusals) > 0 {
			t.Errorf("%s: %q, want %q, refused %v", test.name, got.Text, test.want, got.Refusals)
		}
	}
	body := `{"message":{"text":"` + mail + `"}}`
	if got := rewrite(t, e, "messenger", body, scope(t, outbound, alike(t, blocked), another)); got.Refusals[0] != redact.PolicyBlock || got.Edited {
		t.Errorf("another person, blocked: %s, %v", got.Bytes, got.Refusals)
	}
	if got := rewrite(t, e, "messenger", body, scope(t, outbound, alike(t, blocked))); string(got.Bytes) != `{"message":{"text":"jane.doe\u0040corp.example"}}` {
		t.Errorf("blocked: %s, %v", got.Bytes, got.Refusals)
	}
}

// Formats that are none are errors that say what may stand there; without a vault
// there is nothing to be alike.
func TestLikeFormats(t *testing.T) {
	for kind, name := range map[string]string{"email": "looks", "default": "", "phone": "Like"} {
		_, err := redact.NewPolicy("mine", redact.Tables{Format: map[string]string{kind: name}})
		if err == nil || !strings.Contains(err.Error(), "policies.mine.format."+kind) || !strings.Contains(err.Error(), "word, like") {
			t.Errorf("%s: %s: %v", kind, name, err)
		}
	}
	mixed := alike(t, func(p *redact.Tables) { p.Format = map[string]string{"default": "like", "email": "word"} })
	e, _ := engine(t)
	if got := words(t, e, email, scope(t, mixed)).Text; !wordOf.MatchString(got) {
		t.Errorf("word became %s", got)
	}
	if got := words(t, bare(), email+", "+likeCard+", (415) 555-2671", scope(t, alike(t))).Text; got != "[EMAIL], [CREDIT_CARD], [PHONE]" {
		t.Errorf("without a vault: %s", got)
	}
	if got := words(t, bare(), email, scope(t, alike(t), outbound)).Text; got != "[EMAIL]" {
		t.Errorf("without a vault, outbound: %s", got)
	}
}
