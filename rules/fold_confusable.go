package rules

import "strings"

func wantsLookalikes(s *survey) bool {
	const letters = 1<<27 - 2 | (1<<27-2)<<32 // of the upper half of ASCII
	return s.hasKind(asLookalike, asFlag) && (s.digits > 0 || s.high&letters != 0 || s.has('@')) || s.hasKind(asAccented, asSymbol) && s.has('@')
}

// lookalikes reads letters of other scripts as the ASCII letters they look like:
// in words that mix both, in addresses, and in the groups of an identifier.
// Words of one script stay.
func (b *body) lookalikes() bool {
	changed := b.known.hasKind(asLookalike, asFlag) && b.mixedWords()
	for i := range b.runes {
		if b.runes[i] == '@' && b.lookalikeAddress(i) {
			changed = true
		}
	}
	return changed
}

// mixedWords reads look-alikes in words.
func (b *body) mixedWords() bool {
	changed := false
	identifier := false // the word before this one, one separator away, has ASCII letters and digits
	for i := 0; i < len(b.runes); {
		if !isPartOfWord(b.runes[i]) {
			if i+1 < len(b.runes) && !isPartOfWord(b.runes[i+1]) {
				identifier = false
			}
			i++
			continue
		}
		w := b.wordAt(i)
		group := w.lookalikes == w.end-i && w.uppers == w.lookalikes && w.lookalikes <= maxGroup &&
			identifier
		if w.others == 0 && (w.lookalikes > 0 && w.ascii > 0 || w.flags > 0 && w.digits >= 2 || group) {
			b.readLookalikes(i, w.end)
			changed = true
		}
		identifier = w.others == 0 && w.digits > 0 && w.ascii > w.digits || group && identifier
		i = max(w.end, i+1) // a sign is a part of no word
	}
	return changed
}

// maxGroup is the longest group of letters in an identifier that is printed in
// groups.
const maxGroup = 4

// scripts counts the characters of a word by what they read as.
type scripts struct {
	end                               int
	ascii, digits, lookalikes, uppers int
	figures                           int // look-alikes of digits
	flags, others                     int
}

// isPartOfWord tells ASCII letters and digits and whatever is no ASCII.
func isPartOfWord(r rune) bool { return r >= 0x80 || isPlainWord(r) }

func (b *body) wordAt(i int) scripts {
	table := b.table
	w := scripts{end: i}
	for ; w.end < len(b.runes) && isPartOfWord(b.runes[w.end]); w.end++ {
		r := b.runes[w.end]
		reads := table.of(r)
		if reads.kind() == asSymbol {
			break
		}
		switch {
		case isNumber(r):
			w.digits++
			w.ascii++
		case r < 0x80:
			w.ascii++
		case reads.kind() == asLookalike:
			w.lookalikes++
			if isNumber(reads.char()) {
				w.figures++
			}
			if isUpper(reads.char()) {
				w.uppers++
			}
		case reads.kind() == asFlag:
			w.flags++
		case reads.kind() != asAccented:
			w.others++
		}
	}
	if w.figures > 0 && w.digits*2 < w.end-i {
		w.others += w.figures // letters of a word
	}
	if w.flags > 0 && w.digits < 2 {
		w.others += w.flags // a flag beside a word
	}
	return w
}

// readLookalikes replaces the look-alikes from start to end.
func (b *body) readLookalikes(start, end int) {
	for i := start; i < end; i++ {
		if reads := b.table.of(b.runes[i]); reads.kind() == asLookalike || reads.kind() == asFlag {
			b.runes[i] = reads.char()
		}
	}
}

// lookalikeAddress reads both sides of the @ at i in ASCII when all of it can
// be: an address with letters that have no ASCII shape is one of its own.
func (b *body) lookalikeAddress(i int) bool {
	start, end := i, i+1
	for start > 0 && b.inAddress(b.runes[start-1]) {
		start--
	}
	for end < len(b.runes) && b.inAddress(b.runes[end]) {
		end++
	}
	for _, r := range b.runes[start:end] {
		if r >= 0x80 && b.addressReading(r) == 0 {
			return false
		}
	}
	changed := false
	for k := start; k < end; k++ {
		if b.runes[k] >= 0x80 {
			b.runes[k] = b.addressReading(b.runes[k])
			changed = true
		}
	}
	return changed
}

// inAddress tells what an address goes on with: what reads as a part of one, and
// letters of other alphabets.
func (b *body) inAddress(r rune) bool {
	if r < 0x80 {
		return isAddressRune(r)
	}
	return r < cjk && (b.table.of(r).kind() != asSymbol || strings.ContainsRune(apostrophes, r))
}

// addressReading is the ASCII character that r reads as in an address; 0 for
// none.
func (b *body) addressReading(r rune) rune {
	reads := b.table.of(r)
	switch {
	case (reads.kind() == asLookalike || reads.kind() == asAccented) && isLetter(reads.char()):
		return reads.char()
	case strings.ContainsRune(apostrophes, r):
		return '\''
	}
	return 0
}

// cjk is where scripts begin that are written without spaces.
const cjk = 0x2E80
