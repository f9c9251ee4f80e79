package rules

import (
	"fmt"
	"strings"
)

const (
	maxShape    = 40 // characters; the longest identifier is an IBAN of 34
	maxVariants = 64 // lengths that {n,m} of one form may stand for
	// minShapeDigits is how many digits a form must have at least, so that
	// ordinary words and small numbers are never looked at.
	minShapeDigits = 3
)

// shape is one length of a form: what identifiers of letters and digits look
// like, whatever separates their groups. Bit i of a mask is character i.
type shape struct {
	length          int
	digits, letters uint64 // characters that must be; X stands in neither
	breaks          uint64 // the printed form has a separator before the character
	fixed           []fixedLetter
	groups          int // of the printed form, transitions between letters and digits not counted
}

// fixedLetter is a letter that a form spells out, upper case.
type fixedLetter struct {
	at     int
	letter byte
}

// newShapes compiles a form. The error speaks of the author's text.
func newShapes(form string) ([]shape, error) {
	variants := []shape{{}}
	for i := 0; i < len(form); {
		element := form[i]
		i++
		if strings.IndexByte(" .-/_", element) >= 0 {
			for j := range variants {
				variants[j].separate()
			}
			continue
		}
		if element != '9' && element != 'A' && element != 'X' && (element < 'a' || element > 'z') {
			return nil, fmt.Errorf("form holds %q; it may hold 9, A, X, a-z, {n}, {n,m} and the separators space . - / _", element)
		}
		least, most := 1, 1
		if i < len(form) && form[i] == '{' {
			end := strings.IndexByte(form[i:], '}')
			var err error
			if least, most, err = repetition(form[i:], end); err != nil {
				return nil, err
			}
			i += end + 1
		}
		var err error
		if variants, err = repeated(variants, element, least, most); err != nil {
			return nil, err
		}
	}
	for _, v := range variants {
		if ones(v.digits) < minShapeDigits {
			return nil, fmt.Errorf("form may have less than %d digits; use a pattern", minShapeDigits)
		}
	}
	return variants, nil
}

// repetition reads "{n}" or "{n,m}" that ends at end.
func repetition(text string, end int) (least, most int, err error) {
	if end < 0 {
		return 0, 0, fmt.Errorf("form has { without }")
	}
	if n, _ := fmt.Sscanf(text[:end+1], "{%d,%d}", &least, &most); n == 2 && 0 <= least && least <= most && most <= maxShape {
		return least, most, nil
	}
	if n, _ := fmt.Sscanf(text[:end+1], "{%d}", &least); n == 1 && 0 < least && least <= maxShape && !strings.Contains(text[:end], ",") {
		return least, least, nil
	}
	return 0, 0, fmt.Errorf("form has %s; write {n} or {n,m}, at most %d", text[:end+1], maxShape)
}

// repeated appends an element least to most times to every variant.
func repeated(variants []shape, element byte, least, most int) ([]shape, error) {
	var all []shape
	for _, v := range variants {
		for n := range most + 1 {
			if n >= least {
				copied := v
				copied.fixed = append([]fixedLetter(nil), v.fixed...)
				all = append(all, copied)
			}
			v.add(element)
		}
	}
	for _, v := range all {
		if v.length > maxShape {
			return nil, fmt.Errorf("form is longer than %d characters", maxShape)
		}
	}
	if len(all) > maxVariants {
		return nil, fmt.Errorf("form stands for more than %d lengths; split it", maxVariants)
	}
	return all, nil
}

func (s *shape) add(element byte) {
	bit := uint64(1) << min(s.length, 63)
	switch {
	case element == '9':
		s.digits |= bit
	case element == 'A':
		s.letters |= bit
	case element != 'X':
		s.letters |= bit
		s.fixed = append(s.fixed, fixedLetter{s.length, upper(element)})
	}
	s.length++
	if s.groups == 0 {
		s.groups = 1
	}
}

// separate notes that the printed form has a separator here.
func (s *shape) separate() {
	bit := uint64(1) << min(s.length, 63)
	if s.length > 0 && s.breaks&bit == 0 {
		s.breaks |= bit
		s.groups++
	}
}

// shapeOf is a shape and the rule that it belongs to.
type shapeOf struct {
	shape
	rule *rule
	form *form
}

// form is one entry of a rule's shapes.
type form struct {
	name  string // for reasons
	score float64
}

// likeness is all shapes of one length with the same digits and letters.
type likeness struct {
	digits, letters uint64
	shapes          []shapeOf
}

// shapeIndex finds shapes by length.
type shapeIndex [maxShape + 1][]likeness

func (x *shapeIndex) add(s shapeOf) {
	list := x[s.length]
	for i := range list {
		if list[i].digits == s.digits && list[i].letters == s.letters {
			list[i].shapes = append(list[i].shapes, s)
			return
		}
	}
	x[s.length] = append(list, likeness{s.digits, s.letters, []shapeOf{s}})
}
