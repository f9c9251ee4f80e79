package route

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxLayers bounds encodings in each other, as documents in strings are
	// bounded when messages are read.
	maxLayers = 4
	// shortest is the least that a token has: pii_, a kind of one letter, _ and 26.
	// What is shorter holds none, in any encoding.
	shortest = 32
)

// layers looks at a text and at all that it decodes to. It spends from a budget in
// bytes, and says false when that ran out: what was not read is not clean.
type layers struct {
	see    func(text string) bool // true ends the search: it was found
	least  int                    // bytes that what is looked for has at least
	budget *int
}

// search reports whether see found what it looks for in any layer of text, and
// whether all layers could be read.
func (l layers) search(text string) (found, whole bool) {
	return l.descend(text, 0, map[string]bool{})
}

func (l layers) descend(text string, depth int, seen map[string]bool) (found, whole bool) {
	if *l.budget -= len(text); *l.budget < 0 {
		return false, false
	}
	if l.see(text) {
		return true, true
	}
	if depth == maxLayers {
		return false, true
	}
	for _, decode := range decodings {
		for _, inner := range decode(text, l.least) {
			if len(inner) < l.least || inner == text || seen[inner] {
				continue
			}
			seen[inner] = true
			if found, whole = l.descend(inner, depth+1, seen); found || !whole {
				return found, whole
			}
		}
	}
	return false, true
}

// decodings are the ways in which a reader may read a text once more. Each gives
// nothing for a text that it does not change.
var decodings = []func(text string, least int) []string{unwide, unpercent, unbackslash, unentity, fold, unbase64, unhex, unquoted}

// unpercent decodes %XX, and %uXXXX as some servers do; what is no escape stays. A
// plus may be one, or a space as in forms.
func unpercent(text string, _ int) []string {
	if !strings.ContainsAny(text, "%+") {
		return nil
	}
	plain := unescaped(text, '%', percent)
	if !strings.Contains(text, "+") {
		return one(plain)
	}
	return []string{plain, unescaped(strings.ReplaceAll(text, "+", " "), '%', percent)}
}

func percent(rest string) (string, int) {
	if len(rest) >= 6 && (rest[1] == 'u' || rest[1] == 'U') {
		if code, err := strconv.ParseUint(rest[2:6], 16, 32); err == nil {
			return string(rune(code)), 6
		}
	}
	return hexByte(rest, 1)
}

// unquoted decodes =XX and drops soft line breaks (RFC 2045, 6.7).
func unquoted(text string, _ int) []string {
	if !strings.Contains(text, "=") {
		return nil
	}
	text = strings.NewReplacer("=\r\n", "", "=\n", "").Replace(text)
	return one(unescaped(text, '=', func(rest string) (string, int) { return hexByte(rest, 1) }))
}

