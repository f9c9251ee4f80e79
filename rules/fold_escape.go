package rules

import (
	"unicode/utf16"
	"unicode/utf8"
)

func wantsUnescape(s *survey) bool {
	return s.has('\\') || s.has('=') && s.digits >= 3 || s.has('%') && s.digits > 0 || s.has('&') && (s.has(';') || s.has('#'))
}

// unescape replaces escapes by the characters they stand for: HTML character
// references, percent escapes, backslash escapes of programs, and the ones of
// quoted-printable text.
func (b *body) unescape() bool {
	e := b.edit()
	previous := -1 // end of an escape that touches this one
	for i := 0; i < len(b.runes); {
		char, end := rune(0), 0
		switch b.runes[i] {
		case '&':
			char, end = reference(b.runes, i)
		case '%':
			char, end = percent(b.runes, i, previous == i)
		case '\\':
			char, end = backslash(b.runes, i, previous == i)
		case '=':
			char, end = quotedPrintable(b.runes, i, previous == i)
		}
		if end == 0 {
			i++
			continue
		}
		e.character(i, end, char)
		i, previous = end, end
	}
	return e.finish()
}

// character replaces a piece by what one character reads as.
func (e *edit) character(start, end int, char rune) {
	folded := foldRune(char)
	switch reads := e.body.table.of(char); {
	case reads.kind() == asSeveral:
		e.replace(start, end, []rune(e.body.table.several[reads&^kindMask])...)
	case folded == removed, reads.kind() == asMark && e.last(start) < 0x80:
		e.replace(start, end)
	default:
		e.replace(start, end, folded)
	}
}

// characterNames are the character references (HTML, section 13.5) of what stands between
// the parts of a value.
var characterNames = map[string]rune{
	"amp": '&', "commat": '@', "period": '.', "num": '#', "plus": '+', "sol": '/', "bsol": '\\', "colon": ':', "comma": ',', "semi": ';',
	"lowbar": '_', "UnderBar": '_', "hyphen": '-', "dash": '-', "minus": '-', "ndash": '-', "mdash": '-', "horbar": '-', "middot": '.',
	"bull": '.', "hellip": '.', "Tab": '\t', "NewLine": '\n', "nbsp": ' ', "ensp": ' ', "emsp": ' ', "thinsp": ' ', "hairsp": ' ',
	"numsp": ' ', "puncsp": ' ', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "lpar": '(', "rpar": ')', "lsqb": '[', "rsqb": ']',
	"lbrack": '[', "rbrack": ']', "ast": '*', "verbar": '|', "vert": '|', "percnt": '%', "equals": '=', "excl": '!', "shy": 0, "zwj": 0,
	"zwnj": 0, "lrm": 0, "rlm": 0, "ZeroWidthSpace": 0, "NoBreak": 0,
}

const (
	maxNameRunes  = 14 // of a character reference
	maxCodeDigits = 10 // of a number, with zeros before it
)

// reference reads an HTML character reference that begins at i. One whose & is
// itself escaped counts ("&amp;#52;"), and so does a number without a semicolon,
// as in browsers.
func reference(text []rune, i int) (char rune, end int) {
	at := i + 1
	for matches(text, at, "amp;") {
		at += len("amp;")
	}
	if at < len(text) && text[at] == '#' {
		return numbered(text, at+1)
	}
	for end := at; end < len(text) && end-at <= maxNameRunes; end++ {
		if text[end] == ';' {
			if char, ok := characterNames[string(text[at:end])]; ok {
				return char, end + 1
			}
			break
		}
		if !isLetter(text[end]) {
			break
		}
	}
	if at > i+1 {
		return '&', at
	}
	return 0, 0
}

func numbered(text []rune, at int) (char rune, end int) {
	base := rune(10)
	if at < len(text) && text[at]|0x20 == 'x' {
		base = 16
		at++
	}
	start := at
	for at < len(text) && at-start < maxCodeDigits && digitValue(text[at]) < base {
		if char = char*base + digitValue(text[at]); char > utf8.MaxRune {
			return 0, 0
		}
		at++
	}
	if at == start {
		return 0, 0
	}
	if at < len(text) && text[at] == ';' {
		at++
	}
	return char, at
}

// percent reads one character in percent escapes (RFC 3986, section 2.1), as
// UTF-8; also when the percent sign is escaped. An escape by itself counts where
// it joins what stands around it: "%40" in an address, "%20" between words.
func percent(text []rune, i int, follows bool) (char rune, end int) {
	var bytes [utf8.UTFMax]byte
	n := 0
	for end = i; n < len(bytes) && !utf8.FullRune(bytes[:n]); n++ {
		value, next := percentByte(text, end)
		if next == 0 {
			return 0, 0
		}
		bytes[n], end = value, next
	}
	char, width := utf8.DecodeRune(bytes[:n])
	if char == utf8.RuneError || width != n {
		return 0, 0
	}
	if _, again := percentByte(text, end); follows || again > 0 {
		return char, end
	}
	before, after := i > 0 && isPlainWord(text[i-1]), end < len(text) && isPlainWord(text[end])
	joins := before && after
	if char == '@' || char == '+' || char >= 0x80 || isPlainWord(char) {
		joins = before || after
	}
	if !joins {
		return 0, 0
	}
	return char, end
}

