package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// The scan reads a folded text: what a person would read, in ASCII where it
// can be, with a map back to whole characters of the text as it came.
//
//	fold        any text that is not printable ASCII: character by character
//	            through a table, then refold
//	foldASCII   printable ASCII: refold alone. A pass over the text collects a
//	            foldHint (fold_hint.go), which tells whether this is worth doing
//	refold      what takes more than one character to see: escapes, tags,
//	            numerals, look-alikes, addresses in words, digits in words,
//	            separators between digits; repeated until nothing changes
//
// One folded character may stand for several ("four", "&#52;", "%34" read 4) and
// several for one (🔟 reads 10). Words of ordinary text stay the same words:
// rules look for phrases in them.

// removed is what foldRune returns for a character that the folded text lacks.
const removed rune = -1

// plainByte tells the characters that a text may consist of to be scanned as it
// is: printable ASCII, tab and line ends.
func plainByte(r rune) bool {
	return 0x20 <= r && r < 0x7F || r == '\n' || r == '\t' || r == '\r'
}

// foldRune returns what a character reads as by itself: decimal digits of every
// script, full-width and other compatibility forms of one ASCII character become
// that character; dashes become '-', spaces ' '; characters without width are
// removed. Everything else stays; of ASCII, all but control characters.
func foldRune(r rune) rune {
	if r < 0x80 {
		return foldByte(r)
	}
	switch f := folds().of(r); f.kind() {
	case asASCII:
		return f.char()
	case asNothing, asTurn:
		return removed
	}
	return r
}

// foldByte is foldRune for ASCII.
func foldByte(r rune) rune {
	switch {
	case plainByte(r):
		return r
	case r == '\v' || r == '\f':
		return ' '
	}
	return removed // other controls show as nothing and split numbers
}

// body is one text on its way through a scan. Positions in it count folded
// characters; for an ASCII text these are its bytes and nothing is copied.
type body struct {
	text   string
	ascii  bool
	turned bool    // some of it stands reversed: from and to do not ascend
	runes  []rune  // the folded text; for ASCII texts filled on demand
	from   []int32 // first byte in text of each folded character
	to     []int32 // end in text of each folded character and what extends it
	known  survey  // of the folded text
	table  *foldTable
}

// empty makes b ready for a text with room for n folded characters.
func (b *body) empty(text string, n int) {
	b.text, b.ascii, b.turned, b.known, b.table = text, false, false, survey{}, folds()
	if cap(b.runes) < n || cap(b.from) < n || cap(b.to) < n {
		b.runes, b.from, b.to = make([]rune, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	}
	b.runes, b.from, b.to = b.runes[:0], b.from[:0], b.to[:0]
}

// fold fills b for a text that is not ASCII. Capacity of earlier texts is kept.
func (b *body) fold(text string) {
	b.empty(text, len(text)+len(text)/4+8)
	r := reader{body: b, turn: -1}
	r.read(text)
	b.settle()
}

// foldASCII fills b for a text of plain bytes when it says more than it shows,
// as "four one one" or "&#52;" do. Otherwise it returns false, and plain is what
// the text needs. The hint is what a pass over the whole text has
// collected; worth was asked.
func (b *body) foldASCII(text string, h foldHint) bool {
	if !h.said && !suspicious(text) {
		return false
	}
	return b.foldPlain(text)
}

func (b *body) foldPlain(text string) bool {
	b.empty(text, len(text)+len(text)/4+8)
	r := reader{body: b}
	r.plain(text, 0, true)
	return b.settle()
}

// plain fills b for an ASCII text that reads as it stands.
func (b *body) plain(text string) {
	b.text, b.ascii, b.turned = text, true, false
	b.runes, b.from, b.to = b.runes[:0], b.from[:0], b.to[:0]
}

// spread makes the engine's characters of an ASCII text, once.
func (b *body) spread() {
	if !b.ascii || len(b.runes) == len(b.text) {
		return
	}
	for i := range len(b.text) {
		b.runes = append(b.runes, rune(b.text[i]))
	}
}

// length returns the number of folded characters.
func (b *body) length() int {
	if b.ascii {
		return len(b.text)
	}
	return len(b.runes)
}

// at returns a folded character.
func (b *body) at(i int) rune {
	if b.ascii {
		return rune(b.text[i])
	}
	return b.runes[i]
}

// slice returns folded text.
func (b *body) slice(start, end int) string {
	if b.ascii {
		return b.text[start:end]
	}
	return string(b.runes[start:end])
}

// span maps folded characters start to end (end above start) to bytes of the
// text as it was given: whole characters, and no fewer for a longer span. Two
// spans that are apart may share a character that reads as several.
func (b *body) span(start, end int) (int, int) {
	if b.ascii {
		return start, end
	}
	from, to := b.from[start], b.to[end-1]
	if b.turned {
		for i := start; i < end; i++ {
			from, to = min(from, b.from[i]), max(to, b.to[i])
		}
	}
	return int(from), int(to)
}

// disjoint puts findings in the order of the text as it was given and takes from
// each what an earlier one has: two readings of one piece may both be found, and
// two findings side by side may share a character that reads as several.
func (b *body) disjoint(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	kept, end := findings[:0], 0
	for _, f := range findings {
		shared := f.Start < end
		if f.Start = max(f.Start, end); f.Start >= f.End || shared && !strings.ContainsFunc(b.text[f.Start:f.End], saysSomething) {
			continue
		}
		end = f.End
		kept = append(kept, f)
	}
	return kept
}

func saysSomething(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
