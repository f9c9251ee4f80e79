package payload

import (
	"errors"
	"strings"
)

// The reasons of parameters.
const (
	// ReasonName: some readers fold the name into another one. To them brackets,
	// dots and spaces are structure.
	ReasonName = "name"
	// ReasonDocument is for the caller: one of Parameters.Doubtful that must be a
	// document.
	ReasonDocument = "document"
)

// Parameters are the parameters of a call, whatever carries them, as one document:
// an object with a member for each. Edits turns what became of the document into
// edits of the sources.
type Parameters struct {
	Document *Document
	// Doubtful are the names of parameters that look like documents and cannot be
	// read as such. They are strings of the document.
	Doubtful []string

	sources [][]Field
	members []member
}

// member says where a member of the document came from, in the order of members.
type member struct {
	field   *Field
	source  int
	reading reading
}

// reading is what a value was taken for.
type reading uint8

const (
	asWords   reading = iota // a text
	asStrict                 // JSON text, which stands in the document as it came
	asRelaxed                // relaxed JSON, which goes on as strict JSON whatever happens
)

// source is how a source that is no form spells its fields.
type source interface {
	// spell spells one field whole.
	spell(name, value string) string
	// separator stands between two fields.
	separator() string
	// without takes fields out; they are some of the source's own, in order.
	without(gone []*Field) []Edit
}

// Assemble makes one document of the fields of several sources. A text that is
// strict JSON of an object or an array becomes that, one that is relaxed JSON the
// same, and every other one a string. No name may stand twice, in one source or in
// two, and none may be one that readers fold. The document is bounded by lim like
// any other. The error is an *Error; its offset is in the document, or of no
// meaning.
func Assemble(lim Limits, sources ...[]Field) (*Parameters, error) {
	p := &Parameters{sources: sources}
	count, size := 0, 2
	for _, fields := range sources {
		count += len(fields)
		for i := range fields {
			size += len(fields[i].Name) + len(fields[i].Value) + 8
		}
	}
	p.members = make([]member, 0, count)
	var seen names
	for i, fields := range sources {
		for j := range fields {
			field := &fields[j]
			if !field.literal && !PlainName(field.Name) {
				return nil, &Error{ReasonName, field.start}
			}
			if seen.add(field.Name) {
				return nil, &Error{ReasonDuplicateKey, field.start}
			}
			p.members = append(p.members, member{field: field, source: i})
		}
	}
	return p, p.assemble(size, lim)
}

// PlainName says that a parameter's name is one that every reader reads the same
// way: PHP folds dots and spaces to underscores and takes brackets for structure.
func PlainName(name string) bool {
	for _, c := range []byte(name) {
		if c != '_' && c != '-' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// assemble writes and reads the document. What looks like JSON is believed at
// first, so that it is read once: when each value then ends where it should, each
// is one value, and none reaches into its neighbour.
func (p *Parameters) assemble(size int, lim Limits) error {
	spans := make([][2]int, len(p.members))
	for i := range p.members {
		m := &p.members[i]
		if m.field.literal || promisesDocument(m.field.Value) {
			m.reading = asStrict
		}
	}
	raw := p.write(make([]byte, 0, size), spans, nil)
	document, err := Parse(raw, lim)
	if err == nil && p.fits(document, spans) {
		p.Document = document
		return nil
	}
	respelled := p.doubt(lim)
	if p.Document, err = Parse(p.write(raw[:0], spans, respelled), lim); err != nil {
		return err
	}
	if !p.fits(p.Document, spans) {
		return &Error{ReasonSyntax, 0}
	}
	return nil
}

// promisesDocument says that a text begins and ends like a document, or begins like
// an object. Words may begin with a bracket, as in "[sic] it is", but hardly with a
// brace.
func promisesDocument(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && (text[0] == '{' || text[0] == '[' && looksLikeDocument(text))
}

// doubt reads each value by itself, and returns what is relaxed JSON as strict
// JSON.
func (p *Parameters) doubt(lim Limits) map[*Field]string {
	respelled := map[*Field]string{}
	for i := range p.members {
		m := &p.members[i]
		if m.field.literal || m.reading != asStrict {
			continue
		}
		if document, err := Parse([]byte(m.field.Value), lim); err == nil {
			document.Free()
			continue
		} else if bounds[reasonOf(err)] {
			continue // too large for a document is no text: the whole is refused for it
		}
		m.reading = asWords
		if spelled, ok := Strictly(m.field.Value, lim.Depth); ok {
			if document, err := Parse([]byte(spelled), lim); err == nil {
				document.Free()
				m.reading, respelled[m.field] = asRelaxed, spelled
				continue
			}
		}
		p.Doubtful = append(p.Doubtful, m.field.Name)
	}
	return respelled
}

// reasonOf is the reason of an error of Parse.
func reasonOf(err error) string {
	var problem *Error
	if errors.As(err, &problem) {
		return problem.Reason
	}
	return ReasonSyntax
}

// bounds are the reasons of documents that are too much of something.
var bounds = map[string]bool{
	ReasonTooDeep: true, ReasonTooManyStrings: true, ReasonTooManyValues: true, ReasonStringTooLong: true,
	ReasonNumberTooLong: true, ReasonTooLarge: true,
}

// write appends the document to raw and notes where the values stand.
func (p *Parameters) write(raw []byte, spans [][2]int, respelled map[*Field]string) []byte {
	raw = append(raw, '{')
	for i, m := range p.members {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(appendQuoted(raw, m.field.Name), ':')
		value := m.field.Value
		if m.reading == asRelaxed {
			value = respelled[m.field]
		}
		if m.reading == asWords {
			spans[i][0] = len(raw)
			raw = appendQuoted(raw, value)
			spans[i][1] = len(raw)
			continue
		}
		front := len(value) - len(strings.TrimLeft(value, " \t\r\n"))
		spans[i] = [2]int{len(raw) + front, len(raw) + len(strings.TrimRight(value, " \t\r\n"))}
		raw = append(raw, value...)
	}
	return append(raw, '}')
}

// fits says that the members of a document are where they were written.
func (p *Parameters) fits(d *Document, spans [][2]int) bool {
	i := 0
	for node := range d.Children(0) {
		if i == len(spans) || d.Nodes[node].Start != spans[i][0] || d.Nodes[node].End != spans[i][1] {
			return false
		}
		i++
	}
	return i == len(spans)
}

// appendQuoted appends a text as a JSON string with no more escapes than it needs
// (RFC 8259, section 7).
func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(text) {
		c := text[i]
		if c != '"' && c != '\\' && c >= ' ' {
			continue
		}
		dst = append(dst, text[from:i]...)
		if from = i + 1; c < ' ' {
			dst = appendControl(dst, rune(c))
		} else {
			dst = append(dst, '\\', c)
		}
	}
	return append(append(dst, text[from:]...), '"')
}
