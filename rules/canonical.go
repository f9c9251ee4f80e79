package rules

import (
	"strings"
)

// canonicalForms gives each kind the form in which equal values are equal.
// Kinds that are not listed are trimmed and keep their spelling.
var canonicalForms = map[string]func(text string, regions []string) string{
	"credit_card": func(text string, _ []string) string { return digitsOf(text) },
	"ssn":         func(text string, _ []string) string { return digitsOf(text) },
	"cvv":         func(text string, _ []string) string { return digitsOf(text) },
	"card_expiry": canonicalExpiry, // MM/YY
	"iban":        canonicalIBAN,   // upper case, no separators
	"national_id": canonicalID,     // the same where it is of Latin letters and digits
	"tax_id":      canonicalID,
	"dob":         canonicalDate, // YYYY-MM-DD where it is a whole date
	"date":        canonicalDate,
	"email":       func(text string, _ []string) string { return strings.ToLower(emailText(strings.TrimSpace(text))) },
	"phone":       canonicalPhone, // E.164 when valid, else the digits
	"ip":          func(text string, _ []string) string { return strings.ToLower(strings.TrimSpace(text)) },
}

// canonical returns the normal form of the folded text of a finding.
func canonical(kind, text string, regions []string) string {
	if form, ok := canonicalForms[kind]; ok {
		return form(text, regions)
	}
	return strings.TrimSpace(text)
}

func canonicalExpiry(text string, _ []string) string {
	if month, year, ok := expiryOf(text); ok {
		return month + "/" + year
	}
	return digitsOf(text)
}

func canonicalIBAN(text string, _ []string) string {
	kept := make([]byte, 0, len(text))
	for i := range len(text) {
		if isAlphanumeric(text[i]) {
			kept = append(kept, upper(text[i]))
		}
	}
	return string(kept)
}

// canonicalID leaves out what separates the groups of a number. One with other
// letters than Latin ones, of a Soviet passport say, keeps its spelling.
func canonicalID(text string, regions []string) string {
	for i := range len(text) {
		if !isAlphanumeric(text[i]) && !strings.ContainsRune(" .-/\t", rune(text[i])) {
			return strings.TrimSpace(text)
		}
	}
	if form := canonicalIBAN(text, regions); form != "" {
		return form
	}
	return strings.TrimSpace(text)
}
