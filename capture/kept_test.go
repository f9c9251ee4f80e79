package capture_test

import (
	"strings"
	"testing"
	"time"
)

// TestPageSaysHowLong: the form names the longest time for which what it asks is
// kept, as the account's policy has it.
func TestPageSaysHowLong(t *testing.T) {
	b := newBench(t)
	s := b.site()
	account := b.accounts["shop"]
	for want, kept := range map[string]func(string) time.Duration{
		"30 days": nil,
		"2 hours": func(kind string) time.Duration {
			return map[string]time.Duration{"credit_card": 2 * time.Hour, "cvv": 10 * time.Minute}[kind]
		},
	} {
		account.Kept = kept
		b.accounts["shop"] = account
		path := "/c/" + b.issue(s.book, order(b.person("psid:1"), "credit_card", "cvv")).ID
		if body := s.browser().get(path).body; !strings.Contains(body, want) {
			t.Errorf("does not say %q:\n%s", want, body)
		}
	}
}
