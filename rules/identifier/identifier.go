// Package identifier knows which strings are well-formed identifiers of
// persons, accounts and things: length, alphabet and check digits, by the
// standard or the authority that issues them.
//
// A check tells nothing about whether an identifier was ever issued. Checks
// take the compact form: upper-case ASCII letters and digits without
// separators. On any other string, and on any string of another length, they
// are false; they never panic.
package identifier

import "maps"

// Check tells whether a compact value is well formed.
type Check func(value string) bool

// Checks returns every check by its name, which rule files use: a region or
// system and the identifier, "br_cpf".
func Checks() map[string]Check {
	all := map[string]Check{}
	for _, region := range []map[string]Check{europe(), americas(), asia(), africa(), oceania(), health(), bank(), things()} {
		maps.Copy(all, region)
	}
	return all
}
