package rules

import (
	"maps"
	"slices"
	"sync"

	"github.com/piiproxy/piiproxy/rules/identifier"
)

// part is a piece of a match that a validator has judged. Start and end are
// bytes of the match.
type part struct {
	start, end int
	valid      bool
}

// validator judges the folded text of a match, in the regions
// (ISO 3166 codes) that the text's author may be in. It returns the parts that are findings: the
// valid values inside the match when there are some, else the match or the
// part that has the shape of a value, not valid. A match may hold more than
// one value because patterns cannot count digits across separators.
type validator func(text string, regions []string) []part

// ownValidators judge whole matches as they are written; every other validator
// is an identifier's check.
var ownValidators = map[string]validator{
	"card":         validateCard,
	"iban":         validateIBAN,
	"us_ssn":       validateSSN,
	"phone":        validatePhone,
	"expiry":       validateExpiry,
	"ip":           validateIP,
	"email":        validateEmail,
	"url":          validateURL,
	"crypto":       validateCrypto,
	"address":      validateAddress,
	"phone_number": validatePhoneNumber,
	"phone_answer": validatePhoneAnswer,
	"person":       validatePerson,
}

// Validators returns the names that a rule's validate may have, sorted.
func Validators() []string {
	names := slices.Collect(maps.Keys(ownValidators))
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(identifierChecks()))))
}

// identifierChecks are made once: no check ever changes.
var identifierChecks = sync.OnceValue(identifier.Checks)

// validatorNamed returns the validator of a name, nil for an unknown one.
func validatorNamed(name string) validator {
	if own := ownValidators[name]; own != nil {
		return own
	}
	check := identifierChecks()[name]
	if check == nil {
		return nil
	}
	return func(text string, _ []string) []part { return whole(text, check(compact(text))) }
}

// compact returns the letters and digits of text, upper case: what the check
// of an identifier reads.
func compact(text string) string {
	for i := range len(text) {
		if !isDigit(text[i]) && (text[i] < 'A' || text[i] > 'Z') {
			return canonicalIBAN(text, nil)
		}
	}
	return text
}

// whole judges a match as one.
func whole(text string, valid bool) []part {
	return []part{{0, len(text), valid}}
}

// digitsOf returns the ASCII digits of text.
func digitsOf(text string) string {
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		if isDigit(text[i]) {
			digits = append(digits, text[i])
		}
	}
	return string(digits)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// group is a run of digits inside a match.
type group struct{ start, end int }

// groupsOf returns the digit runs of text in order.
func groupsOf(text string) []group {
	var groups []group
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		groups = append(groups, group{start, i})
	}
	return groups
}
