package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// removed is what foldRune returns for a character that the folded text lacks.
const removed rune = -1

// dots are read as full stops: the ideographic ones (RFC 3490, section 3.1) and
// the middle dots and bullets that people put between groups of digits.
const dots = "\u3002\uFF61\u00B7\u2022\u2027\u30FB\u22C5"

// plainByte tells the characters that a text may consist of to be scanned as it
// is: printable ASCII, tab and line ends.
func plainByte(r rune) bool {
	return 0x20 <= r && r < 0x7F || r == '\n' || r == '\t' || r == '\r'
}

// foldRune returns what a character reads as: decimal digits of every script,
// full-width and other compatibility forms of one ASCII character become that
// character; dashes become '-', spaces ' '; characters without width are
// removed. Everything else stays; of ASCII, all but control characters.
func foldRune(r rune) rune {
	switch {
	case plainByte(r):
		return r
	case r == '\v' || r == '\f':
		return ' '
	case r < 0x80: // other controls show as nothing and split numbers
		return removed
	case r < 0x2000 && unicode.IsLetter(r):
		return foldForm(r) // the common case: a letter of an ordinary alphabet
	case unicode.Is(unicode.Nd, r):
		return foldDigit(r)
	case invisible(r):
		return removed
	case unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.Is(unicode.Pd, r) || r == 0x2212 || r == 0x2043: // minus sign, hyphen bullet
		return '-'
	case strings.ContainsRune(dots, r):
		return '.'
	}
	return foldForm(r)
}

// foldDigit maps a decimal digit to ASCII. Unicode encodes decimal digits in
// contiguous ascending runs of ten that start at zero (The Unicode Standard,
// section 4.6), so the value follows from the place in the run; the mathematical
// digits at U+1D7CE are five such runs without a gap.
func foldDigit(r rune) rune {
	start := r
	for unicode.Is(unicode.Nd, start-1) {
		start--
	}
	return '0' + (r-start)%10
}

// invisible tells characters that take no room and may hide inside a number:
// format characters (zero width, bidirectional, soft hyphen), variation
// selectors and the keycap box.
func invisible(r rune) bool {
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case r == 0x034F, r == 0x20E3, r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0:
		return true // grapheme joiner, keycap, Hangul fillers
	case r == utf8.RuneError:
		return true // what half a surrogate pair in JSON reads as: it splits numbers
	}
	return false
}

// foldForm maps a character whose compatibility decomposition (Unicode Standard
// Annex #15) is one ASCII character to that character, and leaves all others.
func foldForm(r rune) rune {
	var buffer [utf8.UTFMax]byte
	n := utf8.EncodeRune(buffer[:], r)
	decomposition := norm.NFKC.Properties(buffer[:n]).Decomposition()
	if len(decomposition) == 1 && decomposition[0] >= 0x20 {
		return rune(decomposition[0])
	}
	return r
}

// extends tells characters that belong to the one before them, so that a span
// that ends with that one covers them too.
func extends(r rune) bool {
	return unicode.Is(unicode.M, r) || r == 0x200D
}

// body is one text on its way through a scan. Positions in it count folded
// characters; for an ASCII text these are its bytes and nothing is copied.
type body struct {
	text  string
	ascii bool
	runes []rune  // the folded text; for ASCII texts filled on demand
	from  []int32 // first byte in text of each folded character
	to    []int32 // end in text of each folded character and what extends it
}

// fold fills b for a text that is not ASCII. Capacity of earlier texts is kept.
func (b *body) fold(text string) {
	b.text, b.ascii = text, false
	b.runes, b.from, b.to = b.runes[:0], b.from[:0], b.to[:0]
	attached := false // the last character was kept, or extends one that was
	for i, r := range text {
		width := utf8.RuneLen(r)
		folded := foldRune(r)
		if r >= 0x300 && unicode.Is(unicode.M, r) && len(b.runes) > 0 && b.runes[len(b.runes)-1] < 0x80 {
			folded = removed // a mark on an ASCII character: é as two characters, or a disguise
		}
		if folded == removed {
			if attached && extends(r) {
				b.to[len(b.to)-1] = int32(i + width)
			} else {
				attached = false
			}
			continue
		}
		attached = true
		b.runes = append(b.runes, folded)
		b.from = append(b.from, int32(i))
		b.to = append(b.to, int32(i+width))
	}
}

// plain fills b for an ASCII text.
func (b *body) plain(text string) {
	b.text, b.ascii = text, true
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
// text as it was given.
func (b *body) span(start, end int) (int, int) {
	if b.ascii {
		return start, end
	}
	return int(b.from[start]), int(b.to[end-1])
}
