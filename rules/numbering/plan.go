package numbering

import (
	"math/bits"
	"slices"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// plan is the numbering plan of one region, or of a calling code that belongs
// to none (ITU-T E.164, global services).
type plan struct {
	region   string
	code     int
	codeText string
	source   *phonenumbers.PhoneMetadata
	compiled func() *compiled  // on first use: few accounts need more than a few regions
	leading  func() *automaton // what the numbers begin with, where several regions have one code; nil for unknown
}

// compiled is what the metadata of a region becomes.
type compiled struct {
	numbers       *automaton // bit 0: the general pattern; the others: types of numbers
	lengths       [maxNational + 1]uint16
	possible      [maxNational + 2]length // the last is for everything longer
	national      *prefix
	transform     string // replacement that national's groups go into; "" for none
	international *prefix
}

// length is what the metadata says about the length of a number.
type length uint8

const (
	fits length = iota
	tooShort
	tooLong
	local // without the area code
	odd   // between the lengths that there are
)

const (
	minNational = 2  // libphonenumber, MIN_LENGTH_FOR_NSN
	maxNational = 17 // libphonenumber, MAX_LENGTH_FOR_NSN
	general     = 1  // the bit of the general pattern
)

func newPlan(source *phonenumbers.PhoneMetadata) *plan {
	p := &plan{region: source.GetId(), code: int(source.GetCountryCode()), source: source}
	p.codeText = strconv.Itoa(p.code)
	p.compiled = sync.OnceValue(func() *compiled {
		c, err := compilePlan(source)
		if err != nil {
			return &compiled{} // a test compiles every plan; without one no number is valid
		}
		return c
	})
	p.leading = sync.OnceValue(func() *automaton {
		if source.GetLeadingDigits() == "" {
			return nil
		}
		leading, err := newAutomaton([]string{source.GetLeadingDigits()})
		if err != nil {
			return nil // a test compiles every one
		}
		return leading
	})
	return p
}

func compilePlan(source *phonenumbers.PhoneMetadata) (*compiled, error) {
	c := &compiled{transform: source.GetNationalPrefixTransformRule()}
	patterns := []string{source.GetGeneralDesc().GetNationalNumberPattern()}
	c.allow(source.GetGeneralDesc(), 0)
	for i, kind := range []*phonenumbers.PhoneNumberDesc{
		source.GetFixedLine(), source.GetMobile(), source.GetTollFree(), source.GetPremiumRate(),
		source.GetSharedCost(), source.GetPersonalNumber(), source.GetVoip(), source.GetPager(),
		source.GetUan(), source.GetVoicemail(),
	} {
		patterns = append(patterns, kind.GetNationalNumberPattern())
		c.allow(kind, i+1)
	}
	c.measure(source.GetGeneralDesc())
	var err error
	if c.numbers, err = newAutomaton(patterns); err != nil {
		return nil, err
	}
	if c.national, err = newPrefix(source.GetNationalPrefixForParsing()); err != nil {
		return nil, err
	}
	c.international, err = newPrefix(source.GetInternationalPrefix())
	return c, err
}

// allow notes the lengths of one type of number; none stated means every one
// that its pattern matches.
func (c *compiled) allow(kind *phonenumbers.PhoneNumberDesc, bit int) {
	stated := kind.GetPossibleLength()
	if len(stated) == 0 {
		for i := range c.lengths {
			c.lengths[i] |= 1 << bit
		}
	}
	for _, n := range stated {
		if 0 <= n && n <= maxNational {
			c.lengths[n] |= 1 << bit
		}
	}
}

// measure tells for each length what it means (libphonenumber,
// testNumberLength). The stated lengths are sorted.
func (c *compiled) measure(kind *phonenumbers.PhoneNumberDesc) {
	stated := kind.GetPossibleLength()
	for n := range c.possible {
		switch {
		case len(stated) == 0 || stated[0] == -1:
			c.possible[n] = odd
		case n < int(stated[0]):
			c.possible[n] = tooShort
		case n > int(stated[len(stated)-1]):
			c.possible[n] = tooLong
		default:
			c.possible[n] = odd
		}
	}
	for _, n := range stated {
		if 0 <= n && n <= maxNational {
			c.possible[n] = fits
		}
	}
	for _, n := range kind.GetPossibleLengthLocalOnly() {
		if 0 <= n && n <= maxNational {
			c.possible[n] = local
		}
	}
}

func (c *compiled) length(digits []byte) length {
	return c.possible[min(len(digits), maxNational+1)]
}

// matches tells whether digits have the general pattern, whatever their number.
func (c *compiled) matches(digits []byte) bool {
	return c.numbers != nil && c.numbers.walk(digits)&general != 0
}

// valid tells whether digits are a national number of the plan, of any type.
func (c *compiled) valid(digits []byte) bool {
	if c.numbers == nil || len(digits) > maxNational {
		return false
	}
	types := c.lengths[len(digits)]
	if types&general == 0 {
		return false
	}
	types &= c.numbers.walk(digits)
	return types&general != 0 && bits.OnesCount16(types) > 1
}

// strip returns digits without the national prefix and carrier code, or as the
// transform rule of the plan has it; digits itself where there is none or where
// a number that was one would be one no more (libphonenumber,
// maybeStripNationalPrefixAndCarrierCode).
func (c *compiled) strip(digits []byte) []byte {
	end, ok := c.national.find(digits)
	if !ok {
		return digits
	}
	rest := digits[end:]
	if c.transform != "" && c.national.pattern != nil {
		kept := slices.Clone(digits)
		groups := c.national.pattern.FindSubmatchIndex(kept)
		if groups[len(groups)-2] >= 0 { // the last group took part
			rest = c.national.pattern.Expand(make([]byte, 0, maxDigits), []byte(c.transform), kept, groups)
			rest = append(rest, digits[end:]...)
		}
	}
	if c.matches(digits) && !c.matches(rest) {
		return digits
	}
	return rest
}
