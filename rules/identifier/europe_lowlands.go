package identifier

import "strings"

// lowlands holds the Netherlands, Belgium and Luxembourg.
func lowlands() map[string]Check {
	return map[string]Check{
		"nl_bsn": nlCitizen, "nl_document": nlDocument, "be_nrn": beRegister, "be_card": beIdentityCard,
		"lu_matricule": luMatricule,
	}
}

// nlCitizen checks a burgerservicenummer: nine digits (a leading 0 is often
// left out), weights 9 to 2 and -1, a multiple of 11 (Besluit
// burgerservicenummer; RvIG, Logisch Ontwerp BSN).
func nlCitizen(value string) bool {
	if numeric(value, 8) {
		value = "0" + value
	}
	return numeric(value, 9) && !uniform(value) && weighted(value, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// nlDocument tells the number of a passport or identity card: two letters, six
// letters or digits, one digit, no letter O (RvIG, "Documentnummer").
func nlDocument(value string) bool {
	return layout(value, "AAXXXXXX9") && !strings.Contains(value, "O") && !alphabetic(value[:8])
}

// beRegister checks a national register number: date of birth, a serial number
// and 97 less the first nine digits modulo 97, with a 2 before them for those
// born from 2000 on (Arrêté royal du 3 avril 1984). Bis numbers of people who
// are not in the register raise the month by 20 or 40; a month or day may be
// unknown, 00.
func beRegister(value string) bool {
	if !numeric(value, 11) || uniform(value) {
		return false
	}
	month, day := pairAt(value, 2)%20, pairAt(value, 4)
	switch {
	case pairAt(value, 2) > 52 || month > 12 || day > 31:
		return false
	case month > 0 && day > 0 && !dateAs(value[:2], twoDigits(month), value[4:6]):
		return false
	}
	check := pairAt(value, 9)
	return 97-remainder(value[:9], 97) == check || 97-remainder("2"+value[:9], 97) == check
}

// beIdentityCard checks the number of a Belgian identity card: twelve digits,
// the last two the first ten modulo 97, 97 for 0 (IBZ, eID card content).
func beIdentityCard(value string) bool {
	check := remainder(value[:max(0, len(value)-2)], 97)
	if check == 0 {
		check = 97
	}
	return numeric(value, 12) && !uniform(value) && check == pairAt(value, 10)
}

// luMatricule checks a matricule: date of birth with a year of four digits,
// three more and two check digits, Luhn over the first twelve and Verhoeff over
// the first eleven and the last (Règlement grand-ducal du 28 novembre 2013).
func luMatricule(value string) bool {
	return numeric(value, 13) && (value[:2] == "18" || value[:2] == "19" || value[:2] == "20") && born(value[2:8]) &&
		luhnPasses(value[:12]) && verhoeffPasses(value[:11]+value[12:])
}
