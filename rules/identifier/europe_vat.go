package identifier

import "strings"

// valueAdded holds the numbers of value added tax, which are personal data when
// they belong to a person in business.
func valueAdded() map[string]Check {
	return map[string]Check{
		"eu_vat": euVAT, "eu_vat_bare": euVATBare,
		"de_ust_id": func(value string) bool { return euVAT("DE" + value) },
		"at_uid":    atVAT,
	}
}

// euVATBare checks a number of value added tax without its prefix, in the
// countries whose check digits refuse nine others in ten or more.
func euVATBare(value string) bool {
	for _, country := range [...]string{"BE", "BG", "FR", "GB", "IE", "LU", "NL"} {
		if euVAT(country + value) {
			return true
		}
	}
	return false
}

// euVAT checks a number of value added tax with the prefix of its country
// (Directive 2006/112/EC, article 215; European Commission, "VIES: structure and
// check digits"), of the United Kingdom, Norway or Switzerland.
func euVAT(value string) bool {
	if len(value) < 4 {
		return false
	}
	number := value[2:]
	switch value[:2] {
	case "AT":
		return atVAT(number)
	case "BE":
		return beVAT(number)
	case "BG":
		return bgVAT(number)
	case "CH":
		return strings.HasPrefix(value, "CHE") && chCompany(value)
	case "CY":
		return cyTaxpayer(number)
	case "CZ":
		return czPerson(number) || czVATPerson(number) || czCompany(number)
	case "DE":
		return numeric(number, 9) && number[0] != '0' && mod11And10(number)
	case "DK":
		return numeric(number, 8) && number[0] != '0' && weighted(number, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case "EE":
		return numeric(number, 9) && weighted(number, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	}
	return euVATMore(value[:2], number)
}

func euVATMore(country, number string) bool {
	switch country {
	case "EL", "GR":
		return grTaxpayer(number)
	case "ES":
		return esIdentity(number) || esForeigner(number) || esTaxpayer(number)
	case "FI":
		return numeric(number, 8) && !uniform(number) && weighted(number, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
	case "FR", "MC":
		return frVAT(number)
	case "GB", "XI":
		return gbVAT(number)
	case "HR":
		return hrPerson(number)
	case "HU":
		return numeric(number, 8) && !uniform(number) && weighted(number, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0
	case "IE":
		return iePublicService(number) || layout(number, "9A99999A") && iePublicService("0"+number[2:7]+number[:1]+number[7:])
	case "IT":
		return itCompany(number)
	case "LT":
		return ltVAT(number)
	case "LU":
		return numeric(number, 8) && !uniform(number) && remainder(number[:6], 89) == pairAt(number, 6)
	}
	return euVATLast(country, number)
}

func euVATLast(country, number string) bool {
	switch country {
	case "LV":
		return lvPerson(number) || numeric(number, 11) && number[0] >= '4' && !uniform(number) &&
			weighted(number, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
	case "MT":
		return numeric(number, 8) && !uniform(number) && weighted(number, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0
	case "NL":
		return nlVAT(number)
	case "NO":
		number = strings.TrimSuffix(number, "MVA")
		return numeric(number, 9) && !uniform(number) && weighted(number, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case "PL":
		return plTaxpayer(number)
	case "PT":
		return ptTaxpayer(number)
	case "RO":
		return roVAT(number)
	case "SE":
		return numeric(number, 12) && !uniform(number[:10]) && luhnPasses(number[:10]) && number[10:] > "00"
	case "SI":
		return siTaxpayer(number)
	case "SK":
		return numeric(number, 10) && number[0] != '0' && remainder(number, 11) == 0
	}
	return false
}

// atVAT: U, seven digits with the weights 1 and 2, whose products count by their
// digits, 4 and the check digit make a multiple of 10.
func atVAT(number string) bool {
	sum := 4 + digitAt(number, 8)
	for i := range 7 {
		product := digitAt(number, 1+i) * (1 + i%2)
		sum += product/10 + product%10
	}
	return layout(number, "A99999999") && number[0] == 'U' && sum%10 == 0
}

// beVAT: ten digits since 2005, before that nine without the leading 0.
func beVAT(number string) bool {
	if numeric(number, 9) {
		number = "0" + number
	}
	return numeric(number, 10) && (number[0] == '0' || number[0] == '1') && !uniform(number) &&
		97-remainder(number[:8], 97) == pairAt(number, 8)
}

// bgVAT: nine digits of an organisation or ten of a person.
func bgVAT(number string) bool {
	if numeric(number, 9) {
		sum := weighted(number, 1, 2, 3, 4, 5, 6, 7, 8) % 11
		if sum == 10 {
			sum = weighted(number, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10
		}
		return !uniform(number) && sum == digitAt(number, 8)
	}
	other := weighted(number, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	return bgPerson(number) || bgForeigner(number) || numeric(number, 10) && !uniform(number) && other
}

// frVAT: two key characters before the SIREN; a key of digits is computed from
// it, one with a letter is not looked at (CGI, annexe II, art. 33).
func frVAT(number string) bool {
	if len(number) != 11 || !alphanumeric(number[:2], 2) || !numeric(number[2:], 9) {
		return false
	}
	if !numeric(number[:2], 2) {
		return frCompany(number[2:])
	}
	return number[2:] != "000000000" && (12+3*remainder(number[2:], 97))%97 == pairAt(number, 0)
}

// gbVAT: weights 8 to 2 and the last two digits make a multiple of 97, or one
// less 55 (HMRC, VATREC13010).
func gbVAT(number string) bool {
	if !numeric(number, 9) && !numeric(number, 12) {
		return false
	}
	rest := (weighted(number, 8, 7, 6, 5, 4, 3, 2) + pairAt(number, 7)) % 97
	return !uniform(number) && (rest == 0 || rest == 42)
}

// ltVAT: nine digits or, for a time, twelve, the one before the check digit 1;
// weights 1 to 9 again and again, in a second round from 3 on.
func ltVAT(number string) bool {
	last := len(number) - 1
	if !numeric(number, 9) && !numeric(number, 12) || number[last-1] != '1' {
		return false
	}
	first, second := 0, 0
	for i := range last {
		first += (i%9 + 1) * digitAt(number, i)
		second += ((i+2)%9 + 1) * digitAt(number, i)
	}
	if first%11 != 10 {
		return first%11 == digitAt(number, last)
	}
	return second%11%10 == digitAt(number, last)
}

// nlVAT: nine digits of the citizen or company, B and two more; since 2020 the
// whole number satisfies modulo 97 instead (Belastingdienst, btw-id).
func nlVAT(number string) bool {
	if len(number) == 11 {
		number = "0" + number // a leading 0 is often left out
	}
	if !layout(number, "999999999A99") || number[9] != 'B' {
		return false
	}
	// N = 23, L = 21 and B = 11 count as two digits, ISO/IEC 7064 MOD 97-10.
	return nlCitizen(number[:9]) || remainder("2321"+number[:9]+"11"+number[10:], 97) == 1
}

// roVAT: two to ten digits, weights from the right, times 10 modulo 11.
func roVAT(number string) bool {
	if !numericUpTo(number, 2, 10) || number[0] == '0' {
		return false
	}
	last := len(number) - 1
	padded := "000000000"[:9-last] + number[:last]
	return weighted(padded, 7, 5, 3, 2, 1, 7, 5, 3, 2)*10%11%10 == digitAt(number, last)
}
