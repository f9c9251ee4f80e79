package payload

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Codec is one layer that a text sits in: today a JSON string.
type Codec interface {
	// Span maps the decoded bytes start to end to the outer bytes that spell them,
	// widened to whole original characters: an edit never splits an escape or a
	// surrogate pair. An empty span stays empty and moves to the front of the
	// character it falls in. A span out of range is answered with -1, -1.
	Span(start, end int) (int, int)
	// Encode spells text so that it can stand inside this layer.
	Encode(text string) string
}

// quoted is the inside of a JSON string: raw stands at byte base of the outer
// text and holds no quotes.
type quoted struct {
	raw  string
	base int
}

// Encode spells text in Meta's escaping style, see AppendMeta.
func (q quoted) Encode(text string) string {
	return string(AppendMeta(make([]byte, 0, len(text)+16), text))
}

// Span implements Codec.
func (q quoted) Span(start, end int) (int, int) {
	if start < 0 || end < start {
		return -1, -1
	}
	from, _ := q.around(place{}, start)
	if from.raw < 0 {
		return -1, -1
	}
	if start == end {
		return q.base + from.raw, q.base + from.raw
	}
	_, to := q.around(from, end)
	if to.raw < 0 {
		return -1, -1
	}
	return q.base + from.raw, q.base + to.raw
}

// place is one boundary between characters, in raw and in decoded bytes.
type place struct{ raw, decoded int }

var nowhere = place{-1, -1}

// around returns the nearest character boundaries at or before and at or after
// decoded byte pos, walking on from boundary p. Runs without an escape decode to
// themselves and are crossed in one step.
func (q quoted) around(p place, pos int) (before, after place) {
	for {
		run := strings.IndexByte(q.raw[p.raw:], '\\')
		if run < 0 {
			run = len(q.raw) - p.raw
		}
		if pos <= p.decoded+run {
			return q.inRun(p, pos)
		}
		p = place{p.raw + run, p.decoded + run}
		if p.raw == len(q.raw) {
			return nowhere, nowhere
		}
		size, r := next(q.raw[p.raw:])
		behind := place{p.raw + size, p.decoded + utf8.RuneLen(r)}
		if pos < behind.decoded {
			return p, behind
		}
		p = behind
	}
}

// inRun is around within a run of literal characters that begins at p.
func (q quoted) inRun(p place, pos int) (before, after place) {
	low := p.raw + pos - p.decoded
	high := low
	for low < len(q.raw) && !utf8.RuneStart(q.raw[low]) {
		low--
	}
	for high < len(q.raw) && !utf8.RuneStart(q.raw[high]) {
		high++
	}
	shift := p.decoded - p.raw
	return place{low, low + shift}, place{high, high + shift}
}

// decode returns the text that the inside of a JSON string spells. One function,
// next, decides what a character is for decoding and for mapping spans back, so
// the two cannot disagree.
func decode(raw string) string {
	first := strings.IndexByte(raw, '\\')
	if first < 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
	out = append(out, raw[:first]...)
	for at := first; at < len(raw); {
		size, r := next(raw[at:])
		out = utf8.AppendRune(out, r)
		at += size
	}
	return string(out)
}

// next reads the first character of the inside of a valid JSON string: how many
// raw bytes spell it, and the character. Half a surrogate pair is U+FFFD.
func next(raw string) (int, rune) {
	if raw[0] != '\\' {
		r, size := utf8.DecodeRuneInString(raw)
		return size, r
	}
	switch raw[1] {
	case 'b':
		return 2, '\b'
	case 'f':
		return 2, '\f'
	case 'n':
		return 2, '\n'
	case 'r':
		return 2, '\r'
	case 't':
		return 2, '\t'
	case 'u':
		return unicodeEscape(raw)
	}
	return 2, rune(raw[1]) // quote, backslash, slash
}

func unicodeEscape(raw string) (int, rune) {
	r := hexRune(raw[2:6])
	if !utf16.IsSurrogate(r) {
		return 6, r
	}
	if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(raw[8:12])); pair != utf8.RuneError {
			return 12, pair
		}
	}
	return 6, utf8.RuneError
}

// hexRune reads four hexadecimal digits that the parser has already checked.
func hexRune(digits string) rune {
	var r rune
	for _, c := range []byte(digits) {
		r <<= 4
		switch {
		case c >= 'a':
			r |= rune(c - 'a' + 10)
		case c >= 'A':
			r |= rune(c - 'A' + 10)
		default:
			r |= rune(c - '0')
		}
	}
	return r
}

const lowerHex = "0123456789abcdef"

// AppendMeta appends text to dst as the inside of a JSON string in the style of
// Meta's own serializer, which bots that hash a re-serialized body depend on:
// pure ASCII, other characters as \uXXXX with lower-case digits and surrogate
// pairs, / as \/, < as \u003C (upper-case), % as \u0025, @ as \u0040, while & > '
// stay as they are. Bytes that are not UTF-8 become \ufffd.
func AppendMeta(dst []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '"' || r == '\\' || r == '/':
			dst = append(dst, '\\', byte(r))
		case r == '<':
			dst = append(dst, `\u003C`...)
		case r == '%' || r == '@':
			dst = appendEscape(dst, r)
		case r < 0x20:
			dst = appendControl(dst, r)
		case r < utf8.RuneSelf:
			dst = append(dst, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			dst = appendEscape(appendEscape(dst, high), low)
		default:
			dst = appendEscape(dst, r)
		}
	}
	return dst
}

func appendControl(dst []byte, r rune) []byte {
	switch r {
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return appendEscape(dst, r)
}

func appendEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', lowerHex[r>>12&15], lowerHex[r>>8&15], lowerHex[r>>4&15], lowerHex[r&15])
}

// verbatim is a text that stands as it is, at byte base of the outer text.
type verbatim struct {
	text string
	base int
}

// Encode implements Codec.
func (verbatim) Encode(text string) string { return text }

// Span implements Codec.
func (v verbatim) Span(start, end int) (int, int) {
	if start < 0 || end < start || end > len(v.text) {
		return -1, -1
	}
	empty := start == end
	for start > 0 && start < len(v.text) && !utf8.RuneStart(v.text[start]) {
		start--
	}
	for end < len(v.text) && !utf8.RuneStart(v.text[end]) {
		end++
	}
	if empty {
		end = start
	}
	return v.base + start, v.base + end
}
