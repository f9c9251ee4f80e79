package fragment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/fragment"
)

// TestConversations plays short scripts: a line is a message of the person, "~5s"
// lets time go by, "?kind" is the bot asking.
func TestConversations(t *testing.T) {
	for name, test := range map[string]struct{ said, seen string }{
		"joined in time":                      {"4111 1111/~1s/1111 1111", "<credit_card 4111111111111111>"},
		"joined of three":                     {"4111 11/11 1111/1111", "4111 11 | <credit_card 4111111111111111>"},
		"the first was small and had left":    {"4111/1111/1111 1111", "4111 | <credit_card 4111111111111111>"},
		"masked when the time is over":        {"4111-1111/~3s/hello", "4111-11** | hello"},
		"and the rest comes late":             {"4111 1111/~30s/1111 1111", "4111 11** | <credit_card 4111111111111111>"},
		"other words let it go first":         {"4111 1111/hello there/1111 1111", "4111 11** | hello there | <credit_card 4111111111111111>"},
		"forgotten after two minutes":         {"4111/~125s/1111 1111 1111", "4111 | pii_phone_"},
		"digits in one piece":                 {"41111111/11111111", "<credit_card 4111111111111111>"},
		"an American Express number":          {"?credit_card/3782 822463/10005", "<credit_card 378282246310005>"},
		"digits one by one":                   {"4 1 1 1 1 1 1 1/1 1 1 1 1 1 1 1", "<credit_card 4111111111111111>"},
		"digits of another script":            {"٤١١١ ١١١١/~3s", "٤١١١ ١١**"},
		"no issuer begins so":                 {"1234 5678/~1s/hi", "1234 5678 | hi"},
		"a code nobody asked for":             {"4821", "4821"},
		"a code said three times":             {"4821/4821/4821", "4821 | 4821 | 4821"},
		"a card of equal groups":              {"4242/4242/4242 4242", "4242 | <credit_card 4242424242424242>"},
		"a year":                              {"2026", "2026"},
		"a sum":                               {"5.000.000", "5.000.000"},
		"a decimal number":                    {"52.520008", "52.520008"},
		"a card in one piece":                 {"4111 1111 1111 1111", "pii_credit_card_"},
		"an order number that was asked":      {"?account_ref/40001234", "pii_account_ref_"},
		"a one-time code that was asked":      {"?otp/400012", "pii_otp_"},
		"armed, joined at last":               {"?credit_card/4111/~5s/1111/~5s/1111/~5s/1111", "<credit_card 4111111111111111>"},
		"asked for all of a card, by groups":  {"?credit_card,card_expiry,cvv/4111/1111/1111/1111", "<credit_card 4111111111111111>"},
		"asked for all of a card, in halves":  {"?credit_card,card_expiry,cvv/4111 1111/1111 1111", "<credit_card 4111111111111111>"},
		"asked for all of a card, the expiry": {"?credit_card,card_expiry,cvv/1227/123", "pii_card_expiry_ | pii_cvv_"},
		"answers to a survey":                 {"5/4/5/5/5/4/5/5/5", "5 | 4 | 5 | 5 | 5 | 4 | 5 | 5 | 5"},
		"armed, nothing follows":              {"?credit_card/4111/~25s", "pii_cvv_"},
		"armed, words follow":                 {"?credit_card/4111/why?", "pii_cvv_ | why?"},
		"armed, too late":                     {"?credit_card/4111 1111/~15s/1111/~6s/1111", "4111 pii_card_expiry_ | pii_card_expiry_ | <credit_card 4111111111111111>"},
		"a social security number":            {"?ssn/536-22/~2s/8726", "<ssn 536228726>"},
		"an IBAN":                             {"?iban/GB82 WEST 1234/5698 7654 32", "<iban GB82WEST12345698765432>"},
		"an IBAN is not asked for":            {"GB82 WEST 1234/5698 76", "GB82 WEST 1234 | 5698 76"},
		"no word is part of an IBAN":          {"?iban/ok 12/yes", "ok 12 | yes"},
		"a valid card with more after it":     {"4111 1111/1111 1111 1", "4111 11** | **** **** *"},
		"two cards":                           {"4111 1111/1111 1111/5555 5555/5555 4444", "<credit_card 4111111111111111> | <credit_card 5555555555554444>"},
	} {
		c := newChat(t)
		for _, line := range strings.Split(test.said, "/") {
			switch {
			case line[0] == '~':
				d, err := time.ParseDuration(line[1:])
				if err != nil {
					t.Fatal(err)
				}
				c.wait(d)
			case line[0] == '?' && len(line) > 1:
				c.asked = strings.Split(line[1:], ",")
			default:
				c.say(line)
			}
		}
		if c.wait(limits.Armed); c.seen() != test.seen {
			t.Errorf("%s: the bot saw %s, want %s", name, c.seen(), test.seen)
		}
	}
}

