package payload

import (
	"strings"
	"unicode/utf8"
)

// maxBoundary is how long a boundary may be (RFC 2046, 5.1.1).
const maxBoundary = 70

// Boundary gives the boundary that a Content-Type of multipart/form-data names
// (RFC 7578, 4.1). Two readers find the same one: it stands once, in the plain
// form of a parameter and not in that of RFC 2231, without escapes, and holds only
// what RFC 2046 lets it. Beside it only a charset of UTF-8 may stand, which some
// clients add and no reader heeds. The error is an *Error.
func Boundary(contentType string) (string, error) {
	kind, parameters, ok := readParameters(contentType)
	if !ok || !strings.EqualFold(kind, "multipart/form-data") {
		return "", &Error{ReasonBoundary, 0}
	}
	boundary, charset := "", false
	for _, p := range parameters {
		switch {
		case p.name == "boundary" && boundary == "" && legalBoundary(p.value):
			boundary = p.value
		case p.name == "charset" && !charset && (strings.EqualFold(p.value, "utf-8") || strings.EqualFold(p.value, "utf8")):
			charset = true
		default:
			return "", &Error{ReasonBoundary, p.at}
		}
	}
	if boundary == "" {
		return "", &Error{ReasonBoundary, len(contentType)}
	}
	return boundary, nil
}

// legalBoundary says that a boundary has the characters of RFC 2046, 5.1.1.
func legalBoundary(boundary string) bool {
	for _, c := range []byte(boundary) {
		if !isAlphanumeric(c) && strings.IndexByte("'()+_,-./:=? ", c) < 0 {
			return false
		}
	}
	return boundary != "" && len(boundary) <= maxBoundary && !strings.HasSuffix(boundary, " ")
}

// parameter is one of a header's: its name in lower case, its value without
// quotes, and the byte of the header's value at which that begins.
type parameter struct {
	name, value string
	at          int
	quoted      bool
	from        int // where it begins: the semicolon in front
}

// readParameters reads a value such as `form-data; name="x"` (RFC 2045, 5.1).
// What readers take in different ways is refused: escapes in quotes, white space
// around the equals sign, an empty parameter, control characters.
func readParameters(text string) (kind string, parameters []parameter, ok bool) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", nil, false
	}
	kind, _, _ = strings.Cut(text, ";")
	at := len(kind)
	for at < len(text) {
		p, end := readParameter(text, at)
		if end < 0 {
			return "", nil, false
		}
		parameters, at = append(parameters, p), end
	}
	return strings.TrimRight(kind, " "), parameters, true
}

// readParameter reads the parameter whose semicolon stands at byte at, and says
// where it ends; -1: there is none that can be read.
func readParameter(text string, at int) (parameter, int) {
	p := parameter{from: at}
	if text[at] != ';' {
		return p, -1
	}
	at = skipSpaces(text, at+1)
	size := tokenLength(text[at:])
	p.name = strings.ToLower(text[at : at+size])
	at += size
	if size == 0 || at >= len(text) || text[at] != '=' {
		return p, -1
	}
	at++
	if p.quoted = strings.HasPrefix(text[at:], `"`); p.quoted {
		at++
		size = strings.IndexAny(text[at:], `"\`)
		if size < 0 || text[at+size] == '\\' {
			return p, -1
		}
		p.value, p.at = text[at:at+size], at
		return p, skipSpaces(text, at+size+1)
	}
	size = tokenLength(text[at:])
	if size == 0 {
		return p, -1
	}
	p.value, p.at = text[at:at+size], at
	return p, skipSpaces(text, at+size)
}

func skipSpaces(text string, at int) int {
	for at < len(text) && text[at] == ' ' {
		at++
	}
	return at
}

// tokenLength is how many bytes of a token (RFC 2045, 5.1) text begins with.
func tokenLength(text string) int {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`{|}~", c) < 0 {
			return i
		}
	}
	return len(text)
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
