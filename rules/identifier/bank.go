package identifier

import "strings"

// bank returns the checks of bank accounts and of the numbers of banks, and of
// what opens them. The IBAN has a validator of its own in package rules.
func bank() map[string]Check {
	return join(secrets(), map[string]Check{
		"ar_cbu":         argentineCBU,
		"au_bsb":         australianBSB,
		"be_account":     belgianAccount,
		"bic":            businessIdentifier,
		"br_pix":         randomPIXKey,
		"ca_routing":     canadianRouting,
		"cz_account":     czechAccount,
		"es_ccc":         spanishAccount,
		"fr_rib":         frenchRIB,
		"gb_sort_code":   britishSortCode,
		"hu_account":     hungarianAccount,
		"in_ifsc":        indianIFSC,
		"in_upi":         indianUPI,
		"it_bban":        italianAccount,
		"mx_clabe":       mexicanCLABE,
		"no_account":     norwegianAccount,
		"nz_account":     newZealandAccount,
		"pl_nrb":         polishAccount,
		"se_bankgiro":    swedishBankgiro,
		"us_aba_routing": americanRouting,
	})
}

// americanRouting checks a routing transit number of the American Bankers
// Association (ABA Key to Routing Numbers): nine digits; the first two name a
// Federal Reserve district, plus 20 for thrift institutions, plus 60 for
// electronic use, or 80 for traveller's cheques; weights 3 7 1, modulo 10.
func americanRouting(value string) bool {
	if !numeric(value, 9) || uniform(value) {
		return false
	}
	district := value[:2]
	known := within(district, "00", "12") || within(district, "21", "32") || within(district, "61", "72") || district == "80"
	return known && weighted(value, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
}

// canadianRouting checks a transit number of five digits with the institution
// number of three: printed 99999-999, or electronically 0, institution, transit
// (Payments Canada, Standard 006).
func canadianRouting(value string) bool {
	if numeric(value, 9) && value[0] == '0' {
		return oneOf(canadianInstitutions, value[1:4])
	}
	return numeric(value, 8) && oneOf(canadianInstitutions, value[5:])
}

// canadianInstitutions are numbers of the Financial Institutions File of
// Payments Canada.
const canadianInstitutions = "001 002 003 004 006 010 016 030 039 117 127 177 219 241 260 269 270 277 290 308 309 310 315 320 338 340 " +
	"342 343 344 347 361 362 374 509 540 608 614 621 809 815 819 828 829 837 839 849 859 865 869 879 889 890 899"

// britishSortCode checks the six digits of a sort code (Pay.UK, sorting code
// numbers): they carry no check digit; runs of one digit are not issued.
func britishSortCode(value string) bool { return numeric(value, 6) && !uniform(value) }

// australianBSB checks a bank-state-branch number (AusPayNet, BSB procedures):
// bank, state 0 to 9, branch. Bank 00 is not issued.
func australianBSB(value string) bool {
	return numeric(value, 6) && !uniform(value) && value[:2] != "00"
}

// indianIFSC checks an Indian Financial System Code (Reserve Bank of India):
// four letters of the bank, a zero, six characters of the branch.
func indianIFSC(value string) bool {
	return alphanumeric(value, 11) && alphabetic(value[:4]) && value[4] == '0'
}

// indianUPI tells whether a virtual payment address ends with a handle of the
// Unified Payments Interface that the National Payments Corporation of India
// lists (npci.org.in, UPI members and third-party application providers). The
// compact form has lost the at sign.
func indianUPI(value string) bool {
	if !alphanumeric(value, len(value)) {
		return false
	}
	for handle := range strings.FieldsSeq(upiHandles) {
		if len(value) > len(handle) && strings.HasSuffix(value, handle) {
			return true
		}
	}
	return false
}

const upiHandles = "OKAXIS OKHDFCBANK OKICICI OKSBI OKBIZAXIS YBL IBL AXL YAPL RAPL APL PAYTM PTAXIS PTHDFC PTSBI PTYES UPI WAICICI WAAXIS " +
	"WAHDFCBANK WASBI AXIS AXISB AXISBANK AXISGOPAYCORP HDFCBANK HDFCBANKJD ICICI SBI KOTAK KOTAK811 YESBANK YESG YESCRED CNRB BARODAMPAY " +
	"UNIONBANK UNIONBANKOFINDIA PNB BOI IDBI IDFCBANK IDFCFIRST INDUS FEDERAL FBL RBL DBS CITI HSBC JUPITERAXIS NAVIAXIS CRED FAM SLC SLICE " +
	"TIMECOSMOS TAPICICI SHRIRAMHDFCBANK FREECHARGE MOBIKWIK IKWIK POSTBANK AIRTEL JIO JUSPAY SUPERYES NIYOICICI GOAXB PINGPAY AMAZONPAY " +
	"ABFSPAY AUBANK BANDHAN KBL KVB SIB TMB UCO CENTRALBANK INDIANBANK IOB MAHB PSB EQUITAS UJJIVAN DLB CSBPAY"

// mexicanCLABE checks a Clave Bancaria Estandarizada (Banco de México, circular
// 3/2012; Asociación de Bancos de México): 18 digits; bank of three digits,
// from 002; products with 3 7 1 taken modulo 10.
func mexicanCLABE(value string) bool {
	if !numeric(value, 18) || value[:3] < "002" {
		return false
	}
	sum := 0
	for i := range 17 {
		sum += [3]int{3, 7, 1}[i%3] * digitAt(value, i) % 10
	}
	return (10-sum%10)%10 == digitAt(value, 17)
}

// argentineCBU checks a Clave Bancaria Uniforme or Virtual (Banco Central de la
// República Argentina, SINAP-1-CBU): 22 digits in two blocks, each with a check
// digit.
func argentineCBU(value string) bool {
	if !numeric(value, 22) || uniform(value) {
		return false
	}
	first := weighted(value[:7], 7, 1, 3, 9, 7, 1, 3)
	second := weighted(value[8:21], 3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3)
	return (10-first%10)%10 == digitAt(value, 7) && (10-second%10)%10 == digitAt(value, 21)
}

// businessIdentifier checks a BIC (ISO 9362): four letters of the party, a
// country, two characters of the place, and three of the branch or none.
func businessIdentifier(value string) bool {
	if len(value) != 8 && len(value) != 11 || !alphanumeric(value, len(value)) || !alphabetic(value[:6]) {
		return false
	}
	return oneOf(countries, value[4:6])
}

// countries are the codes of ISO 3166-1, and XK, which ISO 9362 uses for Kosovo.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"

// randomPIXKey checks a random key of the Brazilian instant payments (Banco
// Central do Brasil, Manual Operacional do DICT): a UUID of version 4 (RFC 9562,
// section 5.4).
func randomPIXKey(value string) bool {
	return len(value) == 32 && strings.Trim(value, "0123456789ABCDEF") == "" && value[12] == '4' && strings.IndexByte("89AB", value[16]) >= 0
}

// remainder97 is a number of any length modulo 97.
func remainder97(digits string) int {
	remainder := 0
	for i := range len(digits) {
		remainder = (remainder*10 + digitAt(digits, i)) % 97
	}
	return remainder
}
