package rules

// A chain is groups of digits with one kind of longer separator between them,
// as in "4111, 1111, 1111, 1111" or "536...22...8726".
type chain struct {
	gaps   [24]parting
	count  int
	digits int
	broken bool // gaps of two kinds, or a group that is a number of its own
	word   bool // a word in brackets is one of the gaps
}

// parting is what stands between two groups, and the one character it reads as.
type parting struct {
	start, end int32
	as         rune
	word       bool // a word in brackets
}

const (
	maxGap        = 8
	maxBracketed  = 12
	maxGroupSize  = 6
	maxChainRunes = 40
)

// collapse reads longer separators between the digits of one number as one
// character, where the same stands between at least three groups.
func (b *body) collapse() bool {
	e := b.edit()
	for i := 0; i < len(b.runes); {
		if !isNumber(b.runes[i]) || i > 0 && isPlainWord(b.runes[i-1]) {
			i++
			continue
		}
		c, end := b.chainAt(i)
		if c.count > 0 && !c.broken && (c.count > 1 || c.word) && c.digits >= minRun && c.digits <= maxChainRunes {
			for _, g := range c.gaps[:c.count] {
				e.replace(int(g.start), int(g.end), g.as)
			}
		}
		i = end
	}
	return e.finish()
}

func (b *body) chainAt(i int) (c chain, end int) {
	for {
		end = i
		for end < len(b.runes) && isNumber(b.runes[end]) {
			end++
		}
		c.digits += end - i
		c.broken = c.broken || end-i > maxGroupSize
		g, ok := b.gapAt(end)
		if !ok || c.count == len(c.gaps) {
			return c, max(end, i+1)
		}
		if g.end-g.start > 1 || !isJoint(b.runes[g.start]) {
			c.word = c.word || g.word
			c.broken = c.broken || c.count > 0 && c.gaps[0].as != g.as && !c.word
			c.gaps[c.count] = g
			c.count++
		}
		i = int(g.end)
	}
}

// gapAt reads what stands between the digit before i and the next one: white
// space and one kind of sign, a pair of brackets, or a word in brackets. (One
// bracket is part of a phone number.)
func (b *body) gapAt(i int) (parting, bool) {
	as, sign, brackets, word := ' ', rune(0), 0, false
	end := i
	for ; end < len(b.runes) && !isNumber(b.runes[end]); end++ {
		r := b.runes[end]
		switch {
		case r == '(' && end+1 < len(b.runes) && isLetter(b.runes[end+1]):
			if end = b.closing(end); end < 0 {
				return parting{}, false
			}
			word = true
		case isBlank(r) || r == '>' && (sign == '-' || sign == '='): // an arrow
		case isBracket(r):
			brackets++
		case isSign(r) && (sign == 0 || sign == r):
			sign = r
		default:
			return parting{}, false
		}
		if end-i > maxGap+maxBracketed {
			return parting{}, false
		}
	}
	if sign == ',' || sign == '-' {
		as = sign
	}
	paired := brackets == 0 || brackets == 2 && sign == 0 && isBracket(b.runes[i])
	near := end > i && end < len(b.runes) && (word || end-i <= maxGap)
	return parting{int32(i), int32(end), as, word}, near && paired
}

// closing returns where the bracket at i closes over a word or two; -1 when it
// does not.
func (b *body) closing(i int) int {
	for end := i + 1; end < len(b.runes) && end-i <= maxBracketed; end++ {
		switch r := b.runes[end]; {
		case r == ')':
			return end
		case !isLetter(r) && r != ' ':
			return -1
		}
	}
	return -1
}

func isBracket(r rune) bool {
	switch r {
	case '(', ')', '[', ']', '{', '}', '<', '>':
		return true
	}
	return false
}

func isSign(r rune) bool {
	switch r {
	case '"', '\'', '`', '#', '=', ';', '&':
		return true
	}
	return isJoint(r) && !isBlank(r)
}
