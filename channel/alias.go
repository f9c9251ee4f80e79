package channel

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// maxID bounds the ids that count as one; Meta's longest, a group member's
// BSUID, has 133 bytes.
const maxID = 512

// identifier returns the id at node: a string, or the text of a whole number,
// because old payloads write ids as numbers beyond 2^53. Anything else is "".
// It may share memory with the document.
func identifier(d *payload.Document, node int) string {
	if node < 0 {
		return ""
	}
	text := d.Text(node)
	switch d.Nodes[node].Kind {
	case payload.String:
		if len(text) <= maxID {
			return text
		}
	case payload.Number:
		if isDigits(text) && len(text) <= maxID {
			return text
		}
	}
	return ""
}

// phoneAlias returns the alias of a phone number in any spelling that WhatsApp
// takes in "to" (digits, + - ( ) and spaces), or the alias of a BSUID when text
// is one. It is "" for everything else: group ids, placeholders, words.
func phoneAlias(text string) string {
	if isPhone(text) {
		return "wa:" + text // as webhooks spell it
	}
	if isBSUID(text) {
		return "bsuid:" + text
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("+-() ", r) {
			return -1
		}
		return r
	}, text)
	if !isPhone(digits) {
		return ""
	}
	return "wa:" + digits
}

// isPhone reports whether digits can be a phone number with its country code.
// Recommendation ITU-T E.164, 6.1: at most 15 digits. The shortest subscriber
// numbers with a country code have 7; two more on each side cost nothing.
func isPhone(digits string) bool {
	return len(digits) >= 5 && len(digits) <= 17 && isDigits(digits)
}

// userAlias returns the alias of a BSUID, or "".
func userAlias(text string) string {
	if !isBSUID(text) {
		return ""
	}
	return "bsuid:" + text
}

// isBSUID reports whether text is a business-scoped user id: a country code of
// two letters, a dot, for a parent's id ENT and another dot, and up to 128
// letters and digits.
func isBSUID(text string) bool {
	if len(text) < 4 || !isUpper(text[0]) || !isUpper(text[1]) || text[2] != '.' {
		return false
	}
	id := strings.TrimPrefix(text[3:], "ENT.")
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		if !isUpper(c) && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// newPerson collects the aliases that are not empty, each once. Inside a group
// every alias names a member of that group: somebody who also writes in private
// is another person there, because what is said in a group is read by all.
func newPerson(group string, aliases ...string) Person {
	var p Person
	for _, alias := range aliases {
		if alias == "" {
			continue
		}
		if group != "" {
			alias = "group:" + group + "/" + alias
		}
		if !slices.Contains(p.Aliases, alias) {
			p.Aliases = append(p.Aliases, alias)
		}
	}
	return p
}
