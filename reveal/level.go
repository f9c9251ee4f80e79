package reveal

import (
	"slices"

	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// Level is how much of a value is told.
type Level string

// The levels, from all to least. Each kind has its own mask; of kinds without a
// usual last four, Last4 tells no more than Exists.
const (
	Full   Level = "full"
	Masked Level = "masked"
	Last4  Level = "last4"
	Exists Level = "exists"
)

// lastFours are the kinds that people know by their last four. A card's are what
// PCI DSS 4.0.1, 3.4.1 lets everybody see.
var lastFours = []string{"credit_card", "bank_account", "iban", "ssn"}

// theFours are kinds that are nothing but a last four.
var theFours = []string{"card_last4", "ssn_last4"}

// Of is what the level tells of a value; empty when it tells only that there is one.
// An unknown level is Exists.
func (l Level) Of(value vault.Value) string {
	switch l {
	case Full:
		return value.Text
	case Masked:
		return redact.MaskOf(value.Kind, value.Text)
	case Last4:
		return lastFour(value)
	}
	return ""
}

// lastFour is the end of a value without its separators. A value of fewer than nine
// characters shows none: half of one is no last four.
func lastFour(value vault.Value) string {
	var plain []byte
	for i := range len(value.Text) {
		if b := value.Text[i]; b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' {
			plain = append(plain, b)
		} else if b >= 0x80 {
			return ""
		}
	}
	switch {
	case slices.Contains(theFours, value.Kind) && len(plain) == 4, slices.Contains(lastFours, value.Kind) && len(plain) > 8:
		return string(plain[len(plain)-4:])
	}
	return ""
}
