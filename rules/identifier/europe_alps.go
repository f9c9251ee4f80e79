package identifier

import "strings"

// alps holds Austria, Switzerland and Liechtenstein.
func alps() map[string]Check {
	return map[string]Check{
		"at_svnr": atInsured, "at_tin": atTaxpayer, "ch_ahv": chInsured, "ch_uid": chCompany,
	}
}

// atInsured checks a Versicherungsnummer: three digits, a check digit and the
// date of birth, in which months 13 to 15 stand for exhausted days (ASVG § 31;
// Dachverband der Sozialversicherungsträger).
func atInsured(value string) bool {
	if !numeric(value, 10) || value[0] == '0' {
		return false
	}
	month, day := pairAt(value, 6), pairAt(value, 4)
	return month >= 1 && month <= 15 && day >= 1 && day <= 31 &&
		weighted(value, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == digitAt(value, 3)
}

// atTaxpayer checks an Abgabenkontonummer: two digits of the tax office, six
// and a check digit, by Luhn (OECD, tax identification numbers, Austria).
func atTaxpayer(value string) bool {
	return numeric(value, 9) && !uniform(value) && pairAt(value, 0) >= 3 && luhnPasses(value)
}

// chInsured checks an AHV number, also that of Liechtenstein: 756, nine digits
// and the check digit of EAN-13 (AHVV Art. 133; ZAS).
func chInsured(value string) bool {
	sum := weighted(value, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)
	return numeric(value, 13) && strings.HasPrefix(value, "756") && sum%10 == 0
}

// chCompany checks a UID, which self-employed people have too: CHE, eight
// digits and a check digit by modulus 11, perhaps with the addition for value
// added tax (UIDG; BFS, "Format der UID").
func chCompany(value string) bool {
	value = strings.TrimPrefix(value, "CHE")
	for _, addition := range [4]string{"MWST", "TVA", "IVA", "HR"} {
		value = strings.TrimSuffix(value, addition)
	}
	sum := weighted(value, 5, 4, 3, 2, 7, 6, 5, 4)
	return numeric(value, 9) && !uniform(value) && (11-sum%11)%11 == digitAt(value, 8)
}