// unbackslash decodes the escapes of JSON and of languages like it.
func unbackslash(text string, _ int) []string {
	if !strings.Contains(text, `\`) {
		return nil
	}
	return one(unescaped(text, '\\', backslash))
}

func backslash(rest string) (string, int) {
	if len(rest) < 2 {
		return "", 0
	}
	switch rest[1] {
	case 'u', 'U':
		if end := strings.IndexByte(rest[:min(len(rest), 12)], '}'); strings.HasPrefix(rest[2:], "{") && end > 3 {
			if code, err := strconv.ParseUint(rest[3:end], 16, 32); err == nil {
				return string(rune(code)), end + 1
			}
		}
		if len(rest) >= 6 {
			if code, err := strconv.ParseUint(rest[2:6], 16, 32); err == nil {
				return string(rune(code)), 6
			}
		}
		return "", 0
	case 'x', 'X':
		return hexByte(rest, 2)
	case 'n', 'r', 't', 'b', 'f':
		return " ", 2
	}
	if len(rest) >= 4 {
		if code, err := strconv.ParseUint(rest[1:4], 8, 8); err == nil {
			return string([]byte{byte(code)}), 4
		}
	}
	return rest[1:2], 2
}

// hexByte reads two hexadecimal digits at position at.
func hexByte(rest string, at int) (string, int) {
	if len(rest) < at+2 {
		return "", 0
	}
	code, err := strconv.ParseUint(rest[at:at+2], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(code)}), at + 2
}

// unescaped replaces what begins with mark by what read makes of it; a size of 0
// leaves the mark.
func unescaped(text string, mark byte, read func(rest string) (string, int)) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != mark {
			next := strings.IndexByte(text[i:], mark)
			if next < 0 {
				next = len(text) - i
			}
			out = append(out, text[i:i+next]...)
			i += next
			continue
		}
		decoded, size := read(text[i:])
		if size == 0 {
			out, size = append(out, mark), 1
		}
		out, i = append(out, decoded...), i+size
	}
	return string(out)
}

// unwide takes the zeros out that stand between letters in UTF-16.
func unwide(text string, _ int) []string {
	if !strings.Contains(text, "\x00") {
		return nil
	}
	return one(strings.ReplaceAll(text, "\x00", ""))
}

// unentity decodes the character references of HTML and XML.
func unentity(text string, _ int) []string {
	if !strings.Contains(text, "&") {
		return nil
	}
	return one(html.UnescapeString(text))
}

// fold brings compatibility forms to plain letters (Unicode Standard Annex 15) and
// leaves out characters that cannot be seen.
func fold(text string, _ int) []string {
	plain := true
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain || !utf8.ValidString(text) {
		return nil
	}
	return one(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text)))
}

// unbase64 decodes runs of base64, in both alphabets, broken into lines or not. A
// run may begin in the middle of a longer word, so all four phases are tried.
func unbase64(text string, least int) []string {
	return phases(text, least, least*4/3, isBase64, func(run string) []string {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		out := make([]string, 4)
		for phase := range out {
			if phase < len(run) {
				rest := run[phase:]
				if len(rest)%4 == 1 {
					rest = rest[:len(rest)-1]
				}
				decoded, _ := base64.RawStdEncoding.DecodeString(rest)
				out[phase] = string(decoded)
			}
		}
		return out
	})
}

// unhex decodes runs of hexadecimal digits.
func unhex(text string, least int) []string {
	return phases(text, least, least*2, isHex, func(run string) []string {
		out := make([]string, 2)
		for phase := range out {
			rest := run[phase:]
			decoded, _ := hex.DecodeString(rest[:len(rest)/2*2])
			out[phase] = string(decoded)
		}
		return out
	})
}

// phases decodes every run of at least size bytes, and gives for each phase what
// can be read of all of them.
func phases(text string, least, size int, in func(byte) bool, decode func(run string) []string) []string {
	var all []string
	for _, run := range runs(text, size, in) {
		for phase, decoded := range decode(run) {
			for len(all) <= phase {
				all = append(all, "")
			}
			if decoded = readable(decoded, least); decoded != "" {
				all[phase] += decoded + "\n"
			}
		}
	}
	return all
}

// runs gives the stretches of at least size bytes for which in holds. Line breaks
// do not end one.
func runs(text string, size int, in func(byte) bool) []string {
	var found []string
	for i := 0; i < len(text); i++ {
		if !in(text[i]) {
			continue
		}
		end, length := i, 0
		for end < len(text) && (in(text[end]) || text[end] == '\r' || text[end] == '\n') {
			if in(text[end]) {
				length++
			}
			end++
		}
		if length >= size {
			found = append(found, strings.NewReplacer("\r", "", "\n", "").Replace(text[i:end]))
		}
		i = end
	}
	return found
}

func isBase64(b byte) bool {
	lower := b | 0x20
	return 'a' <= lower && lower <= 'z' || '0' <= b && b <= '9' || b == '+' || b == '/' || b == '-' || b == '_'
}

func isHex(b byte) bool {
	lower := b | 0x20
	return 'a' <= lower && lower <= 'f' || '0' <= b && b <= '9'
}

// readable keeps the stretches of text of what was decoded that are long enough to
// hold what is looked for. A picture has none.
func readable(decoded string, least int) string {
	var out strings.Builder
	decoded = strings.ReplaceAll(decoded, "\x00", "") // UTF-16, or a picture
	start := 0
	for i := 0; i <= len(decoded); {
		r, size := utf8.DecodeRuneInString(decoded[i:])
		if size > 0 && (r != utf8.RuneError || size > 1) && (r >= ' ' && r != 0x7f || r == '\n' || r == '\r' || r == '\t') {
			i += size
			continue
		}
		if i-start >= least {
			out.WriteString(decoded[start:i])
			out.WriteByte('\n')
		}
		i += max(size, 1)
		start = i
	}
	return out.String()
}

func one(text string) []string { return []string{text} }
