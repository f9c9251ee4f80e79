package proxy_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// readings are the ways in which a receiver may read bytes once more. The search
// for the card is the test's own, and reads more than piiproxy does.
var readings = []func(string) string{
	percented, plused, jsonEscaped, scriptEscaped, continued, html.UnescapeString, wide, basedInside,
	func(s string) string { return string(gunzipped([]byte(s))) },
}

// shows says that the card can be read out of one of the texts, however often it
// is coded.
func shows(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return showsWithin(text, 5, map[string]bool{}) })
}

func showsWithin(text string, layers int, seen map[string]bool) bool {
	if seen[text] || text == "" {
		return false
	}
	seen[text] = true
	if strings.Contains(onlyDigits(text), digits) {
		return true
	}
	if layers == 0 {
		return false
	}
	for _, read := range readings {
		if showsWithin(read(text), layers-1, seen) {
			return true
		}
	}
	return false
}

// onlyDigits leaves the digits of any script, and what cannot stand between them.
func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case unicode.IsLetter(r):
			return 'x'
		}
		return -1
	}, text)
}

var (
	percentEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	unicodeEscape = regexp.MustCompile(`\\u[0-9A-Fa-f]{4}`)
	scriptEscape  = regexp.MustCompile(`\\+(x[0-9A-Fa-f]{2}|[0-7]{3})`)
	based         = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}={0,2}`)
)

func percented(text string) string {
	return percentEscape.ReplaceAllStringFunc(text, func(e string) string {
		plain, _ := url.PathUnescape(e)
		return plain
	})
}

func plused(text string) string { return strings.ReplaceAll(text, "+", " ") }

func jsonEscaped(text string) string {
	return unicodeEscape.ReplaceAllStringFunc(text, func(e string) string {
		n, _ := strconv.ParseUint(e[2:], 16, 16)
		return string(rune(n))
	})
}

// scriptEscaped reads the escapes that lenient readers of JSON take.
func scriptEscaped(text string) string {
	return scriptEscape.ReplaceAllStringFunc(text, func(e string) string {
		base, number := 8, strings.TrimLeft(e, `\`)
		if number[0] == 'x' {
			base, number = 16, number[1:]
		}
		n, _ := strconv.ParseUint(number, base, 8)
		return string(rune(n))
	})
}

// continued reads a backslash at the end of a line as nothing.
func continued(text string) string {
	return strings.NewReplacer("\\\n", "", `\\\n`, "").Replace(text)
}

// wide reads UTF-16 of either order.
func wide(text string) string {
	if strings.Count(text, "\x00") < len(text)/4 || text == "" {
		return ""
	}
	var units []uint16
	for i := 0; i+1 < len(text); i += 2 {
		unit := uint16(text[i]) | uint16(text[i+1])<<8
		if unit&0xff == 0 {
			unit >>= 8
		}
		units = append(units, unit)
	}
	return string(utf16.Decode(units))
}

func basedInside(text string) string {
	var found []string
	for _, run := range based.FindAllString(text, -1) {
		for _, coding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			if plain, err := coding.DecodeString(run); err == nil && utf8.Valid(plain) {
				found = append(found, string(plain))
			}
		}
	}
	return strings.Join(found, "\n")
}

func gunzipped(packed []byte) []byte {
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(from)
	if err != nil {
		return nil
	}
	return plain
}

// unpacked is a body without its coding.
func unpacked(p posted) []byte {
	for _, header := range p.headers {
		if header == "Content-Encoding: gzip" {
			return gunzipped(p.body)
		}
	}
	return p.body
}
