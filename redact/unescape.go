package redact

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape decodes the \uXXXX escapes in a text that is not JSON, and says for
// each byte of the plain text, and for its end, where it comes from. It reports
// false when there are none, which is nearly always.
func unescape(text string) (plain string, from []int, found bool) {
	if !strings.Contains(text, `\u`) {
		return text, nil, false
	}
	var out []byte
	for i := 0; i < len(text); {
		before, start := len(out), i
		if r, ok := escapeAt(text[i:]); ok {
			out = utf8.AppendRune(out, r)
			i += len(`\u0000`)
			found = true
		} else {
			_, size := utf8.DecodeRuneInString(text[i:])
			out = append(out, text[i:i+size]...)
			i += size
		}
		for range len(out) - before {
			from = append(from, start)
		}
	}
	return string(out), append(from, len(text)), found
}

// escapeAt reads one \uXXXX escape. Half a surrogate pair reads as U+FFFD.
func escapeAt(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(text[2:6], 16, 32)
	return rune(code), err == nil
}
