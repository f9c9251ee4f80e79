package identifier

import "strings"

// eastern holds Russia, Ukraine, Belarus and Moldova.
func eastern() map[string]Check {
	return map[string]Check{
		"ru_inn": ruTaxpayer, "ru_snils": ruInsured, "ru_passport": ruPassport, "ua_rnokpp": uaTaxpayer,
		"ua_unzr": uaPerson, "by_person": byPerson, "by_unp": byTaxpayer, "md_idnp": mdPerson,
	}
}

// ruTaxpayer checks an INN: ten digits with one check digit for organisations,
// twelve with two for persons, modulus 11 (Приказ ФНС России ММВ-7-6/435).
func ruTaxpayer(value string) bool {
	switch {
	case uniform(value) || strings.HasPrefix(value, "00"):
		return false
	case numeric(value, 10):
		return weighted(value, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(value, 9)
	case numeric(value, 12):
		return weighted(value, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(value, 10) &&
			weighted(value, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(value, 11)
	}
	return false
}

// ruInsured checks a SNILS: nine digits and two check digits, weights 9 to 1,
// modulo 101, where 100 is 00 (Постановление Правления ПФР 192п, 2006). Numbers
// up to 001-001-998 have none and are not told.
func ruInsured(value string) bool {
	return numeric(value, 11) && value[:9] > "001001998" && !uniform(value) &&
		weighted(value, 9, 8, 7, 6, 5, 4, 3, 2, 1)%101%100 == pairAt(value, 9)
}

// ruPassport tells a passport of the interior: two digits of the region, two of
// the year of printing (from 1997 on) and six of the number (Постановление
// Правительства РФ 828, 1997).
func ruPassport(value string) bool {
	year := pairAt(value, 2)
	return numeric(value, 10) && pairAt(value, 0) > 0 && (year >= 97 || year <= 50) && value[4:] != "000000"
}

// uaTaxpayer checks a РНОКПП (once ІПН): the days from 1900 to the birth, four
// digits and a check digit, modulus 11 (Податковий кодекс, ст. 70; ДПС).
func uaTaxpayer(value string) bool {
	sum := weighted(value, 10, 5, 7, 9, 4, 6, 10, 5, 7) // the official -1 is 10 modulo 11
	return numeric(value, 10) && !uniform(value) && sum%11%10 == digitAt(value, 9)
}

// uaPerson tells a number of the demographic register (УНЗР): date of birth and
// five digits, the last a check digit, weights 7, 3, 1 (Закон 5492-VI, ст. 10;
// ICAO Doc 9303).
func uaPerson(value string) bool {
	return numeric(value, 13) && (value[:2] == "19" || value[:2] == "20") && born(value[2:8]) &&
		travelSum(value[:12]) == digitAt(value, 12)
}

// byPerson checks an identity number of Belarus: sex and century (1 to 6), date
// of birth, a letter of the region, three digits, PB, BA or BI and a check digit,
// weights 7, 3, 1 (СТБ 1007; Закон о регистре населения).
func byPerson(value string) bool {
	return layout(value, "9999999A999AA9") && within(value[:1], "1", "6") && bornFirstDay(value[1:7]) &&
		strings.Contains("ABCHKEM", value[7:8]) && oneOf("PB BA BI", value[11:13]) &&
		travelSum(value[:13]) == digitAt(value, 13)
}

// byTaxpayer checks an UNP: nine characters, the first two letters for persons,
// modulus 11, never 10 (Министерство по налогам и сборам, Постановление 96,
// 2010).
func byTaxpayer(value string) bool {
	const letters = "ABCEHKMOPT"
	value = strings.TrimPrefix(value, "UNP")
	if layout(value, "AA9999999") {
		second := strings.IndexByte(letters, value[1])
		return second >= 0 && strings.Contains(letters[:7], value[:1]) && (29*base36(value[0])+23*second+weighted(value[2:], 19, 17, 13, 7, 5, 3))%11 == digitAt(value, 8)
	}
	return numeric(value, 9) && !uniform(value) && value[0] >= '1' && value[0] <= '7' &&
		weighted(value, 29, 23, 19, 17, 13, 7, 5, 3)%11 == digitAt(value, 8)
}

// mdPerson checks an IDNP or, for organisations, IDNO of Moldova: thirteen
// digits, weights 7, 3, 1, modulus 10 (Hotărârea Guvernului 272/2002).
func mdPerson(value string) bool {
	return numeric(value, 13) && (value[0] == '0' || value[0] == '1' || value[0] == '2') && !uniform(value) &&
		travelSum(value[:12]) == digitAt(value, 12)
}
