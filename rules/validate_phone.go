package rules

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// fallbackRegions read national phone numbers when neither the text nor the
// account has a region: the largest regions of the built-in languages whose
// numbers have one length. (A German number may have from 5 to 11 digits: with
// DE here every number would be a phone number.)
var fallbackRegions = []string{"US", "GB", "FR", "ES", "IT", "IN"}

// maxPhoneDigits is fifteen of ITU-T E.164 with room for prefixes and an
// extension.
const maxPhoneDigits = 22

// surePhoneDigits is what a national number of unknown region needs to count as
// valid: shorter ones are too often something else.
const surePhoneDigits = 9

// maxPhoneBytes bounds what is parsed; the longest number with an extension and
// separators is far below.
const maxPhoneBytes = 64

// parsePhone reads a phone number as dialled in the first region where it is
// valid (none: the fallback regions); nil when libphonenumber's metadata knows it as valid in none. The
// metadata lags behind the numbering plans: invalid does not mean "not a phone
// number".
func parsePhone(text string, regions []string) *phonenumbers.PhoneNumber {
	if len(text) > maxPhoneBytes {
		return nil
	}
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(strings.ToUpper(text), "%2B"); ok { // + as links write it
		text = "+" + rest
	}
	if rest, ok := strings.CutPrefix(text, "00"); ok { // the international prefix of most of the world (ITU-T E.164)
		if number := validNumber("+"+rest, ""); number != nil {
			return number
		}
	}
	if strings.HasPrefix(text, "+") {
		return validNumber(text, "")
	}
	if len(regions) == 0 {
		if len(digitsOf(text)) < surePhoneDigits {
			return nil
		}
		regions = fallbackRegions
	}
	for _, region := range regions {
		if number := validNumber(text, region); number != nil {
			return number
		}
	}
	return nil
}

func validNumber(text, region string) *phonenumbers.PhoneNumber {
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return nil
	}
	return number
}

// validatePhone accepts the whole match. Of an international number, as much of
// its beginning, cut where it has separators, as is valid: what follows may be
// another number.
func validatePhone(text string, regions []string) []part {
	if len(digitsOf(text)) > maxPhoneDigits && !strings.HasPrefix(text, "+") {
		return whole(text, false)
	}
	if parsePhone(text, regions) != nil {
		return whole(text, true)
	}
	groups := groupsOf(text)
	for last := len(groups) - 2; last >= 0 && strings.HasPrefix(text, "+"); last-- {
		end := groups[last].end
		if len(digitsOf(text[:end])) < 7 {
			break
		}
		if parsePhone(text[:end], regions) != nil {
			return []part{{0, end, true}}
		}
	}
	return whole(text, false)
}

// canonicalPhone is the E.164 form of a valid number, else its digits.
func canonicalPhone(text string, regions []string) string {
	if number := parsePhone(text, regions); number != nil {
		return phonenumbers.Format(number, phonenumbers.E164)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "+") {
		return "+" + digitsOf(text)
	}
	return digitsOf(text)
}
