package identifier

import "strings"

// asia are the checks of Asia, from west to east.
func asia() map[string]Check {
	return join(asiaWest(), india(), asiaSouth(), asiaSouthEast(), china(), asiaEast())
}

func asiaWest() map[string]Check {
	return map[string]Check{
		"ae_eid": aeEID, "az_voen": azVOEN, "il_id": ilID, "il_company": ilCompany, "ir_melli": irMelli, "kw_civil": kwCivil,
		"kz_iin": kzIIN, "qa_qid": qaQID, "sa_id": saID,
	}
}

// aeEID checks the number of an Emirates ID: 784, the country's ISO 3166 number,
// year of birth, seven digits, one check digit (Federal Authority for Identity
// and Citizenship). How the check digit is made is not published.
func aeEID(value string) bool {
	return numeric(value, 15) && value[:3] == "784" && within(value[3:7], "1900", "2039")
}

// azVOEN checks a taxpayer number of Azerbaijan: ten digits, the last 1 for
// companies, 2 for persons (State Tax Service; OECD, "Azerbaijan TIN"). How the
// ninth is made is not published.
func azVOEN(value string) bool {
	return numeric(value, 10) && within(value[9:], "1", "2")
}

// ilID checks an identity number of Israel (teudat zehut): up to nine digits
// with the check digit of Luhn; leading zeros are often left out (Population
// and Immigration Authority).
func ilID(value string) bool {
	return numericUpTo(value, 8, 9) && luhnPasses(value) && !uniform(value)
}

// ilCompany checks a company number of Israel: 5 and eight digits, Luhn (Israel
// Corporations Authority).
func ilCompany(value string) bool {
	return numeric(value, 9) && value[0] == '5' && luhnPasses(value) && !uniform(value)
}

// irMelli checks a national code of Iran: ten digits, modulo 11 over 10 … 2
// (National Organization for Civil Registration).
func irMelli(value string) bool {
	if !numeric(value, 10) || uniform(value) || value[3:9] == "000000" {
		return false
	}
	remainder := weighted(value, 10, 9, 8, 7, 6, 5, 4, 3, 2) % 11
	return "01987654321"[remainder] == value[9]
}

