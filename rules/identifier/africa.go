package identifier

import "strings"

// africa are the checks of Africa, by ISO 3166 code of the country.
func africa() map[string]Check {
	return map[string]Check{
		"eg_id": egID, "gh_pin": ghPIN, "gh_tin": ghTIN, "gn_nif": gnNIF, "ke_pin": kePIN, "ma_ice": maICE,
		"mu_nid": muNID, "mz_nuit": mzNUIT, "ng_bvn": ngBVN, "rw_nid": rwNID, "sn_ninea": snNINEA, "tn_mf": tnMF,
		"tz_nida": tzNIDA, "ug_nin": ugNIN, "za_id": zaID, "za_tax": zaTax, "zw_nid": zwNID,
	}
}

// egID checks a national number of Egypt: century 2 or 3, date of birth,
// governorate, number and sex, check digit (Civil Status Law 143 of 1994). How
// the check digit is made is not published.
func egID(value string) bool {
	return numeric(value, 14) && within(value[:1], "2", "3") && dateAs(value[1:3], value[3:5], value[5:7]) &&
		(within(value[7:9], "01", "35") || value[7:9] == "88")
}

// ghPIN checks the number of a Ghana card: the letters of the nationality, nine
// digits, one check digit, whose making is not published (National
// Identification Authority).
func ghPIN(value string) bool {
	return len(value) == 13 && alphabetic(value[:3]) && numeric(value[3:], 10) && !uniform(value[3:])
}

// ghTIN checks a taxpayer number of Ghana: P person, C company, G state, Q
// mission, V other, two zeros, eight characters (Ghana Revenue Authority, "TIN").
func ghTIN(value string) bool {
	return len(value) == 11 && strings.IndexByte("PCGQV", value[0]) >= 0 && value[1:3] == "00" && alphanumeric(value[3:], 8)
}

// gnNIF checks a permanent tax number of Guinea: nine digits, Luhn (Direction
// générale des impôts, "Cahier des charges NIFp").
func gnNIF(value string) bool {
	return numeric(value, 9) && luhnPasses(value) && !uniform(value)
}

// kePIN checks a tax number of Kenya: A for persons, P for others, nine digits,
// a letter whose making is not published (Kenya Revenue Authority, iTax).
func kePIN(value string) bool {
	return len(value) == 11 && (value[0] == 'A' || value[0] == 'P') && numeric(value[1:10], 9) && alphabetic(value[10:])
}

// maICE checks a common enterprise number of Morocco: nine digits, four of the
// establishment, two control digits by modulo 97 (ice.gov.ma, "Guide ICE").
func maICE(value string) bool {
	if !numeric(value, 15) || uniform(value) {
		return false
	}
	remainder := 0
	for i := range len(value) {
		remainder = (remainder*10 + digitAt(value, i)) % 97
	}
	return remainder == 0
}

// muNID checks a national number of Mauritius: first letter of the surname, date
// of birth, number, check character (Civil Status Division; modulo 17 over
// 14 … 2).
func muNID(value string) bool {
	if len(value) != 14 || !alphabetic(value[:1]) || !numeric(value[1:13], 12) || !dateAs(value[5:7], value[3:5], value[1:3]) {
		return false
	}
	sum := 0
	for i := range 13 {
		sum += base36(value[i]) * (14 - i)
	}
	return (17-sum%17)%17 == base36(value[13])
}

// mzNUIT checks a tax number of Mozambique: kind, seven digits, check digit
// (Autoridade Tributária; modulo 11 over 8 9 4 5 6 7 8 9, 10 written as 1).
func mzNUIT(value string) bool {
	return numeric(value, 9) && !uniform(value) &&
		"01234567891"[weighted(value, 8, 9, 4, 5, 6, 7, 8, 9)%11] == value[8]
}

// ngBVN checks a bank verification number of Nigeria: eleven digits that begin
// with 22 (Central Bank of Nigeria, BVN framework). There is no check digit.
func ngBVN(value string) bool {
	return numeric(value, 11) && value[:2] == "22" && !uniform(value)
}

