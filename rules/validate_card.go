package rules

import (
	"strconv"
	"strings"
)

// issuer is a range of leading digits and the lengths its cards have.
// ISO/IEC 7812-1 numbers the issuers and allows 12 to 19 digits in practice;
// the ranges are the ones that the card schemes publish.
type issuer struct {
	name     string
	from, to string // leading digits, equally long, inclusive
	lengths  string // numbers of digits, "16 19"
}

// issuers lists the schemes, narrow ranges before wide ones. A range is here
// when the scheme or its regulator publishes it; see packs/cards.yaml for the
// pages. Domestic schemes that number inside a wider range (Verve in Discover's
// 650, LankaPay in JCB's) need no line of their own.
var issuers = []issuer{
	{"american express", "34", "34", "15"},
	{"american express", "37", "37", "15"},
	{"diners club", "300", "305", "14 15 16 17 18 19"},
	{"diners club", "3095", "3095", "14 15 16 17 18 19"},
	{"diners club", "36", "36", "14 15 16 17 18 19"},
	{"diners club", "38", "39", "14 15 16 17 18 19"},
	{"jcb", "3528", "3589", "16 17 18 19"},
	{"jcb", "2131", "2131", "15"}, // issued until 2012
	{"jcb", "1800", "1800", "15"},
	{"visa", "4", "4", "13 16 18 19"},
	{"mastercard", "51", "55", "16"},
	{"mastercard", "222100", "272099", "16"},
	{"mir", "2200", "2204", "16 17 18 19"},
	{"borica", "2205", "2205", "16"},
	{"verve", "506099", "506198", "16 18 19"},
	{"verve", "507865", "507964", "16 18 19"},
	{"elo", "504175", "504175", "16"},
	{"elo", "506699", "506778", "16"},
	{"elo", "509000", "509999", "16"},
	{"rupay", "508500", "508999", "16"},
	{"meeza", "507803", "507809", "16"},
	{"dankort", "5019", "5019", "16"},
	{"uzcard", "5614", "5614", "16"},
	{"maestro", "5018", "5018", "12 13 14 15 16 17 18 19"},
	{"maestro", "5020", "5020", "12 13 14 15 16 17 18 19"},
	{"maestro", "5038", "5038", "12 13 14 15 16 17 18 19"},
	{"maestro", "5612", "5612", "12 13 14 15 16 17 18 19"},
	{"maestro", "5893", "5893", "12 13 14 15 16 17 18 19"},
	{"maestro", "6304", "6304", "12 13 14 15 16 17 18 19"},
	{"maestro", "639", "639", "12 13 14 15 16 17 18 19"},
	{"maestro", "67", "67", "12 13 14 15 16 17 18 19"},
	{"maestro", "50", "50", "16 18 19"},
	{"maestro", "56", "58", "16 18 19"},
	{"discover", "6011", "6011", "16 17 18 19"},
	{"discover", "644", "649", "16 17 18 19"},
	{"discover", "65", "65", "16 17 18 19"},
	{"unionpay", "62", "62", "16 17 18 19"},
	{"unionpay", "81", "81", "16 17 18 19"},
	{"hipercard", "606282", "606282", "13 16 19"},
	{"hipercard", "384100", "384160", "16 19"},
	{"elo", "627780", "627780", "16"},
	{"elo", "636297", "636297", "16"},
	{"elo", "636368", "636368", "16"},
	{"interpayment", "636", "636", "16 17 18 19"},
	{"instapayment", "637", "639", "16"},
	{"rupay", "60", "60", "16"}, // with UkrCard, Cabal and Iran's banks
	{"rupay", "82", "82", "16"},
	{"uzcard", "8600", "8600", "16"},
	{"arca", "9051", "9051", "16"},
	{"belkart", "9112", "9112", "16"},
	{"napas", "9704", "9704", "16 19"},
	{"troy", "9792", "9792", "16"},
	{"prostir", "9804", "9804", "16"},
	{"humo", "9860", "9860", "16"},
}

