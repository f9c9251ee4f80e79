package form

import (
	"strconv"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

// separators are what people put between the digits of a number.
const separators = " \t-./·"

// onlyDigits returns the digits of a plain text, "" when it holds anything but
// digits and separators.
func onlyDigits(text string) string {
	digits := unseparated(text)
	if strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits
}

func digitsOfLength(a answer, least, most int, key string) verdict {
	digits := onlyDigits(a.text)
	if len(digits) < least || len(digits) > most {
		return problem(key)
	}
	return same(digits)
}

func readCard(a answer) verdict {
	digits := onlyDigits(a.text)
	if digits == "" || digits[0] == '0' || !rules.Valid("card", digits, nil) {
		return problem("card")
	}
	return same(rules.Canonical("credit_card", digits, nil))
}

func readBIN(a answer) verdict   { return digitsOfLength(a, 6, 6, "bin") }
func readLast4(a answer) verdict { return digitsOfLength(a, 4, 4, "last4") }

func readSSNLast4(a answer) verdict {
	if v := digitsOfLength(a, 4, 4, "last4"); v.text != "0000" {
		return v
	}
	return problem("last4")
}

// readCVV wants four digits of American Express, three of the others and either
// when the card is not known.
func readCVV(a answer) verdict {
	switch a.scheme {
	case "":
		return digitsOfLength(a, 3, 4, "cvv")
	case "american express":
		return digitsOfLength(a, 4, 4, "cvv_four")
	}
	return digitsOfLength(a, 3, 3, "cvv_three")
}

// mostCardYears is how far ahead a card may expire.
const mostCardYears = 20

// readExpiry accepts a card until its month has ended everywhere.
func readExpiry(a answer) verdict {
	if !rules.Valid("expiry", a.text, nil) {
		return problem("expiry")
	}
	text := rules.Canonical("card_expiry", a.text, nil)
	ends, err := time.Parse("01/06", text)
	if err != nil || ends.After(a.now.AddDate(mostCardYears, 0, 0)) {
		return problem("expiry")
	}
	if west := a.now.UTC().Add(-12 * time.Hour); !ends.AddDate(0, 1, 0).After(west) {
		return problem("expired")
	}
	return same(text)
}

func readIBAN(a answer) verdict {
	if text := rules.Canonical("iban", a.text, nil); rules.Valid("iban", text, nil) {
		return same(text)
	}
	return problem("iban")
}

func readSSN(a answer) verdict {
	if digits := onlyDigits(a.text); rules.Valid("us_ssn", digits, nil) {
		return same(rules.Canonical("ssn", digits, nil))
	}
	return problem("check")
}

func readAge(a answer) verdict {
	years, err := strconv.Atoi(onlyDigits(a.text))
	if err != nil || years > 130 {
		return problem("age")
	}
	return same(strconv.Itoa(years))
}

func readIMEI(a answer) verdict {
	text := compact(a.text)
	for _, check := range []string{"imei", "meid", "iccid"} {
		if rules.Valid(check, text, nil) {
			return same(text)
		}
	}
	return problem("check")
}

// readOTP keeps capitals: to some a code is a word.
func readOTP(a answer) verdict {
	code := unseparated(a.text)
	if len(code) < 3 || len(code) > 12 || strings.Trim(strings.ToUpper(code), alphanumeric) != "" {
		return problem("code")
	}
	return verdict{canonical: rules.Canonical("otp", code, nil), text: code}
}

// compact returns a plain text in upper case without separators.
func compact(text string) string { return unseparated(strings.ToUpper(text)) }

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func unseparated(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, text)
}