// rwNID checks a national number of Rwanda: 1 for citizens (2, 3 for others),
// year of birth, 7 women or 8 men, number (National Identification Agency).
func rwNID(value string) bool {
	return numeric(value, 16) && within(value[:1], "1", "3") && within(value[1:5], "1900", "2039") &&
		within(value[5:6], "7", "8")
}

// snNINEA checks an enterprise number of Senegal: seven or nine digits over
// 1 2 1 2 … 1, a multiple of 10, and the three characters of the tax code
// (Agence nationale de la statistique, NINEA; COFI).
func snNINEA(value string) bool {
	if len(value) > 9 {
		code := value[len(value)-3:]
		if !within(code[:1], "0", "2") || strings.IndexByte("ABCDEFGHJKLMNPQRSTUVWZ", code[1]) < 0 || !numeric(code[2:], 1) {
			return false
		}
		value = value[:len(value)-3]
	}
	if !numeric(value, 7) && !numeric(value, 9) || uniform(value) {
		return false
	}
	return weighted(value, 1, 2, 1, 2, 1, 2, 1, 2, 1)%10 == 0
}

// tnKeys are the letters that a tax number of Tunisia may have.
const tnKeys = "ABCDEFGHJKLMNPQRSTVWXYZ"

// tnMF checks a tax number of Tunisia: up to seven digits (leading zeros are
// often left out) and a letter that is not I, O or U, alone or with the codes of
// VAT and category and three digits of the establishment (Code de l'IRPP et de
// l'IS, article 56; Direction générale des impôts). How the letter is made is
// not published.
func tnMF(value string) bool {
	digits := len(value) - len(strings.TrimLeft(value, "0123456789"))
	if digits < 3 || digits > 7 || digits == len(value) || strings.IndexByte(tnKeys, value[digits]) < 0 {
		return false
	}
	codes := value[digits+1:]
	if codes == "" {
		return true
	}
	return len(codes) == 5 && strings.IndexByte("APBDN", codes[0]) >= 0 && strings.IndexByte("MPCNE", codes[1]) >= 0 &&
		numeric(codes[2:], 3) && (codes[2:] == "000" || codes[1] == 'E')
}

// tzNIDA checks a national number of Tanzania: date of birth, place, number
// (National Identification Authority).
func tzNIDA(value string) bool {
	return numeric(value, 20) && within(value[:2], "19", "20") && dateAs(value[2:4], value[4:6], value[6:8])
}

// ugNIN checks a national number of Uganda: C citizen or A alien, M or F, year of
// birth, ten characters (National Identification and Registration Authority).
func ugNIN(value string) bool {
	return len(value) == 14 && oneOf("CM CF AM AF PM PF", value[:2]) && numeric(value[2:8], 6) && alphanumeric(value[8:], 6)
}

// zaID checks an identity number of South Africa: date of birth, sex, number, 0
// citizen, 1 resident, 2 refugee, a digit, Luhn (Identification Act 68 of 1997;
// Department of Home Affairs).
func zaID(value string) bool {
	return numeric(value, 13) && dateAs(value[:2], value[2:4], value[4:6]) && within(value[10:11], "0", "2") &&
		luhnPasses(value)
}

// zaTax checks a tax reference number of South Africa: 0, 1, 2, 3 or 9, nine
// digits, Luhn (South African Revenue Service, "Modulus 10 test").
func zaTax(value string) bool {
	return numeric(value, 10) && oneOf("0 1 2 3 9", value[:1]) && luhnPasses(value) && !uniform(value)
}

// zwLetters are the check letters of national numbers of Zimbabwe.
const zwLetters = "ZABCDEFGHJKLMNPQRSTVWXY"

// zwNID checks a national number of Zimbabwe: district, six or seven digits, a
// letter of those that are used, district of origin (Registrar General).
func zwNID(value string) bool {
	if len(value) != 11 && len(value) != 12 {
		return false
	}
	letter := len(value) - 3
	return numericUpTo(value[:letter], 8, 9) && strings.IndexByte(zwLetters, value[letter]) >= 0 && numeric(value[letter+1:], 2)
}
