package redact

import (
	"strconv"
	"strings"
	"unicode"
)

// GeneralOf keeps of a value what HIPAA's Safe Harbor lets stay (45 CFR
// 164.514(b)(2)(i)): the year of a date, but of no date of birth, which would
// tell an age over 89; the first three digits of a ZIP code, or 000 where fewer
// than 20,000 people live; an age up to 89, and 90+ above. Everything else, and
// what cannot be read with certainty, becomes the kind's name in brackets.
func GeneralOf(kind, text string) string {
	switch kind {
	case "date":
		if year := yearOf(text); year != "" {
			return year
		}
	case "postcode":
		if zip := zipOf(text); zip != "" {
			return zip
		}
	case "age":
		if age := ageOf(text); age != "" {
			return age
		}
	}
	return Placeholder(kind)
}

// yearOf returns the only four digits in a row that are a year from 1900 to
// 2099.
func yearOf(text string) string {
	found := ""
	for _, digits := range digitRuns(text) {
		if len(digits) != 4 {
			continue
		}
		if found != "" || digits < "1900" || digits > "2099" {
			return ""
		}
		found = digits
	}
	return found
}

// sparseZIP3 are the areas of three digits in which 20,000 people or fewer
// live, by the census of 2000 (HHS, "Guidance regarding methods for
// de-identification", 2012, section "ZIP codes") and of 2010.
const sparseZIP3 = " 036 059 063 102 203 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893 "

// zipOf shortens a ZIP or ZIP+4 code; other postcodes give "".
func zipOf(text string) string {
	runs := digitRuns(text)
	if len(runs) == 0 || len(runs) > 2 || len(runs[0]) != 5 || len(runs) == 2 && len(runs[1]) != 4 || strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	if area := runs[0][:3]; !strings.Contains(sparseZIP3, " "+area+" ") {
		return area + "**"
	}
	return "000**"
}

// ageOf returns 90+ for ages over 89, and the text for others.
func ageOf(text string) string {
	runs := digitRuns(text)
	if len(runs) != 1 {
		return ""
	}
	years, err := strconv.Atoi(runs[0])
	switch {
	case err != nil || years > 150:
		return ""
	case years > 89:
		return "90+"
	}
	return text
}

// digitRuns returns the runs of ASCII digits in text; nil when it holds another
// digit.
func digitRuns(text string) []string {
	for _, r := range text {
		if r > '9' && unicode.IsDigit(r) {
			return nil
		}
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}
