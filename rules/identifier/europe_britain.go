package identifier

import "strings"

// britain holds the United Kingdom and Ireland.
func britain() map[string]Check {
	return map[string]Check{
		"gb_nino": gbInsurance, "gb_nhs": gbHealth, "gb_utr": gbTaxpayer, "gb_driving": gbDriving,
		"gb_upn": gbPupil, "ie_pps": iePublicService,
	}
}

// gbInsurance checks a National Insurance number: two letters, six digits and A
// to D, which people leave out. D, F, I, Q, U and V are never used, nor O as the
// second letter, nor the prefixes of the list (HMRC, National Insurance Manual
// NIM39110).
func gbInsurance(value string) bool {
	if len(value) == 9 && value[8] >= 'A' && value[8] <= 'D' {
		value = value[:8]
	}
	return layout(value, "AA999999") && !strings.ContainsAny(value[:2], "DFIQUV") && value[1] != 'O' &&
		!oneOf("BG GB KN NK NT TN ZZ", value[:2])
}

// gbHealth checks an NHS number of England and Wales, a CHI number of Scotland
// or a Health and Care number of Northern Ireland: ten digits, weights 10 to 2,
// modulus 11 (NHS Data Dictionary, "NHS number").
func gbHealth(value string) bool {
	sum := weighted(value, 10, 9, 8, 7, 6, 5, 4, 3, 2)
	return numeric(value, 10) && !uniform(value) && (11-sum%11)%11 == digitAt(value, 9)
}

// gbTaxpayer checks a Unique Taxpayer Reference: ten digits, the first of which
// checks the others, and at times a K for "Kontrolle" (OECD, tax identification
// numbers, United Kingdom).
func gbTaxpayer(value string) bool {
	value = strings.Trim(value, "K")
	if !numeric(value, 10) || uniform(value) {
		return false
	}
	sum := weighted(value[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)
	return "21987654321"[sum%11] == value[0]
}

// gbDriving checks a driver number of Great Britain: five letters of the
// surname filled up with 9, the decade of birth, the month (50 more for women),
// the day, the year, two initials or 9, a digit and two letters that the public
// cannot compute (DVLA, INF45 / DG1 "About your driving licence").
func gbDriving(value string) bool {
	if !layout(value, "XXXXX999999XX9XX") && !layout(value, "XXXXX999999XXAXX") {
		return false
	}
	surname := strings.TrimRight(value[:5], "9")
	initials := strings.TrimRight(value[11:13], "9")
	month := pairAt(value, 6)
	if month > 50 {
		month -= 50
	}
	return alphabetic(surname) && (initials == "" || alphabetic(initials)) && alphabetic(value[14:]) &&
		dayExists(twoDigits(month), value[8:10])
}

// gbPupil checks a Unique Pupil Number of England: a check letter, the number
// of the authority from 201 on, and nine more characters, of which the last may
// be a letter (Department for Education, Unique pupil numbers, annex).
func gbPupil(value string) bool {
	const letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
	if !layout(value, "A99999999999X") || value[1:4] < "201" {
		return false
	}
	sum := weighted(value[1:12], 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) + 13*digitAt(value, 12)
	if value[12] > '9' {
		place := strings.IndexByte(letters, value[12])
		if place < 0 {
			return false
		}
		sum += 13 * place
	}
	return letters[sum%23] == value[0]
}

// iePublicService checks a Personal Public Service number: seven digits, a
// check letter (modulus 23, W is 0) and, for many, a second letter, which counts
// nine times when it is A to I and not at all when it is W, T or X (Social
// Welfare Consolidation Act 2005, section 262; OECD, tax identification
// numbers, Ireland).
func iePublicService(value string) bool {
	if !layout(value, "9999999A") && !layout(value, "9999999AA") {
		return false
	}
	sum := weighted(value, 8, 7, 6, 5, 4, 3, 2)
	if len(value) == 9 {
		switch second := value[8]; {
		case second <= 'I':
			sum += 9 * int(second-'A'+1)
		case !strings.ContainsRune("WTX", rune(second)):
			return false
		}
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == value[7]
}
