package identifier

// poland holds Poland.
func poland() map[string]Check {
	return map[string]Check{
		"pl_pesel": plPerson, "pl_pesel_sum": plPersonSum, "pl_nip": plTaxpayer, "pl_regon": plCompany, "pl_dowod": plIdentityCard,
		"pl_passport": plPassport,
	}
}

// danube holds the Czech Republic, Slovakia, Hungary, Romania and Bulgaria.
func danube() map[string]Check {
	return map[string]Check{
		"cz_rodne_cislo": czPerson, "cz_ico": czCompany, "hu_szemelyi": huPerson, "hu_taj": huInsured,
		"hu_adoazonosito": huTaxpayer, "ro_cnp": roPerson, "bg_egn": bgPerson, "bg_lnch": bgForeigner,
	}
}

// plPerson checks a PESEL: date of birth with the century in the month (80 for
// 1800, 20, 40, 60 for 2000 to 2200), four digits and a check digit, weights 1,
// 3, 7, 9 (Ustawa o ewidencji ludności, Art. 15 to 19).
func plPerson(value string) bool {
	return plPersonSum(value) && born(value[:6], 80, 20, 40, 60)
}

// plPersonSum checks only the check digit of a PESEL. Generators of test data
// care for no more, and with the number's name beside it no more is needed.
func plPersonSum(value string) bool {
	return numeric(value, 11) && !uniform(value) && weighted(value, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// plTaxpayer checks a NIP: ten digits, modulus 11, never 10 (Ustawa o zasadach
// ewidencji podatników; OECD, tax identification numbers, Poland).
func plTaxpayer(value string) bool {
	return numeric(value, 10) && !uniform(value) && value[:3] != "000" &&
		weighted(value, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == digitAt(value, 9)
}

// plCompany checks a REGON of nine or fourteen digits, which self-employed
// people have too (Rozporządzenie Rady Ministrów z 30 listopada 2015).
func plCompany(value string) bool {
	if numeric(value, 14) {
		return plCompany(value[:9]) && weighted(value, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == digitAt(value, 13)
	}
	return numeric(value, 9) && !uniform(value) && weighted(value, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 == digitAt(value, 8)
}

// plIdentityCard checks the number of a dowód osobisty: three letters, a check
// digit and five digits, weights 7, 3, 1 with letters from A = 10, the check
// digit counting 9 (Rozporządzenie w sprawie dowodu osobistego).
func plIdentityCard(value string) bool {
	return layout(value, "AAA999999") && !documentSum(value, 7, 3, 1, 9, 7, 3, 1, 7, 3)
}

// plPassport checks the number of a passport: two letters, a check digit and
// six digits, summed like that of the identity card.
func plPassport(value string) bool {
	return layout(value, "AA9999999") && !documentSum(value, 7, 3, 9, 1, 7, 3, 1, 7, 3)
}

// documentSum tells whether the weighted sum of base-36 characters is not a
// multiple of 10.
func documentSum(value string, weights ...int) bool {
	sum := 0
	for i, weight := range weights {
		sum += weight * base36(value[i])
	}
	return sum%10 != 0
}

// czPerson checks a rodné číslo of the Czech Republic and Slovakia: year, month
// (50 more for women; 20 or 70 more since 2004), day and three digits until
// 1953, or four that make the number a multiple of 11 (Zákon 133/2000 Sb. § 13;
// zákon NR SR 301/1995). Until 1985 a remainder of 10 was written as 0.
func czPerson(value string) bool {
	switch {
	case numeric(value, 9):
		return pairAt(value, 0) < 54 && value[6:] != "000" && born(value[:6], 50)
	case !numeric(value, 10) || !born(value[:6], 50, 20, 70):
		return false
	}
	return remainder(value[:9], 11)%10 == digitAt(value, 9)
}

// czVATPerson checks the number of value added tax of a person without rodné
// číslo: a 6, seven digits and a check digit (VIES).
func czVATPerson(value string) bool {
	rest := 10 - weighted(value, 0, 8, 7, 6, 5, 4, 3, 2)%11
	return numeric(value, 9) && value[0] == '6' && (18-rest)%10 == digitAt(value, 8)
}

// czCompany checks an IČO of the Czech Republic and Slovakia, which
// self-employed people have too: eight digits, weights 8 to 2, modulus 11.
func czCompany(value string) bool {
	sum := weighted(value, 8, 7, 6, 5, 4, 3, 2)
	return numeric(value, 8) && !uniform(value) && (11-sum%11)%10 == digitAt(value, 7)
}

// huPerson checks a személyi azonosító: sex and century, date of birth, three
// digits and a check digit modulo 11, with the weights 1 to 10 for those born
// until 1996 and 10 to 1 after (1996. évi XX. törvény, melléklet).
func huPerson(value string) bool {
	if !numeric(value, 11) || value[0] == '0' || value[0] == '9' || !born(value[1:7]) {
		return false
	}
	rising := weighted(value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11 == digitAt(value, 10)
	falling := weighted(value, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == digitAt(value, 10)
	switch {
	case value[0] >= '5': // foreigners of either century
		return rising || falling
	case value[0] >= '3' || value[1:3] >= "97":
		return falling
	}
	return rising
}

// huInsured checks a TAJ number: nine digits, weights 3 and 7, modulus 10
// (1996. évi XX. törvény, melléklet).
func huInsured(value string) bool {
	return numeric(value, 9) && !uniform(value) && weighted(value, 3, 7, 3, 7, 3, 7, 3, 7)%10 == digitAt(value, 8)
}

// huTaxpayer checks an adóazonosító jel: 8, the days from 1867 to the birth,
// three digits and a check digit, weights 1 to 9, modulus 11 (1996. évi XX.
// törvény, melléklet).
func huTaxpayer(value string) bool {
	return numeric(value, 10) && value[0] == '8' && !uniform(value) &&
		weighted(value, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == digitAt(value, 9)
}

// roPerson checks a cod numeric personal: sex and century, date of birth, the
// county, three digits and a check digit modulo 11, 1 for 10 (Legea 105/1996;
// H.G. 1375/2006).
func roPerson(value string) bool {
	if !numeric(value, 13) || value[0] == '0' || !born(value[1:7]) {
		return false
	}
	check := weighted(value, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if check == 10 {
		check = 1
	}
	return check == digitAt(value, 12)
}

// bgPerson checks an EGN: date of birth with 20 more in the month for the 19th
// century and 40 for the 21st, three digits and a check digit modulo 11, 0 for
// 10 (Наредба РД-02-20-9 от 2012).
func bgPerson(value string) bool {
	return numeric(value, 10) && born(value[:6], 20, 40) &&
		weighted(value, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == digitAt(value, 9)
}

// bgForeigner checks a personal number of a foreigner (LNCh): ten digits,
// modulus 10 (Закон за чужденците; НАП).
func bgForeigner(value string) bool {
	return numeric(value, 10) && !uniform(value) &&
		weighted(value, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == digitAt(value, 9)
}
