package identifier

import "strings"

// oceania are the checks of Australia and New Zealand.
func oceania() map[string]Check {
	return map[string]Check{
		"au_abn": auABN, "au_acn": auACN, "au_ihi": auIHI, "au_medicare": auMedicare, "au_tfn": auTFN,
		"nz_ird": nzIRD, "nz_nhi": nzNHI, "nz_nzbn": nzNZBN,
	}
}

// auTFN checks a tax file number: nine digits by modulo 11 over 1 4 3 7 5 8 6 9
// 10, or the eight digits of old ones over 10 7 8 4 6 3 5 1 (Australian Taxation
// Office, "TFN algorithm" of its reporting specifications).
func auTFN(value string) bool {
	if uniform(value) {
		return false
	}
	return numeric(value, 9) && weighted(value, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 ||
		numeric(value, 8) && weighted(value, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0
}

// auMedicare checks a Medicare card number: 2 to 6, seven digits, a check digit
// by modulo 10 over 1 3 7 9 1 3 7 9, the issue and, when told, the place of the
// person on the card (Services Australia; National Health Data Dictionary
// 270101).
func auMedicare(value string) bool {
	return numericUpTo(value, 10, 11) && within(value[:1], "2", "6") && value[9] != '0' &&
		weighted(value, 1, 3, 7, 9, 1, 3, 7, 9)%10 == digitAt(value, 8)
}

// auABN checks a business number: eleven digits, the first less 1, over 10 1 3 5
// … 19, a multiple of 89 (Australian Business Register, "Format of the ABN").
func auABN(value string) bool {
	return numeric(value, 11) && value[0] != '0' &&
		(weighted(value, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

// auACN checks a company number: nine digits by modulo 10 over 8 … 1
// (Australian Securities and Investments Commission, "ACN check digit").
func auACN(value string) bool {
	return numeric(value, 9) && !uniform(value) &&
		(10-weighted(value, 8, 7, 6, 5, 4, 3, 2, 1)%10)%10 == digitAt(value, 8)
}

// auIHI checks an individual healthcare identifier: 800360, nine digits, Luhn
// (AS 4846; Healthcare Identifiers Act 2010). 800361 and 800362 are providers.
func auIHI(value string) bool {
	return numeric(value, 16) && strings.HasPrefix(value, "80036") && within(value[5:6], "0", "2") && luhnPasses(value)
}

// nzIRD checks a tax number of New Zealand: eight or nine digits from 10 000 000
// to 150 000 000, modulo 11 over 3 2 7 6 5 4 3 2 and, when that gives 10, over
// 7 4 3 2 5 2 7 6 (Inland Revenue, "RWT and NRWT specification", appendix).
func nzIRD(value string) bool {
	if numeric(value, 8) {
		value = "0" + value
	}
	if !numeric(value, 9) || value <= "010000000" || value >= "150000000" || uniform(value) {
		return false
	}
	digit := (11 - weighted(value, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if digit == 10 {
		digit = (11 - weighted(value, 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11
	}
	return digit == digitAt(value, 8)
}

// nhiLetters are worth 1 to 24.
const nhiLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// nzNHI checks a national health index number: three letters, three digits and a
// check digit by modulo 11, or three letters, two digits, a letter and a check
// letter by modulo 24, until 2023 by 23 (Health New Zealand, HISO 10046).
func nzNHI(value string) bool {
	if len(value) != 7 || !numeric(value[3:5], 2) {
		return false
	}
	sum := 0
	for i := range 6 {
		worth := strings.IndexByte(nhiLetters, value[i]) + 1
		if i >= 3 && numeric(value[i:i+1], 1) {
			worth = digitAt(value, i)
		} else if worth == 0 {
			return false
		}
		sum += worth * (7 - i)
	}
	if numeric(value[5:], 2) {
		return sum%11 != 0 && (11-sum%11)%10 == digitAt(value, 6)
	}
	last := strings.IndexByte(nhiLetters, value[6]) + 1
	return alphabetic(value[5:]) && (last == 24-sum%24 || last == 23-sum%23)
}

// nzNZBN checks a business number of New Zealand: a GS1 location number that
// begins with 9429 (Companies Office; GS1 General Specifications 7.9).
func nzNZBN(value string) bool {
	return numeric(value, 13) && value[:4] == "9429" &&
		(10-weighted(value, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10 == digitAt(value, 12)
}
