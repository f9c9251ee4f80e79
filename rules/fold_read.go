package rules

import (
	"slices"
	"unicode/utf8"
)

// reader folds a text into a body character by character.
type reader struct {
	body     *body
	attached bool // the last character was kept, or extends one that was
	turn     int  // where a right-to-left override began in the folded text; -1
}

func (r *reader) read(text string) {
	for i := 0; i < len(text); {
		if c := text[i]; ' ' <= c && c < 0x7F {
			end := r.plain(text, i, false)
			r.attached = true
			i = end
			continue
		}
		char, width := utf8.DecodeRuneInString(text[i:])
		r.char(char, int32(i), int32(i+width))
		i += width
	}
	r.endTurn()
}

// plain copies the printable ASCII text from i on and returns its end: most of
// most texts. With lines it goes over tabs and line ends too.
func (r *reader) plain(text string, i int, lines bool) int {
	end := i
	for end < len(text) && text[end] < 0x7F && (' ' <= text[end] || lines) {
		end++
	}
	b, n := r.body, len(r.body.runes)
	size := n + end - i
	b.runes, b.from, b.to = slices.Grow(b.runes, end-i)[:size], slices.Grow(b.from, end-i)[:size], slices.Grow(b.to, end-i)[:size]
	runes, from, to := b.runes[n:size], b.from[n:size], b.to[n:size]
	var low, high uint64
	digits := 0
	for k := range runes {
		c := text[i+k]
		runes[k], from[k], to[k] = rune(c), int32(i+k), int32(i+k+1)
		if c >= 64 {
			high |= 1 << (c & 63)
			continue
		}
		low |= 1 << c
		if c-'0' < 10 {
			digits++
		}
	}
	b.known.low, b.known.high, b.known.digits = b.known.low|low, b.known.high|high, b.known.digits+digits
	return end
}

// put adds a folded character.
func (b *body) put(r rune, from, to int32) {
	b.runes, b.from, b.to = append(b.runes, r), append(b.from, from), append(b.to, to)
}

// char folds one character.
func (r *reader) char(char rune, from, to int32) {
	b, reads := r.body, asItself
	if char < 0x80 {
		if r.turn >= 0 && char == '\n' {
			r.endTurn()
		}
		if char = foldByte(char); char == removed {
			reads = asNothing
		}
	} else {
		reads = b.table.of(char)
		b.known.kinds |= 1 << (reads >> 12)
	}
	switch reads.kind() {
	case asASCII:
		r.keep(reads.char(), from, to)
	case asSeveral:
		for _, part := range b.table.several[reads&^kindMask] {
			r.keep(part, from, to)
		}
	case asTurn:
		if r.endTurn(); char == '\u202E' {
			r.turn = len(b.runes)
		}
		r.attached = false
	case asNothing:
		r.drop(reads&extends != 0, to)
	case asMark:
		if len(b.runes) > 0 && b.runes[len(b.runes)-1] < 0x80 {
			r.drop(true, to) // é as two characters, or a disguise
			return
		}
		r.keep(char, from, to)
	default:
		r.keep(char, from, to)
	}
}

func (r *reader) keep(char rune, from, to int32) {
	if char < 0x80 {
		r.body.known.add(char)
	}
	r.body.put(char, from, to)
	r.attached = true
}

// drop leaves a character out. One that belongs to a kept one is covered by it.
func (r *reader) drop(extends bool, to int32) {
	if r.attached = r.attached && extends; r.attached {
		r.body.to[len(r.body.to)-1] = to
	}
}

// endTurn ends a right-to-left override.
func (r *reader) endTurn() {
	if r.turn >= 0 {
		r.body.turnAround(r.turn)
		r.body.known.add('"')
	}
	r.turn = -1
}

// survey is what is known of a folded text: which characters below 128 are in
// it, how many digits, and which kinds of readings.
type survey struct {
	low, high uint64
	digits    int
	kinds     uint16
	heard     heardWords
}

func (s *survey) add(char rune) {
	if char >= 64 {
		s.high |= 1 << (char & 63)
		return
	}
	s.low |= 1 << char
	if '0' <= char && char <= '9' {
		s.digits++
	}
}

// has tells whether an ASCII character is in the text.
func (s *survey) has(char byte) bool {
	if char < 64 {
		return s.low>>char&1 != 0
	}
	return s.high>>(char&63)&1 != 0
}

// hasKind tells whether the text has characters of one of the kinds.
func (s *survey) hasKind(kinds ...reading) bool {
	for _, kind := range kinds {
		if s.kinds>>(kind>>12)&1 != 0 {
			return true
		}
	}
	return false
}

// survey surveys the folded text as it stands now. What was heard in it stays.
func (b *body) survey() {
	s := survey{heard: b.known.heard}
	table := b.table
	for _, char := range b.runes {
		if char < 0x80 {
			s.add(char)
		} else {
			s.kinds |= 1 << (table.of(char) >> 12)
		}
	}
	b.known = s
}
