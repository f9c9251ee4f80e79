package rules_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

func written(digits []rules.Digit) string {
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && d.Group != digits[i-1].Group {
			out.WriteByte(' ')
		}
		out.WriteByte(d.Char)
	}
	return out.String()
}

func TestReadNumber(t *testing.T) {
	for text, want := range map[string]string{
		"4111 1111":         "4111 1111",
		" 4111-1111- ":      "4111 1111",
		"4111.1111,":        "4111 1111",
		"4111_1111…":        "4111 1111",
		"4111\n1111":        "4111 1111",
		"４１１１ １１１１":         "4111 1111",
		"٤١١١":              "4111",
		"41\u200b11":        "4111",
		"4️⃣1️⃣1️⃣1️⃣":      "4111",
		"gb82 west":         "GB82 WEST",
		"4":                 "4",
		"4111 – 1111":       "4111 1111",
		"4111\u00a01111":    "4111 1111",
		"-33":               "33",
		"4 1 1 1 1 1 1 1 1": "4 1 1 1 1 1 1 1 1",
	} {
		got, ok := rules.ReadNumber(text)
		if !ok || written(got) != want {
			t.Errorf("%q reads %q, %v, want %q", text, written(got), ok, want)
		}
		for _, d := range got {
			if d.Start < 0 || d.End > len(text) || d.Start >= d.End || !utf8.ValidString(text[d.Start:d.End]) {
				t.Errorf("%q: a digit at %d:%d", text, d.Start, d.End)
			}
		}
	}
	for _, text := range []string{"", " ", "hello", "12/27", "5,000", "+44 20", "4111!", "4111 ✓", "#4111", "$40", "4111\xff", "pii_cvv_a2 11", strings.Repeat("1", 600)} {
		if got, ok := rules.ReadNumber(text); ok {
			t.Errorf("%q reads %q, want no number", text, written(got))
		}
	}
}

func TestCardBegins(t *testing.T) {
	for _, digits := range []string{"4", "411111111111111", "411111111111111111", "37", "37828224631000", "2221", "6011", "630", "5555555555554"} {
		if !rules.CardBegins(digits) {
			t.Errorf("no card begins with %s", digits)
		}
	}
	for _, digits := range []string{"", "19", "0", "3782822463100055", "2721", "5555555555554444", "4111111111111111111"} {
		if rules.CardBegins(digits) {
			t.Errorf("a card begins with %s", digits)
		}
	}
}
