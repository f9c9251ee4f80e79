package rules

import "github.com/piiproxy/piiproxy/rules/names"

// validatePerson judges a match that is written like somebody's name: it is
// one when it begins with a first name of the list (rules/names) that is no
// common word, or with one that is and a last name follows.
func validatePerson(text string, _ []string) []part {
	var b body
	if ascii(text) {
		b.plain(text)
	} else {
		b.fold(text)
	}
	v := &voice{body: &b, to: b.length()}
	t, ok := v.token(0)
	return whole(text, ok && t.is(names.First) && v.known(t))
}
