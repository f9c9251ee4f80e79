package rules

import "github.com/piiproxy/piiproxy/rules/identifier"

// validateCrypto checks the address of a crypto currency as written: case
// counts in it. An Ethereum address is judged by its form, because wallets
// write the checksum of EIP-55 or none.
func validateCrypto(text string, _ []string) []part {
	if len(text) == 42 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
		return whole(text, true)
	}
	return whole(text, identifier.Base58Address(text) || identifier.Bech32Address(text))
}
