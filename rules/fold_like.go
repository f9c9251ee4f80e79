package rules

import "slices"

// likeDigit returns the digit that a letter is drawn like, or -1: the ones that
// people mix up, and those of which only a check digit can tell that they are
// digits (sureLike tells which).
func likeDigit(r rune) rune {
	switch r {
	case 'O', 'o', 'D', 'Q':
		return '0'
	case 'l', 'I', 'i':
		return '1'
	case 'Z', 'z':
		return '2'
	case 'S', 's':
		return '5'
	case 'G', 'b':
		return '6'
	case 'B':
		return '8'
	case 'g', 'q':
		return '9'
	}
	return -1
}

func sureLike(r rune) bool { return r == 'O' || r == 'o' || r == 'l' || r == 'I' }

// disguise counts what a run of words is made of that may be a number.
type disguise struct {
	start, end int
	size       int // digits and letters like digits
	digits     int
	unsure     int // letters that are not sureLike
	groups     [8]int
	words      int
}

// lettersAsDigits reads O, l and the like as digits inside numbers, and only
// there: "41l1 1111 1111 llll".
func (b *body) lettersAsDigits() bool {
	changed := false
	least := 0 // end of the run before
	for i := 0; i < len(b.runes); {
		if !isNumber(b.runes[i]) {
			i++
			continue
		}
		run := b.disguiseAround(i, least)
		if run.digits < run.size && b.isDisguise(run) {
			for k := run.start; k < run.end; k++ {
				if digit := likeDigit(b.runes[k]); digit >= 0 {
					b.runes[k] = digit
					changed = true
				}
			}
		}
		i = max(run.end, i+1)
		least = i
	}
	if b.known.digits >= minRun-1 && (b.known.has('l') || b.known.has('o')) {
		changed = b.lowerInUpper() || changed
	}
	return changed
}

// disguiseAround returns the run around the digit at i, back to least at most.
func (b *body) disguiseAround(i, least int) disguise {
	start := i
	for start > least {
		switch {
		case isDigitLike(b.runes[start-1]):
			start--
		case start-1 > least && isJoint(b.runes[start-1]) && isDigitLike(b.runes[start-2]):
			start -= 2
		default:
			least = start
		}
	}
	if start > 0 && isPlainWord(b.runes[start-1]) { // the rest of a word
		start = wordEnd(b.runes, start)
	}
	for start <= i {
		if run := b.disguiseAt(start); run.end > i {
			return run
		}
		start = wordEnd(b.runes, start)
		for start <= i && !isDigitLike(b.runes[start]) {
			start++
		}
	}
	return disguise{end: wordEnd(b.runes, i)}
}

// cardGroup is the size of the groups that cards are printed in.
const cardGroup = 4

// tied tells whether a sign other than a space joins the word from at to end to
// a run that begins at i, as in "l-8OO-555-OOOO".
func (b *body) tied(at, end, i int) bool {
	return at > i && !isBlank(b.runes[at-1]) || end+1 < len(b.runes) && isJoint(b.runes[end]) && !isBlank(b.runes[end]) && isDigitLike(b.runes[end+1])
}

// disguiseAt reads the words from i on that are all digits and letters like
// digits, one separator between two. A word without a digit ends the run: it is
// a word.
func (b *body) disguiseAt(i int) disguise {
	d := disguise{start: i, end: i}
	for at := i; ; {
		end, digits, unsure := at, 0, 0
		for end < len(b.runes) && isDigitLike(b.runes[end]) {
			if isNumber(b.runes[end]) {
				digits++
			} else if !sureLike(b.runes[end]) {
				unsure++
			}
			end++
		}
		if end == at || end < len(b.runes) && isPlainWord(b.runes[end]) || digits == 0 && end-at != cardGroup && !b.tied(at, end, i) {
			return d
		}
		d.size, d.digits, d.unsure, d.end = d.size+end-at, d.digits+digits, d.unsure+unsure, end
		if d.words < len(d.groups) {
			d.groups[d.words] = end - at
		}
		d.words++
		if end+1 >= len(b.runes) || !isJoint(b.runes[end]) || d.size > MaxFinding {
			return d
		}
		at = end + 1
	}
}

