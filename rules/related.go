package rules

import "slices"

// related are the kinds that people tell, too, when one is asked for: the whole card
// where its number was asked for, the postcode of an address. Of some values
// two kinds are told apart by country alone: a CPF serves as a tax number and
// as an identity number.
var related = map[string][]string{
	"credit_card":  {"card_expiry", "cvv"},
	"address":      {"postcode"},
	"national_id":  {"tax_id"},
	"tax_id":       {"national_id"},
	"iban":         {"bank_account"},
	"bank_account": {"account_ref", "iban"},
	"secret":       {"password"},
}

// withRelated returns the kinds that an answer may hold when some are asked for. A
// prompt rule lists exactly what it asks for; this is what informs the answer.
func withRelated(asked []string) []string {
	all := asked
	for _, kind := range asked {
		for _, more := range related[kind] {
			if !slices.Contains(all, more) {
				all = append(all[:len(all):len(all)], more)
			}
		}
	}
	return all
}
