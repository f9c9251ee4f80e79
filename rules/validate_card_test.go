package rules

import (
	"strings"
	"testing"
)

func TestIssuers(t *testing.T) {
	for _, scheme := range issuers {
		if len(scheme.from) != len(scheme.to) || scheme.from > scheme.to || scheme.lengths == "" || len(scheme.lengths)%3 != 2 {
			t.Errorf("%+v", scheme)
		}
	}
}

// TestSchemes makes a number of every scheme and length and wants it found,
// and refused with another check digit.
func TestSchemes(t *testing.T) {
	for _, scheme := range issuers {
		for length := minCardDigits; length <= maxCardDigits; length++ {
			if !hasLength(scheme.lengths, length) {
				continue
			}
			number := scheme.from + strings.Repeat("0", length-len(scheme.from)-1)
			for check := range 10 {
				digits := number + string(rune('0'+check))
				if validCard(digits) != luhn(digits) {
					t.Errorf("%s: %s is valid: %t", scheme.name, digits, !luhn(digits))
				}
			}
		}
	}
}

func TestCardsInRuns(t *testing.T) {
	tests := []struct{ text, want string }{
		{"0004111111111111111", "0004111111111111111"},
		{"41111111111111115555555555554444", "4111111111111111|5555555555554444"},
		{"378282246310005 4111111111111111", "378282246310005|4111111111111111"},
		{"4111-1111-1111-1111 12/29 737", "4111-1111-1111-1111"},
		{"00000501800000009", ""},
		{"00000000000000000000000000000000", ""},
		{"4111111111111112", ""},
		{"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", ""},
		{"34313131313131313131313131313131", "34313131313131313131313131313131"},
		{"34313131313131313131313131313132", ""},
		{strings.Repeat("4111111111111111", 3), ""},
	}
	for _, test := range tests {
		var got []string
		for _, p := range validateCard(test.text, nil) {
			if p.valid {
				got = append(got, test.text[p.start:p.end])
			}
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestExpiry(t *testing.T) {
	tests := map[string]string{
		"01/20": "01/20", "1/2027": "01/27", "0127": "01/27", "012027": "01/27", "2027-03": "03/27", "03 - 27": "03/27",
		"March 2027": "03/27", "mar '27": "03/27", "märz 2027": "03/27", "mayo de 2028": "05/28", "février 29": "02/29", "Dez. 30": "12/30",
		"13/27": "", "00/27": "", "03/99": "", "2027": "", "27 March": "", "march": "", "1 2 3": "", "": "", "foo 27": "", "3 march 27": "", "12345": "",
	}
	for text, want := range tests {
		month, year, ok := expiryOf(text)
		got := ""
		if ok {
			got = month + "/" + year
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzCards(f *testing.F) {
	f.Add("4111 1111 1111 1111 12/29")
	f.Add("GB82 WEST 1234 5698 7654 32")
	f.Add("März '27")
	f.Fuzz(func(t *testing.T, text string) {
		for _, check := range []validator{validateCard, validateIBAN, validateExpiry} {
			for _, p := range check(text, nil) {
				if p.start < 0 || p.start > p.end || p.end > len(text) {
					t.Errorf("part %+v of %d bytes", p, len(text))
				}
			}
		}
	})
}
