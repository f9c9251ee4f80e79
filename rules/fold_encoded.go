package rules

import (
	"bytes"
	"encoding/base64"
	"slices"
)

func wantsDecode(s *survey) bool { return s.digits >= minHintDigits || s.has('=') }

const (
	minEncoded = 12  // runes of a word that may be base64
	minHexed   = 18  // digits of nine characters
	maxEncoded = 120 // runes: longer than any value
)

// decodeWords reads words that are the hexadecimal or base64 form of a number
// or an address. A number that happens to look like one stays: too little of
// the decoded form would be digits.
func (b *body) decodeWords() bool {
	changed := b.known.digits >= 2*minRun && b.codes()
	e := b.edit()
	var buffer [maxEncoded]byte
	for i := 0; i < len(b.runes); {
		if !isEncoded(b.runes[i]) {
			i++
			continue
		}
		start := i
		for i < len(b.runes) && isEncoded(b.runes[i]) {
			i++
		}
		padded := i-start >= minEncoded && i < len(b.runes) && b.runes[i] == '='
		for padded && i < len(b.runes) && b.runes[i] == '=' {
			i++
		}
		if i-start < minEncoded || i-start > maxEncoded || !padded && !slices.ContainsFunc(b.runes[start:i], isNumber) {
			continue
		}
		if value, ok := decoded(b.runes[start:i], buffer[:0]); ok {
			e.replace(start, i, []rune(string(value))...)
		}
	}
	return e.finish() || changed
}

// codes reads numbers of two digits that are all the codes of digits, in base
// sixteen (30 to 39) or ten (48 to 57).
func (b *body) codes() bool {
	e := b.edit()
	for i := 0; i < len(b.runes); {
		if !isNumber(b.runes[i]) || i > 0 && isPlainWord(b.runes[i-1]) {
			i++
			continue
		}
		end := i
		for _, zero := range []rune{30, 48} {
			count, at := 0, i
			for b.codeAt(at, zero) {
				count++
				if end = at + 2; end >= len(b.runes) || !isJoint(b.runes[end]) {
					break
				}
				at = end + 1
			}
			if count >= minRun {
				for ; i < end; i += 3 {
					value := 10*(b.runes[i]-'0') + b.runes[i+1] - '0'
					e.replace(i, min(i+3, end), '0'+value-zero)
				}
				break
			}
			end = i
		}
		i = max(end, wordEnd(b.runes, i))
	}
	return e.finish()
}

// codeAt tells whether the word at i is one of the ten numbers from zero on.
func (b *body) codeAt(i int, zero rune) bool {
	if i+2 > len(b.runes) || !isNumber(b.runes[i]) || !isNumber(b.runes[i+1]) || i+2 < len(b.runes) && isPlainWord(b.runes[i+2]) {
		return false
	}
	value := 10*(b.runes[i]-'0') + b.runes[i+1] - '0'
	return zero <= value && value < zero+10
}

func isEncoded(r rune) bool { return isOf(r, charEncoded) }

// decoded reads a word as hexadecimal digits and as base64 of either alphabet
// (RFC 4648).
func decoded(word []rune, buffer []byte) (value []byte, ok bool) {
	if len(word) >= minHexed {
		if value, ok = unhex(word, buffer); ok && isEncodedValue(value) {
			return value, true
		}
	}
	return unbase64(word, buffer)
}

func unbase64(word []rune, buffer []byte) (value []byte, ok bool) {
	var text [maxEncoded]byte
	n := 0
	encoding := base64.RawStdEncoding
	for _, r := range word {
		switch r {
		case '=':
			continue
		case '-', '_':
			encoding = base64.RawURLEncoding
		}
		text[n] = byte(r)
		n++
	}
	size, err := encoding.Decode(buffer[:maxEncoded], text[:n])
	return buffer[:size], err == nil && isEncodedValue(buffer[:size])
}

func unhex(word []rune, buffer []byte) (value []byte, ok bool) {
	if word[0] == '0' && lowerASCII(word[1]) == 'x' {
		word = word[2:]
	}
	if len(word)%2 != 0 {
		return nil, false
	}
	for i := 0; i < len(word); i += 2 {
		n := hexValue(word, i, 2)
		if n < ' ' || n >= 0x7F {
			return nil, false
		}
		buffer = append(buffer, byte(n))
	}
	return buffer, true
}

// isEncodedValue tells what is surely no accident: a number of nine digits or
// more and separators, an address, or what begins like an IBAN.
func isEncodedValue(value []byte) bool {
	digits, words, ats := 0, 0, 0
	for _, c := range value {
		switch r := rune(c); {
		case isNumber(r):
			digits++
		case isLetter(r):
			words++
		case r == '@':
			ats++
		case isJoint(r) && r != '\n' && r != '\t' || r == '\'' || r == '(' || r == ')':
		default:
			return false
		}
	}
	switch {
	case words == 0 && ats == 0:
		return digits >= minRun && digits*2 > len(value)
	case ats == 1:
		local, domain, _ := bytes.Cut(value, []byte("@"))
		return len(value) >= minRun && len(local) > 0 && bytes.IndexByte(domain, '.') > 0 && !bytes.ContainsFunc(value, func(r rune) bool { return r != '@' && !isAddressRune(r) })
	}
	return len(value) >= minAccount && isUpper(rune(value[0])) && isUpper(rune(value[1])) && isNumber(rune(value[2])) &&
		isNumber(rune(value[3])) && digits >= minRun-1
}
