package numbering

import (
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// maxDigits bounds what is read: seventeen of a national number, and prefixes
// of at most fourteen before it. Longer strings are no numbers.
const maxDigits = 40

// maxCode is the largest calling code (ITU-T E.164: one to three digits).
const maxCode = 999

// Number is a valid telephone number.
type Number struct {
	code     int
	national [maxNational]byte
	length   int
}

// E164 returns the number as + and at most twenty digits (ITU-T E.164).
func (n Number) E164() string {
	text := make([]byte, 1, 1+3+maxNational)
	text[0] = '+'
	for scale := 100; scale > 0; scale /= 10 {
		if n.code >= scale {
			text = append(text, byte('0'+n.code/scale%10))
		}
	}
	return string(append(text, n.national[:n.length]...))
}

// Code returns the calling code: 1 for North America.
func (n Number) Code() int { return n.code }

// International reads the digits of text as what follows a plus sign: calling
// code and national number. ok is false when they are no valid number.
func International(text string) (n Number, ok bool) {
	var buffer [maxDigits]byte
	digits, ok := digitsOf(text, buffer[:0])
	if !ok || len(digits) <= minNational {
		return Number{}, false
	}
	return book().international(digits)
}

// National reads the digits of text as somebody in region (an ISO 3166
// two-letter code, upper case) dials them: a national number with or without
// its prefix, or an international one after the region's international prefix
// or with the region's own calling code. ok is false when they are no valid
// number.
func National(text, region string) (n Number, ok bool) {
	plans := book()
	p := plans.regions[region]
	if p == nil {
		return Number{}, false
	}
	var buffer [maxDigits]byte
	digits, ok := digitsOf(text, buffer[:0])
	if !ok || len(digits) < minNational {
		return Number{}, false
	}
	c := p.compiled()
	if end, found := c.international.find(digits); found && (end == len(digits) || digits[end] != '0') {
		if len(digits)-end <= minNational {
			return Number{}, false
		}
		return plans.international(digits[end:])
	}
	if rest, found := p.ownCode(c, digits); found {
		return plans.finish(p.code, plans.codes[p.code].plans[0], rest)
	}
	return plans.finish(p.code, p, digits)
}

// Known tells whether region (an ISO 3166 two-letter code, upper case) has a
// numbering plan.
func Known(region string) bool { return book().regions[region] != nil }

// directory holds the plans of the world.
type directory struct {
	regions map[string]*plan
	codes   [maxCode + 1]*family // nil where there is none
}

// book is read from the module's metadata once and never changes.
var book = sync.OnceValue(func() *directory {
	d := &directory{regions: map[string]*plan{}}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return d // the module panics at start when its own metadata is broken
	}
	shared := map[int]*plan{}
	for _, source := range collection.GetMetadata() {
		p := newPlan(source)
		if p.region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			shared[p.code] = p
		} else {
			d.regions[p.region] = p
		}
	}
	for code := range d.codes {
		var plans []*plan
		for _, region := range phonenumbers.GetRegionCodesForCountryCode(code) {
			p := d.regions[region]
			if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
				p = shared[code]
			}
			if p != nil {
				plans = append(plans, p)
			}
		}
		if len(plans) > 0 {
			d.codes[code] = newFamily(plans)
		}
	}
	return d
})

// international reads digits as a calling code and a national number.
func (d *directory) international(digits []byte) (Number, bool) {
	code := 0
	for i, digit := range digits[:min(3, len(digits))] {
		code = code*10 + int(digit-'0')
		if code == 0 {
			break // no code begins with 0
		}
		if d.codes[code] != nil {
			return d.finish(code, d.codes[code].plans[0], digits[i+1:])
		}
	}
	return Number{}, false
}

// ownCode returns what follows the plan's own calling code, where digits make
// more sense without it (libphonenumber, maybeExtractCountryCode).
func (p *plan) ownCode(c *compiled, digits []byte) ([]byte, bool) {
	if len(digits) < len(p.codeText) || string(digits[:len(p.codeText)]) != p.codeText {
		return nil, false
	}
	rest := c.strip(digits[len(p.codeText):])
	if c.length(digits) != tooLong && (c.matches(digits) || !c.matches(rest)) {
		return nil, false
	}
	return rest, true
}

// finish takes the national prefix away and judges what is left.
func (d *directory) finish(code int, p *plan, digits []byte) (Number, bool) {
	if len(digits) < minNational {
		return Number{}, false
	}
	c := p.compiled()
	stripped := c.strip(digits)
	if at := c.length(stripped); at != tooShort && at != local && at != odd {
		digits = stripped
	}
	if len(digits) < minNational || len(digits) > maxNational || !d.codes[code].valid(digits) {
		return Number{}, false
	}
	n := Number{code: code, length: len(digits)}
	copy(n.national[:], digits)
	return n, true
}

// digitsOf appends the ASCII digits of text; false when there are too many.
func digitsOf(text string, digits []byte) ([]byte, bool) {
	for i := range len(text) {
		if '0' <= text[i] && text[i] <= '9' {
			if len(digits) == maxDigits {
				return nil, false
			}
			digits = append(digits, text[i])
		}
	}
	return digits, true
}
