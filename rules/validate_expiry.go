package rules

import (
	"strings"
	"unicode"
)

const (
	// earliestExpiry and latestExpiry bound the plausible years of a card's
	// expiry date. Old ones count: people type expired cards too.
	earliestExpiry = 10
	latestExpiry   = 49
)

// expiryMonths gives the month of a name or abbreviation in normal form, in
// English, Spanish, Portuguese, French, German, Italian and Indonesian (Unicode
// CLDR, gregorian calendar).
var expiryMonths = map[string]string{
	"jan": "01", "january": "01", "enero": "01", "ene": "01", "janeiro": "01", "janvier": "01", "janv": "01", "januar": "01", "gennaio": "01", "gen": "01", "januari": "01",
	"feb": "02", "february": "02", "febrero": "02", "fevereiro": "02", "fev": "02", "fevrier": "02", "fevr": "02", "februar": "02", "febbraio": "02", "februari": "02",
	"mar": "03", "march": "03", "marzo": "03", "marco": "03", "mars": "03", "marz": "03", "maerz": "03", "mrz": "03", "maret": "03",
	"apr": "04", "april": "04", "abril": "04", "abr": "04", "avril": "04", "avr": "04", "aprile": "04",
	"may": "05", "mayo": "05", "maio": "05", "mai": "05", "maggio": "05", "mag": "05", "mei": "05",
	"jun": "06", "june": "06", "junio": "06", "junho": "06", "juin": "06", "juni": "06", "giugno": "06", "giu": "06",
	"jul": "07", "july": "07", "julio": "07", "julho": "07", "juillet": "07", "juil": "07", "juli": "07", "luglio": "07", "lug": "07",
	"aug": "08", "august": "08", "agosto": "08", "ago": "08", "aout": "08", "agustus": "08", "agu": "08",
	"sep": "09", "sept": "09", "september": "09", "septiembre": "09", "setiembre": "09", "setembro": "09", "set": "09", "septembre": "09", "settembre": "09",
	"oct": "10", "october": "10", "octubre": "10", "outubro": "10", "out": "10", "octobre": "10", "oktober": "10", "okt": "10", "ottobre": "10", "ott": "10",
	"nov": "11", "november": "11", "noviembre": "11", "novembro": "11", "novembre": "11",
	"dec": "12", "december": "12", "diciembre": "12", "dic": "12", "dezembro": "12", "dez": "12", "decembre": "12", "dezember": "12", "dicembre": "12", "desember": "12", "des": "12",
}

// expiryOf reads month and two-digit year of MM/YY, MM/YYYY, MMYY, YYYY-MM or a
// month's name and a year, in any spelling; ok is false for a month or year
// that no card has.
func expiryOf(text string) (month, year string, ok bool) {
	groups := groupsOf(text)
	switch {
	case len(groups) == 0 || len(groups) > 2:
		return "", "", false
	case strings.ContainsFunc(text, unicode.IsLetter):
		month, year = namedExpiry(text, groups)
	case len(groups) == 2:
		month, year = text[groups[0].start:groups[0].end], text[groups[1].start:groups[1].end]
		if len(month) == 4 {
			month, year = year, month
		}
	default:
		digits := text[groups[0].start:groups[0].end]
		if len(digits) != 4 && len(digits) != 6 {
			return "", "", false
		}
		month, year = digits[:2], digits[2:]
	}
	if len(month) == 1 {
		month = "0" + month
	}
	if len(year) == 4 && year[:2] == "20" {
		year = year[2:]
	}
	if len(month) != 2 || len(year) != 2 {
		return "", "", false
	}
	number := int(year[0]-'0')*10 + int(year[1]-'0')
	ok = "01" <= month && month <= "12" && earliestExpiry <= number && number <= latestExpiry
	return month, year, ok
}

// namedExpiry reads the month from the first word that names one.
func namedExpiry(text string, groups []group) (month, year string) {
	if len(groups) != 1 {
		return "", ""
	}
	for _, word := range wordsOf(text[:groups[0].start]) {
		if found := expiryMonths[word]; found != "" {
			return found, text[groups[0].start:groups[0].end]
		}
	}
	return "", ""
}

// validateExpiry checks the expiry date of a card (ISO/IEC 7813 prints MM/YY).
func validateExpiry(text string, _ []string) []part {
	_, _, ok := expiryOf(text)
	return whole(text, ok)
}
