package identifier

import "strings"

// iberia holds Spain, Portugal and Andorra.
func iberia() map[string]Check {
	return map[string]Check{
		"es_dni": esIdentity, "es_nie": esForeigner, "es_nif": esTaxpayer, "es_nss": esInsured,
		"pt_nif": ptTaxpayer, "pt_cc": ptCard, "pt_niss": ptInsured, "ad_nrt": adTaxpayer,
	}
}

// italy holds Italy.
func italy() map[string]Check {
	return map[string]Check{"it_codice_fiscale": itFiscal, "it_partita_iva": itCompany, "it_cie": itCard}
}

// esLetters are the check letters of the DNI by its number modulo 23 (Real
// Decreto 1553/2005; Ministerio del Interior, "Cálculo del dígito de control").
const esLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// esIdentity checks a DNI: eight digits (leading zeros are often left out, so
// seven count too) and a check letter.
func esIdentity(value string) bool {
	last := len(value) - 1
	return (last == 8 || last == 7) && numeric(value[:last], last) && remainder(value[:last], 100000) > 0 &&
		esLetters[remainder(value[:last], 23)] == value[last]
}

// esForeigner checks a NIE: X, Y or Z, which count as 0, 1 and 2, seven digits
// and the check letter of the DNI (Orden INT/2058/2008).
func esForeigner(value string) bool {
	if !layout(value, "A9999999A") || value[0] < 'X' {
		return false
	}
	return esLetters[remainder(string(value[0]-'X'+'0')+value[1:8], 23)] == value[8]
}

// esTaxpayer checks a NIF of a person without DNI (K, L or M, seven digits and
// the check letter of the DNI) or of an organisation, once called CIF: a letter
// for its form, seven digits and a check digit by Luhn, which some forms write
// as a letter (Orden EHA/451/2008; Real Decreto 1065/2007, Art. 19).
func esTaxpayer(value string) bool {
	if !layout(value, "A9999999X") || !strings.Contains("ABCDEFGHJKLMNPQRSUVW", value[:1]) {
		return false
	}
	if strings.Contains("KLM", value[:1]) {
		return esLetters[remainder(value[1:8], 23)] == value[8]
	}
	if value[8] > '9' {
		place := strings.IndexByte("JABCDEFGHI", value[8])
		return place >= 0 && !strings.Contains("ABEH", value[:1]) && luhnPasses(value[1:8]+twoDigits(place)[1:])
	}
	return !strings.Contains("NPQRSW", value[:1]) && luhnPasses(value[1:])
}

// esInsured checks a number of the Seguridad Social: two digits of the
// province, eight of the person and two check digits, the number modulo 97. A
// person's number below ten million counts with seven digits (TGSS).
func esInsured(value string) bool {
	if !numeric(value, 12) || uniform(value) {
		return false
	}
	number := value[:10]
	if value[2] == '0' {
		number = value[:2] + value[3:10]
	}
	province := pairAt(value, 0)
	return (province >= 1 && province <= 53 || province == 66) && remainder(number, 97) == pairAt(value, 10)
}

// ptTaxpayer checks a NIF: nine digits, the first 1, 2 or 3 for persons and 45,
// 5 to 9 for others, weights 9 to 2, modulus 11 (Decreto-Lei 14/2013; OECD, tax
// identification numbers, Portugal).
func ptTaxpayer(value string) bool {
	if !numeric(value, 9) || value[0] == '0' || value[0] == '4' && value[1] != '5' {
		return false
	}
	check := 11 - weighted(value, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return check%11%10 == digitAt(value, 8) && !uniform(value)
}

// ptCard checks the document number of a cartão de cidadão: nine digits, two
// letters or digits of the version and a check digit by Luhn over base 36 (AMA,
// "Validação de número de documento do Cartão de Cidadão").
func ptCard(value string) bool {
	if !layout(value, "999999999XX9") || numeric(value, 12) {
		return false
	}
	sum := 0
	for i := range len(value) {
		part := base36(value[i])
		if i%2 == 0 {
			if part *= 2; part > 9 {
				part -= 9
			}
		}
		sum += part
	}
	return sum%10 == 0
}

// ptInsured checks a NISS: eleven digits, the first 1 or 2, prime weights and 9
// less the sum modulo 10 (Segurança Social, "Algoritmo de validação do NISS").
func ptInsured(value string) bool {
	return numeric(value, 11) && (value[0] == '1' || value[0] == '2') && !uniform(value) &&
		9-weighted(value, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2)%10 == digitAt(value, 10)
}

// adTaxpayer tells a Número de Registre Tributari: a letter for the form, six
// digits and a check letter that is not published (OECD, tax identification
// numbers, Andorra).
func adTaxpayer(value string) bool {
	if !layout(value, "A999999A") || !strings.Contains("ACDEFGLOPU", value[:1]) {
		return false
	}
	return value[0] != 'F' || value[1:7] <= "699999"
}

// itFiscal checks a codice fiscale: three letters each of surname and name,
// year, a letter for the month, the day (40 more for women), the code of the
// place and a check letter. Where two persons would have the same, digits are
// written as letters, which is called omocodia (D.M. 23 dicembre 1976).
func itFiscal(value string) bool {
	if !layout(value, "AAAAAAXXAXXAXXXA") || !itName(value[:3]) || !itName(value[3:6]) {
		return false
	}
	digits := []byte(value)
	for _, i := range [7]int{6, 7, 9, 10, 12, 13, 14} {
		if digits[i] > '9' {
			place := strings.IndexByte("LMNPQRSTUV", digits[i])
			if place < 0 {
				return false
			}
			digits[i] = byte('0' + place)
		}
	}
	month, day := strings.IndexByte("ABCDEHLMPRST", value[8])+1, pairAt(string(digits), 9)
	if day > 40 {
		day -= 40
	}
	return dateAs(string(digits[6:8]), twoDigits(month), twoDigits(day)) && itCheckLetter(value[:15]) == value[15]
}

// itName tells whether three letters may stand for a name: its consonants, then
// its vowels, then X.
func itName(letters string) bool {
	const vowels = "AEIOU"
	return strings.Trim(strings.TrimLeft(strings.TrimRight(letters, "X"), "BCDFGHJKLMNPQRSTVWXYZ"), vowels) == ""
}

// itCheckLetter sums the characters: in the places counted 2, 4, 6 … their
// value, in the others what the decree's table says.
func itCheckLetter(value string) byte {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range len(value) {
		part := base36(value[i])
		if part > 9 {
			part -= 10 // A counts as 0 does
		}
		if i%2 == 0 {
			part = odd[part]
		}
		sum += part
	}
	return byte('A' + sum%26)
}

// itCompany checks a partita IVA, also the codice fiscale of an organisation:
// seven digits, three of the province and a check digit by Luhn (D.P.R.
// 633/1972, Art. 35; Agenzia delle Entrate).
func itCompany(value string) bool {
	if !numeric(value, 11) || value[:7] == "0000000" {
		return false
	}
	province := remainder(value[7:10], 1000)
	return (province >= 1 && province <= 100 || oneOf("120 121 888 999", value[7:10])) && luhnPasses(value)
}

// itCard tells the number of an electronic identity card, C, a letter, five
// digits and two letters, or of a paper one, two letters and seven digits (D.M.
// 23 dicembre 2015). CA00000AA is on every specimen and nobody's.
func itCard(value string) bool {
	return layout(value, "AA99999AA") && value[0] == 'C' && value != "CA00000AA" || layout(value, "AA9999999")
}
