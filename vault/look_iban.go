package vault

import (
	"fmt"

	"github.com/piiproxy/piiproxy/rules"
)

// tries bounds how many candidates are drawn until one passes every check. The
// rarest form, with two check digits and a date, is one in a few thousand.
const tries = 100_000

// nobodysBank are letters that no bank's prefix is known to be made of.
const nobodysBank = "QXZ"

// ibanForm keeps the country and nothing else of the number: length, places of
// letters and digits, the national check digits that public validators know of,
// and the two of ISO 13616-1 are right. A prefix of letters is of Q, X and Z. A
// German bank code begins with 9, which none does (Deutsche Bundesbank, clearing
// areas 1 to 8). In other countries a form may be a number that a bank could
// issue: no register names a range that none ever will.
func ibanForm(d draw) string {
	if len(d.canonical) < 5 || remainder97(d.canonical[4:]+d.canonical[:4]) != 1 {
		return ""
	}
	country, account := d.canonical[:2], d.canonical[4:]
	format := rules.IBANFormat(country)
	dice := d.dice()
	for range tries {
		candidate := drawAccount(dice, format, account)
		if candidate == "" {
			return ""
		}
		if country == "DE" {
			candidate = "9" + candidate[1:]
		}
		if nationalCheck(country, candidate) {
			return fmt.Sprintf("%s%02d%s", country, 98-remainder97(candidate+country+"00"), candidate)
		}
	}
	return ""
}

// drawAccount draws an account number of a national format. What may be letter or
// digit is what it is in the value. Letters behind the first four characters stay
// where the format wants them (a currency, the type of an account); the check
// letter of Italy, which stands alone in the first place, is drawn.
func drawAccount(dice dice, format, account string) string {
	form := make([]byte, 0, len(account))
	run := 0
	for i := range len(format) {
		if class := format[i]; class >= '0' && class <= '9' {
			run = run*10 + int(class-'0')
			continue
		}
		if len(form)+run > len(account) {
			return ""
		}
		for ; run > 0; run-- {
			from := account[len(form)]
			switch {
			case from <= '9':
				form = append(form, dice.of("0123456789"))
			case format[i] == 'a' && len(form) >= 4:
				form = append(form, from)
			case format[0] == '1' || len(form) >= 4:
				form = append(form, dice.of(letters))
			default:
				form = append(form, dice.of(nobodysBank))
			}
		}
	}
	if len(form) != len(account) {
		return ""
	}
	return string(form)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// remainder97 is that of ISO/IEC 7064 MOD 97-10, letters counting as 10 to 35.
func remainder97(text string) int {
	rest := 0
	for i := range len(text) {
		if b := text[i]; b >= 'A' && b <= 'Z' {
			rest = (rest*100 + int(b-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(b-'0')) % 97
		}
	}
	return rest
}

// nationalCheck says whether the check digits inside an account number are what
// its country wants (European Committee for Banking Standards, TR 201), as far as
// public validators look at them.
func nationalCheck(country, account string) bool {
	if name := accountChecks[country]; name != "" {
		return identifiers()[name](account)
	}
	switch country {
	case "BA", "ME", "MK", "PT", "RS", "SI":
		return remainder97(account) == 1
	case "CZ", "SK":
		return weighed(account[4:10], 10, 5, 8, 4, 2, 1)%11 == 0 && weighed(account[10:], 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
	case "EE":
		return weighed(account[2:], 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	case "FI":
		return luhn([]byte(account))
	case "HR":
		return hybrid(account[:7]) && hybrid(account[7:])
	case "PL":
		return weighed(account[:8], 3, 9, 7, 1, 3, 9, 7, 1)%10 == 0
	}
	return true
}

// accountChecks name the checks of accounts that the rules have too.
var accountChecks = map[string]string{
	"BE": "be_account", "ES": "es_ccc", "FR": "fr_rib", "HU": "hu_account", "IT": "it_bban", "MC": "fr_rib",
	"NO": "no_account", "SM": "it_bban",
}

// weighed sums digits, each times its weight.
func weighed(digits string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		sum += weight * int(digits[i]-'0')
	}
	return sum
}

// hybrid is ISO/IEC 7064 MOD 11,10.
func hybrid(digits string) bool {
	rest := 10
	for i := range len(digits) - 1 {
		if rest = (rest + int(digits[i]-'0')) % 10; rest == 0 {
			rest = 10
		}
		rest = rest * 2 % 11
	}
	return (rest+int(digits[len(digits)-1]-'0'))%10 == 1
}
