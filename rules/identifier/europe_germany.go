package identifier

import "strings"

func germany() map[string]Check {
	return map[string]Check{
		"de_steuer_id": deTaxpayer, "de_steuernummer": deTaxNumber, "de_document": deDocument,
		"de_rente": dePension, "de_fuehrerschein": deDriving,
	}
}

// deTaxpayer checks a steuerliche Identifikationsnummer: eleven digits, the
// first not 0, among the first ten one digit twice or three times and the others
// at most once, ISO/IEC 7064 MOD 11,10 (BZSt, "Aufbau der steuerlichen
// Identifikationsnummer"). That three must not stand in a row is not asked for:
// numbers in use for tests do not keep to it.
func deTaxpayer(value string) bool {
	if !numeric(value, 11) || value[0] == '0' {
		return false
	}
	repeated := 0
	for digit := '0'; digit <= '9'; digit++ {
		switch strings.Count(value[:10], string(digit)) {
		case 0, 1:
		case 2, 3:
			repeated++
		default:
			return false
		}
	}
	return repeated == 1 && mod11And10(value)
}

// deTaxNumber tells a Steuernummer: ten or eleven digits as the Länder print
// it, or thirteen in the uniform form, which begins with the number of the Land
// and has a 0 in the fifth place (ELSTER, "Aufbau der Steuernummer"). The check
// digit is computed in as many ways as there are Länder and not looked at.
func deTaxNumber(value string) bool {
	switch {
	case uniform(value) || strings.HasPrefix(value, "00"):
		return false
	case numeric(value, 13):
		return value[4] == '0' && (value[0] == '5' || value[0] == '9' ||
			oneOf("10 11 21 22 23 24 26 27 28 30 31 32 40 41", value[:2]))
	}
	return numericUpTo(value, 10, 11)
}

// deDocument tells the serial number of an identity card or passport: nine of
// the characters that look like no other, the first a letter (T and digits on
// cards of before 2010), perhaps with the check digit of ICAO Doc 9303 (PAuswV
// § 3 and annex; PassV annex).
func deDocument(value string) bool {
	if len(value) != 9 && len(value) != 10 {
		return false
	}
	serial := value[:9]
	if strings.Trim(serial, "0123456789CFGHJKLMNPRTVWXYZ") != "" || serial[0] <= '9' || alphabetic(serial) {
		return false
	}
	return len(value) == 9 || travelSum(serial) == base36(value[9])
}

// dePension checks a Versicherungsnummer of the pension insurance: the area,
// the date of birth, the first letter of the name at birth (two digits in the
// sum), a serial number and a check digit: sums of the digits of the products
// (VKVV § 2 to 4).
func dePension(value string) bool {
	if !layout(value, "99999999A999") || !bornFirstDay(value[2:8]) || pairAt(value, 0) < 2 {
		return false
	}
	digits, sum := value[:8]+twoDigits(base36(value[8])-9)+value[9:11], 0
	for i, weight := range [12]int{2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1} {
		product := weight * digitAt(digits, i)
		sum += product/10 + product%10
	}
	return sum%10 == digitAt(value, 11)
}

// deDriving tells the number of a driving licence since 1999: a letter for the
// Land, three characters of the authority, five of the serial number, a check
// digit over the nine (weights 9 to 1, modulus 11, X for 10) and the number of
// the copy. Older ones follow no rule and are not told (FeV annex 8; KBA).
func deDriving(value string) bool {
	if !alphanumeric(value, 11) || value[0] <= '9' || value[0] > 'P' || alphabetic(value) {
		return false
	}
	sum := 0
	for i := range 9 {
		sum += (9 - i) * base36(value[i])
	}
	return "0123456789X"[sum%11] == value[9]
}