func TestTooLateNamesWhatHadLeft(t *testing.T) {
	c := newChat(t)
	first := c.say("4111")
	second := c.say("1111 1111")
	c.wait(3 * time.Second)
	last := c.say("1111")
	if c.last.Verdict != fragment.Join || len(c.last.Absorb) > 0 || fmt.Sprint(c.last.TooLate) != fmt.Sprint([]string{first, second}) {
		t.Errorf("the decision is %+v", c.last)
	}
	c.again(last, "1111")
	if !c.last.Repeated || c.last.Verdict != fragment.Join || len(c.last.TooLate) != 2 || c.last.Canonical != "4111111111111111" {
		t.Errorf("the same message again gives %+v", c.last)
	}
}

func TestTheSameMessageAgain(t *testing.T) {
	c := newChat(t)
	first := c.say("4111 1111")
	due := c.last.Due
	c.wait(time.Second)
	c.again(first, "4111 1111")
	if d := c.last; !d.Repeated || d.Verdict != fragment.Hold || !d.Due.Equal(due) {
		t.Errorf("held again: %+v", d)
	}
	last := c.say("1111 1111")
	c.again(first, "4111 1111")
	if d := c.last; !d.Repeated || d.Verdict != fragment.Absorbed {
		t.Errorf("absorbed, again: %+v", d)
	}
	c.again(last, "1111 1111")
	if d := c.last; !d.Repeated || d.Verdict != fragment.Join || len(d.Absorb) != 1 {
		t.Errorf("joined, again: %+v", d)
	}
	masked := newChat(t)
	first = masked.say("4111 1111")
	masked.wait(3 * time.Second)
	masked.again(first, "4111 1111")
	if masked.seen() != "4111 11** | 4111 11**" {
		t.Errorf("masked, again: %s", masked.seen())
	}
}

func TestAnEditTakesThePartsPlace(t *testing.T) {
	c := newChat(t, "credit_card")
	first := c.say("5555 55")
	second := c.say("55")
	c.again(second, "55 5555 4444")
	if c.seen() != "pii_cvv_ 55 | 55 | <credit_card 5555555555554444>" || fmt.Sprint(c.late) != fmt.Sprint([]string{first}) {
		t.Errorf("the bot saw %s", c.seen())
	}
	c = newChat(t)
	first = c.say("4111 1111")
	c.again(first, "4111 1111 1111 1111")
	if c.seen() != "4111 11** | pii_credit_card_" {
		t.Errorf("the bot saw %s", c.seen())
	}
}

func TestNothingIsHeldWithoutTime(t *testing.T) {
	c := newChat(t)
	d := c.trail.Next(fragment.Message{ID: "a", Text: "4111 1111"}, fragment.Setting{Now: c.now, Asked: []string{"credit_card"}, Scan: c.whole})
	if d.Verdict != fragment.Pass || d.Show != fragment.All {
		t.Errorf("the decision is %+v", d)
	}
	if d = c.trail.Next(fragment.Message{ID: "b", Text: "1111 1111"}, fragment.Setting{Now: c.now, Scan: c.whole}); d.Verdict != fragment.Join || len(d.TooLate) != 1 {
		t.Errorf("the rest is still joined: %+v", d)
	}
}

func TestMask(t *testing.T) {
	for _, test := range []struct {
		text string
		show int
		want string
	}{
		{"4111 1111", 6, "4111 11**"},
		{"4111 1111", fragment.All, "4111 1111"},
		{"4111", 6, "4111"},
		{" 4111-1111.", 0, " ****-****."},
		{"４１１１ １", 3, "４１１* *"},
		{"4️⃣1️⃣1️⃣", 1, "4️⃣**"},
		{"🔟🔟", 1, "🔟*"},
		{"🔟🔟", 2, "🔟*"},
		{"GB82 WEST", 5, "GB82 W***"},
		{"pii_cvv_a2b3 111 1", 0, "pii_cvv_a2b3 *** *"},
	} {
		if got := fragment.Mask(test.text, test.show); got != test.want {
			t.Errorf("%q with %d shown is %q, want %q", test.text, test.show, got, test.want)
		}
	}
}

func TestATrailPrintsNoDigits(t *testing.T) {
	c := newChat(t)
	c.say("4111 1111")
	if text := fmt.Sprintf("%v %+v %#v %s", c.trail, c.trail, c.trail, c.trail); strings.Contains(text, "4111") {
		t.Errorf("it prints %s", text)
	}
}
