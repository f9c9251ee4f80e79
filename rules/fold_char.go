package rules

import "strings"

// matches tells whether an ASCII text stands at position at of a folded text.
func matches(text []rune, at int, want string) bool {
	if at < 0 || at+len(want) > len(text) {
		return false
	}
	for i := range len(want) {
		if text[at+i] != rune(want[i]) {
			return false
		}
	}
	return true
}

// hexValue reads n hexadecimal digits; -1 when they are not there.
func hexValue(text []rune, at, n int) int64 {
	if at+n > len(text) {
		return -1
	}
	value := int64(0)
	for _, r := range text[at : at+n] {
		digit := digitValue(r)
		if digit >= 16 {
			return -1
		}
		value = value<<4 + int64(digit)
	}
	return value
}

// digitValue is the value of a digit or hexadecimal digit; 99 for others.
func digitValue(r rune) rune {
	switch {
	case '0' <= r && r <= '9':
		return r - '0'
	case 'a' <= r && r <= 'f':
		return r - 'a' + 10
	case 'A' <= r && r <= 'F':
		return r - 'A' + 10
	}
	return 99
}

// Classes of ASCII characters.
const (
	charDigit uint8 = 1 << iota
	charUpper
	charLower
	charBlank
	charJoint   // may stand between two digits of a number
	charAddress // of e-mail addresses
	charLike    // a letter that is drawn like a digit
	charEncoded // of base64
)

// charWord are letters and digits.
const charWord = charDigit | charUpper | charLower

var charClasses = newCharClasses()

func newCharClasses() (classes [128]uint8) {
	mark := func(list string, class uint8) {
		for _, r := range list {
			classes[r] |= class
		}
	}
	const digits, letters = "0123456789", "abcdefghijklmnopqrstuvwxyz"
	mark(digits, charDigit|charAddress|charEncoded)
	mark(letters, charLower|charAddress|charEncoded)
	mark(strings.ToUpper(letters), charUpper|charAddress|charEncoded)
	mark("+/_-", charEncoded)
	mark(" \t\n\r", charBlank)
	mark(" -./_,:\n\t|*~+\\", charJoint)
	mark("._-+'%", charAddress)
	mark("OoDQlIiZzSsGbBgq", charLike)
	return classes
}

func isOf(r rune, class uint8) bool { return uint32(r) < 0x80 && charClasses[r]&class != 0 }

// isNumber tells ASCII digits.
func isNumber(r rune) bool { return uint32(r-'0') < 10 }

// isLetter tells ASCII letters.
func isLetter(r rune) bool { return uint32(r|0x20-'a') < 26 }

func isUpper(r rune) bool { return uint32(r-'A') < 26 }
func isLower(r rune) bool { return uint32(r-'a') < 26 }
func isBlank(r rune) bool { return isOf(r, charBlank) }

// isJoint tells the characters that may stand between two digits of a number.
func isJoint(r rune) bool { return isOf(r, charJoint) }

// isAddressRune tells the ASCII characters of e-mail addresses as people write
// them; RFC 5321 allows more.
func isAddressRune(r rune) bool { return isOf(r, charAddress) }

// isDigitLike tells digits and the letters drawn like one.
func isDigitLike(r rune) bool { return isOf(r, charDigit|charLike) }

// isPlainWord tells ASCII letters and digits.
func isPlainWord(r rune) bool { return isOf(r, charWord) }

// lowerASCII lowers ASCII letters.
func lowerASCII(r rune) rune {
	if isUpper(r) {
		return r + 'a' - 'A'
	}
	return r
}

// wordEnd returns the end of the ASCII letters and digits from i on.
func wordEnd(text []rune, i int) int {
	for i < len(text) && isPlainWord(text[i]) {
		i++
	}
	return i
}