// issued tells whether a scheme issues numbers that begin and are as long as
// digits.
func issued(digits string) bool {
	for _, scheme := range issuers {
		if len(digits) < len(scheme.from) {
			continue
		}
		lead := digits[:len(scheme.from)]
		if scheme.from <= lead && lead <= scheme.to && hasLength(scheme.lengths, len(digits)) {
			return true
		}
	}
	return false
}

func hasLength(lengths string, n int) bool {
	want := strconv.Itoa(n)
	for i := 0; i+2 <= len(lengths); i += 3 {
		if lengths[i:i+2] == want {
			return true
		}
	}
	return false
}

// luhn checks the last digit by ISO/IEC 7812-1, annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		digit := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return sum%10 == 0
}

const (
	minCardDigits = 12
	maxCardDigits = 19
	// minPaddedDigits and minPadding bound card numbers that zeros were put
	// before: otherwise padded order numbers and fractions would pass too.
	minPaddedDigits = 15
	minPadding      = 3
	// maxMixedGroups is how many groups a number has at most unless each is one
	// digit: in "9 10 11 12 13 …" something always passes.
	maxMixedGroups = 6
)

// counting is what people type who count: some window of it always passes.
const counting = "123456789101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960"

// validCard tells whether digits are a card number that a known scheme could
// have issued: prefix, length and check digit. Zeros before the number do not
// hide it.
func validCard(digits string) bool {
	if strings.HasPrefix(digits, "0") {
		padded := len(digits)
		digits = strings.TrimLeft(digits, "0")
		if len(digits) < minPaddedDigits || padded-len(digits) < minPadding {
			return false
		}
	}
	return len(digits) >= minCardDigits && len(digits) <= maxCardDigits && issued(digits) && luhn(digits) && !strings.Contains(counting, digits)
}

// validateCard finds the card numbers in a run of digits and separators. Each
// begins and ends with a group of digits as typed: the longest at each place.
// A group that is two card numbers without anything between counts as two, and
// one may be written as hexadecimal codes.
func validateCard(text string, _ []string) []part {
	groups := groupsOf(text)
	var parts []part
	for first := 0; first < len(groups); first++ {
		if last := cardAt(text, groups, first); last >= 0 {
			parts = append(parts, part{groups[first].start, groups[last].end, true})
			first = last
			continue
		}
		g := groups[first]
		if cut := twoCards(text[g.start:g.end]); cut > 0 {
			parts = append(parts, part{g.start, g.start + cut, true}, part{g.start + cut, g.end, true})
		} else if validCard(hexDigits(text[g.start:g.end])) {
			parts = append(parts, part{g.start, g.end, true})
		}
	}
	if parts == nil {
		return whole(text, false)
	}
	return parts
}

// twoCards returns where the second of two card numbers begins that stand
// together, 0 when digits are none.
func twoCards(digits string) int {
	if len(digits) < 2*minCardDigits || len(digits) > 2*maxCardDigits {
		return 0
	}
	for cut := max(minCardDigits, len(digits)-maxCardDigits); cut <= min(maxCardDigits, len(digits)-minCardDigits); cut++ {
		if validCard(digits[:cut]) && validCard(digits[cut:]) {
			return cut
		}
	}
	return 0
}

// hexDigits returns the digits whose ASCII codes in hexadecimal are written in
// digits ("3431" is 41), "" when other characters are.
func hexDigits(digits string) string {
	if len(digits)%2 != 0 || len(digits) > 2*maxCardDigits {
		return ""
	}
	read := make([]byte, 0, maxCardDigits)
	for i := 0; i < len(digits); i += 2 {
		if digits[i] != '3' {
			return ""
		}
		read = append(read, digits[i+1])
	}
	return string(read)
}

// cardAt returns the last group of the longest card number that begins with
// group first, or -1.
func cardAt(text string, groups []group, first int) int {
	found, single := -1, true
	digits := make([]byte, 0, maxCardDigits)
	for last := first; last < len(groups); last++ {
		digits = append(digits, text[groups[last].start:groups[last].end]...)
		single = single && groups[last].end-groups[last].start == 1
		if len(digits) > maxCardDigits {
			break
		}
		if (last-first < maxMixedGroups || single) && validCard(string(digits)) {
			found = last
		}
	}
	return found
}
