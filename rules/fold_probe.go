package rules

// A probe passes over an ASCII text and looks for anything that refolding could
// change, words for digits and signs apart. It may be wrong in one direction:
// a text in which it sees nothing does not change.
type probe struct {
	encoded, mixed      int  // runes of base64, and how many of them are digits
	run, runLikes       int  // characters and letters of a run of digits and letters like digits
	alone, aloneLetters int  // words of one character in a row
	pairs               int  // words of two digits in a row
	gap                 int  // characters since the last word
	wide                int  // long gaps between two digits
	number              bool // the last word ends with a digit
	lines               bool // a line end was in the gap
	odd                 bool // so was a sign that numbers are seldom parted by
	open                bool // a bracket opened after a digit
}

// suspicious tells whether something in text may be written in disguise.
func suspicious(text string) bool {
	var p probe
	var seen survey
	for i := 0; i < len(text); {
		class := charClasses[text[i]&0x7F]
		if class&charWord == 0 {
			seen.add(rune(text[i]))
			if p.sign(text, i, class) {
				return true
			}
			i++
			continue
		}
		if p.begin(class&charDigit != 0) {
			return true
		}
		start, digits, likes := i, 0, 0
		for ; i < len(text); i++ {
			if class = charClasses[text[i]&0x7F]; class&charWord == 0 {
				break
			}
			digits += int(class & charDigit)
			likes += int(class & charLike / charLike)
		}
		seen.digits += digits
		p.number = isNumber(rune(text[i-1]))
		if p.word(i-start, digits, likes) {
			return true
		}
	}
	if p.encoded >= minEncoded && p.mixed > 0 && p.mixed < p.encoded {
		return true
	}
	return wantsUnescape(&seen) || wantsUntag(&seen)
}

// begin is called for the first character of a word.
func (p *probe) begin(digit bool) bool {
	if p.gap != 1 {
		p.run, p.runLikes = 0, 0
		p.alone, p.aloneLetters, p.pairs = 0, 0, 0
	}
	if digit && p.number && (p.gap > 1 || p.odd) && p.gap <= maxGap+maxBracketed {
		p.wide++
	}
	return p.wide > 1
}

// word judges a word of so many characters, digits and letters like digits.
func (p *probe) word(size, digits, likes int) bool {
	letters := size - digits
	found := size >= minRun && digits > 0 && letters > 0 || digits >= minHexed
	p.encoded += size
	p.mixed += digits
	if digits+likes == size {
		p.run += size
		p.runLikes += likes
		found = found || p.run >= minRun && p.runLikes > 0 && p.runLikes < p.run
	} else {
		p.run, p.runLikes = 0, 0
	}
	if p.pairs++; size != 2 || digits != 2 {
		p.pairs = 0
	}
	if p.alone++; size == 1 {
		p.aloneLetters += letters
	} else {
		p.alone, p.aloneLetters = 0, 0
	}
	found = found || p.pairs >= minRun || p.alone >= minRun && (p.aloneLetters > 0 || p.lines)
	p.gap, p.lines, p.odd = 0, false, false
	return found
}

// sign looks at a character between words.
func (p *probe) sign(text string, i int, class uint8) bool {
	p.gap++
	p.odd = p.odd || class&charJoint == 0
	if class&charEncoded == 0 {
		if p.encoded >= minEncoded && (text[i] == '=' || p.mixed > 0 && p.mixed < p.encoded) {
			return true
		}
		p.encoded, p.mixed = 0, 0
	} else {
		p.encoded++
	}
	switch text[i] {
	case '\n':
		p.lines = true
	case '(':
		p.open = p.number && p.gap <= maxGap+maxBracketed
	case ')':
		if p.open {
			return true
		}
	case '+':
		after := i+1 < len(text) && charClasses[text[i+1]]&(charDigit|charLower|charUpper) != 0
		return p.number && p.gap == 1 && !after || i > 0 && isLower(rune(text[i-1])) && after
	case '@':
		return oddAddress(text, i)
	}
	return false
}

// oddAddress tells whether what stands around the @ at i is no plain address, or
// one that may be written backwards.
func oddAddress(text string, i int) bool {
	if i == 0 || i+1 == len(text) || !isAddressRune(rune(text[i-1])) || !isAddressRune(rune(text[i+1])) {
		return true
	}
	end := i + 1
	for end < len(text) && (isPlainWord(rune(text[end])) || text[end] == '-') {
		end++
	}
	if end+1 < len(text) && text[end] == '.' && isBlank(rune(text[end+1])) {
		return true
	}
	start := i
	for start > 0 && isAddressRune(rune(text[start-1])) {
		start--
	}
	return start+3 < i && (text[start+2] == '.' || text[start+3] == '.')
}
