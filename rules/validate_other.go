package rules

import (
	"net/netip"
	"net/url"
	"strings"
)

const (
	// earliestExpiry and latestExpiry bound the plausible years of a card's
	// expiry date. Old ones count: people type expired cards too.
	earliestExpiry = 10
	latestExpiry   = 49
)

// expiryOf reads month and two-digit year of MM/YY, MM/YYYY or MMYY in any
// spelling; ok is false for a month or year that no card has.
func expiryOf(text string) (month, year string, ok bool) {
	digits := digitsOf(text)
	groups := groupsOf(text)
	if len(groups) == 2 && groups[0].end-groups[0].start == 1 {
		digits = "0" + digits
	}
	if len(groups) > 2 {
		return "", "", false
	}
	if len(digits) == 6 && digits[2:4] == "20" {
		digits = digits[:2] + digits[4:]
	}
	if len(digits) != 4 {
		return "", "", false
	}
	month, year = digits[:2], digits[2:]
	number := int(year[0]-'0')*10 + int(year[1]-'0')
	ok = "01" <= month && month <= "12" && earliestExpiry <= number && number <= latestExpiry
	return month, year, ok
}

// validateExpiry checks the expiry date of a card (ISO/IEC 7813 prints MM/YY).
func validateExpiry(text string, _ []string) []part {
	_, _, ok := expiryOf(text)
	return whole(text, ok)
}

// validateIP accepts IPv4 dotted quads and IPv6 addresses (RFC 4291) that hold
// at least one decimal digit: "a::b" is more often a name in a program.
func validateIP(text string, _ []string) []part {
	_, err := netip.ParseAddr(text)
	return whole(text, err == nil && strings.ContainsAny(text, "0123456789"))
}

// validateEmail checks the shape of RFC 5321 addresses as people write them:
// a local part of at most 64 bytes without doubled dots, and a domain of
// labels that ends in letters.
func validateEmail(text string, _ []string) []part {
	local, domain, ok := strings.Cut(emailText(text), "@")
	ok = ok && len(local) > 0 && len(local) <= 64 && len(domain) <= 253 &&
		!strings.Contains(local, "..") && !strings.HasSuffix(local, ".")
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		ok = ok && label != "" && len(label) <= 63 && !strings.HasPrefix(label, "-") && !strings.HasSuffix(label, "-")
	}
	return whole(text, ok && len(labels) > 1 && isTopLevel(labels[len(labels)-1]))
}

// isTopLevel tells whether label looks like a top-level domain: letters, or
// the encoded form of an international one (RFC 5890).
func isTopLevel(label string) bool {
	if strings.HasPrefix(strings.ToLower(label), "xn--") {
		return true
	}
	if len(label) < 2 {
		return false
	}
	return !strings.ContainsAny(label, "0123456789-_")
}

// emailText undoes the one encoding that addresses have in links.
func emailText(text string) string {
	return strings.Replace(text, "%40", "@", 1)
}

// validateURL accepts what the standard library reads as a URL with a host that
// has a dot or is an address.
func validateURL(text string, _ []string) []part {
	address := text
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	ok := err == nil && strings.ContainsAny(parsed.Hostname(), ".:")
	return whole(text, ok)
}
