package rules

import (
	"strconv"
	"strings"
)

const (
	leastPhoneDigits = 7  // of numbers that are looked for
	mostPhoneDigits  = 15 // ITU-T E.164
	// mostBarePhoneDigits is what national numbers have at most in practice; more
	// digits in one piece are a card or an account.
	mostBarePhoneDigits = 13
	maxPhoneGroups      = 12
)

// digitGroups is the groups of digits in a match, in a fixed space so that
// judging one allocates nothing.
type digitGroups struct {
	list   [maxPhoneGroups]group
	count  int
	digits int
}

// read collects the groups of text up to an extension; false when there are too
// many.
func (g *digitGroups) read(text string) bool {
	for i := 0; i < len(text); {
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' {
			return true
		}
		if !isDigit(text[i]) {
			i++
			continue
		}
		if g.count == maxPhoneGroups {
			return false
		}
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		g.list[g.count] = group{start, i}
		g.count++
		g.digits += i - start
	}
	return true
}

func (g *digitGroups) size(i int) int { return g.list[i].end - g.list[i].start }

// between is what separates group i from the one before.
func (g *digitGroups) between(text string, i int) string {
	return text[g.list[i-1].end:g.list[i].start]
}

// mostDegrees is the largest longitude; North American area codes begin above.
const mostDegrees = 180

// coordinate tells a latitude or longitude in decimal degrees: one point with
// five digits or more behind it, and at most 180 before, without leading zeros.
func coordinate(text string) bool {
	whole, fraction, found := strings.Cut(strings.TrimSpace(text), ".")
	if !found || len(fraction) < 5 || len(digitsOf(fraction)) != len(fraction) || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	degrees, err := strconv.Atoi(whole)
	return err == nil && degrees >= 0 && degrees <= mostDegrees
}

// validatePhoneNumber judges a run of digits and separators as a national
// number. Valid is what is written in groups as numbers are printed, and valid
// where the text comes from. What has the digits of a number only is invalid: a
// word nearby must say what it is. Dates and numbers of other shapes are nothing.
func validatePhoneNumber(text string, regions []string) []part {
	var g digitGroups
	if coordinate(text) || !g.read(text) || g.count == 0 {
		return nil
	}
	switch {
	case g.digits < leastPhoneDigits || g.digits > mostPhoneDigits,
		g.count == 1 && g.digits > mostBarePhoneDigits,
		g.dated(text), g.sizes(3, 2, 4), g.sizes(5, 4):
		return nil
	case g.count > 1 && g.printed(text):
		_, ok := parsePhone(text, regions)
		return whole(text, ok)
	}
	return whole(text, false)
}

// sizes tells whether the groups have just these sizes.
func (g *digitGroups) sizes(want ...int) bool {
	if g.count != len(want) {
		return false
	}
	for i, n := range want {
		if g.size(i) != n {
			return false
		}
	}
	return true
}

// dated tells whether three groups are a date, in any order, or four a dotted
// address.
func (g *digitGroups) dated(text string) bool {
	if g.count < 3 || g.count > 4 {
		return false
	}
	for i := range g.count {
		if i > 0 && (len(g.between(text, i)) != 1 || !strings.ContainsAny(g.between(text, i), "./-")) {
			return false
		}
		if n := g.size(i); n > 4 || g.count == 3 && i == 1 && n > 2 || g.count == 4 && n > 3 {
			return false
		}
	}
	return g.count == 3 || text[g.list[0].end] == '.' && text[g.list[2].end] == '.'
}

// printed tells whether the groups are such as numbers are printed in: two to
// five digits, then two to seven, one or two separators between. Three short
// groups with spaces are a date or a count, four by four a card or an account.
func (g *digitGroups) printed(text string) bool {
	if n := g.size(0); n < 2 || n > 5 {
		return false
	}
	for i := 1; i < g.count; i++ {
		n := g.size(i)
		if n < 2 || n > 7 || len(g.between(text, i)) > 2 {
			return false
		}
		if n == 2 && i+1 < g.count && g.size(i+1) > 4 {
			return false // no plan prints 114-38-90217
		}
	}
	return !(g.count == 3 && g.size(1) <= 2 && g.size(0) <= 4 && g.size(2) <= 4) && !g.sizes(4, 4, 4) && !strings.Contains(text, "\n")
}
