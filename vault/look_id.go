package vault

import (
	"fmt"
	"sync"

	"github.com/piiproxy/piiproxy/rules/identifier"
)

// identifiers are made once: no check ever changes.
var identifiers = sync.OnceValue(identifier.Checks)

// numbering is one sort of national number that has look-alikes.
type numbering struct {
	check string // of package identifier
	// shape has a class of characters for each place, or the character itself.
	shape string
}

// classes are what a place of a shape is drawn from.
var classes = map[byte]string{
	'#': "0123456789", '+': "123456789", 'A': letters, 'B': "BCDFGHJKLMNPQRSTVWXYZ",
	'y': "56789", 'm': "01", 'd': "0123", 'M': "ABCDEHLMPRST", // dates of birth, from 1950 to 1999
	'P': "P", 's': "12", 'p': "1345678", 'N': "XYZ", 'S': "ABCD", 'T': "123",
}

// numberings are in the order in which a number that could be of several is
// taken for one: those with a date in them first. Each has a check digit, or a form that hardly anything else has.
// A date of birth inside is drawn, of somebody of age; place and sex are drawn
// too, or the same for all. No authority keeps numbers free that public
// validators accept: a form may be somebody's.
var numberings = []numbering{
	{"it_codice_fiscale", "BBBBBBy#Md#H501A"}, // of Rome, because validators look the place up
	{"fr_nir", "sy#m#p#########"},
	{"fr_nir", "sy#m#p#######"},
	{"es_nie", "N#######A"},
	{"es_dni", "########A"},
	{"gb_nino", "AA######S"},
	{"gb_nino", "AA######"},
	{"in_pan", "AAAPA####A"},
	{"in_aadhaar", "+###########"},
	{"br_cnpj", "########0001##"},
	{"pl_pesel", "y#m#d######"},
	{"br_cpf", "###########"},
	{"tr_tckn", "+##########"},
	{"de_steuer_id", "+##########"},
	{"pl_nip", "+#########"},
	{"nl_bsn", "+########"},
	{"pt_nif", "T########"},
	{"ca_sin", "+########"},
}

// idForm is of the numbering that the value is of, and passes the checks of all
// the others that the value passes: whichever the bot looks for, it finds. The
// form keeps nothing else. A number that could be of three has none: too few would
// be left.
func idForm(d draw) string {
	shape := ""
	var checks []identifier.Check
	for _, n := range numberings {
		if check := identifiers()[n.check]; len(n.shape) == len(d.canonical) && check(d.canonical) {
			checks = append(checks, check)
			if shape == "" {
				shape = n.shape
			}
		}
	}
	if shape == "" || len(checks) > 2 {
		return ""
	}
	dice := d.dice()
	form := make([]byte, len(shape))
	for range tries {
		for i := range form {
			if form[i] = shape[i]; classes[shape[i]] != "" {
				form[i] = dice.of(classes[shape[i]])
			}
		}
		if !tripled(form, shape) && passes(string(form), checks) {
			return string(form)
		}
	}
	return ""
}

// tripled says that a character was drawn three times in a row, which validators
// of German numbers refuse and which looks made up in others.
func tripled(form []byte, shape string) bool {
	for i := 2; i < len(form); i++ {
		if form[i] == form[i-1] && form[i] == form[i-2] && classes[shape[i]] != "" && classes[shape[i-2]] != "" {
			return true
		}
	}
	return false
}

func passes(form string, checks []identifier.Check) bool {
	for _, check := range checks {
		if !check(form) {
			return false
		}
	}
	return true
}

// ssnForm is of the areas 773 to 899, which the Social Security Administration
// assigned to nobody before it began to draw numbers on 25 June 2011 (POMS RM
// 10201.030): no number of an adult born in the United States, though it may be a
// child's. The numbers that can be nobody's (areas 000, 666 and 900 to 999, with
// 987-65-4320 to 4329 for advertisements) are what validators refuse. A value
// that they refuse has no form.
func ssnForm(d draw) string {
	v := d.canonical
	if len(v) != 9 || !isDigits(v) || v[:3] == "000" || v[:3] == "666" || v[0] == '9' || v[3:5] == "00" || v[5:] == "0000" {
		return ""
	}
	dice := d.dice()
	return fmt.Sprintf("%03d%02d%04d", 773+dice.below(127), 1+dice.below(99), 1+dice.below(9999))
}
