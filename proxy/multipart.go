package proxy

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/media"
	"github.com/piiproxy/piiproxy/payload"
)

// parts is the multipart body of a call as far as it has been read: all of it, or
// up to the content of a file that is not held.
type parts struct {
	from       *payload.Multipart
	boundary   string
	query      url.Values // beside it
	raw        []byte
	whole      bool  // raw was there before its parts were read
	size       int64 // of the whole body; -1: nobody knows
	fields     []payload.Field
	texts      []*payload.Part // that the fields are
	limits     payload.Limits  // of the parameters
	parameters *payload.Parameters
	files      []*file
	coming     *file          // its content still comes; nil: raw is the whole body
	edits      []payload.Edit // of raw, for the files
	stream     *stream        // what goes on behind raw
}

// file is a part with a filename.
type file struct {
	part *payload.Part
	size int    // of its content, in raw
	head []byte // what has been read of one that is coming
	kind media.Type
}

// content is where a file that is held stands in raw.
func (f *file) content(raw []byte) []byte {
	at := f.part.At + len(f.part.Lead)
	return raw[at : at+f.size : at+f.size]
}

// isMultipart says that a body consists of parts, however badly it says so.
func isMultipart(types []string) bool {
	return len(types) == 1 && len(types[0]) >= len("multipart/") && strings.EqualFold(types[0][:len("multipart/")], "multipart/")
}

// readMultipart reads a multipart body: whole where it is not larger than what is
// inspected, else up to the first file that is no text. Its texts are the call's
// parameters.
func (p *Proxy) readMultipart(w http.ResponseWriter, r *http.Request, x *exchange, c *content) *Refusal {
	boundary, err := payload.Boundary(r.Header["Content-Type"][0])
	if err != nil {
		return unreadPart(err)
	}
	b := &parts{boundary: boundary, query: r.URL.Query(), size: r.ContentLength}
	if refused := p.open(w, r, x, b); refused != nil {
		return refused
	}
	if refused := p.readParts(x, b); refused != nil {
		return refused
	}
	c.parts, c.raw, c.fields, c.limits = b, b.raw, b.fields, p.config.Limits.Payload
	c.limits.Bytes = max(c.limits.Bytes, len(b.raw)) // it was bounded when it was unpacked
	b.limits, x.record.bytesIn = c.limits, len(b.raw)
	return nil
}

// largest is how large a call with a file may be, with all that stands beside it.
func (l Limits) largest() int64 { return l.Media + int64(l.Payload.Bytes) }

func (l Limits) parts() payload.PartLimits {
	return payload.PartLimits{Parts: l.Bodies.Parts, Header: l.Bodies.PartHeader, Text: l.Payload.StringBytes}
}

// open begins to read. A body whose size nobody announced may be a small one: as
// much of it as is inspected is read before that is decided.
func (p *Proxy) open(w http.ResponseWriter, r *http.Request, x *exchange, b *parts) *Refusal {
	inspected, boundary := int64(p.config.Limits.Payload.Bytes), b.boundary
	if r.ContentLength > p.config.Limits.largest() {
		return &refuseMediaSize
	}
	if r.ContentLength >= 0 && r.ContentLength <= inspected || len(r.Header["Content-Encoding"]) > 0 {
		var refused *Refusal
		if b.raw, refused = p.readCall(w, r, &x.holding); refused != nil {
			return refused
		}
		b.from, b.whole, b.size = payload.ReadMultipart(b.raw, boundary, p.config.Limits.parts()), true, int64(len(b.raw))
		return nil
	}
	var body io.Reader = http.MaxBytesReader(w, r.Body, p.config.Limits.largest())
	if r.ContentLength < 0 {
		begun, err := io.ReadAll(io.LimitReader(countedBody{body, &x.holding}, inspected+1))
		if err != nil {
			return unreadPart(err)
		}
		if int64(len(begun)) <= inspected {
			b.raw, b.whole, b.size = begun, true, int64(len(begun))
			b.from = payload.ReadMultipart(begun, boundary, p.config.Limits.parts())
			return nil
		}
		body = io.MultiReader(bytes.NewReader(begun), body)
	}
	b.from = payload.StreamMultipart(body, boundary, p.config.Limits.parts())
	return nil
}

// readParts reads the parts that are held.
func (p *Proxy) readParts(x *exchange, b *parts) *Refusal {
	for b.coming == nil {
		part, err := b.from.Next()
		if err == io.EOF {
			return p.hold(x, b, b.from.Tail())
		}
		if err != nil {
			return unreadPart(err)
		}
		if refused := p.hold(x, b, part.Lead); refused != nil {
			return refused
		}
		f := &file{part: part}
		if part.File && !b.whole {
			if err := f.begin(); err != nil {
				return unreadPart(err)
			}
			if f.kind = media.Sniff(f.head); !f.kind.Text {
				b.coming = f
				return nil
			}
		}
		if refused := p.readPart(x, b, f); refused != nil {
			return refused
		}
	}
	return nil
}

// hold keeps what was read, within what is inspected.
func (p *Proxy) hold(x *exchange, b *parts, read []byte) *Refusal {
	if b.whole {
		return nil
	}
	if len(b.raw)+len(read) > p.config.Limits.Payload.Bytes {
		return &refuseTooLarge
	}
	if x.holding.take(int64(len(read))) != nil {
		return &refuseBusy
	}
	b.raw = append(b.raw, read...)
	return nil
}

