package identifier

import "strings"

// zealandRange is a bank of New Zealand, the first and last number of its
// branches, and the algorithm that its accounts follow.
type zealandRange struct {
	bank, first, last string
	algorithm         byte
}

// zealandRanges are the bank and branch numbers of Payments NZ with the
// algorithms of Inland Revenue's specification for bank account validation
// (RWT and NRWT specification, "bank account number validation").
var zealandRanges = []zealandRange{
	{"01", "0001", "0999", 'A'},
	{"01", "1100", "1199", 'A'},
	{"01", "1800", "1899", 'A'},
	{"02", "0001", "0999", 'A'},
	{"02", "1200", "1299", 'A'},
	{"03", "0001", "0999", 'A'},
	{"03", "1300", "1399", 'A'},
	{"03", "1500", "1599", 'A'},
	{"03", "1700", "1799", 'A'},
	{"03", "1900", "1999", 'A'},
	{"03", "7350", "7399", 'A'},
	{"06", "0001", "0999", 'A'},
	{"06", "1400", "1499", 'A'},
	{"08", "6500", "6599", 'D'},
	{"09", "0000", "0000", 'E'},
	{"11", "5000", "6499", 'A'},
	{"11", "6600", "8999", 'A'},
	{"12", "3000", "3299", 'A'},
	{"12", "3400", "3499", 'A'},
	{"12", "3600", "3699", 'A'},
	{"13", "4900", "4999", 'A'},
	{"14", "4700", "4799", 'A'},
	{"15", "3900", "3999", 'A'},
	{"16", "4400", "4499", 'A'},
	{"17", "3300", "3399", 'A'},
	{"18", "3500", "3599", 'A'},
	{"19", "4600", "4649", 'A'},
	{"20", "4100", "4199", 'A'},
	{"21", "4800", "4899", 'A'},
	{"22", "4000", "4049", 'A'},
	{"23", "3700", "3799", 'A'},
	{"24", "4300", "4349", 'A'},
	{"25", "2500", "2599", 'F'},
	{"26", "2600", "2699", 'G'},
	{"27", "3800", "3849", 'A'},
	{"28", "2100", "2149", 'G'},
	{"29", "2150", "2299", 'G'},
	{"30", "2900", "2949", 'A'},
	{"33", "6700", "6799", 'F'},
	{"35", "2400", "2499", 'A'},
	{"38", "9000", "9499", 'A'},
}

// newZealandAccount checks a New Zealand account: bank of two digits, branch of
// four, account of seven, suffix of two or three (or one, read 0N).
func newZealandAccount(value string) bool {
	if !numericUpTo(value, 14, 16) {
		return false
	}
	suffix := value[13:]
	full := value[:6] + "0" + value[6:13] + strings.Repeat("0", 4-len(suffix)) + suffix
	for _, r := range zealandRanges {
		if value[:2] == r.bank && within(value[2:6], r.first, r.last) {
			return zealandSum(full, r.algorithm)
		}
	}
	return false
}

// zealandSum applies an algorithm to the 18 digits of an account in full.
// Accounts of algorithm A from 00990000 on follow B.
func zealandSum(full string, algorithm byte) bool {
	if algorithm == 'A' && full[6:14] >= "00990000" {
		algorithm = 'B'
	}
	switch algorithm {
	case 'A':
		return weighted(full, 0, 0, 6, 3, 7, 9, 0, 0, 10, 5, 8, 4, 2, 1)%11 == 0
	case 'B':
		return weighted(full, 0, 0, 0, 0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1)%11 == 0
	case 'D':
		return weighted(full, 0, 0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case 'E':
		return zealandFolded(full, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 3, 2, 0, 0, 0, 1)%11 == 0
	case 'F':
		return weighted(full, 0, 0, 0, 0, 0, 0, 0, 1, 7, 3, 1, 7, 3, 1)%10 == 0
	default: // G
		return zealandFolded(full, 0, 0, 0, 0, 0, 0, 0, 1, 3, 7, 1, 3, 7, 1, 0, 3, 7, 1)%10 == 0
	}
}

// zealandFolded sums products whose digits were added up until one is left.
func zealandFolded(full string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		product := weight * digitAt(full, i)
		for product > 9 {
			product = product/10 + product%10
		}
		sum += product
	}
	return sum
}
