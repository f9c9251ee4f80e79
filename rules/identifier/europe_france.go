package identifier

// france holds France and Monaco.
func france() map[string]Check {
	return map[string]Check{
		"fr_nir": frPerson, "fr_nif": frTaxpayer, "fr_siren": frCompany, "fr_siret": frPlace, "fr_cni": frIdentityCard,
	}
}

// frPerson checks a NIR, the number of the social security: sex, year and month
// of birth, place (2A and 2B are Corsica), order and a key of two digits, 97
// less the number modulo 97, where 2A counts as 19 and 2B as 18 (INSEE, "Numéro
// d'inscription au répertoire"). Months 20 and up stand for an unknown month.
// The thirteen digits before the key alone are what older cards show.
func frPerson(value string) bool {
	if len(value) != 15 && len(value) != 13 {
		return false
	}
	number := value[:13]
	switch value[5:7] {
	case "2A":
		number = value[:5] + "19" + value[7:13]
	case "2B":
		number = value[:5] + "18" + value[7:13]
	}
	month := pairAt(number, 3)
	if !numeric(number, 13) || !numeric(value[13:], len(value)-13) || value[0] == '0' || value[0] == '9' ||
		month == 0 || month > 12 && month < 20 || month > 42 && month < 50 {
		return false
	}
	return len(value) == 13 || 97-remainder(number, 97) == pairAt(value, 13)
}

// frTaxpayer checks a numéro fiscal (SPI): thirteen digits, the first 0 to 3,
// the last three the first ten modulo 511 (OECD, tax identification numbers,
// France).
func frTaxpayer(value string) bool {
	return numeric(value, 13) && value[0] <= '3' && !uniform(value) &&
		remainder(value[:10], 511) == remainder(value[10:], 1000)
}

// frCompany checks a SIREN: nine digits by Luhn (décret 73-314, INSEE).
func frCompany(value string) bool {
	return numeric(value, 9) && !uniform(value) && luhnPasses(value)
}

// frPlace checks a SIRET: a SIREN and five digits, all by Luhn. The places of
// La Poste (356000000) have a digit sum that 5 divides instead (INSEE).
func frPlace(value string) bool {
	if !numeric(value, 14) || !frCompany(value[:9]) {
		return false
	}
	if luhnPasses(value) {
		return true
	}
	return value[:9] == "356000000" && weighted(value, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%5 == 0
}

// frIdentityCard tells the number of a carte nationale d'identité: twelve
// digits beginning with year, month and department of issue until 2021, nine
// capital letters and digits since (arrêté du 13 mars 2021); the new ones hold
// letters and digits.
func frIdentityCard(value string) bool {
	if numeric(value, 12) {
		month := pairAt(value, 2)
		return month >= 1 && month <= 12
	}
	return alphanumeric(value, 9) && !numeric(value, 9) && !alphabetic(value)
}
