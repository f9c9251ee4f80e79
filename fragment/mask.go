package fragment

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules"
)

// Mask hides the digits and letters of a part's text but the first ones, an
// asterisk for each, and leaves what parts them. With All it hides none. Where
// the text holds something else, the token of a finding say, it hides all digits
// that stand by themselves.
func Mask(text string, show int) string {
	digits, ok := rules.ReadNumber(text)
	if show == All || ok && len(digits) <= show {
		return text
	}
	if !ok {
		return words.ReplaceAllStringFunc(text, func(word string) string {
			if strings.ContainsFunc(word, unicode.IsLetter) {
				return word
			}
			return strings.Repeat("*", utf8.RuneCountInString(word))
		})
	}
	var masked strings.Builder
	at := 0
	if show > 0 {
		at = digits[show-1].End
		masked.WriteString(text[:at])
	}
	for _, d := range digits[show:] {
		if d.Start < at {
			continue // reads as several, and its first is shown or hidden already
		}
		masked.WriteString(text[at:d.Start])
		masked.WriteByte('*')
		at = d.End
	}
	masked.WriteString(text[at:])
	return masked.String()
}

// words are what digits stand in: a token of ours is one word with letters.
var words = regexp.MustCompile(`[\pL\pN_]+`)