func percentByte(text []rune, at int) (value byte, end int) {
	if at >= len(text) || text[at] != '%' {
		return 0, 0
	}
	at++
	for matches(text, at, "25") && hexValue(text, at+2, 2) >= 0 {
		at += len("25")
	}
	n := hexValue(text, at, 2)
	if n < 0 {
		return 0, 0
	}
	return byte(n), at + 2
}

// backslash reads an escape of C, Java, JavaScript, Python or JSON: backslashes
// (each level of quoting doubles them), then u, U or x and hexadecimal digits,
// or three octal ones.
func backslash(text []rune, i int, follows bool) (char rune, end int) {
	at := afterBackslashes(text, i)
	if at >= len(text) {
		return 0, 0
	}
	switch text[at] {
	case 'u', 'U', 'x':
		if at+1 < len(text) && text[at+1] == '{' {
			return braced(text, at+2)
		}
		size := map[rune]int{'u': 4, 'U': 8, 'x': 2}[text[at]]
		n := hexValue(text, at+1, size)
		if n < 0 || n > utf8.MaxRune {
			return 0, 0
		}
		return surrogate(text, rune(n), at+1+size)
	}
	if char, end = octal(text, at); end > 0 && (follows || octalRun(text, end)) {
		return char, end
	}
	return 0, 0
}

// maxBackslashes is how many backslashes one escape has at most.
const maxBackslashes = 8

func afterBackslashes(text []rune, at int) int {
	for most := at + maxBackslashes; at < len(text) && at < most && text[at] == '\\'; {
		at++
	}
	return at
}

// braced reads the digits and the brace of "\u{1F600}".
func braced(text []rune, at int) (char rune, end int) {
	for digits := 1; digits <= 6; digits++ {
		if at+digits < len(text) && text[at+digits] == '}' {
			if n := hexValue(text, at, digits); n >= 0 && n <= utf8.MaxRune {
				return rune(n), at + digits + 1
			}
		}
	}
	return 0, 0
}

// surrogate joins a character in two halves.
func surrogate(text []rune, char rune, at int) (rune, int) {
	if !utf16.IsSurrogate(char) {
		return char, at
	}
	second := afterBackslashes(text, at)
	if second > at && second < len(text) && text[second] == 'u' {
		if low := hexValue(text, second+1, 4); low >= 0 {
			if both := utf16.DecodeRune(char, rune(low)); both != utf8.RuneError {
				return both, second + 5
			}
		}
	}
	return removedHalf, at
}

// removedHalf folds to nothing, as half a character does in JSON.
const removedHalf = utf8.RuneError

// minOctal is how many octal escapes in a row are a text: backslashes also
// stand between groups of digits.
const minOctal = 4

func octal(text []rune, at int) (char rune, end int) {
	if at+3 > len(text) {
		return 0, 0
	}
	for _, r := range text[at : at+3] {
		if r < '0' || r > '7' {
			return 0, 0
		}
		char = char*8 + r - '0'
	}
	if char < ' ' || char >= 0x7F {
		return 0, 0
	}
	return char, at + 3
}

// octalRun tells whether enough octal escapes follow.
func octalRun(text []rune, at int) bool {
	for range minOctal - 1 {
		if at >= len(text) || text[at] != '\\' {
			return false
		}
		if _, at = octal(text, at+1); at == 0 {
			return false
		}
	}
	return at >= len(text) || !isNumber(text[at])
}

// minQuoted is how many quoted-printable escapes in a row are a text: "a=10" is
// an equation.
const minQuoted = 3

// quotedPrintable reads an escape of RFC 2045, section 6.7, or a soft line break.
func quotedPrintable(text []rune, i int, follows bool) (char rune, end int) {
	if i > 0 && i+2 < len(text) && text[i+1] == '\n' && isPlainWord(text[i-1]) && isPlainWord(text[i+2]) {
		return 0, i + 2
	}
	at := i
	for n := 0; n < minQuoted && !follows; n++ {
		if at >= len(text) || text[at] != '=' || hexValue(text, at+1, 2) < 0 {
			return 0, 0
		}
		at += 3
	}
	n := hexValue(text, i+1, 2)
	if n < ' ' || n >= 0x7F {
		return 0, 0
	}
	return rune(n), i + 3
}
