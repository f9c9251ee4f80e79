package platform

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

func hexadecimal(raw []byte) string { return hex.EncodeToString(raw) }

// serialize writes JSON as Meta does: compact, ASCII only, with / < % and @
// escaped. Values are the simulator's own structs or decoded JSON, which always
// can be written.
func serialize(value any) []byte {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return []byte("{}")
	}
	return escape(bytes.TrimSuffix(plain.Bytes(), []byte("\n")))
}

// escape works on whole documents: the characters it changes stand only inside
// strings, and encoding/json never puts a backslash before them.
func escape(plain []byte) []byte {
	escaped := make([]byte, 0, len(plain)+len(plain)/8)
	for len(plain) > 0 {
		char, size := utf8.DecodeRune(plain)
		switch {
		case char == '/':
			escaped = append(escaped, `\/`...)
		case char == '<':
			escaped = append(escaped, `\u003C`...)
		case char == '%' || char == '@':
			escaped = fmt.Appendf(escaped, `\u%04x`, char)
		case char < utf8.RuneSelf:
			escaped = append(escaped, byte(char))
		case char > 0xffff:
			high, low := utf16.EncodeRune(char)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, char)
		}
		plain = plain[size:]
	}
	return escaped
}
