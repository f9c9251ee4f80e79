package rules

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/piiproxy/piiproxy/rules/names"
)

// span is a stretch of folded characters.
type span struct{ start, end int }

// maxKey bounds the normal form of a word; longer words are in no list.
const maxKey = 64

// voice reads a text word by word. It lives on the stack of one match.
type voice struct {
	body     *body
	from, to int
	buffer   [maxKey]byte
}

// inWord tells the characters that words of phrases consist of, as spokenWords
// has them.
func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// next returns the first word at or after a place.
func (v *voice) next(at int) (w span, ok bool) {
	for at < v.to && !inWord(v.body.at(at)) {
		at++
	}
	for w = (span{at, at}); w.end < v.to && inWord(v.body.at(w.end)); w.end++ {
	}
	return w, w.end > w.start
}

// plain tells whether a word is ASCII, so that its key is as long as itself.
func (v *voice) plain(w span) bool {
	if v.body.ascii {
		return true
	}
	for at := w.start; at < w.end; at++ {
		if v.body.at(at) >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// key returns the normal form of a stretch: lower case, without accents and
// without what is no letter or digit. It is valid until the next call; a
// longer word than maxKey gives the empty key.
func (v *voice) key(w span) []byte {
	key := v.buffer[:0]
	for at := w.start; at < w.end; at++ {
		r := v.body.at(at)
		if r < utf8.RuneSelf {
			if inWord(r) {
				key = append(key, lower(byte(r)))
			}
		} else if inWord(r) {
			key = appendPlain(key, r)
		}
		if len(key) > maxKey-utf8.UTFMax {
			return v.buffer[:0]
		}
	}
	return key
}

// appendPlain appends a letter in lower case without its accent.
func appendPlain(key []byte, r rune) []byte {
	if unicode.Is(unicode.Mn, r) {
		return key
	}
	var encoded [utf8.UTFMax]byte
	n := utf8.EncodeRune(encoded[:], r)
	if decomposed := norm.NFD.Properties(encoded[:n]).Decomposition(); len(decomposed) > 0 {
		r, _ = utf8.DecodeRune(decomposed)
	}
	return utf8.AppendRune(key, unicode.ToLower(r))
}

// writing is how the letters of a word are written.
type writing uint8

const (
	small   writing = iota // no capital in front
	capital                // a capital in front, small letters after it
	shout                  // two letters or more, all capital
)

// token is a word as names see it: with the hyphens, apostrophes and dots
// inside it.
type token struct {
	span
	kind    names.Kind
	writing writing
	letters int  // number of letters
	digits  bool // holds a digit, or is part of an address or a handle: no name
	gap     rune // what stands before it: ' ', a line end, punctuation, or 0 at the beginning
	dot     bool // a dot follows directly
}

// initial tells a single letter, as in "John F. Kennedy".
func (t *token) initial() bool { return t.letters == 1 && !t.digits }

// is tells whether a token has one of some kinds.
func (t *token) is(kinds names.Kind) bool { return t.kind&kinds != 0 }

// unknown tells a word that is in no list.
func (t *token) unknown() bool { return t.kind == 0 && !t.digits }

// token returns the first token at or after a place.
func (v *voice) token(at int) (t token, ok bool) {
	t.gap = v.gap(at)
	for ; at < v.to && !inWord(v.body.at(at)); at++ {
		if r := v.body.at(at); t.gap == 0 || t.gap == ' ' && !unicode.IsSpace(r) || r == '\n' {
			t.gap = r
		}
	}
	t.start = at
	upper := 0
	for ; at < v.to; at++ {
		r := v.body.at(at)
		if !inWord(r) && !v.joins(at) {
			break
		}
		switch {
		case unicode.IsDigit(r):
			t.digits = true
		case unicode.IsLetter(r):
			t.letters++
			if unicode.IsUpper(r) || unicode.IsTitle(r) {
				upper++
				if at == t.start {
					t.writing = capital
				}
			}
		}
	}
	t.end = at
	if upper > 1 && upper == t.letters {
		t.writing = shout
	}
	t.dot = at < v.to && v.body.at(at) == '.'
	t.digits = t.digits || v.glued(t.span)
	v.possessive(&t)
	t.kind = v.kinds(t.span)
	return t, t.end > t.start
}

// glued tells whether a token is part of something without spaces that holds a
// sign of addresses and handles: jane.doe@example.com, jane_doe, @jane.
func (v *voice) glued(w span) bool {
	for at := w.start; at > v.from && w.start-at < maxKey; at-- {
		if r := v.body.at(at - 1); handles(r) {
			return true
		} else if !inWord(r) && r != '.' && r != '-' {
			break
		}
	}
	for at := w.end; at < v.to && at-w.end < maxKey; at++ {
		if r := v.body.at(at); handles(r) {
			return true
		} else if !inWord(r) && r != '.' && r != '-' {
			break
		}
	}
	return false
}

func handles(r rune) bool { return r == '@' || r == '_' || r == '\\' || r == '#' }

// gap is 0 at the beginning of the text, else a space for now.
func (v *voice) gap(at int) rune {
	if at <= v.from {
		return 0
	}
	return ' '
}

// joins tells whether a character holds two letters of one name together:
// O'Neil, Anne-Marie.
func (v *voice) joins(at int) bool {
	switch v.body.at(at) {
	case '\'', '’', '`', '-':
		return at > v.from && at+1 < v.to && unicode.IsLetter(v.body.at(at-1)) && unicode.IsLetter(v.body.at(at+1))
	}
	return false
}

// possessive takes the "'s" off a token.
func (v *voice) possessive(t *token) {
	if t.end-t.start < 4 || lowerRune(v.body.at(t.end-1)) != 's' {
		return
	}
	if r := v.body.at(t.end - 2); r == '\'' || r == '’' {
		t.end -= 2
		t.letters--
	}
}

func lowerRune(r rune) rune { return unicode.ToLower(r) }

// kinds looks a token up; of a word with a hyphen, its parts.
func (v *voice) kinds(w span) (kinds names.Kind) {
	start := w.start
	for at := w.start; at <= w.end; at++ {
		if at < w.end && v.body.at(at) != '-' {
			continue
		}
		part := names.Look(v.key(span{start, at}))
		if start == w.start {
			kinds = part
		} else {
			kinds &= part | names.First | names.Last
			kinds |= part & (names.Common | names.Stop)
		}
		start = at + 1
	}
	return kinds
}
