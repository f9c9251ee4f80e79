package rules

func wantsDigits(s *survey) bool { return s.digits > 0 }

// minRun is how many digits a number has whose disguise is taken off. Shorter
// ones are prices, dates and hours, and stay as they are written.
const minRun = 9

// digitRuns reads what stands between the digits of a number, and letters that
// stand for digits.
func (b *body) digitRuns() bool {
	changed := b.lettersAsDigits()
	if b.closeDigits() < minRun-2 {
		return changed
	}
	if b.known.hasKind(asSymbol, asItself) {
		changed = b.symbols() || changed
	}
	changed = b.lettersBetween() || changed
	changed = b.singles() || changed
	changed = b.collapse() || changed
	return b.unglue() || changed
}

// closeDigits returns the most digits that stand close together.
func (b *body) closeDigits() int {
	const far = maxGap + maxBracketed
	most, row, last := 0, 0, 0
	for i, r := range b.runes {
		if isNumber(r) {
			if i-last > far {
				row = 0
			}
			row++
			last = i
			most = max(most, row)
		}
	}
	return most
}

// symbols reads pictures and signs between two digits, or between the groups of
// an identifier, as one space, and the dash of Japanese as a dash.
func (b *body) symbols() bool {
	table := b.table
	e := b.edit()
	for i := 1; i < len(b.runes); i++ {
		r := b.runes[i]
		if r < 0x80 {
			continue
		}
		if r == '\u30FC' && i+1 < len(b.runes) && isNumber(b.runes[i-1]) && isNumber(b.runes[i+1]) {
			e.replace(i, i+1, '-')
			continue
		}
		if table.of(r).kind() != asSymbol {
			continue
		}
		start, end := i, i+1
		for start > e.read && isBlank(b.runes[start-1]) {
			start--
		}
		for end < len(b.runes) && (isBlank(b.runes[end]) || b.runes[end] >= 0x80 && table.of(b.runes[end]).kind() == asSymbol) {
			end++
		}
		if b.between(start, end) {
			e.replace(start, end, ' ')
		}
		i = end - 1
	}
	return e.finish()
}

// between tells whether the characters from start to end stand between two
// digits, or, without spaces, between two words of which one has digits.
func (b *body) between(start, end int) bool {
	if start == 0 || end >= len(b.runes) {
		return false
	}
	left, right := b.runes[start-1], b.runes[end]
	if isNumber(left) && isNumber(right) {
		return true
	}
	if !isPlainWord(left) || !isPlainWord(right) || isBlank(b.runes[start]) || isBlank(b.runes[end-1]) {
		return false
	}
	for i := end; i < len(b.runes) && isPlainWord(b.runes[i]); i++ {
		if isNumber(b.runes[i]) {
			return true
		}
	}
	for i := start - 1; i >= 0 && isPlainWord(b.runes[i]); i-- {
		if isNumber(b.runes[i]) {
			return true
		}
	}
	return false
}

// lettersBetween reads one letter between all the characters or groups of a
// number as a space: "4x1x1x1", "4111x1111x1111".
func (b *body) lettersBetween() bool {
	e := b.edit()
	for i := 0; i < len(b.runes); {
		if !isPlainWord(b.runes[i]) {
			i++
			continue
		}
		end := wordEnd(b.runes, i)
		start := i
		letter := partingLetter(b.runes[i:end])
		for ; letter != 0 && i < end; i++ {
			switch {
			case lowerASCII(b.runes[i]) != letter:
			case i == start:
				e.replace(i, i+1)
			default:
				e.replace(i, i+1, ' ')
			}
		}
		i = end
	}
	return e.finish()
}

// partingLetter returns the letter, in lower case, that parts a word into single
// characters, or into groups of digits.
func partingLetter(word []rune) rune {
	if len(word) < minRun+2 {
		return 0
	}
	for _, letter := range []rune{lowerASCII(word[0]), lowerASCII(word[1]), firstLetter(word)} {
		if !isLetter(letter) || sureLike(letter) || letter == 'i' {
			continue
		}
		if partedSingly(word, letter) || partedInGroups(word, letter) {
			return letter
		}
	}
	return 0
}

func firstLetter(word []rune) rune {
	for _, r := range word {
		if isLetter(r) {
			return lowerASCII(r)
		}
	}
	return 0
}

func partedSingly(word []rune, letter rune) bool {
	first := 1
	if lowerASCII(word[0]) == letter {
		first = 0
	}
	digits, items := 0, 0
	for i, r := range word {
		if i%2 == first%2 {
			if lowerASCII(r) != letter {
				return false
			}
			continue
		}
		items++
		if isNumber(r) {
			digits++
		}
	}
	return items >= minRun && digits >= minRun-2
}

func partedInGroups(word []rune, letter rune) bool {
	parts, digits, size := 0, 0, 0
	for _, r := range word {
		switch {
		case isNumber(r):
			digits++
			size++
		case lowerASCII(r) == letter && size > 0:
			parts++
			size = 0
		default:
			return false
		}
		if size > 6 {
			return false
		}
	}
	return parts >= 2 && digits >= minRun && size > 0
}

// singles reads characters that all stand alone, one separator between two: in
// lines as with spaces, and joined when they begin like an IBAN, because letters
// one by one are seldom an identifier.
func (b *body) singles() bool {
	e := b.edit()
	for i := 0; i < len(b.runes); {
		if !isPlainWord(b.runes[i]) {
			i++
			continue
		}
		end, digits := b.singlesFrom(i)
		items := (end - i + 1) / 2
		if items < minRun || digits < minRun-2 {
			i = max(end, wordEnd(b.runes, i))
			continue
		}
		joined := items >= minAccount && isLetter(b.runes[i]) && isLetter(b.runes[i+2]) && isNumber(b.runes[i+4]) && isNumber(b.runes[i+6])
		lines := b.runes[i+1] == '\n'
		if lines && i > 1 && b.runes[i-1] == '\n' && b.runes[i-2] == '+' && i-1 >= e.read {
			e.replace(i-1, i, ' ')
		}
		for k := i + 1; k < end && (joined || lines); k += 2 {
			if joined {
				e.replace(k, k+1)
			} else {
				e.replace(k, k+1, ' ')
			}
		}
		i = end
	}
	return e.finish()
}

// singlesFrom returns the end of the characters from i on that stand alone, the
// same separator between all of them, and how many are digits.
func (b *body) singlesFrom(i int) (end, digits int) {
	end = i
	for at := i; at < len(b.runes) && isPlainWord(b.runes[at]); at += 2 {
		if at+1 < len(b.runes) && isPlainWord(b.runes[at+1]) {
			break
		}
		end = at + 1
		if isNumber(b.runes[at]) {
			digits++
		}
		if at+1 >= len(b.runes) || !isJoint(b.runes[at+1]) || b.runes[at+1] != b.runes[i+1] {
			break
		}
	}
	return end, digits
}