// readPart reads the content of a part that is held.
func (p *Proxy) readPart(x *exchange, b *parts, f *file) *Refusal {
	if refused := p.hold(x, b, f.head); refused != nil {
		return refused
	}
	f.size = len(f.head)
	for {
		chunk, err := f.part.Chunk()
		if err == io.EOF {
			break
		}
		if err != nil {
			return unreadPart(err)
		}
		if refused := p.hold(x, b, chunk); refused != nil {
			return refused
		}
		f.size += len(chunk)
	}
	if f.part.File {
		f.kind = media.Sniff(f.content(b.raw))
		b.files = append(b.files, f)
		return nil
	}
	field, err := f.part.Field(f.content(b.raw), f.part.At)
	if err != nil {
		return unreadPart(err)
	}
	b.fields, b.texts = append(b.fields, field), append(b.texts, f.part)
	return nil
}

// begin reads as much of a file as tells what it is.
func (f *file) begin() error {
	for len(f.head) < media.SniffLen {
		chunk, err := f.part.Chunk()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		f.head = append(f.head, chunk...)
	}
	return nil
}

// hasFiles says that a file came.
func (b *parts) hasFiles() bool { return b != nil && (len(b.files) > 0 || b.coming != nil) }

// holds says that files of these names, with commas between them, have come.
func (b *parts) holds(names string) bool {
	if b == nil {
		return false
	}
	for name := range strings.SplitSeq(names, ",") {
		named := func(f *file) bool { return f.part.Name == strings.TrimSpace(name) }
		if !slices.ContainsFunc(b.files, named) && (b.coming == nil || !named(b.coming)) {
			return false
		}
	}
	return true
}

// unreadPart is the refusal of a multipart body that could not be read to its end.
func unreadPart(err error) *Refusal {
	var problem *payload.Error
	var tooLarge *http.MaxBytesError
	var ended aborted
	switch {
	case errors.As(err, &ended):
		return ended.Refusal
	case errors.As(err, &problem) && problem.Reason == payload.ReasonTooManyParts:
		return &refuseParts
	case errors.As(err, &problem) && problem.Reason == payload.ReasonPartHeaderTooLong:
		return &refusePartHead
	case errors.As(err, &problem):
		f := refuseMultipart.because(parsePrefix + problem.Reason)
		return &f
	case errors.As(err, &tooLarge):
		return &refuseMediaSize
	case errors.Is(err, media.ErrBusy):
		return &refuseBusy
	case errors.Is(err, media.ErrMalformed), errors.Is(err, media.ErrUnread):
		return &refuseUnread
	}
	return unreadable(err)
}

// put implements carrier. Without an edit the body goes on byte for byte.
func (b *parts) put(r *http.Request, parameters *payload.Document) *Refusal {
	edits, err := b.parameters.Edits(parameters.Raw)
	if err != nil {
		return &refuseInternal
	}
	all := append(b.unsized(edits[0]), b.edits...)
	raw, err := payload.Splice(b.raw, all)
	if err != nil || len(all) > 0 && !b.rereads(raw, parameters.Raw) {
		return &refuseInternal
	}
	if refused := editQuery(r, edits[1]); refused != nil {
		return refused
	}
	if b.coming == nil {
		setBody(r, raw)
		return nil
	}
	r.GetBody, r.ContentLength = nil, -1
	if b.size >= 0 {
		r.ContentLength = b.size + int64(len(raw)-len(b.raw))
	}
	delete(r.Header, "Content-Length")
	b.stream.ready, r.Body = raw, b.stream
	return nil
}

// unsized adds to edits of parameters that their parts do not say any more how long
// they are. A part that goes as a whole says nothing.
func (b *parts) unsized(edits []payload.Edit) []payload.Edit {
	if len(edits) == 0 {
		return edits
	}
	for _, text := range b.texts {
		for _, gone := range text.Unsize(text.At) {
			if !slices.ContainsFunc(edits, func(e payload.Edit) bool { return len(e.Codecs) == 0 && e.Start <= gone.Start && gone.End <= e.End }) {
				edits = append(edits, gone)
			}
		}
	}
	return edits
}

// rereads says that what was edited reads as the parts that it should have: no edit
// brought in a delimiter.
func (b *parts) rereads(raw, parameters []byte) bool {
	document, err := payload.Parse(parameters, b.limits)
	if err != nil {
		return false
	}
	defer document.Free()
	if b.coming != nil {
		raw = append(raw[:len(raw):len(raw)], "\r\n--"+b.boundary+"--"...)
	}
	m := payload.ReadMultipart(raw, b.boundary, payload.PartLimits{Parts: math.MaxInt, Header: math.MaxInt})
	for {
		part, err := m.Next()
		switch {
		case err != nil:
			return err == io.EOF
		case part.File && b.coming != nil && part.Name == b.coming.part.Name:
			return true // the last one, without its content
		case part.File && !b.holds(part.Name), !part.File && document.Child(0, part.Name) < 0:
			return false
		}
	}
}
