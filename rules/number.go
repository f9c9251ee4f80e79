package rules

import (
	"strings"
	"unicode/utf8"
)

// maxNumberText bounds the texts that ReadNumber reads, in bytes: a number of 64
// characters in the widest of forms.
const maxNumberText = 512

// Digit is one digit or letter of a number as a scan reads it.
type Digit struct {
	Char       byte // 0-9, A-Z
	Group      int  // counts the groups from 0; a separator ends one
	Start, End int  // bytes of the text, whole characters; two digits may share them
}

// ReadNumber reads a text that consists of nothing but one number: digits in
// whatever script or disguise a scan sees through, and Latin letters, in groups
// that spaces, dashes, dots or (digits only) underscores part; a comma may stand
// at the end. It returns false for every other text, and for one without digits.
func ReadNumber(text string) ([]Digit, bool) {
	if len(text) > maxNumberText || !utf8.ValidString(text) || !strings.ContainsFunc(text, mayBeDigit) {
		return nil, false
	}
	b := &body{}
	b.fold(text)
	text = strings.TrimRight(string(b.runes), " \n\t\r,.-") // one byte a character where it is a number
	read, group, numbers, open := make([]Digit, 0, len(text)), 0, 0, false
	for i := range len(text) {
		c := text[i]
		switch {
		case isPlainWord(rune(c)):
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			if c <= '9' {
				numbers++
			}
			start, end := b.span(i, i+1)
			read, open = append(read, Digit{c, group, start, end}), true
		case strings.IndexByte(" \n\t\r-._", c) >= 0:
			if open {
				group, open = group+1, false
			}
		default:
			return nil, false
		}
	}
	if numbers == 0 || numbers < len(read) && strings.IndexByte(text, '_') >= 0 {
		return nil, false
	}
	return read, true
}

// mayBeDigit tells characters that can read as a digit from those that most
// texts without numbers consist of.
func mayBeDigit(r rune) bool { return r >= '0' && r <= '9' || r >= 0x80 }

// CardBegins tells whether a card number that a known scheme issues may begin
// with digits (ASCII, at least one) and go on after them.
func CardBegins(digits string) bool {
	for _, scheme := range issuers {
		n := min(len(digits), len(scheme.from))
		if n == 0 || digits[:n] < scheme.from[:n] || digits[:n] > scheme.to[:n] {
			continue
		}
		longest := scheme.lengths[strings.LastIndexByte(scheme.lengths, ' ')+1:]
		if hasMore(longest, len(digits)) {
			return true
		}
	}
	return false
}

// hasMore tells whether a length of two decimal digits is above n.
func hasMore(length string, n int) bool {
	return 10*int(length[0]-'0')+int(length[1]-'0') > n
}
