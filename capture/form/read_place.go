package form

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// addressFill is what autofill calls the lines of an address.
var addressFill = map[string]string{
	"street": "street-address", "postcode": "postal-code", "city": "address-level2", "state": "address-level1",
}

// Regions whose addresses name a state or province, and those that write the
// postcode behind the town (Universal Postal Union, S42 templates).
var (
	withState = map[string]bool{"US": true, "CA": true, "AU": true, "MX": true, "BR": true, "IN": true, "ID": true}
	townFirst = map[string]bool{"US": true, "CA": true, "AU": true, "GB": true, "IE": true, "NZ": true, "IN": true, "ID": true, "BR": true}
)

// linesOf are the lines of an address in the order in which a region writes
// them.
func linesOf(region string) []string {
	lines := []string{"street", "postcode", "city"}
	if townFirst[region] {
		lines = []string{"street", "city", "postcode"}
	}
	if withState[region] {
		lines = slices.Insert(lines, slices.Index(lines, "city")+1, "state")
	}
	return lines
}

func firstRegion(regions string) string {
	region, _, _ := strings.Cut(strings.TrimSpace(regions), " ")
	return region
}

// joinAddress writes the parts of an address on one line as its region does.
func joinAddress(kind string, typed url.Values, regions string) string {
	part := func(name string) string { return oneLine(typed.Get(kind + "." + name)) }
	town := part("postcode") + " " + part("city")
	if townFirst[firstRegion(regions)] {
		town = part("city") + ", " + part("state") + " " + part("postcode")
	} else if state := part("state"); state != "" {
		town += ", " + state
	}
	town = strings.Trim(strings.ReplaceAll(town, ",  ", ", "), " ,")
	return strings.Trim(part("street")+", "+town, " ,")
}

func readAddress(a answer) verdict {
	text := oneLine(a.raw)
	if utf8.RuneCountInString(text) < 5 || strings.IndexFunc(text, unicode.IsLetter) < 0 {
		return problem("address")
	}
	return spelled(a)
}

// postcode is what all postal codes have in common (Universal Postal Union,
// S42): letters, digits, spaces and hyphens.
var postcode = regexp.MustCompile(`^[A-Z0-9](?:[A-Z0-9 -]{1,8})[A-Z0-9]$`)

// readPostcode does not hold codes against the region: people may live
// elsewhere.
func readPostcode(a answer) verdict {
	text := strings.ToUpper(oneLine(a.text))
	if !postcode.MatchString(text) || !strings.ContainsAny(text, "0123456789") {
		return problem("postcode")
	}
	if britishCode.MatchString(text) {
		text = strings.ReplaceAll(text, " ", "")
		text = text[:len(text)-3] + " " + text[len(text)-3:]
	}
	return verdict{canonical: rules.Canonical("postcode", text, nil), text: text}
}

// britishCode ends in a digit and two letters, often written without the space
// (Royal Mail, PAF Programmers' Guide).
var britishCode = regexp.MustCompile(`^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$`)
