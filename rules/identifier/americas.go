package identifier

import "strings"

// americas are the checks of both Americas, by country from north to south.
func americas() map[string]Check {
	return join(unitedStates(), canada(), mexico(), brazil(), centralAmerica(), southAmerica())
}

func unitedStates() map[string]Check {
	return map[string]Check{"us_itin": usITIN, "us_ein": usEIN}
}

// usITIN checks an individual taxpayer or adoption taxpayer identification
// number: 9, and a fourth and fifth digit that the IRS assigns (Internal
// Revenue Manual 3.21.263, exhibit "ITIN ranges": 50 to 65, 70 to 88, 90 to 92
// and 94 to 99; 93 is the ATIN). There is no check digit.
func usITIN(value string) bool {
	if !numeric(value, 9) || value[0] != '9' {
		return false
	}
	group := value[3:5]
	return within(group, "50", "65") || within(group, "70", "88") || within(group, "90", "99")
}

// einUnassigned are the first two digits that no IRS campus assigns (IRS, "How
// EINs are assigned and valid EIN prefixes"). There is no check digit.
const einUnassigned = "00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97"

func usEIN(value string) bool {
	return numeric(value, 9) && !oneOf(einUnassigned, value[:2]) && !uniform(value)
}

func canada() map[string]Check {
	return map[string]Check{
		"ca_sin": caSIN, "ca_bn": caBN, "ca_on_health": caOntarioHealth, "ca_bc_phn": caPHN, "ca_qc_ramq": caRAMQ,
	}
}

// caSIN checks a social insurance number: nine digits, Luhn (Employment and
// Social Development Canada, "Social Insurance Number: code of practice").
// Numbers that begin with 8 are business numbers; 0 is kept for samples and for
// tax numbers of the Canada Revenue Agency, and people use it in examples.
func caSIN(value string) bool {
	return numeric(value, 9) && value[0] != '8' && luhnPasses(value) && !uniform(value)
}

// caBN checks a business number, nine digits with Luhn, alone or with a program
// account: RC corporate tax, RP payroll, RT GST/HST … and four digits (Canada
// Revenue Agency, "Business number and program accounts").
func caBN(value string) bool {
	if len(value) == 15 {
		if !oneOf("RC RD RE RG RM RN RP RR RT RZ", value[9:11]) || !numeric(value[11:], 4) {
			return false
		}
		value = value[:9]
	}
	return numeric(value, 9) && luhnPasses(value) && !uniform(value)
}

// caOntarioHealth checks a health number of Ontario: ten digits with Luhn, and
// a version code of up to two letters (Ontario Ministry of Health, "Health card
// validation reference manual").
func caOntarioHealth(value string) bool {
	if len(value) < 10 || len(value) > 12 || len(value) > 10 && !alphabetic(value[10:]) {
		return false
	}
	number := value[:10]
	return numeric(number, 10) && number[0] != '0' && luhnPasses(number) && !uniform(number)
}

// caPHN checks a personal health number of British Columbia: 9, eight digits
// and a check digit (BC Ministry of Health, Conformance Standards volume 4B,
// "PHN check digit": modulo 11 over 2 4 8 5 10 9 7 3).
func caPHN(value string) bool {
	if !numeric(value, 10) || value[0] != '9' {
		return false
	}
	return (11-weighted(value[1:], 2, 4, 8, 5, 10, 9, 7, 3)%11)%11 == digitAt(value, 9)
}

// caRAMQ checks a health insurance number of Quebec: three letters of the
// surname, one of the first name, year, month (plus 50 for women) and day of
// birth, two digits (Régie de l'assurance maladie du Québec, "NAM"). How its
// last digit is made is not published.
func caRAMQ(value string) bool {
	if len(value) != 12 || !alphabetic(value[:4]) || !numeric(value[4:], 8) {
		return false
	}
	month := value[6:8]
	if month[0] >= '5' {
		month = string(month[0]-5) + month[1:]
	}
	return dateAs(value[4:6], month, value[8:10])
}

func mexico() map[string]Check {
	return map[string]Check{
		"mx_curp": mxCURP, "mx_rfc": mxRFC, "mx_rfc_digit": mxRFCDigit, "mx_nss": mxNSS, "mx_elector": mxElector,
	}
}

// mxStates are the federal entities of a CURP; NE is "born abroad".
const mxStates = "AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT QR SP SL SR TC TS TL VZ YN ZS NE"

// mxCURP checks a population registry code: four letters of the name, date of
// birth, sex, federal entity, three consonants, a homonym character and a check
// digit (Instructivo normativo para la asignación de la CURP, Diario Oficial
// 18 October 2021, annex: modulo 10 over 18 … 2).
func mxCURP(value string) bool {
	if len(value) != 18 || !alphabetic(value[:4]) || !dateAs(value[4:6], value[6:8], value[8:10]) ||
		strings.IndexByte("HMX", value[10]) < 0 || !oneOf(mxStates, value[11:13]) ||
		!alphabetic(value[13:16]) || !alphanumeric(value[16:], 2) {
		return false
	}
	sum := 0
	for i := range 17 {
		sum += mxValue(value[i]) * (18 - i)
	}
	return numeric(value[17:], 1) && (10-sum%10)%10 == digitAt(value, 17)
}

// mxValue is the place of a character in the alphabets of CURP and RFC, which
// have one more between N and O: Ñ or &.
func mxValue(character byte) int {
	if character > 'N' {
		return base36(character) + 1
	}
	return base36(character)
}

// mxRFC checks the form of a taxpayer number: three letters for companies, four
// for persons, a date, two characters against homonyms and a check digit (Código
// Fiscal de la Federación, article 27; SAT, "Características del RFC"). The two
// numbers that everybody may use for unnamed buyers are nobody's.
func mxRFC(value string) bool {
	if len(value) != 12 && len(value) != 13 || value == "XAXX010101000" || value == "XEXX010101000" {
		return false
	}
	letters := len(value) - 9
	date := value[letters:]
	return alphabetic(value[:letters]) && dateAs(date[:2], date[2:4], date[4:6]) && alphanumeric(date[6:], 3)
}

// mxRFCDigit checks the form and the check digit. About one number in seventy
// was issued with another digit, so this may not be asked of all.
func mxRFCDigit(value string) bool {
	if !mxRFC(value) {
		return false
	}
	sum := 0
	if len(value) == 12 {
		sum = 13 * 37 // a blank before the name of a company
	}
	for i := range len(value) - 1 {
		sum += mxValue(value[i]) * (len(value) - i)
	}
	return "0123456789A"[(11-sum%11)%11] == value[len(value)-1]
}

// mxNSS checks a social security number: office, year of joining, year of
// birth, number, and a Luhn digit (Instituto Mexicano del Seguro Social).
func mxNSS(value string) bool {
	return numeric(value, 11) && luhnPasses(value) && !uniform(value)
}

// mxElector checks a voter key: six consonants of the name, date of birth,
// federal entity of birth, sex, three digits (Instituto Nacional Electoral).
func mxElector(value string) bool {
	return len(value) == 18 && alphabetic(value[:6]) && dateAs(value[6:8], value[8:10], value[10:12]) &&
		(within(value[12:14], "01", "33") || within(value[12:14], "87", "88")) &&
		(value[14] == 'H' || value[14] == 'M') && numeric(value[15:], 3)
}
