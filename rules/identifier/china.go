package identifier

import "strings"

func china() map[string]Check {
	return map[string]Check{
		"cn_ric": cnRIC, "cn_ric15": cnRIC15, "cn_uscc": cnUSCC, "hk_hkid": hkHKID, "tw_id": twID, "tw_ubn": twUBN,
	}
}

// cnProvinces are the first two digits of the division codes of GB/T 2260, with
// Taiwan, Hong Kong and Macao (81 to 83) and foreign residents (91).
const cnProvinces = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 " +
	"71 81 82 83 91"

// cnRIC checks a citizen number of China: division of first registration, date of
// birth, number, check character (GB 11643-1999; ISO/IEC 7064 MOD 11-2).
func cnRIC(value string) bool {
	return len(value) == 18 && numeric(value[:17], 17) && oneOf(cnProvinces, value[:2]) &&
		within(value[6:8], "18", "20") && dateAs(value[8:10], value[10:12], value[12:14]) && mod11And2(value)
}

// cnRIC15 checks a citizen number as it was until 1999: without century and
// check character.
func cnRIC15(value string) bool {
	return numeric(value, 15) && oneOf(cnProvinces, value[:2]) && dateAs(value[6:8], value[8:10], value[10:12])
}

// usccAlphabet has no I, O, S, V and Z.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// cnUSCC checks a unified social credit code: authority, kind, division,
// organisation, check character (GB 32100-2015; modulo 31 over powers of 3).
func cnUSCC(value string) bool {
	if len(value) != 18 || !numeric(value[2:8], 6) || uniform(value) {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		worth := strings.IndexByte(usccAlphabet, value[i])
		if worth < 0 {
			return false
		}
		sum, weight = sum+worth*weight, weight*3%31
	}
	return usccAlphabet[(31-sum%31)%31] == value[17]
}

// hkHKID checks a number of the identity card of Hong Kong: one or two letters,
// six digits, check digit or A (Immigration Department; modulo 11 over 9 … 1, a
// missing letter counts 36).
func hkHKID(value string) bool {
	if len(value) != 8 && len(value) != 9 {
		return false
	}
	letters := len(value) - 7
	if !alphabetic(value[:letters]) || !numeric(value[letters:len(value)-1], 6) || base36(value[len(value)-1]) > 10 ||
		base36(value[len(value)-1]) < 0 {
		return false
	}
	sum := 0
	if letters == 1 {
		sum = 36 * 9
	}
	for i := range len(value) {
		sum += base36(value[i]) * (len(value) - i)
	}
	return sum%11 == 0
}

// twLetters are the worths 10 to 35 of the letters of Taiwan's counties.
const twLetters = "ABCDEFGHJKLMNPQRSTUVXYWZIO"

// twID checks an identity number of Taiwan: county, sex (1, 2; 8, 9 for resident
// foreigners since 2021, before that a letter A to D), number, check digit
// (Ministry of the Interior, Department of Household Registration; modulo 10).
func twID(value string) bool {
	if len(value) != 10 || !alphabetic(value[:1]) || !numeric(value[2:], 8) || strings.IndexByte("1289ABCD", value[1]) < 0 {
		return false
	}
	county := 10 + strings.IndexByte(twLetters, value[0])
	second := digitAt(value, 1)
	if value[1] >= 'A' {
		second = strings.IndexByte(twLetters, value[1]) % 10
	}
	sum := county/10 + county%10*9 + second*8 + weighted(value[2:], 7, 6, 5, 4, 3, 2, 1, 1)
	return sum%10 == 0
}

// twUBN checks a business number of Taiwan: eight digits over 1 2 1 2 1 2 4 1,
// the digits of each product summed, a multiple of 10 or, since 2023, of 5; with
// a 7 in the seventh place one more is allowed (Ministry of Finance, Fiscal
// Information Agency).
func twUBN(value string) bool {
	if !numeric(value, 8) || uniform(value) {
		return false
	}
	sum := 0
	for i, weight := range [8]int{1, 2, 1, 2, 1, 2, 4, 1} {
		product := weight * digitAt(value, i)
		sum += product/10 + product%10
	}
	return sum%5 == 0 || value[6] == '7' && (sum+1)%5 == 0
}

func asiaEast() map[string]Check {
	return map[string]Check{
		"jp_mynumber": jpMyNumber, "jp_company": jpCompany, "kr_rrn": krRRN, "kr_brn": krBRN, "kr_dl": krDL,
	}
}

// jpMyNumber checks an individual number of Japan: eleven digits and a check
// digit (Order of the Ministry of Internal Affairs 85 of 2014, article 5; modulo
// 11 over 6 5 4 3 2 7 6 5 4 3 2).
func jpMyNumber(value string) bool {
	if !numeric(value, 12) || uniform(value) {
		return false
	}
	remainder := weighted(value, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	if remainder <= 1 {
		return value[11] == '0'
	}
	return 11-remainder == digitAt(value, 11)
}

// jpCompany checks a corporate number of Japan: a check digit and twelve digits
// (Order of the Ministry of Finance 70 of 2014, article 2; modulo 9).
func jpCompany(value string) bool {
	return numeric(value, 13) && !uniform(value) &&
		9-weighted(value[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == digitAt(value, 0)
}

// krRRN checks the form of a resident or foreigner number of Korea: date of
// birth, century and sex (1 to 4; 5 to 8 for foreigners), six digits (Resident
// Registration Act, enforcement rule 2). Since October 2020 the last six are
// random.
func krRRN(value string) bool {
	return numeric(value, 13) && dateAs(value[:2], value[2:4], value[4:6]) && within(value[6:7], "1", "8")
}

// krBRN checks a business number of Korea: tax office, kind, number, check digit
// (National Tax Service; modulo 10 over 1 3 7 1 3 7 1 3 5).
func krBRN(value string) bool {
	if !numeric(value, 10) || value[:3] < "101" || value[3:5] == "00" || value[5:9] == "0000" {
		return false
	}
	sum := weighted(value, 1, 3, 7, 1, 3, 7, 1, 3, 5) + digitAt(value, 8)*5/10
	return (10-sum%10)%10 == digitAt(value, 9)
}

// krDL checks a driving licence of Korea: region 11 to 28, year, number, check
// (Road Traffic Act, enforcement rule, annex form 55). How the last two digits
// are made is not published.
func krDL(value string) bool {
	return numeric(value, 12) && within(value[:2], "11", "28")
}
