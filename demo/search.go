package demo

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// searched is bytes made ready to be searched for values in any spelling: as
// they are, with JSON strings decoded (to any depth), and without separators.
type searched struct {
	plain    string
	squeezed []string
}

// search reads text, which may be JSON or a URL.
func search(text []byte) searched {
	var strs []string
	collect(text, &strs, 0)
	if decoded, err := url.PathUnescape(string(text)); err == nil && decoded != string(text) {
		strs = append(strs, decoded)
	}
	found := searched{plain: strings.ToLower(string(text) + "\n" + strings.Join(strs, "\n"))}
	if len(strs) == 0 {
		strs = []string{string(text)}
	}
	for _, s := range strs {
		found.squeezed = append(found.squeezed, squeeze(s))
	}
	return found
}

// names reports whether a message id is there.
func (s searched) names(id string) bool {
	return id != "" && strings.Contains(s.plain, strings.ToLower(id))
}

// collect gathers every string, number and key of JSON, of JSON in strings, and
// of JSON after a prefix, as log lines have it.
func collect(text []byte, into *[]string, depth int) {
	start := bytes.IndexAny(text, "{[")
	if start < 0 || depth > 8 {
		return
	}
	decoder := json.NewDecoder(bytes.NewReader(text[start:]))
	decoder.UseNumber()
	for {
		piece, err := decoder.Token()
		if err != nil {
			return
		}
		switch piece := piece.(type) {
		case string:
			*into = append(*into, piece)
			collect([]byte(piece), into, depth+1)
		case json.Number:
			*into = append(*into, piece.String())
		}
	}
}

// holds reports whether the value is there: whole or, for long numbers, all but
// the last four digits, which a mask may show.
func (s searched) holds(v string) bool {
	wanted := strings.ToLower(v)
	bare := squeeze(v)
	if len(bare) < 8 {
		return alone(s.plain, wanted)
	}
	if strings.Contains(s.plain, wanted) {
		return true
	}
	if len(bare) >= 15 && strings.Trim(bare, "0123456789") == "" {
		bare = bare[:len(bare)-4]
	}
	for _, text := range s.squeezed {
		if strings.Contains(text, bare) {
			return true
		}
	}
	return false
}

// alone finds short values, like dates, only where they are not part of
// something longer, like another date or an id.
func alone(text, wanted string) bool {
	const part = "abcdefghijklmnopqrstuvwxyz0123456789/+=_-"
	for from := 0; ; {
		at := strings.Index(text[from:], wanted)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(wanted)
		before := start > 0 && strings.IndexByte(part, text[start-1]) >= 0
		after := end < len(text) && strings.IndexByte(part, text[end]) >= 0
		if !before && !after {
			return true
		}
		from = start + 1
	}
}

// squeeze keeps letters and digits, in lower case.
func squeeze(text string) string {
	return strings.Map(func(char rune) rune {
		if char >= '0' && char <= '9' || char >= 'a' && char <= 'z' {
			return char
		}
		return -1
	}, strings.ToLower(text))
}
