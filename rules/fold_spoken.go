package rules

func wantsSpoken(s *survey) bool { return s.heard.numbers }

const (
	// minSpoken is how many number words in a row are digits that somebody
	// dictates; fewer are words ("one or two", "for one two of us").
	minSpoken = 3
	// minSpokenElsewhere is that in languages whose numbers are other words too.
	minSpokenElsewhere = 4
	// minSpokenAmount is that where hundreds and thousands are among them, which
	// say how much more often than which.
	minSpokenAmount = 6
	// maxSpoken bounds the words of one number.
	maxSpoken = 64
	// maxWordGap is how many characters part two words of a number.
	maxWordGap = 3
	// spokenReach is how far apart two of them are heard as a row: there may be a
	// word for a separator between.
	spokenReach = 12
	// maxSolid is how many dictated digits are read as one word. In longer
	// numbers each stays apart, so that a card number is found in front of its
	// code and expiry date.
	maxSolid = 12
	// maxJoined bounds a word that is number words without spaces.
	maxJoined = 120
	minJoined = 6
	// shortWord is the length of number words that other words have inside: they
	// are heard only where a separator or nothing follows.
	shortWord = 2
)

// spokenWord is a word of a dictated number in the folded text.
type spokenWord struct {
	start, end int32
	kind       wordKind
	value      rune
	langs      uint32
}

func spokenAt(start, end int, w numberWord) spokenWord {
	return spokenWord{int32(start), int32(end), w.kind, w.value, w.langs}
}

// spokenRun is number words in a row.
type spokenRun struct {
	words  [maxSpoken]spokenWord
	count  int
	strong int // that are nothing but numbers
	langs  uint32
	digits int // of words that are digits as such
}

// spoken reads digits in words: "four one one one", "double five", "forty-two".
func (b *body) spoken() bool {
	e := b.edit()
	run := spokenRun{langs: allLanguages}
	var words [maxSpoken]spokenWord
	for i := 0; i < len(b.runes); {
		if !b.isSpoken(b.runes[i]) {
			i++
			continue
		}
		start := i
		n := 0
		if isNumber(b.runes[i]) {
			for i < len(b.runes) && isNumber(b.runes[i]) {
				i++
			}
			words[0], n = spokenAt(start, i, numberWord{kind: wordDigits, langs: allLanguages}), 1
		} else {
			i = b.spokenEnd(i)
			n = b.numberWords(start, i, words[:])
		}
		for k := range max(n, 1) {
			if n > 0 && b.extendRun(&run, words[k]) {
				continue
			}
			b.readRun(&e, &run)
			if n > 0 {
				b.extendRun(&run, words[k])
			}
		}
	}
	b.readRun(&e, &run)
	return e.finish()
}

// isSpoken tells what number words and digits are made of.
func (b *body) isSpoken(r rune) bool {
	if r < 0x80 {
		return isPlainWord(r)
	}
	return r < cjk && b.table.of(r).kind() != asSymbol
}

// spokenEnd returns the end of the letters from i on.
func (b *body) spokenEnd(i int) int {
	for i < len(b.runes) && b.isSpoken(b.runes[i]) && !isNumber(b.runes[i]) {
		i++
	}
	return i
}

// numberWords reads a word as one number word, or as several without spaces.
func (b *body) numberWords(start, end int, words []spokenWord) int {
	v := vocabularyOf()
	if end-start > maxJoined || b.touchesDigit(start, end) {
		return 0
	}
	if end-start <= v.runes {
		hash := newWordHash()
		for _, r := range b.runes[start:end] {
			hash.add(normalLetter(r))
		}
		if word, ok := v.find(hash, b.runes[start:end]); ok {
			words[0] = spokenAt(start, end, word)
			return 1
		}
	}
	if end-start < minJoined {
		return 0
	}
	steps := maxSplitSteps
	n := b.split(v, start, end, words, allLanguages, &steps)
	if n > 0 && words[0].kind > wordTimes && words[0].kind != wordPlus {
		return 0
	}
	return n
}

// touchesDigit tells whether a word is a part of one with digits.
func (b *body) touchesDigit(start, end int) bool {
	return start > 0 && isNumber(b.runes[start-1]) || end < len(b.runes) && isNumber(b.runes[end])
}

// maxSplitSteps bounds how many ways of splitting a word are tried.
const maxSplitSteps = 400

// split reads a word as number words of one language without spaces, and
// returns how many; 0 when it cannot.
func (b *body) split(v *vocabulary, start, end int, words []spokenWord, langs uint32, steps *int) int {
	if len(words) == 0 {
		return 0
	}
	hash := newWordHash()
	for at := start; at < end && at-start < v.runes; at++ {
		if *steps--; *steps < 0 {
			return 0
		}
		hash.add(normalLetter(b.runes[at]))
		if at == start {
			continue // words of one letter are no parts
		}
		word, ok := v.find(hash, b.runes[start:at+1])
		if !ok || word.langs&langs == 0 || word.kind >= wordParts && word.kind != wordWeak {
			continue
		}
		words[0] = spokenAt(start, at+1, word)
		if at+1 == end {
			return 1
		}
		if n := b.split(v, at+1, end, words[1:], langs&word.langs, steps); n > 0 {
			return n + 1
		}
	}
	return 0
}

// extendRun adds a word that goes on with a run, or begins one.
func (b *body) extendRun(run *spokenRun, word spokenWord) bool {
	if run.count == len(run.words) || run.langs&word.langs == 0 || word.kind == wordAt || word.kind == wordLow {
		return false
	}
	if run.count == 0 {
		if word.kind == wordAnd || word.kind == wordParts || word.kind == wordSounds || word.kind == wordHundred || word.kind == wordThousand {
			return false
		}
	} else {
		last := run.words[run.count-1]
		if word.kind == wordPlus || !b.isWordGap(int(last.end), int(word.start)) {
			return false
		}
		if word.kind == wordSounds && (last.kind != wordUnit || run.strong < 2 || !b.unitFollows(int(word.end))) {
			return false
		}
	}
	run.words[run.count] = word
	run.count++
	run.langs &= word.langs
	switch {
	case word.kind <= wordTimes:
		run.strong++
	case word.kind == wordDigits:
		run.digits += int(word.end - word.start)
	}
	return true
}

// isWordGap tells whether what stands between two words may part the words of a
// number.
func (b *body) isWordGap(start, end int) bool {
	if end-start > maxWordGap {
		return false
	}
	for _, r := range b.runes[start:end] {
		if !isWordJoint(r) && (r < 0x80 || b.table.of(r).kind() != asSymbol) {
			return false
		}
	}
	return true
}

func isWordJoint(r rune) bool {
	return isJoint(r) || r == '\r' || r == '(' || r == ')' || r == ';' || r == '!'
}

// unitFollows tells whether the word after position i is a digit.
func (b *body) unitFollows(i int) bool {
	for i < len(b.runes) && isJoint(b.runes[i]) {
		i++
	}
	end := b.spokenEnd(i)
	var words [1]spokenWord
	return end > i && end-i < minJoined && b.numberWords(i, end, words[:]) == 1 && words[0].kind == wordUnit
}
