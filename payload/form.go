package payload

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The reasons of a form, beside those of documents.
const (
	ReasonTooManyFields = "too_many_fields" // more than Limits.Fields
	ReasonPercent       = "percent"         // a % that no two hexadecimal digits follow
	ReasonSemicolon     = "semicolon"       // some readers take it for &
	ReasonNUL           = "nul"             // some readers end a text there
)

// Form is a url-encoded form (WHATWG URL Standard, section 5.1), read so that two
// readers cannot differ: bad % escapes, raw semicolons, which some take for &,
// bytes that are not UTF-8, NUL, and a name that stands twice without ending in []
// are refused.
type Form struct {
	Raw    []byte
	Fields []Field
}

// Field is one name and value, decoded, of a source of parameters: a form, a
// query, a part of a multipart body, a member of a JSON body.
type Field struct {
	Name, Value string

	raw        string // of a form: the value as it is spelled,
	base       int    // and where it stands
	codec      Codec  // of any other source
	start, end int    // of the whole field in its source
	source     source // of any other source; nil: its fields stay where they are
	literal    bool   // Value is JSON text of any kind
}

// formed says that a field is one of a form.
func (f *Field) formed() bool { return f.codec == nil }

// movable says that the field's source can lose it and have others.
func (f *Field) movable() bool { return f.formed() || f.source != nil }

// Scope returns the codec of the field's value.
func (f *Field) Scope() Codec {
	if f.codec != nil {
		return f.codec
	}
	return escaped{f.raw, f.base}
}

// ParseForm reads raw within lim: its bytes, its number of fields,
// and the bytes of one name or value. The error is an *Error.
func ParseForm(raw []byte, lim Limits) (*Form, error) {
	if len(raw) > lim.Bytes {
		return nil, &Error{ReasonTooLarge, lim.Bytes}
	}
	if i := bytes.IndexByte(raw, ';'); i >= 0 {
		return nil, &Error{ReasonSemicolon, i}
	}
	if !utf8.Valid(raw) {
		return nil, &Error{ReasonInvalidUTF8, invalidAt(raw)}
	}
	form := &Form{Raw: raw, Fields: make([]Field, 0, min(lim.Fields, bytes.Count(raw, []byte{'&'})+1))}
	text, at := string(raw), 0
	var seen names
	empty := 0 // fields that are not even a name: they count as others do
	for part := range strings.SplitSeq(text, "&") {
		field, err := readField(part, at, lim)
		if err != nil {
			return nil, err
		}
		if part != "" {
			if seen.add(field.Name) && !strings.HasSuffix(field.Name, "[]") {
				return nil, &Error{ReasonDuplicateKey, at}
			}
			if len(form.Fields) == lim.Fields {
				return nil, &Error{ReasonTooManyFields, at}
			}
			form.Fields = append(form.Fields, field)
		} else if empty++; empty > lim.Fields {
			return nil, &Error{ReasonTooManyFields, at}
		}
		at += len(part) + 1
	}
	return form, nil
}

// names are the names that a source has had. Few are looked through, and many
// looked up.
type names struct {
	few  [16]string
	n    int
	many map[string]bool
}

// add takes a name in, and reports whether it is there already.
func (s *names) add(name string) bool {
	if s.n < len(s.few) {
		for _, known := range s.few[:s.n] {
			if known == name {
				return true
			}
		}
		s.few[s.n] = name
		s.n++
		return false
	}
	if s.many == nil {
		s.many = make(map[string]bool, 2*len(s.few))
		for _, known := range s.few {
			s.many[known] = true
		}
	}
	known := s.many[name]
	s.many[name] = true
	return known
}

// readField reads name=value, which begins at byte at.
func readField(part string, at int, lim Limits) (Field, error) {
	rawName, rawValue, _ := strings.Cut(part, "=")
	if len(rawName) > lim.StringBytes || len(rawValue) > lim.StringBytes {
		return Field{}, &Error{ReasonStringTooLong, at}
	}
	name, goodName := unescaped(rawName)
	value, goodValue := unescaped(rawValue)
	if !goodName || !goodValue {
		return Field{}, &Error{ReasonPercent, at}
	}
	if !utf8.ValidString(name) || !utf8.ValidString(value) {
		return Field{}, &Error{ReasonInvalidUTF8, at}
	}
	if strings.ContainsRune(name, 0) || strings.ContainsRune(value, 0) {
		return Field{}, &Error{ReasonNUL, at}
	}
	return Field{Name: name, Value: value, raw: rawValue, base: at + len(part) - len(rawValue), start: at, end: at + len(part)}, nil
}

// unescaped is what url.QueryUnescape says, copying what needs no decoding run by
// run: most of a message.
func unescaped(raw string) (string, bool) {
	next := strings.IndexAny(raw, "%+")
	if next < 0 {
		return raw, true
	}
	var text strings.Builder
	text.Grow(len(raw))
	for {
		text.WriteString(raw[:next])
		switch raw = raw[next:]; {
		case raw == "":
			return text.String(), true
		case raw[0] == '+':
			text.WriteByte(' ')
			raw = raw[1:]
		case len(raw) < 3 || !isHex(raw[1]) || !isHex(raw[2]):
			return "", false
		default:
			text.WriteByte(byte(hexRune(raw[1:3])))
			raw = raw[3:]
		}
		next = 0
		for next < len(raw) && raw[next] != '%' && raw[next] != '+' {
			next++
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// escaped is a value of a form: raw stands at byte base of the form.
type escaped struct {
	raw  string
	base int
}

// Encode implements Codec.
func (escaped) Encode(text string) string { return url.QueryEscape(text) }

// Span implements Codec.
func (e escaped) Span(start, end int) (int, int) {
	if start < 0 || end < start {
		return -1, -1
	}
	from, to := -1, -1
	raw, decoded := 0, 0
	for raw < len(e.raw) || decoded <= end {
		size, text := e.character(raw)
		if from < 0 && start < decoded+max(text, 1) {
			from = raw
		}
		if end <= decoded {
			to = raw
			break
		}
		if size == 0 {
			return -1, -1
		}
		raw, decoded = raw+size, decoded+text
	}
	if from < 0 || to < 0 {
		return -1, -1
	}
	if start == end {
		return e.base + from, e.base + from
	}
	return e.base + from, e.base + to
}

// character says how many raw bytes spell the character at raw, and how many
// bytes it has decoded; 0 at the end.
func (e escaped) character(raw int) (size, decoded int) {
	var spelled [utf8.UTFMax]byte
	for raw+size < len(e.raw) && decoded < utf8.UTFMax {
		step, b := 1, e.raw[raw+size]
		if b == '%' {
			step, b = 3, byte(hexRune(e.raw[raw+size+1:raw+size+3]))
		}
		if decoded > 0 && utf8.RuneStart(b) {
			break
		}
		spelled[decoded] = b
		size, decoded = size+step, decoded+1
		if utf8.FullRune(spelled[:decoded]) {
			break
		}
	}
	return size, decoded
}
