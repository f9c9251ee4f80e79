package identifier

import "strings"

// balkan holds the countries of former Yugoslavia and Albania.
func balkan() map[string]Check {
	return map[string]Check{
		"yu_jmbg": yuPerson, "hr_oib": hrPerson, "si_tax": siTaxpayer, "rs_pib": rsTaxpayer, "me_pib": meTaxpayer,
		"mk_edb": mkTaxpayer, "al_nid": alPerson,
	}
}

// mediterranean holds Greece, Cyprus, Malta and Turkey.
func mediterranean() map[string]Check {
	return map[string]Check{
		"gr_afm": grTaxpayer, "gr_amka": grInsured, "cy_tic": cyTaxpayer, "mt_id": mtPerson,
		"tr_tckn": trPerson, "tr_vkn": trTaxpayer,
	}
}

// yuPerson checks the number that Serbia, Bosnia and Herzegovina, Montenegro,
// North Macedonia and Kosovo call JMBG and Slovenia EMŠO: day, month, the last
// three digits of the year, region, three digits and a check digit modulo 11
// (Zakon o jedinstvenom matičnom broju građana, 1976).
func yuPerson(value string) bool {
	if !numeric(value, 13) || value[4] != '9' && value[4] != '0' || !bornFirstDay(value[:4]+value[5:7]) {
		return false
	}
	check := 11 - weighted(value, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11
	return check%11%10 == digitAt(value, 12)
}

// hrPerson checks an OIB: eleven digits, ISO/IEC 7064 MOD 11,10 (Zakon o osobnom
// identifikacijskom broju).
func hrPerson(value string) bool {
	return numeric(value, 11) && !uniform(value) && mod11And10(value)
}

// siTaxpayer checks a davčna številka: eight digits from 10000000 on, weights 8
// to 2, modulus 11 (Zakon o finančni upravi; OECD, tax identification numbers,
// Slovenia).
func siTaxpayer(value string) bool {
	check := 11 - weighted(value, 8, 7, 6, 5, 4, 3, 2)%11
	return numeric(value, 8) && value[0] != '0' && !uniform(value) && check != 11 && check%10 == digitAt(value, 7)
}

// rsTaxpayer checks a PIB of Serbia, which entrepreneurs have too: nine digits,
// ISO/IEC 7064 MOD 11,10 (Pravilnik o poreskom identifikacionom broju).
func rsTaxpayer(value string) bool {
	return numeric(value, 9) && value[0] != '0' && !uniform(value) && mod11And10(value)
}

// meTaxpayer checks a PIB of Montenegro: eight digits, weights 8 to 2, modulus
// 11 (Poreska uprava Crne Gore).
func meTaxpayer(value string) bool {
	sum := weighted(value, 8, 7, 6, 5, 4, 3, 2)
	return numeric(value, 8) && !uniform(value) && (11-sum%11)%11%10 == digitAt(value, 7)
}

// mkTaxpayer checks an EDB of North Macedonia: thirteen digits, modulus 11
// (Управа за јавни приходи).
func mkTaxpayer(value string) bool {
	value = strings.TrimPrefix(value, "MK")
	sum := weighted(value, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
	return numeric(value, 13) && !uniform(value) && (11-sum%11)%11%10 == digitAt(value, 12)
}

// alPerson tells an identity number of Albania, which is the tax number too: a
// letter for the decade, eight digits (year, month with 50 more for women, day
// for persons) and a check letter that is not published (OECD, tax
// identification numbers, Albania).
func alPerson(value string) bool {
	return layout(value, "A99999999A")
}

// grTaxpayer checks an AFM: nine digits, the powers of 2 as weights, modulus 11
// (OECD, tax identification numbers, Greece).
func grTaxpayer(value string) bool {
	return numeric(value, 9) && !uniform(value) && weighted(value, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == digitAt(value, 8)
}

// grInsured checks an AMKA: date of birth, four digits and a check digit by
// Luhn (Νόμος 3655/2008, άρθρο 153).
func grInsured(value string) bool {
	return numeric(value, 11) && bornFirstDay(value[:6]) && luhnPasses(value)
}

// cyTaxpayer checks a tax identification code of Cyprus: eight digits, not
// beginning with 12, and a letter (OECD, tax identification numbers, Cyprus).
func cyTaxpayer(value string) bool {
	if !layout(value, "99999999A") || value[:2] == "12" {
		return false
	}
	even, sum := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}, 0
	for i := range 8 {
		digit := digitAt(value, i)
		if i%2 == 0 {
			digit = even[digit]
		}
		sum += digit
	}
	return byte('A'+sum%26) == value[8]
}

// mtPerson tells an identity card number of Malta, the tax number of its
// nationals: up to seven digits and a letter for the register (Identità; OECD,
// tax identification numbers, Malta).
func mtPerson(value string) bool {
	last := len(value) - 1
	return last >= 3 && numericUpTo(value[:last], 3, 7) && strings.Contains("MGAPLHBZ", value[last:])
}

// trPerson checks a T.C. kimlik numarası: eleven digits, the first not 0, and
// two check digits (Nüfus ve Vatandaşlık İşleri Genel Müdürlüğü).
func trPerson(value string) bool {
	return numeric(value, 11) && value[0] != '0' &&
		weighted(value, 7, 9, 7, 9, 7, 9, 7, 9, 7)%10 == digitAt(value, 9) &&
		weighted(value, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == digitAt(value, 10)
}

// trTaxpayer checks a vergi kimlik numarası: ten digits; each of the first nine
// is raised by its place counted from the right and, when that does not end in
// 0, multiplied by as many twos, modulo 9 with 9 for 0 (Gelir İdaresi
// Başkanlığı).
func trTaxpayer(value string) bool {
	if !numeric(value, 10) || uniform(value) {
		return false
	}
	sum := 0
	for i := range 9 {
		place := 9 - i
		raised := (digitAt(value, i) + place) % 10
		if raised == 0 {
			continue
		}
		sum += (raised<<place-1)%9 + 1
	}
	return (10-sum%10)%10 == digitAt(value, 9)
}
