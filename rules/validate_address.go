package rules

import "github.com/piiproxy/piiproxy/rules/address"

// validateAddress cuts the postal addresses out of a match. Valid are words that
// are an address whatever stands around them.
func validateAddress(text string, _ []string) []part {
	var parts []part
	for _, found := range address.Find(text) {
		parts = append(parts, part{found.Start, found.End, found.Sure})
	}
	return parts
}
