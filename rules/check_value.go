package rules

import "strings"

// What follows judges a value that somebody typed alone, into a form, with the
// same normal forms and validators as values that a scan finds: one value has
// one token, wherever it was typed.

// Plain returns the text as it reads: digits of every script and full-width
// forms in ASCII, without invisible characters and without space around it.
func Plain(text string) string {
	return strings.TrimSpace(strings.Map(foldRune, text))
}

// Canonical returns the form in which equal values of a kind are equal. The
// regions (ISO 3166 codes) are those that a phone number may be dialled in; the
// first says how 04/07/1980 is read.
func Canonical(kind, text string, regions []string) string {
	return canonical(kind, Plain(text), regions)
}

// Valid tells whether a validator (Validators lists the names) accepts the text
// as one value and nothing besides. Every text is invalid for an unknown name.
func Valid(name, text string, regions []string) bool {
	check := validatorNamed(name)
	if check == nil {
		return false
	}
	text = Plain(text)
	parts := check(text, regions)
	return len(parts) == 1 && parts[0] == part{0, len(text), true}
}

// CardScheme returns the name of the scheme that issues card numbers that begin
// and are as long as these digits, "american express" for example; "" for none.
func CardScheme(digits string) string {
	for _, scheme := range issuers {
		if len(digits) < len(scheme.from) || !hasLength(scheme.lengths, len(digits)) {
			continue
		}
		if lead := digits[:len(scheme.from)]; scheme.from <= lead && lead <= scheme.to {
			return scheme.name
		}
	}
	return ""
}
