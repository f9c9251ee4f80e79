package rules

// unglue parts a long number from lower-case words that touch it, so that rules
// see where it begins and ends: "no4111111111111111thx".
func (b *body) unglue() bool {
	var at [16]int
	n := 0
	for i := 0; i < len(b.runes) && n+3 < len(at); {
		if !isNumber(b.runes[i]) {
			i++
			continue
		}
		first := i
		for i < len(b.runes) && isNumber(b.runes[i]) {
			i++
		}
		if i-first < minRun || i-first > maxCardDigits {
			continue
		}
		start, end := b.wordAround(first, i)
		if start == first && start > 2 && b.runes[start-1] == '+' && isLower(b.runes[start-2]) && isLower(b.runes[start-3]) {
			at[n] = start - 1
			n++
		}
		if !isGlued(b.runes[start:end], first-start, i-start) {
			continue
		}
		if start < first {
			at[n] = first
			n++
		}
		if i < end {
			at[n] = i
			n++
		}
	}
	b.insertSpaces(at[:n])
	return n > 0
}

// wordAround widens a number to its word, or to more than may touch it.
func (b *body) wordAround(first, last int) (start, end int) {
	start, end = first, last
	for start > 0 && first-start <= maxGlued && isPlainWord(b.runes[start-1]) {
		start--
	}
	for end < len(b.runes) && end-last <= maxGlued && isPlainWord(b.runes[end]) {
		end++
	}
	return start, end
}

// insertSpaces puts a space before each of the positions, which ascend. It
// stands for the character before it.
func (b *body) insertSpaces(at []int) {
	for range at {
		b.put(' ', 0, 0)
	}
	end := len(b.runes) - len(at)
	for k := len(at) - 1; k >= 0; k-- {
		shift := k + 1
		copy(b.runes[at[k]+shift:], b.runes[at[k]:end])
		copy(b.from[at[k]+shift:], b.from[at[k]:end])
		copy(b.to[at[k]+shift:], b.to[at[k]:end])
		place := at[k] + k
		b.runes[place], b.from[place], b.to[place] = ' ', b.from[at[k]-1], b.to[at[k]-1]
		end = at[k]
	}
}

const (
	maxGlued     = 8  // letters of a word that touches a number
	minSureGlued = 13 // digits: a card number rather than a reference
)

// isGlued tells whether a word is lower-case letters, a number from first to
// last, and lower-case letters. A word of hexadecimal digits is not.
func isGlued(word []rune, first, last int) bool {
	before, after := first, len(word)-last
	if before > maxGlued || after > maxGlued || before+after == 0 {
		return false
	}
	hexadecimal := true
	for i, r := range word {
		if i == 0 {
			r = lowerASCII(r) // as at the start of a sentence
		}
		if (i < first || i >= last) && !isLower(r) {
			return false
		}
		hexadecimal = hexadecimal && digitValue(r) < 16
	}
	return !hexadecimal && (last-first >= minSureGlued || before != 1 && after != 1)
}
