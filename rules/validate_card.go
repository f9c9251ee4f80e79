package rules

import "strconv"

// issuer is a range of leading digits and the lengths its cards have.
// ISO/IEC 7812-1 numbers the issuers and allows 12 to 19 digits in practice;
// the ranges are the ones that the card schemes publish.
type issuer struct {
	name     string
	from, to string // leading digits, equally long, inclusive
	lengths  string // numbers of digits, "16 19"
}

// issuers lists the major schemes, narrow ranges before wide ones.
var issuers = []issuer{
	{"american express", "34", "34", "15"},
	{"american express", "37", "37", "15"},
	{"diners club", "300", "305", "14 16 19"},
	{"diners club", "3095", "3095", "14 16 19"},
	{"diners club", "36", "36", "14 16 19"},
	{"diners club", "38", "39", "14 16 19"},
	{"jcb", "3528", "3589", "16 17 18 19"},
	{"visa", "4", "4", "13 16 19"},
	{"mastercard", "51", "55", "16"},
	{"mastercard", "222100", "272099", "16"},
	{"mir", "2200", "2204", "16 17 18 19"},
	{"verve", "506099", "506198", "16 18 19"},
	{"elo", "504175", "504175", "16"},
	{"elo", "506699", "506778", "16"},
	{"elo", "509000", "509999", "16"},
	{"rupay", "508500", "508999", "16"},
	{"maestro", "5018", "5018", "12 13 14 15 16 17 18 19"},
	{"maestro", "5020", "5020", "12 13 14 15 16 17 18 19"},
	{"maestro", "5038", "5038", "12 13 14 15 16 17 18 19"},
	{"maestro", "5612", "5612", "12 13 14 15 16 17 18 19"},
	{"maestro", "5893", "5893", "12 13 14 15 16 17 18 19"},
	{"maestro", "6304", "6304", "12 13 14 15 16 17 18 19"},
	{"maestro", "6390", "6390", "12 13 14 15 16 17 18 19"},
	{"maestro", "6759", "6759", "12 13 14 15 16 17 18 19"},
	{"maestro", "6761", "6763", "12 13 14 15 16 17 18 19"},
	{"dankort", "5019", "5019", "16"},
	{"discover", "6011", "6011", "16 17 18 19"},
	{"discover", "644", "649", "16 17 18 19"},
	{"discover", "65", "65", "16 17 18 19"},
	{"unionpay", "62", "62", "16 17 18 19"},
	{"unionpay", "81", "81", "16 17 18 19"},
	{"hipercard", "606282", "606282", "16"},
	{"hipercard", "384100", "384160", "16 19"},
	{"elo", "627780", "627780", "16"},
	{"elo", "636297", "636297", "16"},
	{"elo", "636368", "636368", "16"},
	{"interpayment", "636", "636", "16 17 18 19"},
	{"rupay", "60", "60", "16"},
	{"rupay", "82", "82", "16"},
	{"troy", "9792", "9792", "16"},
}

// issuedLengths returns the lengths of the first scheme whose range digits
// begin with, "" when no scheme issues them.
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
)

// validCard tells whether digits are a card number that a known scheme could
// have issued: prefix, length and check digit.
func validCard(digits string) bool {
	return len(digits) >= minCardDigits && len(digits) <= maxCardDigits && issued(digits) && luhn(digits)
}

// validateCard finds the card numbers in a run of digits and separators. Each
// begins and ends with a group of digits as typed: the longest at each place.
func validateCard(text string, _ []string) []part {
	groups := groupsOf(text)
	var parts []part
	for first := 0; first < len(groups); first++ {
		if last := cardAt(text, groups, first); last >= 0 {
			parts = append(parts, part{groups[first].start, groups[last].end, true})
			first = last
		}
	}
	if parts == nil {
		return whole(text, false)
	}
	return parts
}

// cardAt returns the last group of the longest card number that begins with
// group first, or -1.
func cardAt(text string, groups []group, first int) int {
	found := -1
	digits := make([]byte, 0, maxCardDigits)
	for last := first; last < len(groups); last++ {
		digits = append(digits, text[groups[last].start:groups[last].end]...)
		if len(digits) > maxCardDigits {
			break
		}
		if validCard(string(digits)) {
			found = last
		}
	}
	return found
}
