package rules

import (
	"strings"

	"github.com/piiproxy/piiproxy/rules/numbering"
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
// valid (none: the fallback regions); false when the numbering plans know it as
// valid in none. An extension is no part of the number. The plans' metadata
// lags behind: invalid does not mean "not a phone number".
func parsePhone(text string, regions []string) (numbering.Number, bool) {
	if len(text) > maxPhoneBytes {
		return numbering.Number{}, false
	}
	text, international := phoneDigits(text)
	if international {
		return numbering.International(text)
	}
	if strings.HasPrefix(text, "00") { // the international prefix of most of the world (ITU-T E.164)
		if number, ok := numbering.International(text[2:]); ok {
			return number, true
		}
	}
	if len(regions) == 0 {
		if len(text) < surePhoneDigits {
			return numbering.Number{}, false
		}
		regions = fallbackRegions
	}
	for _, region := range regions {
		if number, ok := numbering.National(text, region); ok {
			return number, true
		}
	}
	return numbering.Number{}, false
}

// plusWords are the plus sign as people write it out.
var plusWords = []string{"plus", "mas", "mais", "piu"}

// phoneDigits returns the digits of a number before its extension, which begins
// with a letter or a number sign, and whether a plus sign stands before them.
func phoneDigits(text string) (digits string, international bool) {
	text = strings.TrimLeft(text, " (")
	if len(text) > 3 && text[0] == '%' && text[1] == '2' && text[2]|0x20 == 'b' { // + as links write it
		text = "+" + text[3:]
	}
	for _, word := range plusWords {
		if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
			text = "+" + text[len(word):]
		}
	}
	international = strings.HasPrefix(text, "+")
	for i := range len(text) {
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' || text[i] == '#' {
			text = text[:i]
			break
		}
	}
	for i := range len(text) {
		if !isDigit(text[i]) {
			return digitsOf(text), international
		}
	}
	return text, international
}

// validatePhone accepts the whole match. Of an international number, as much of
// its beginning, cut where it has separators, as is valid: what follows may be
// another number.
func validatePhone(text string, regions []string) []part {
	if coordinate(text) {
		return nil
	}
	if len(text) > maxPhoneDigits && len(digitsOf(text)) > maxPhoneDigits && !strings.HasPrefix(text, "+") {
		return whole(text, false)
	}
	if _, ok := parsePhone(text, regions); ok {
		return whole(text, true)
	}
	if !strings.HasPrefix(text, "+") {
		return whole(text, false)
	}
	groups := groupsOf(text)
	for last := len(groups) - 2; last >= 0; last-- {
		end := groups[last].end
		if len(digitsOf(text[:end])) < 7 {
			break
		}
		if _, ok := parsePhone(text[:end], regions); ok {
			return []part{{0, end, true}}
		}
	}
	return whole(text, false)
}

// canonicalPhone is the E.164 form of a valid number, else its digits. Neither
// holds an extension.
func canonicalPhone(text string, regions []string) string {
	if number, ok := parsePhone(text, regions); ok {
		return number.E164()
	}
	digits, international := phoneDigits(text)
	if international {
		return "+" + digits
	}
	return digits
}
