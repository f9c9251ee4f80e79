package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLiteralStates bounds the automaton (about 40 columns of 4 bytes each).
// Literals that do not fit are left out, and what needs them always runs.
const maxLiteralStates = 1 << 16

// literals finds every literal of a library in one pass over a text: an
// Aho-Corasick automaton (Aho and Corasick 1975) over lower-cased ASCII, all
// failure links resolved, two table look-ups a byte.
type literals struct {
	columns  [256]uint16     // byte to column, with the marks below
	latin    [latinEnd]uint8 // letter with an accent to the column of the one without
	accented [latinEnd]bool  // letters that have one without
	width    uint32
	next     []uint32  // by state and column: the state's place in next, with hasFound
	found    [][]int32 // by state: literals that end there
	list     []literal
	trigger  []int32          // by literal: its place in foldTrigger, -1 for others
	ids      map[string]int32 // with borders
	crowded  bool             // some of foldTrigger did not fit: every text may say more than it shows
	words    int              // 64-bit words of a hit set
}

// literal is one literal as the automaton found it.
type literal struct {
	length     int32
	start, end bool // a border is wanted there
}

const (
	columnMask = 0x00ff
	digitMark  = 0x0100 // '0' to '9'
	notPlain   = 0x0200 // the text must be folded first
	signsMark  = 0x0400 // one of foldSigns
	hasFound   = 1 << 31
	latinEnd   = 0x1F00 // Latin-1 to Latin Extended Additional, with what lies between
)

// hit is one literal in a text; end is behind its last character.
type hit struct{ literal, end int32 }

// hits is a set of literals.
type hits []uint64

func (h hits) add(id int32)      { h[id>>6] |= 1 << (id & 63) }
func (h hits) has(id int32) bool { return h[id>>6]&(1<<(id&63)) != 0 }

// wanted is a list of literals, as the words of a hit set that hold them.
type wanted []struct {
	word int32
	mask uint64
}

// in tells whether a text has any of the wanted literals.
func (w wanted) in(h hits) bool {
	for i := range w {
		if h[w[i].word]&w[i].mask != 0 {
			return true
		}
	}
	return false
}

// newLiterals builds the automaton over lower-case ASCII words with borders.
func newLiterals(list []string) *literals {
	l := &literals{ids: map[string]int32{}, width: 1}
	slices.Sort(list)
	list = slices.Compact(list)
	l.number(list)
	l.grow()
	for _, word := range list {
		l.insert(word)
	}
	l.words = (len(l.ids) + 63) / 64
	l.link()
	l.triggers(nil)
	return l
}

// number gives each byte its column.
func (l *literals) number(list []string) {
	for _, word := range list {
		for i := range len(word) {
			if word[i] != border[0] && l.columns[word[i]] == 0 {
				l.columns[word[i]] = uint16(l.width)
				l.width++
			}
		}
	}
	for letter := byte('A'); letter <= 'Z'; letter++ {
		l.columns[letter] = l.columns[lower(letter)]
	}
	for r := rune(0xC0); r < latinEnd; r++ {
		if base := baseLetter(r); base < 0x80 {
			l.latin[r], l.accented[r] = uint8(l.columns[base]&columnMask), true
		}
	}
	for b := range 256 {
		switch {
		case isDigit(byte(b)):
			l.columns[b] |= digitMark
		case b >= 0x80 || !plainByte(rune(b)):
			l.columns[b] |= notPlain
		case strings.IndexByte(foldSigns, byte(b)) >= 0:
			l.columns[b] |= signsMark
		}
	}
}

func (l *literals) grow() uint32 {
	l.next = append(l.next, make([]uint32, l.width)...)
	l.found = append(l.found, nil)
	return uint32(len(l.found)-1) * l.width
}

func (l *literals) insert(word string) {
	bare := strings.Trim(word, border)
	if len(l.found)+len(bare) > maxLiteralStates {
		return
	}
	state := uint32(0)
	for i := range len(bare) {
		slot := state + uint32(l.columns[bare[i]]&columnMask)
		if l.next[slot] == 0 {
			fresh := l.grow() // may move next
			l.next[slot] = fresh
		}
		state = l.next[slot]
	}
	id := int32(len(l.ids))
	l.ids[word] = id
	l.list = append(l.list, literal{int32(len(bare)), strings.HasPrefix(word, border), strings.HasSuffix(word, border)})
	l.found[state/l.width] = append(l.found[state/l.width], id)
}

// link resolves failure links breadth first, so that next is total, and marks
// the states where literals end.
func (l *literals) link() {
	fail := make([]uint32, len(l.found))
	var queue []uint32
	for column := range l.width {
		if state := l.next[column]; state != 0 {
			queue = append(queue, state)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		at := state / l.width
		l.found[at] = append(l.found[at], l.found[fail[at]/l.width]...)
		for column := range l.width {
			slot, fallback := state+column, l.next[fail[at]+column]
			if child := l.next[slot]; child != 0 {
				fail[child/l.width] = fallback
				queue = append(queue, child)
			} else {
				l.next[slot] = fallback
			}
		}
	}
	for i, state := range l.next {
		if len(l.found[state/l.width]) > 0 {
			l.next[i] |= hasFound
		}
	}
}

// set returns list as wanted literals; ok is false when one of it is not in the
// automaton, so that nothing follows from a miss.
func (l *literals) set(list []string) (want wanted, ok bool) {
	set := make(hits, l.words)
	for _, word := range list {
		id, known := l.ids[word]
		if !known {
			return nil, false
		}
		set.add(id)
	}
	for word, mask := range set {
		if mask != 0 {
			want = append(want, struct {
				word int32
				mask uint64
			}{int32(word), mask})
		}
	}
	return want, true
}

// wordless tells characters beyond ASCII that are in no word: punctuation,
// signs, emoji.
func wordless(r rune) bool {
	return r >= 0x80 && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
}

// beyond tells characters that the automaton knows nothing of and that words
// consist of: each makes a text beyond.
func beyond(r rune) bool {
	return r >= 0x80 && !wordless(r) && plainLetter(r) == 0
}

// angstrom is the one letter after latinEnd that is an ASCII one with an accent.
const angstrom = 0x212B

// baseLetter returns the letter that r is with an accent, in lower case, and
// other characters as they are.
func baseLetter(r rune) rune {
	var encoded [utf8.UTFMax]byte
	n := utf8.EncodeRune(encoded[:], r)
	if decomposed := norm.NFD.Properties(encoded[:n]).Decomposition(); len(decomposed) > 0 {
		r, _ = utf8.DecodeRune(decomposed)
	}
	return unicode.ToLower(r)
}

// triggers notes which literals make a text worth folding.
func (l *literals) triggers(texts []string) {
	l.trigger = make([]int32, len(l.list))
	for i := range l.trigger {
		l.trigger[i] = -1
	}
	for i, text := range texts {
		if id, known := l.ids[text]; known {
			l.trigger[id] = int32(i)
		} else {
			l.crowded = true
		}
	}
}
