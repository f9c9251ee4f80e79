package rules

import (
	"strings"
	"testing"
)

func TestValidators(t *testing.T) {
	tests := []struct {
		name           string
		regions        []string
		valid, invalid []string
	}{
		{"card", nil, []string{
			"4111111111111111", "4222222222222", "4000000000000000006", "5555555555554444", "2221000000000009", "2720990000000007",
			"378282246310005", "371449635398431", "30569309025904", "38520000023237", "6011111111111117", "3530111333300000",
			"6205500000000000004", "2200000000000004", "501800000009", "6759649826438453", "4111 1111 1111 1111", "12 4111 1111 1111 1111 34",
		}, []string{
			"4111111111111112", "1234567890123452", "0000000000000000", "9999999999999999", "2220990000000009", "37828224631000", "4111",
			"41111111111111111111",
		}},
		{"iban", nil, []string{
			"GB82WEST12345698765432", "gb82 west 1234 5698 7654 32", "DE89370400440532013000", "FR1420041010050500013M02606",
			"NO9386011117947", "MT84MALT011000012345MTLCAST001S", "BR1800360305000010009795493C1", "DE89370400440532013000 and more",
			"RU0304452522540817810538091310419",
		}, []string{
			"GB82WEST12345698765433", "DE8937040044053201300", "DE893704004405320130000", "XX89370400440532013000", "GB", "",
		}},
		{"us_ssn", nil, []string{"123-45-6789", "078-05-1120", "219099999", "856 45 6789"}, []string{
			"000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "12-345-678",
		}},
		{"phone", []string{"US"}, []string{"+12025550143", "(202) 555-0143", "202-555-0143 ext. 42", "+44 20 7946 0958", "0044 20 7946 0958", "%2B442079460958"}, []string{
			"555-0143", "123-456-7890", "1767322645678", "+1", strings.Repeat("1", 100),
		}},
		{"phone", []string{"GB", "FR"}, []string{"020 7946 0958", "06 12 34 56 78"}, []string{"202-555-0143"}},
		{"phone", nil, []string{"202-555-0143", "06 12 34 56 78"}, []string{"20-11-26", "555-0143"}},
		{"expiry", nil, []string{"01/20", "12/2029", "1227", "9/28", "01 - 27"}, []string{"13/27", "00/27", "12/05", "12/99", "1/1/27", "12/1999"}},
		{"ip", nil, []string{"203.0.113.7", "::1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "::ffff:192.0.2.1"}, []string{
			"1.2.3.4.5", "256.1.1.1", "::", "12:30:45", "a::b", "01.2.3.4",
		}},
		{"email", nil, []string{"a@b.co", "alice.smith+shop@mail.example.co.uk", "alice%40example.com", "x@xn--bcher-kva.xn--p1ai"}, []string{
			"a@b", "a..b@example.com", "@example.com", "a@-example.com", "a@example.c1", strings.Repeat("a", 65) + "@example.com", "a@example.",
		}},
		{"url", nil, []string{"https://example.com/a?b#c", "www.example.com", "http://[2001:db8::1]/"}, []string{"http://x", "https://%zz"}},
	}
	for _, test := range tests {
		check := validatorNamed(test.name)
		for _, text := range test.valid {
			if parts := check(text, test.regions); len(parts) == 0 || !parts[0].valid {
				t.Errorf("%s %v: %q is not valid", test.name, test.regions, text)
			}
		}
		for _, text := range test.invalid {
			if parts := check(text, test.regions); len(parts) != 1 || parts[0].valid {
				t.Errorf("%s %v: %q is valid", test.name, test.regions, text)
			}
		}
	}
}

// TestParts wants the value cut out of a match that holds more.
func TestParts(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"card", "202 4111 1111 1111 1111 12", "4111 1111 1111 1111"},
		{"card", "4111 1111 1111 1111 5555 5555 5555 4444", "4111 1111 1111 1111|5555 5555 5555 4444"},
		{"iban", "DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"},
		{"phone", "+12025550143 4111", "+12025550143"},
	}
	for _, test := range tests {
		var got []string
		for _, p := range validatorNamed(test.name)(test.text, []string{"US"}) {
			got = append(got, test.text[p.start:p.end])
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%s %q: %q, want %q", test.name, test.text, got, test.want)
		}
	}
}
