package identifier

import "strings"

func india() map[string]Check {
	return map[string]Check{
		"in_aadhaar": inAadhaar, "in_vid": inVID, "in_pan": inPAN, "in_gstin": inGSTIN, "in_epic": inEPIC, "in_dl": inDL,
	}
}

// inAadhaar checks an Aadhaar number: twelve digits that do not begin with 0 or
// 1, the last by Verhoeff (Unique Identification Authority of India, "Aadhaar
// number: a 12 digit random number", and its numbering scheme).
func inAadhaar(value string) bool {
	return numeric(value, 12) && value[0] > '1' && verhoeffPasses(value) && !uniform(value)
}

// inVID checks a virtual identity, which stands for an Aadhaar number: sixteen
// digits of the same make (UIDAI circular 1 of 2018).
func inVID(value string) bool {
	return numeric(value, 16) && value[0] > '1' && verhoeffPasses(value) && !uniform(value)
}

// inPAN checks a permanent account number: three letters, the kind of holder,
// the first letter of a name, four digits, a check letter whose making is not
// published (Income Tax Rules 1962, rule 114; Income Tax Department, "PAN
// structure").
func inPAN(value string) bool {
	return len(value) == 10 && alphabetic(value[:5]) && numeric(value[5:9], 4) && value[5:9] != "0000" &&
		alphabetic(value[9:]) && strings.IndexByte("ABCEFGHJKLPT", value[3]) >= 0
}

// inGSTIN checks a goods and services tax number: state, PAN, number of the
// registration, Z (C, D for collectors and deductors of tax), check character
// (Central Goods and Services Tax Rules 2017, rule 10; modulo 36).
func inGSTIN(value string) bool {
	if len(value) != 15 || !inPAN(value[2:12]) || !alphanumeric(value[12:], 3) || value[12] == '0' ||
		strings.IndexByte("ZCD", value[13]) < 0 {
		return false
	}
	if !within(value[:2], "01", "38") && !oneOf("96 97 99", value[:2]) {
		return false
	}
	sum := 0
	for i := range 14 {
		product := base36(value[i]) * (1 + i%2)
		sum += product/36 + product%36
	}
	return (36-sum%36)%36 == base36(value[14])
}

// inEPIC checks a number of a voter's card: three letters, six digits and a Luhn
// digit (Election Commission of India, "Functional unique serial number").
// Cards of older series have another digit.
func inEPIC(value string) bool {
	return len(value) == 10 && alphabetic(value[:3]) && numeric(value[3:], 7) && luhnPasses(value[3:])
}

// inStates are the letters of the states and union territories that issue
// driving licences (Central Motor Vehicles Rules 1989; Ministry of Road
// Transport, Sarathi).
const inStates = "AN AP AR AS BR CG CH DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK TN TR " +
	"TS UA UK UP WB"

// inDL checks a driving licence: state, office, year of issue, seven digits.
func inDL(value string) bool {
	return len(value) == 15 && oneOf(inStates, value[:2]) && numeric(value[2:], 13) && within(value[4:8], "1950", "2039")
}
