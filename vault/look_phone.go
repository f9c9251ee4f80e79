package vault

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// fiction is the numbers of a country that are kept for books and films, and so
// reach nobody.
type fiction struct {
	country     string
	least, most int      // digits of the country's numbers, with its code
	areas       []string // what the numbers begin with
	digits      int      // how many follow
}

// fictions are the ranges that libphonenumber takes for valid numbers. It refuses
// others that are kept too: +44 7700 900 for mobile phones, +33 6 39 98.
var fictions = []fiction{
	// 555-0100 to 555-0199 in every geographic area code (ATIS-0300048, 555 NXX
	// Assignment Guidelines), in long-standing ones of the United States.
	{"1", 11, 11, []string{
		"20255501", "20655501", "21255501", "21355501", "21455501", "21555501", "30555501", "31255501",
		"31355501", "40455501", "41555501", "50355501", "51255501", "60255501", "61755501", "71355501",
	}, 2},
	// Ofcom, "Telephone numbers for use in TV and radio drama programmes".
	{"44", 11, 12, []string{"2079460", "1134960", "1144960", "1164960", "1174960", "1214960", "1314960", "1414960", "1514960", "1614960"}, 3},
	// Bundesnetzagentur, "Rufnummern für Film- und Fernsehproduktionen".
	{"49", 9, 14, []string{"3023125", "6990009", "4066969", "2214710", "8999998"}, 3},
	// Arcep, décision 2018-0881, numbers for audiovisual works.
	{"33", 11, 11, []string{"19900", "26191", "35301", "46571", "53649"}, 4},
	// ACMA, "Phone numbers for use in TV shows, films and creative works".
	{"61", 11, 11, []string{"25550", "35550", "75550", "85550"}, 4},
}

// powers are those of ten.
var powers = [5]uint64{1, 10, 100, 1000, 10_000}

// phoneForm is a number that reaches nobody, of the value's country, in the area
// of the conversation, not of the value. In other countries none is known.
func phoneForm(d draw) string {
	digits, international := strings.CutPrefix(d.canonical, "+")
	if !international || !isDigits(digits) {
		return ""
	}
	for _, f := range fictions {
		if !strings.HasPrefix(digits, f.country) || len(digits) < f.least || len(digits) > f.most {
			continue
		}
		area := f.areas[int(d.conversation.Derive("piiproxy like area")[0])%len(f.areas)]
		pick := binary.BigEndian.Uint64(d.random[:])
		return fmt.Sprintf("+%s%s%0*d", f.country, area, f.digits, pick%powers[f.digits])
	}
	return ""
}
