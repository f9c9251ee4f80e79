package payload

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// spots are where in a part's lead stands what can be edited. An end of 0: it does
// not stand there.
type spots struct {
	filename spot // between its quotes, if it has any
	extended spot // of filename*, with the semicolon in front
	length   spot // of the number in Content-Length
	line     spot // of that header, with the end of its line
	quoted   bool // the filename
}

type spot struct{ start, end int }

// readPart reads the headers of a part. Those that a form's part needs are known
// and each may stand once; any other is refused, because what it means to the
// reader, and what it holds, cannot be told.
func readPart(m *Multipart, lead []byte) (*Part, error) {
	p := &Part{Lead: lead, At: m.at, from: m, announced: -1}
	at := bytes.Index(lead, m.delimiter) + len(m.delimiter) + len(crlf)
	seen := map[string]bool{}
	for at < len(lead)-len(crlf) {
		size := bytes.Index(lead[at:], crlf)
		name, value, ok := strings.Cut(string(lead[at:at+size]), ":")
		name = strings.ToLower(name)
		shift := at + len(name) + 1
		trimmed := strings.TrimLeft(value, " ")
		shift += len(value) - len(trimmed)
		if !ok || seen[name] || !p.header(name, strings.TrimRight(trimmed, " "), shift) {
			return nil, &Error{ReasonPartHeader, m.at + at}
		}
		seen[name] = true
		if name == "content-length" {
			p.spots.line = spot{at, at + size + len(crlf)}
		}
		at += size + len(crlf)
	}
	if !seen["content-disposition"] {
		return nil, &Error{ReasonPartHeader, m.at}
	}
	if strings.HasPrefix(p.Type, "multipart/") || strings.HasPrefix(p.Type, "message/") {
		return nil, &Error{ReasonPartEncoding, m.at}
	}
	return p, nil
}

// header takes one header, whose value stands at byte at of the lead; false: it
// cannot be read, or is not one that a part may have.
func (p *Part) header(name, value string, at int) bool {
	switch name {
	case "content-disposition":
		return p.disposition(value, at)
	case "content-type":
		return p.mediaType(value)
	case "content-transfer-encoding": // nothing that changes bytes (RFC 2045, 6)
		value = strings.ToLower(value)
		return value == "binary" || value == "8bit" || value == "7bit" || value == "identity"
	case "content-length":
		length, err := strconv.ParseUint(value, 10, 62)
		p.announced, p.spots.length = int64(length), spot{at, at + len(value)}
		return err == nil
	}
	return false
}

// disposition reads Content-Disposition (RFC 7578, 4.2). A filename in the form of
// RFC 5987 may stand beside a plain one that says the same; alone, some readers
// would not see that the part is a file.
func (p *Part) disposition(value string, at int) bool {
	kind, parameters, ok := readParameters(value)
	if !ok || !strings.EqualFold(kind, "form-data") {
		return false
	}
	seen := map[string]bool{}
	extended := ""
	for _, q := range parameters {
		if seen[q.name] || q.value == "" {
			return false
		}
		seen[q.name] = true
		end := at + q.at + len(q.value)
		switch q.name {
		case "name":
			p.Name = q.value
		case "filename":
			p.Filename, p.File = q.value, true
			p.spots.filename, p.spots.quoted = spot{at + q.at, end}, q.quoted
		case "filename*":
			extended = q.value
			p.spots.extended = spot{at + q.from, end}
			if q.quoted {
				return false
			}
		default:
			return false
		}
	}
	if extended != "" && (!p.File || !sameName(extended, p.Filename)) {
		return false
	}
	return p.Name != "" && !strings.Contains(p.Filename, "/")
}

// sameName says that an extended value (RFC 5987, 3.2) is a plain one.
func sameName(extended, plain string) bool {
	charset, rest, _ := strings.Cut(extended, "'")
	language, encoded, ok := strings.Cut(rest, "'")
	if !ok || !strings.EqualFold(charset, "utf-8") || language != "" {
		return false
	}
	decoded, err := url.PathUnescape(encoded)
	return err == nil && decoded == plain
}

// mediaType reads Content-Type. Beside a charset, audio and video may name their
// codecs (RFC 6381).
func (p *Part) mediaType(value string) bool {
	kind, parameters, ok := readParameters(value)
	main, sub, slash := strings.Cut(kind, "/")
	if !ok || !slash || tokenLength(main) != len(main) || tokenLength(sub) != len(sub) || main == "" || sub == "" {
		return false
	}
	p.Type, p.Declared = strings.ToLower(kind), value
	codecs := false
	for _, q := range parameters {
		switch {
		case q.name == "charset" && p.charset == "" && q.value != "":
			p.charset = strings.ToLower(q.value)
		case q.name == "codecs" && !codecs:
			codecs = true
		default:
			return false
		}
	}
	return true
}

// readsAsText says that a part without a filename is one that everybody takes for
// a parameter's text.
func (p *Part) readsAsText() bool {
	return p.Type == "" || p.Type == "text/plain" || p.Type == "application/json"
}

// IsText says that content is text in UTF-8 without NUL, and is the same text in
// the charset that the part declares: old clients name ISO-8859-1 for what is
// ASCII.
func (p *Part) IsText(content []byte) bool {
	if bytes.IndexByte(content, 0) >= 0 || !utf8.Valid(content) {
		return false
	}
	switch p.charset {
	case "", "utf-8", "utf8":
		return true
	case "us-ascii", "ascii", "iso-8859-1", "windows-1252":
		return bytes.IndexFunc(content, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	}
	return false
}

// browserEscapes are how browsers write what cannot stand in a filename's quotes
// (HTML, multipart/form-data encoding algorithm). Folders go.
var browserEscapes = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A", `\`, "_", "/", "_", "\x00", "_")

// Rename gives the edits that change a file's name, for a lead that stands at byte
// at. The same name in another form goes.
func (p *Part) Rename(at int, name string) []Edit {
	name = browserEscapes.Replace(name)
	if !p.spots.quoted {
		name = `"` + name + `"`
	}
	edits := []Edit{{Start: at + p.spots.filename.start, End: at + p.spots.filename.end, Text: name}}
	if gone := p.spots.extended; gone.end > 0 {
		edits = append(edits, Edit{Start: at + gone.start, End: at + gone.end})
	}
	return edits
}

// Resize gives the edits for a content of another length, for a lead that stands
// at byte at: none, unless the part announces one.
func (p *Part) Resize(at int, length int) []Edit {
	if p.announced < 0 {
		return nil
	}
	spot := p.spots.length
	return []Edit{{Start: at + spot.start, End: at + spot.end, Text: strconv.Itoa(length)}}
}

// Unsize gives the edits that take out how long the content is, for a lead that
// stands at byte at: none, unless the part announces it.
func (p *Part) Unsize(at int) []Edit {
	if p.announced < 0 {
		return nil
	}
	return []Edit{{Start: at + p.spots.line.start, End: at + p.spots.line.end}}
}
