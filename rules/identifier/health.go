package identifier

// health are the checks of identifiers in health care that are not national
// ids.
func health() map[string]Check {
	return map[string]Check{
		"us_npi": usNPI, "us_dea": usDEA, "us_mbi": usMBI, "de_kvnr": deKVNR, "de_lanr": deLANR,
	}
}

// usNPI checks a national provider identifier: ten digits that begin with 1 or
// 2, Luhn over 80840 and the number (45 CFR 162.406; CMS, "Requirements for
// National Provider Identifier (NPI) and NPI check digit").
func usNPI(value string) bool {
	return numeric(value, 10) && (value[0] == '1' || value[0] == '2') && luhnPasses("80840"+value)
}

// usDEA checks a registration number of the Drug Enforcement Administration: a
// letter for the kind of registrant, the first letter of the name or 9, and
// seven digits of which the last is the last digit of (1st + 3rd + 5th) +
// 2 × (2nd + 4th + 6th) (21 CFR 1301; DEA, "Verifying a DEA number").
func usDEA(value string) bool {
	if len(value) != 9 || !oneOf("A B C D E F G H J K L M P R S T U X", value[:1]) || base36(value[1]) < 9 || !numeric(value[2:], 7) {
		return false
	}
	digits := value[2:]
	sum := digitAt(digits, 0) + digitAt(digits, 2) + digitAt(digits, 4) +
		2*(digitAt(digits, 1)+digitAt(digits, 3)+digitAt(digits, 5))
	return sum%10 == digitAt(digits, 6)
}

// mbiForm is the alphabet of each place of a Medicare beneficiary identifier:
// 1 is 1 to 9, 9 a digit, A a letter, X either.
const mbiForm = "1AX9AX9AA99"

// usMBI checks a Medicare beneficiary identifier: eleven characters without
// S, L, O, I, B and Z and without a check digit (CMS, "Understanding the
// Medicare Beneficiary Identifier (MBI) format").
func usMBI(value string) bool {
	if len(value) != len(mbiForm) {
		return false
	}
	for i := range len(value) {
		digit, letter := value[i] >= '0' && value[i] <= '9', value[i] >= 'A' && value[i] <= 'Z'
		if letter && oneOf("S L O I B Z", value[i:i+1]) {
			return false
		}
		switch mbiForm[i] {
		case '1':
			digit = digit && value[i] != '0'
			letter = false
		case '9':
			letter = false
		case 'A':
			digit = false
		}
		if !digit && !letter {
			return false
		}
	}
	return true
}

// deKVNR checks the unchangeable part of a German health insurance number: a
// letter, eight digits, and a check digit over the letter's place in the
// alphabet as two digits and the others, doubled in turn from the second, each
// product reduced to its digit sum (§ 290 SGB V; GKV-Spitzenverband, "Richtlinie
// zum Aufbau der Krankenversichertennummer").
func deKVNR(value string) bool {
	if len(value) != 10 || value[0] < 'A' || value[0] > 'Z' || !numeric(value[1:], 9) {
		return false
	}
	place := int(value[0]-'A') + 1
	digits := string([]byte{byte('0' + place/10), byte('0' + place%10)}) + value[1:9]
	sum := 0
	for i := range len(digits) {
		product := digitAt(digits, i) * (1 + i%2)
		sum += product/10 + product%10
	}
	return sum%10 == digitAt(value, 9)
}

// deLANR checks a German physician number: six digits, a check digit and two
// digits for the speciality; weights 4 and 9 in turn, modulo 10 (KBV,
// "Richtlinie zur Vergabe der Arzt-, Betriebsstätten- … nummern", § 4).
func deLANR(value string) bool {
	if !numeric(value, 9) {
		return false
	}
	sum := weighted(value, 4, 9, 4, 9, 4, 9)
	return (10-sum%10)%10 == digitAt(value, 6)
}
