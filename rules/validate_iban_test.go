package rules

import (
	"strings"
	"testing"
)

func TestIBANFormats(t *testing.T) {
	if len(ibanFormats) < 85 {
		t.Errorf("%d countries", len(ibanFormats))
	}
	for country, format := range ibanFormats {
		length := 4 + formatLength(format)
		if len(country) != 2 || length < 15 || length > longestIBAN {
			t.Errorf("%s has length %d", country, length)
		}
		if strings.Trim(format, "0123456789nac") != "" || !strings.ContainsAny(format[len(format)-1:], "nac") {
			t.Errorf("%s has format %q", country, format)
		}
	}
}

// TestIBANExamples takes numbers of the shapes that differ most: letters in
// front, behind, everywhere, none; with check digits made by the test, so that
// the account is nobody's.
func TestIBANExamples(t *testing.T) {
	accounts := map[string]string{
		"AD": "00019999AB1234567890", "BR": "99999999000010099999999C1", "FR": "9999999999ABCDEFGHIJK99", "GB": "TEST99999912345678",
		"IT": "X9999999999ABCDEF123456", "MT": "TEST99999ABCDEFGHIJ12345678", "SC": "TEST99999999999999999999USD", "DE": "999999991234567890",
		"NO": "99991234567",
	}
	for country, account := range accounts {
		number := withCheckDigits(t, country, account)
		parts := validateIBAN(number, nil)
		if len(parts) != 1 || !parts[0].valid || parts[0].end != len(number) {
			t.Errorf("%s: %q is not valid: %+v", country, number, parts)
		}
	}
}

// TestIBANStructure refuses numbers whose checksum holds and whose characters
// are of the wrong class.
func TestIBANStructure(t *testing.T) {
	for country, account := range map[string]string{
		"DE": "99999999123456789A", "GB": "1EST99999912345678", "NO": "9999123456X", "SC": "TEST99999999999999999999123",
	} {
		number := withCheckDigits(t, country, account)
		if parts := validateIBAN(number, nil); len(parts) != 1 || parts[0].valid {
			t.Errorf("%s: %q is valid", country, number)
		}
	}
}

// withCheckDigits puts the check digits of ISO/IEC 7064 before an account.
func withCheckDigits(t *testing.T, country, account string) string {
	t.Helper()
	for check := range 97 {
		number := country + string([]byte{'0' + byte((check+2)/10), '0' + byte((check+2)%10)}) + account
		if mod97([]byte(number)) {
			return number
		}
	}
	t.Fatalf("%s: no check digits", country)
	return ""
}
