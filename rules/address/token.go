package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxTokens and maxBytes bound what is read of a text; the longest address has
	// about thirty words and numbers.
	maxTokens = 150
	maxBytes  = 600
)

// token is a word or number of the text.
type token struct {
	start, end int
	word       string // lower case, without accents and final dots
	gap        string // what stands before it
	title      bool   // begins with an upper-case letter
	capitals   bool   // has no lower-case letter
	digits     int    // at its beginning
	comma      bool   // a comma, line end or dash stands before it
}

// usualTokens is how many tokens the texts around an address have.
const usualTokens = 48

// tokens appends the tokens of the beginning of a text.
func tokens(text string, list []token) []token {
	text = text[:min(len(text), maxBytes)]
	before := 0
	for at := 0; at < len(text) && len(list) < maxTokens; {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !part(r) && r != '#' {
			at += size
			continue
		}
		start := at
		at += size
		for r != '#' && at < len(text) {
			next, size := utf8.DecodeRuneInString(text[at:])
			if next == '/' && at == start+1 && (r == 'c' || r == 'C') {
				at++ // "C/ Mayor", short for calle
				break
			}
			if !part(next) && !inside(text, at, size) {
				break
			}
			at += size
		}
		list = append(list, newToken(text, before, start, at))
		before = at
	}
	return list
}

// part tells the characters that words and numbers consist of.
func part(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) }

// inside tells whether the character at a place joins what stands around it:
// O'Neil, Baden-Baden, 12/3, c/Mayor. A dot never does.
func inside(text string, at, size int) bool {
	switch text[at] {
	case '\'', '-', '/':
	default:
		if r, _ := utf8.DecodeRuneInString(text[at:]); r != '’' && r != 'º' && r != '°' {
			return false
		}
	}
	after, _ := utf8.DecodeRuneInString(text[at+size:])
	return part(after)
}

func newToken(text string, before, start, end int) token {
	t := token{start: start, end: end, gap: text[before:start], word: normal(text[start:end])}
	first, _ := utf8.DecodeRuneInString(text[start:])
	t.title = unicode.IsUpper(first)
	t.capitals = t.title && strings.ToUpper(text[start:end]) == text[start:end]
	for t.digits < len(t.word) && '0' <= t.word[t.digits] && t.word[t.digits] <= '9' {
		t.digits++
	}
	t.comma = strings.ContainsAny(t.gap, ",\n-") || strings.Contains(t.gap, "–")
	return t
}

// normal lowers a word and takes its accents away.
func normal(word string) string {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return unicode.ToLower(r)
			}, norm.NFD.String(word))
		}
	}
	return strings.ToLower(word)
}

// near tells whether a token follows the one before it with at most a dot and a
// few spaces between, on the same line.
func (t token) near() bool {
	gap := strings.TrimPrefix(t.gap, ".")
	return len(gap) <= 2 && strings.Trim(gap, " ") == ""
}

// listed tells whether a token follows with a comma, a dash or a line end
// between, or with spaces only.
func (t token) listed() bool {
	return len(t.gap) <= 8 && strings.Trim(t.gap, " ,.-\n\t\r:*") == "" && !strings.Contains(t.gap, ". ") && strings.Count(t.gap, "\n") < 2
}

// number tells whether a token is all digits.
func (t token) number() bool { return t.digits > 0 && t.digits == len(t.word) }

// house tells whether a token is a house number: 12, 221b, 12-14, 123-01, 12/3.
func (t token) house() bool {
	if t.digits == 0 || t.digits > 6 || len(t.word) > 11 {
		return false
	}
	rest := t.word[t.digits:]
	if len(rest) <= 1 {
		return true
	}
	return (rest[0] == '-' || rest[0] == '/') && strings.Trim(rest[1:], "0123456789abcd") == ""
}

// ordinal tells 1st, 22nd, 33rd, 4th.
func (t token) ordinal() bool {
	if t.digits == 0 || t.digits > 3 || len(t.word) != t.digits+2 {
		return false
	}
	switch t.word[t.digits:] {
	case "st", "nd", "rd", "th":
		return true
	}
	return false
}

// opens tells whether an address may begin with a token: it is no amount, and no
// part of a longer number or word.
func (t token) opens(before token) bool {
	if t.gap == "" || strings.HasSuffix(t.gap, "#") || before.word == "#" {
		return false
	}
	for _, sign := range []string{"$", "€", "£", "₹", "¥", "%", "$ ", "€ ", "£ ", "₹ "} {
		if strings.HasSuffix(t.gap, sign) {
			return false
		}
	}
	return len(t.gap) > 1 || t.gap == " " || t.gap == "\n" || t.gap == "(" || before.digits == 0 && t.gap == ":"
}

// stops tells whether a word stands in no street's name.
func (t token) stops() bool { return neverNames[t.word] || notNames[t.word] && !t.title }
