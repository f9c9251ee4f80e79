package identifier

import "strings"

// spanishAccount checks a Código Cuenta Cliente (Consejo Superior Bancario): bank
// and branch of four digits, two check digits, ten of the account; modulo 11.
func spanishAccount(value string) bool {
	if !numeric(value, 20) || uniform(value) {
		return false
	}
	bankAndBranch := weighted(value[:8], 4, 8, 5, 10, 9, 7, 3, 6)
	account := weighted(value[10:], 1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
	return spanishDigit(bankAndBranch) == digitAt(value, 8) && spanishDigit(account) == digitAt(value, 9)
}

func spanishDigit(sum int) int {
	switch digit := 11 - sum%11; digit {
	case 11:
		return 0
	case 10:
		return 1
	default:
		return digit
	}
}

// frenchRIB checks a relevé d'identité bancaire (CFONB): bank and branch of five
// digits, an account of eleven letters or digits, a key of two; letters count by
// their place in A-I, J-R, S-Z (S is 2); modulo 97.
func frenchRIB(value string) bool {
	if !alphanumeric(value, 23) || !numeric(value[:10], 10) || !numeric(value[21:], 2) || uniform(value) {
		return false
	}
	account := []byte(value[10:21])
	for i, character := range account {
		switch {
		case character >= 'S':
			account[i] = character - 'S' + '2'
		case character >= 'J':
			account[i] = character - 'J' + '1'
		case character >= 'A':
			account[i] = character - 'A' + '1'
		}
	}
	sum := 89*remainder97(value[:5]) + 15*remainder97(value[5:10]) + 3*remainder97(string(account))
	return 97-sum%97 == digitAt(value, 21)*10+digitAt(value, 22)
}

// italianOdd are the values of characters at odd places in an Italian check
// letter (D.M. 23 December 1976, table of the codice fiscale, which the banking
// association ABI uses for the CIN too).
var italianOdd = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// italianAccount checks the national form of an Italian account (ABI): the check
// letter CIN, five digits of the bank, five of the branch, twelve characters.
func italianAccount(value string) bool {
	if !alphanumeric(value, 23) || !alphabetic(value[:1]) || !numeric(value[1:11], 10) {
		return false
	}
	sum := 0
	for i := 1; i < len(value); i++ {
		number := base36(value[i])
		if number >= 10 {
			number -= 10 // letters count from 0 like digits
		}
		if i%2 == 1 {
			number = italianOdd[number]
		}
		sum += number
	}
	return int(value[0]-'A') == sum%26
}

// belgianAccount checks the national form of a Belgian account (Febelfin): ten
// digits and their remainder modulo 97, written 97 for 0.
func belgianAccount(value string) bool {
	if !numeric(value, 12) || uniform(value) {
		return false
	}
	key := remainder97(value[:10])
	if key == 0 {
		key = 97
	}
	return key == digitAt(value, 10)*10+digitAt(value, 11)
}

// polishAccount checks a numer rachunku bankowego (Narodowy Bank Polski): an IBAN
// without its country, so that PL (25 21) counts behind it.
func polishAccount(value string) bool {
	return numeric(value, 26) && !uniform(value) && remainder97(value[2:]+"2521"+value[:2]) == 1
}

// hungarianAccount checks a Hungarian account (Magyar Nemzeti Bank, GIRO): 16 or
// 24 digits in blocks of eight; the first block and the rest each sum to a
// multiple of 10 with weights 9 7 3 1.
func hungarianAccount(value string) bool {
	if !numeric(value, 16) && !numeric(value, 24) || uniform(value) {
		return false
	}
	return hungarianSum(value[:8])%10 == 0 && hungarianSum(value[8:])%10 == 0
}

func hungarianSum(value string) int {
	sum := 0
	for i := range len(value) {
		sum += [4]int{9, 7, 3, 1}[i%4] * digitAt(value, i)
	}
	return sum
}

// norwegianAccount checks a kontonummer (Bits, the Norwegian financial
// infrastructure): eleven digits, modulo 11.
func norwegianAccount(value string) bool {
	return numeric(value, 11) && !uniform(value) && weighted(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// swedishBankgiro checks a bankgiro number (Bankgirot): seven or eight digits,
// modulo 10 by ISO/IEC 7812-1.
func swedishBankgiro(value string) bool {
	return numericUpTo(value, 7, 8) && !uniform(value) && luhnPasses(value)
}

// czechAccount checks a Czech account (Česká národní banka, decree 169/2011): a
// prefix of up to six digits, a number of two to ten, the bank's four; prefix
// and number are multiples of 11. Without its dash the prefix may end anywhere.
func czechAccount(value string) bool {
	if !numericUpTo(value, 6, 20) || !oneOf(czechBanks, value[len(value)-4:]) {
		return false
	}
	account := value[:len(value)-4]
	for prefix := max(0, len(account)-10); prefix <= min(6, len(account)-2); prefix++ {
		if czechSum(account[:prefix])%11 == 0 && czechSum(account[prefix:])%11 == 0 && strings.Trim(account[prefix:], "0") != "" {
			return true
		}
	}
	return false
}

func czechSum(value string) int {
	sum := 0
	for i := range len(value) {
		sum += [10]int{1, 2, 4, 8, 5, 10, 9, 7, 3, 6}[i%10] * digitAt(value, len(value)-1-i)
	}
	return sum
}

// czechBanks are codes of the payment system of the Česká národní banka.
const czechBanks = "0100 0300 0600 0710 0800 2010 2020 2060 2070 2100 2200 2220 2250 2260 2275 2600 2700 3030 3040 3050 3060 3500 4000 4300 " +
	"5500 5800 6000 6200 6210 6300 6363 6700 6800 7910 7950 7960 7970 7980 7990 8030 8040 8060 8090 8150 8190 8198 8199 8200 8215 8220 " +
	"8221 8230 8240 8250 8255 8265 8270 8280 8283 8291 8292 8293 8294 8296 8299 8500"
