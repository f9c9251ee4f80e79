package payload

import (
	"bytes"
	"io"
)

// The reasons of a multipart body that is refused.
const (
	ReasonBoundary          = "boundary"
	ReasonFraming           = "part_framing"
	ReasonPartHeader        = "part_header"
	ReasonPartHeaderTooLong = "part_header_too_long"
	ReasonPartEncoding      = "part_encoding"
	ReasonTooManyParts      = "too_many_parts"
)

// Multipart reads a body of multipart/form-data (RFC 7578, RFC 2046) part by part
// and holds no more of it than a buffer. Two readers cannot take for different
// parts what it accepts: lines end in CRLF, nothing stands in front of the first
// part and at most a CRLF behind the last one, no name comes twice, and the text
// of the boundary stands nowhere but in its own lines.
//
// mime/multipart is not that reader: it takes a bare LF for the end of a line,
// skips what stands in front of the first part, trims white space behind a
// boundary, reads a boundary in the middle of a line as content, and decodes
// quoted-printable without saying so.
//
// The parts' Lead and contents in order, and Tail at the end, are the body, byte
// for byte.
type Multipart struct {
	from      io.Reader
	delimiter []byte // "--" and the boundary
	lim       PartLimits
	buffer    []byte
	start     int   // of what is not given away yet
	at        int   // byte of the body that buffer[start] is
	whole     bool  // nothing comes behind the buffer
	failed    error // what ended the reading, from then on
	part      *Part // the one that is read
	names     map[string]bool
	tail      []byte
}

// PartLimits bound what a Multipart accepts. A body beyond one of them is refused.
type PartLimits struct {
	Parts  int // of the body
	Header int // bytes of the headers of one part
	Text   int // bytes of a parameter's value
}

// DefaultPartLimits are the limits that piiproxy reads calls with.
func DefaultPartLimits() PartLimits { return PartLimits{Parts: 100, Header: 8 << 10, Text: 1 << 20} }

// streamBuffer is how much of a body that is streamed is held at once. A part's
// headers must fit in with the boundary.
const streamBuffer = 64 << 10

// StreamMultipart reads a body as it comes.
func StreamMultipart(from io.Reader, boundary string, lim PartLimits) *Multipart {
	m := ReadMultipart(nil, boundary, lim)
	m.from, m.whole = from, false
	m.buffer = make([]byte, 0, max(streamBuffer, lim.Header+4*maxBoundary))
	return m
}

// ReadMultipart reads a body that is there already. Contents share memory with it.
func ReadMultipart(raw []byte, boundary string, lim PartLimits) *Multipart {
	return &Multipart{buffer: raw, whole: true, delimiter: []byte("--" + boundary), lim: lim, names: map[string]bool{}}
}

// Next gives the next part; what is not read of the one before is skipped. Behind
// the last part, once the body has ended, it gives io.EOF. Other errors are an
// *Error, or the reader's own; io.ErrUnexpectedEOF: the body ends in a part.
func (m *Multipart) Next() (*Part, error) {
	for m.failed == nil && m.part != nil {
		if _, err := m.chunk(); err == io.EOF {
			break
		}
	}
	if m.failed != nil {
		return nil, m.failed
	}
	lead, err := m.lead()
	if err != nil {
		return nil, m.fail(err)
	}
	if lead == nil {
		return nil, m.fail(io.EOF)
	}
	part, err := readPart(m, lead)
	if err != nil {
		return nil, m.fail(err)
	}
	if len(m.names) == m.lim.Parts {
		return nil, m.fail(&Error{ReasonTooManyParts, m.at})
	}
	if m.names[part.Name] {
		return nil, m.fail(&Error{ReasonDuplicateKey, m.at})
	}
	m.names[part.Name] = true
	m.take(len(lead))
	m.part = part
	return part, nil
}

// Tail is what ends the body. It is there once Next has given io.EOF.
func (m *Multipart) Tail() []byte { return m.tail }

