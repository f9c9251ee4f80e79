package rules

import "strings"

// ibanLengths are the lengths of the SWIFT IBAN registry (release 99), which
// ISO 13616-2 names as the register of national formats, by country code.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
	"BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
	"EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
	"LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
	"RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25,
	"SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// validateIBAN cuts a match to the length that its country has, because a
// pattern takes the words after it for more of the number, and checks it.
func validateIBAN(text string, _ []string) []part {
	length, known := ibanLengths[strings.ToUpper(text[:min(2, len(text))])]
	if !known {
		return whole(text, false)
	}
	var kept []byte
	for i := range len(text) {
		if !isAlphanumeric(text[i]) {
			continue
		}
		kept = append(kept, upper(text[i]))
		if len(kept) < length {
			continue
		}
		if i+1 < len(text) && isAlphanumeric(text[i+1]) {
			break // the number does not end where a word does
		}
		return []part{{0, i + 1, mod97(kept)}}
	}
	return whole(text, false)
}

// mod97 checks an IBAN in upper case without separators by ISO 13616-1 and
// ISO/IEC 7064 MOD 97-10: moved by four, letters as 10 to 35, remainder 1.
func mod97(iban []byte) bool {
	if len(iban) < 5 {
		return false
	}
	remainder := 0
	for i := range iban {
		b := iban[(i+4)%len(iban)]
		if isDigit(b) {
			remainder = (remainder*10 + int(b-'0')) % 97
		} else {
			remainder = (remainder*100 + int(b-'A') + 10) % 97
		}
	}
	return remainder == 1
}

func isAlphanumeric(b byte) bool {
	return isDigit(b) || 'a' <= lower(b) && lower(b) <= 'z'
}

func upper(b byte) byte {
	if 'a' <= b && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}