// isDisguise tells whether a run is a number: by how many of it are digits, by
// the check digit of a card, by the plus sign, or by the groups of an SSN.
func (b *body) isDisguise(d disguise) bool {
	switch {
	case d.size < minRun, d.digits < minHintDigits && !b.triple(d):
		return false
	case d.start > 0 && b.runes[d.start-1] == '+' && d.size <= 15:
		return d.digits >= 3
	case d.unsure == 0 && d.digits*2 >= d.size:
		// one capital letter at an end is part of many identifiers
		return d.size-d.digits > 1 || !isUpper(b.runes[d.start]) && !isUpper(b.runes[d.end-1]) && !b.checkLetter(d)
	case d.size >= minCardDigits && d.size <= maxCardDigits:
		return b.checksOut(d) && !b.inIdentifier(d.start)
	}
	return d.size == 9 && d.words == 3 && d.groups[0] == 3 && d.groups[1] == 2 && d.digits >= 4
}

// checkLetters are the identifiers that end in a letter which may be an l: the
// Spanish DNI, the Irish PPS number and the Finnish HETU. The names are those of
// their validators.
var checkLetters = []string{"es_dni", "ie_pps", "fi_hetu"}

// checkLetter tells whether a run whose only letter is an l at its end is one of
// an identifier's: the letter is right for the digits before it, which it is for
// one of 23 numbers that end in a one, or for one of 31.
func (b *body) checkLetter(d disguise) bool {
	if b.runes[d.end-1] != 'l' || d.size > 10 {
		return false
	}
	value := make([]byte, 0, 10)
	for _, r := range b.runes[d.start:d.end] {
		if isNumber(r) {
			value = append(value, byte(r))
		}
	}
	value = append(value, 'L')
	checks := identifierChecks()
	return slices.ContainsFunc(checkLetters, func(name string) bool { return checks[name](string(value)) })
}

// triples are what a number with few digits left has in it somewhere; a pass
// over the text looks for them.
var triples = []string{"ooo", "ddd", "qqq", "lll", "iii", "zzz", "sss", "ggg", "bbb"}

// triple tells whether one letter stands three times in a row in a run.
func (b *body) triple(d disguise) bool {
	for i := d.start + 2; i < d.end; i++ {
		if r := lowerASCII(b.runes[i]); isLetter(r) && r == lowerASCII(b.runes[i-1]) && r == lowerASCII(b.runes[i-2]) {
			return true
		}
	}
	return false
}

func (b *body) checksOut(d disguise) bool {
	var digits [maxCardDigits]byte
	n := 0
	for _, r := range b.runes[d.start:d.end] {
		if like := likeDigit(r); like >= 0 {
			r = like
		}
		if isNumber(r) && n < len(digits) {
			digits[n] = byte(r)
			n++
		}
	}
	return validCard(string(digits[:n]))
}

// inIdentifier tells whether a group of capital letters or digits stands one
// separator before position i.
func (b *body) inIdentifier(i int) bool {
	if i < 2 || !isJoint(b.runes[i-1]) || !isPlainWord(b.runes[i-2]) {
		return false
	}
	for at := i - 2; at >= 0 && isPlainWord(b.runes[at]); at-- {
		if isLower(b.runes[at]) || i-at > cardGroup+1 {
			return false
		}
	}
	return true
}

// minAccount is the length of the shortest IBAN (ISO 13616: Norway).
const minAccount = 15

// lowerInUpper reads l and o as digits in words of capital letters and digits
// that begin like an IBAN.
func (b *body) lowerInUpper() bool {
	changed := false
	for i := 0; i < len(b.runes); {
		if !isUpper(b.runes[i]) {
			i = max(wordEnd(b.runes, i), i+1)
			continue
		}
		end := wordEnd(b.runes, i)
		word := b.runes[i:end]
		i = end
		if len(word) < minAccount || !isUpper(word[1]) || likeOrDigit(word[2]) < 0 || likeOrDigit(word[3]) < 0 || !upperBut(word, "lo") {
			continue
		}
		for k, r := range word {
			if r == 'l' || r == 'o' {
				word[k] = likeDigit(r)
				changed = true
			}
		}
	}
	return changed
}

func likeOrDigit(r rune) rune {
	if isNumber(r) {
		return r
	}
	return likeDigit(r)
}

// upperBut tells whether every lower-case letter of word is one of but.
func upperBut(word []rune, but string) bool {
	for _, r := range word {
		if isLower(r) && r != rune(but[0]) && r != rune(but[1]) {
			return false
		}
	}
	return true
}
