package payload

import (
	"strings"
	"unicode/utf8"
)

// Strictly reads text as the relaxed JSON of the platform's own samples and
// returns it as strict JSON: {'id':'1'} and {id:'1'} become {"id":"1"}.
//
// What it takes beside JSON (RFC 8259) is two things only: strings in single
// quotes, with JSON's escapes and \', and names of members that are plain words
// without quotes. Words that mean a value (true, null), comments, commas at the
// end, other escapes, other numbers, placeholders that nobody filled in: no two
// readers agree about them, and all are refused. Names that stand twice are left to
// Parse, which has to read the result anyhow. ok is false for what is refused;
// depth bounds the levels of nesting.
func Strictly(text string, depth int) (strict string, ok bool) {
	r := relaxed{text: text, out: make([]byte, 0, len(text)+16), depth: depth}
	r.space()
	if !r.next('{') && !r.next('[') || !r.value() {
		return "", false
	}
	r.space()
	return string(r.out), r.at == len(text)
}

// relaxed is a reader that writes what it reads.
type relaxed struct {
	text  string
	at    int
	out   []byte
	depth int
}

// space skips white space (RFC 8259, section 2). It is not written: what it is
// around changes, too.
func (r *relaxed) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next reports whether c comes next.
func (r *relaxed) next(c byte) bool { return r.at < len(r.text) && r.text[r.at] == c }

// take writes c when it comes next.
func (r *relaxed) take(c byte) bool {
	if !r.next(c) {
		return false
	}
	r.out = append(r.out, c)
	r.at++
	return true
}

// value reads any value.
func (r *relaxed) value() bool {
	switch {
	case r.next('{'):
		return r.several('{', '}', r.member)
	case r.next('['):
		return r.several('[', ']', r.value)
	case r.next('"'), r.next('\''):
		return r.quoted()
	}
	return r.plain()
}

// several reads what stands between two brackets.
func (r *relaxed) several(open, end byte, one func() bool) bool {
	if r.depth--; r.depth < 0 {
		return false
	}
	r.take(open)
	if r.space(); !r.next(end) {
		for {
			if r.space(); !one() {
				return false
			}
			if r.space(); !r.take(',') {
				break
			}
		}
	}
	r.depth++
	return r.take(end)
}

// member reads a name and its value.
func (r *relaxed) member() bool {
	if r.next('"') || r.next('\'') {
		if !r.quoted() {
			return false
		}
	} else if !r.word() {
		return false
	}
	r.space()
	if !r.take(':') {
		return false
	}
	r.space()
	return r.value()
}

// word reads a name without quotes.
func (r *relaxed) word() bool {
	word := r.text[r.at:]
	for i := range len(word) {
		if c := word[i]; c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			word = word[:i]
			break
		}
	}
	if word == "" || word == "true" || word == "false" || word == "null" {
		return false
	}
	r.out = append(append(append(r.out, '"'), word...), '"')
	r.at += len(word)
	return true
}

// quoted reads a string in quotes of either kind. What is escaped stays so.
func (r *relaxed) quoted() bool {
	quote := r.text[r.at]
	r.at++
	r.out = append(r.out, '"')
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == quote:
			r.at++
			r.out = append(r.out, '"')
			return true
		case c == '\\':
			if !r.escape(quote) {
				return false
			}
		case c == '"':
			r.out = append(r.out, '\\', '"')
			r.at++
		case c < ' ':
			return false
		default:
			r.out = append(r.out, c)
			r.at++
		}
	}
	return false
}

// escape reads an escape of JSON's (RFC 8259, section 7), or \' between single
// quotes.
func (r *relaxed) escape(quote byte) bool {
	rest := r.text[r.at:]
	size := 2
	switch {
	case len(rest) < size:
		return false
	case rest[1] == '\'' && quote == '\'':
		r.out = append(r.out, '\'')
		r.at += size
		return true
	case rest[1] == 'u':
		size = 6
		if len(rest) < size || strings.Trim(rest[2:size], "0123456789abcdefABCDEF") != "" {
			return false
		}
	case strings.IndexByte(`"\/bfnrt`, rest[1]) < 0:
		return false
	}
	r.out = append(r.out, rest[:size]...)
	r.at += size
	return true
}

// plain reads what has no quotes: true, false, null and numbers. Whether a number
// is one, Parse says.
func (r *relaxed) plain() bool {
	rest := r.text[r.at:]
	size := strings.IndexAny(rest, ",:]} \t\r\n")
	if size < 0 {
		size = len(rest)
	}
	text := rest[:size]
	if text != "true" && text != "false" && text != "null" && (text == "" || strings.Trim(text, "0123456789+-.eE") != "" || text[0] > '9') {
		return false
	}
	r.out = append(r.out, text...)
	r.at += size
	return utf8.ValidString(text)
}