// fail keeps what ended the reading.
func (m *Multipart) fail(err error) error {
	m.failed = err
	return err
}

// take gives n bytes of the buffer away.
func (m *Multipart) take(n int) { m.start, m.at = m.start+n, m.at+n }

// rest is what is read and not given away.
func (m *Multipart) rest() []byte { return m.buffer[m.start:] }

// fill reads more of the body; false: there is no more. What rest gave before is
// moved.
func (m *Multipart) fill() (bool, error) {
	if m.whole {
		return false, nil
	}
	kept := copy(m.buffer[:cap(m.buffer)], m.rest())
	m.start = 0
	for range 100 { // as bufio.Reader does with one that gives neither bytes nor an error
		n, err := m.from.Read(m.buffer[kept:cap(m.buffer)])
		m.buffer = m.buffer[:kept+n]
		if err == io.EOF {
			m.whole = true
			return n > 0, nil
		}
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, io.ErrNoProgress
}

// need reads until n bytes are there.
func (m *Multipart) need(n int) error {
	there, err := m.there(n)
	if err == nil && !there {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// there reads until n bytes are there; false: the body ends before. That is not
// what io.ErrUnexpectedEOF of its reader says, by which the body was cut off.
func (m *Multipart) there(n int) (bool, error) {
	for len(m.rest()) < n {
		if more, err := m.fill(); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

var crlf = []byte("\r\n")

// lead reads a delimiter and the headers behind it, up to a part's content; nil
// behind the last part. It is in memory of its own.
func (m *Multipart) lead() ([]byte, error) {
	line := m.delimiter
	if m.part != nil {
		line = append(bytes.Clone(crlf), line...)
	}
	if err := m.need(len(line) + 2); err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(m.rest(), line) {
		return nil, &Error{ReasonFraming, m.at}
	}
	switch string(m.rest()[len(line) : len(line)+2]) {
	case "\r\n":
		return m.headers(len(line))
	case "--":
		if m.part != nil { // else there is no part at all
			return nil, m.end(len(line) + 2)
		}
	}
	return nil, &Error{ReasonFraming, m.at + len(line)}
}

// headers reads on to the empty line behind a part's headers, which begin behind
// a delimiter of size bytes.
func (m *Multipart) headers(size int) ([]byte, error) {
	for {
		head := m.rest()[size:]
		end := bytes.Index(head, []byte("\r\n\r\n"))
		switch {
		case end > m.lim.Header, end < 0 && len(head) > m.lim.Header+4:
			return nil, &Error{ReasonPartHeaderTooLong, m.at}
		case end >= 0 && bytes.Contains(head[:end], m.delimiter):
			return nil, &Error{ReasonFraming, m.at}
		case end >= 0:
			return bytes.Clone(m.rest()[:size+end+4]), nil
		}
		if err := m.need(len(m.rest()) + 1); err != nil {
			return nil, err
		}
	}
}

// end reads what stands behind the last delimiter, of size bytes with its dashes:
// nothing, or CRLF.
func (m *Multipart) end(size int) error {
	more, err := m.there(size + len(crlf) + 1)
	if err != nil {
		return err
	}
	if behind := m.rest()[size:]; more || len(behind) > 0 && !bytes.Equal(behind, crlf) {
		return &Error{ReasonFraming, m.at + size}
	}
	m.tail = bytes.Clone(m.rest())
	m.take(len(m.tail))
	return nil
}

// chunk gives the next bytes of the part's content, good until the next call;
// io.EOF: the part is over, and the next delimiter stands in the buffer whole.
func (m *Multipart) chunk() ([]byte, error) {
	if m.failed != nil {
		return nil, m.failed
	}
	content, err := m.content()
	switch {
	case err == io.EOF && m.part.announced >= 0 && m.part.announced != m.part.read:
		return nil, m.fail(&Error{ReasonPartHeader, m.at})
	case err != nil && err != io.EOF:
		return nil, m.fail(err)
	}
	m.take(len(content))
	m.part.read += int64(len(content))
	return content, err
}

func (m *Multipart) content() ([]byte, error) {
	for {
		rest := m.rest()
		at := bytes.Index(rest, m.delimiter)
		switch {
		case at >= 0 && !bytes.HasSuffix(rest[:at], crlf):
			return nil, &Error{ReasonFraming, m.at + at}
		case at > len(crlf):
			return rest[:at-len(crlf)], nil
		case at >= 0:
			return nil, m.delimited()
		case m.whole:
			return nil, io.ErrUnexpectedEOF
		}
		// What may begin a delimiter, and the line's end in front, stays.
		if sure := len(rest) - len(crlf) - len(m.delimiter) + 1; sure > 0 {
			return rest[:sure], nil
		}
		if _, err := m.fill(); err != nil {
			return nil, err
		}
	}
}

// delimited sees that a delimiter is one to its end, with nothing behind it on its
// line. io.EOF says so.
func (m *Multipart) delimited() error {
	size := len(crlf) + len(m.delimiter)
	if err := m.need(size + 2); err != nil {
		return err
	}
	if behind := string(m.rest()[size : size+2]); behind != "\r\n" && behind != "--" {
		return &Error{ReasonFraming, m.at + size}
	}
	return io.EOF
}

// Part is one part of a multipart body. Its content is read once, with Read or
// Chunk, before the next part.
type Part struct {
	// Lead is everything in front of the content, as it came: the delimiter, the
	// headers and the empty line. It stands at byte At of the body.
	Lead []byte
	At   int
	// Name is the form field's name. Filename is the file's as it is written:
	// browsers spell a quotation mark %22 in it.
	Name, Filename string
	// File says that the part has a filename: it is a file and no parameter.
	File bool
	// Type is the declared media type in lower case and without parameters, Declared
	// is all of it as it came; both "" when there is none.
	Type, Declared string

	charset   string // in lower case
	announced int64  // by a Content-Length of the part's own; -1: none
	read      int64
	from      *Multipart
	pending   []byte // of a chunk, for Read
	spots     spots
}

// Chunk gives the next bytes of the content, good until the next call; io.EOF at
// its end. Other errors are those of Next.
func (p *Part) Chunk() ([]byte, error) {
	if p.from.part != p {
		return nil, io.EOF
	}
	return p.from.chunk()
}

// Read implements io.Reader.
func (p *Part) Read(to []byte) (int, error) {
	for len(p.pending) == 0 {
		var err error
		if p.pending, err = p.Chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(to, p.pending)
	p.pending = p.pending[n:]
	return n, nil
}

// Field gives the part as a parameter: content is all of its content, and the part
// stands at byte at of its source. It must be UTF-8 without NUL, whatever the part
// says it is. The error is an *Error.
func (p *Part) Field(content []byte, at int) (Field, error) {
	switch {
	case len(content) > p.from.lim.Text:
		return Field{}, &Error{ReasonStringTooLong, at}
	case p.Name == "_charset_" || !p.readsAsText(): // RFC 7578, 4.6
		return Field{}, &Error{ReasonPartEncoding, at}
	case !p.IsText(content):
		return Field{}, &Error{ReasonInvalidUTF8, at}
	}
	begin := at + len(p.Lead)
	start := at + bytes.Index(p.Lead, p.from.delimiter)
	return Field{
		Name: p.Name, Value: string(content), codec: verbatim{string(content), begin},
		start: start, end: begin + len(content) + len(crlf), source: parts{p.from.delimiter},
	}, nil
}

// parts is a multipart body as a source of parameters: a field of it is a part
// with its delimiter in front and the end of its last line.
type parts struct{ delimiter []byte }

func (p parts) spell(name, value string) string {
	return string(p.delimiter) + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

func (parts) separator() string { return "" }

func (parts) without(gone []*Field) []Edit {
	edits := make([]Edit, 0, len(gone))
	for _, field := range gone {
		edits = append(edits, Edit{Start: field.start, End: field.end})
	}
	return edits
}