// kwCivil checks a civil number of Kuwait: century 1 to 3, date of birth, four
// digits, check digit (Public Authority for Civil Information; modulo 11).
func kwCivil(value string) bool {
	return numeric(value, 12) && within(value[:1], "1", "3") && dateAs(value[1:3], value[3:5], value[5:7]) &&
		11-weighted(value, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11 == digitAt(value, 11)
}

// kzIIN checks an individual number of Kazakhstan: date of birth, century and
// sex 1 to 6, number, check digit (Government decree 565 of 11 June 2003;
// modulo 11, with second weights when the first give 10).
func kzIIN(value string) bool {
	if !numeric(value, 12) || !dateAs(value[:2], value[2:4], value[4:6]) || !within(value[6:7], "1", "6") {
		return false
	}
	remainder := weighted(value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) % 11
	if remainder == 10 {
		remainder = weighted(value, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2) % 11
	}
	return remainder == digitAt(value, 11)
}

// qaQID checks a number of the identity card of Qatar: century 2 or 3, year of
// birth, ISO 3166 number of the country of birth, five digits (Ministry of
// Interior). There is no check digit.
func qaQID(value string) bool {
	return numeric(value, 11) && within(value[:1], "2", "3") && within(value[3:6], "004", "894")
}

// saID checks a number of a Saudi identity card (1) or residence permit (2):
// ten digits, Luhn (Ministry of Interior, Absher).
func saID(value string) bool {
	return numeric(value, 10) && within(value[:1], "1", "2") && luhnPasses(value) && !uniform(value)
}

func asiaSouth() map[string]Check {
	return map[string]Check{"lk_nic": lkNIC, "pk_cnic": pkCNIC}
}

// lkNIC checks an identity number of Sri Lanka: until 2015 year and day of birth
// (plus 500 for women), number and V or X, now with a year of four digits and no
// letter (Department for Registration of Persons).
func lkNIC(value string) bool {
	day := ""
	switch {
	case len(value) == 10 && numeric(value[:9], 9) && (value[9] == 'V' || value[9] == 'X'):
		day = value[2:5]
	case numeric(value, 12) && within(value[:4], "1900", "2039"):
		day = value[4:7]
	}
	return within(day, "001", "366") || within(day, "501", "866")
}

// pkCNIC checks an identity number of Pakistan: province 1 to 7, division and
// district, family, number whose parity is the sex (National Database and
// Registration Authority). There is no check digit.
func pkCNIC(value string) bool {
	return numeric(value, 13) && within(value[:1], "1", "7") && value[12] != '0' && !uniform(value[5:12])
}

func asiaSouthEast() map[string]Check {
	return map[string]Check{
		"id_nik": idNIK, "id_npwp": idNPWP, "my_nric": myNRIC, "sg_nric": sgNRIC, "sg_uen": sgUEN,
		"th_pin": thPIN, "vn_cccd": vnCCCD, "vn_mst": vnMST,
	}
}

// idProvinces are the provinces that an identity number of Indonesia begins with
// (Permendagri 137/2017 and later, codes of administrative areas).
const idProvinces = "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 " +
	"81 82 91 92 93 94 95 96 97"

// idNIK checks an identity number of Indonesia: province, regency, district,
// day (plus 40 for women), month and year of birth, number (Undang-Undang
// 23/2006, article 37 of Perpres 25/2008).
func idNIK(value string) bool {
	if !numeric(value, 16) || !oneOf(idProvinces, value[:2]) || value[12:] == "0000" {
		return false
	}
	day := value[6:8]
	if day[0] >= '4' {
		day = string(day[0]-4) + day[1:]
	}
	return dateAs(value[10:12], value[8:10], day)
}

// idNPWP checks a taxpayer number of Indonesia: fifteen digits, of which the
// ninth is a Luhn digit of the first eight, sixteen with a 0 before them since
// 2024, or an identity number (Peraturan Menteri Keuangan 112/PMK.03/2022).
func idNPWP(value string) bool {
	if len(value) == 16 && value[0] != '0' {
		return idNIK(value)
	}
	if len(value) == 16 {
		value = value[1:]
	}
	return numeric(value, 15) && luhnPasses(value[:9]) && !uniform(value[:9])
}

// myNRIC checks an identity number of Malaysia: date of birth, place of birth,
// number (Jabatan Pendaftaran Negara, "Kod negeri" and "Kod negara").
func myNRIC(value string) bool {
	return numeric(value, 12) && dateAs(value[:2], value[2:4], value[4:6]) &&
		!oneOf("00 17 18 19 20 69 70 73 80 81 94 95 96 97", value[6:8])
}

// sgNRIC checks an identity number of Singapore: S and T citizens and residents,
// F, G and M foreigners, seven digits, a letter by modulo 11 over 2 7 6 5 4 3 2
// (Immigration and Checkpoints Authority; M since 2022).
func sgNRIC(value string) bool {
	if len(value) != 9 || !numeric(value[1:8], 7) {
		return false
	}
	sum := weighted(value[1:], 2, 7, 6, 5, 4, 3, 2)
	switch value[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == value[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == value[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == value[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == value[8]
	case 'M':
		return "XWUTRQPNJLK"[(sum+3)%11] == value[8]
	}
	return false
}

// sgEntities are the kinds of entity in a number of Singapore.
const sgEntities = "CC CD CH CL CM CP CS CX DP FB FC FM FN GA GB GS HS LL LP MB MC MD MH MM MQ NB NR PA PB PF RF RP " +
	"SM SS TC TU VH XL"

// sgUEN checks a unique entity number of Singapore: eight digits and a letter
// for businesses, nine and a letter for companies, or T, S, R, two digits of the
// year, kind of entity, four digits and a letter (Accounting and Corporate
// Regulatory Authority, "UEN").
func sgUEN(value string) bool {
	switch {
	case len(value) == 9 && numeric(value[:8], 8):
		return "XMKECAWLJDB"[weighted(value, 10, 4, 9, 3, 8, 2, 7, 1)%11] == value[8]
	case len(value) == 10 && numeric(value[:9], 9):
		return within(value[:4], "1800", "2039") && "ZKCMDNERGWH"[weighted(value, 10, 8, 6, 4, 9, 7, 5, 3, 1)%11] == value[9]
	case len(value) == 10 && value[:4] == "F000":
		return numeric(value[4:9], 5) && alphabetic(value[9:])
	case len(value) == 10 && strings.IndexByte("RST", value[0]) >= 0 && numeric(value[1:3], 2) && numeric(value[5:9], 4):
		return oneOf(sgEntities, value[3:5]) && sgOther(value)
	}
	return false
}

// sgOther checks the letter of the entities that are no businesses or companies.
func sgOther(value string) bool {
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWX0123456789"
	sum := -5
	for i, weight := range [9]int{4, 3, 5, 3, 10, 2, 2, 5, 7} {
		sum += weight * strings.IndexByte(alphabet, value[i])
	}
	return alphabet[(sum%11+11)%11] == value[9]
}

// thPIN checks a number of Thailand, of a person (1 to 8) or a registered entity
// (0): twelve digits and a check digit by modulo 11 over 13 … 2 (Department of
// Provincial Administration; Revenue Department, "Taxpayer identification").
func thPIN(value string) bool {
	return numeric(value, 13) && value[0] != '9' && !uniform(value[:12]) &&
		(11-weighted(value, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == digitAt(value, 12)
}

// vnCCCD checks a citizen's number of Vietnam: province 001 to 096, century and
// sex, year of birth, number (Thông tư 59/2021/TT-BCA, article 3). There is no
// check digit.
func vnCCCD(value string) bool {
	return numeric(value, 12) && within(value[:3], "001", "096") && within(value[3:4], "0", "3") && !uniform(value[6:])
}

// vnMST checks a taxpayer number of Vietnam: ten digits with a check digit, and
// three of a branch (Thông tư 105/2020/TT-BTC, article 5).
func vnMST(value string) bool {
	if !numeric(value, 10) && !numeric(value, 13) || value[2:9] == "0000000" || value[10:] == "000" {
		return false
	}
	return 10-weighted(value, 31, 29, 23, 19, 17, 13, 7, 5, 3)%11 == digitAt(value, 9)
}
