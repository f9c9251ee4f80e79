package identifier

import "strings"

// nordic holds Sweden, Finland, Norway, Denmark and Iceland.
func nordic() map[string]Check {
	return map[string]Check{
		"se_personnummer": sePerson, "fi_hetu": fiPerson, "no_fodselsnummer": noPerson, "dk_cpr": dkPerson,
		"is_kennitala": isPerson,
	}
}

// baltic holds Estonia, Latvia and Lithuania.
func baltic() map[string]Check {
	return map[string]Check{"ee_isikukood": eePerson, "lt_asmens": ltPerson, "lv_personas": lvPerson}
}

// sePerson checks a personnummer of ten or twelve digits: year, month and day
// (60 more for a samordningsnummer), three and a check digit by Luhn over the
// ten (Folkbokföringslag 1991:481 § 18; Skatteverket SKV 704).
func sePerson(value string) bool {
	if numeric(value, 12) {
		if century := value[:2]; century != "18" && century != "19" && century != "20" {
			return false
		}
		value = value[2:]
	}
	if !numeric(value, 10) || uniform(value) {
		return false
	}
	day := pairAt(value, 4)
	if day > 60 {
		day -= 60
	}
	return dateAs(value[:2], value[2:4], twoDigits(day)) && luhnPasses(value)
}

// fiPerson checks a henkilötunnus: day, month and year, a sign of the century
// (a + or - is lost in the compact form), three digits from 002 on and a check
// character, the nine digits modulo 31 (DVV; Valtioneuvoston asetus 690/2022
// added the signs U to Y and B to F).
func fiPerson(value string) bool {
	if len(value) == 11 {
		if !strings.Contains("ABCDEFUVWXY", value[6:7]) {
			return false
		}
		value = value[:6] + value[7:]
	}
	if len(value) != 10 || !numeric(value[:9], 9) || value[6:9] < "002" || !bornFirstDay(value[:6]) {
		return false
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[remainder(value[:9], 31)] == value[9]
}

// noPerson checks a fødselsnummer or, with 40 more in the day, a D number: date
// of birth, three digits and two check digits, each modulo 11. Synthetic ones
// have 80 more in the month, those of hospitals 40 (Folkeregisterforskriften
// § 2-2-1 to 2-2-3; Skatteetaten).
func noPerson(value string) bool {
	if !numeric(value, 11) {
		return false
	}
	day := pairAt(value, 0)
	if day > 40 {
		day -= 40
	}
	return bornFirstDay(twoDigits(day)+value[2:6], 40, 80) &&
		weighted(value, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 &&
		weighted(value, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// dkPerson checks a CPR number: date of birth and four digits, of which the
// last makes the sum a multiple of 11. Since 2007 numbers that do not are given
// out where a day has none left, so far only on the first of January (CPR
// administration, "Personnumre uden kontrolciffer").
func dkPerson(value string) bool {
	return numeric(value, 10) && bornFirstDay(value[:6]) &&
		(value[:4] == "0101" || weighted(value, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0)
}

// isPerson checks a kennitala: date of birth (40 more in the day for
// organisations), two digits, a check digit modulo 11 and the century, 8, 9 or
// 0 (Þjóðskrá Íslands, "Um kennitölur").
func isPerson(value string) bool {
	if !numeric(value, 10) || !strings.Contains("890", value[9:]) {
		return false
	}
	day := pairAt(value, 0)
	if day > 40 {
		day -= 40
	}
	sum := weighted(value, 3, 2, 7, 6, 5, 4, 3, 2)
	return bornFirstDay(twoDigits(day)+value[2:6]) && (11-sum%11)%11 == digitAt(value, 8)
}

// eePerson checks an isikukood: century and sex (1 to 8), date of birth, three
// digits and a check digit modulo 11, in two rounds (EVS 585:2007).
func eePerson(value string) bool {
	return numeric(value, 11) && value[0] >= '1' && value[0] <= '8' && born(value[1:7]) && balticSum(value)
}

// ltPerson checks an asmens kodas, which is built like the isikukood; a 9 in
// front stands for a number without date (Gyventojų registro įstatymas).
func ltPerson(value string) bool {
	return eePerson(value) || numeric(value, 11) && value[0] == '9' && !uniform(value) && balticSum(value)
}

func balticSum(value string) bool {
	check := weighted(value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if check == 10 {
		check = weighted(value, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return check == digitAt(value, 10)
}

// lvPerson checks a personas kods: date of birth and century, or 32 to 39 and
// no date since 2017, and a check digit modulo 11 (Fizisko personu reģistra
// likums; PMLP).
func lvPerson(value string) bool {
	if !numeric(value, 11) {
		return false
	}
	dated := bornFirstDay(value[:6]) && value[6] <= '2'
	sum := 1 + weighted(value, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9)
	return (dated || within(value[:2], "32", "39")) && sum%11%10 == digitAt(value, 10)
}
