package payload

import (
	"cmp"
	"errors"
	"slices"
)

// Edit replaces the bytes Start to End of a decoded text by Text. Codecs lead
// from that text out to the document, innermost first; with none, Start, End and
// Text are raw bytes of the document itself.
type Edit struct {
	Codecs     []Codec
	Start, End int
	Text       string
}

// Errors of Splice. Both mean a mistake in the caller; the message must not be
// forwarded.
var (
	ErrOverlap = errors.New("splicing edits: two edits cover the same bytes")
	ErrRange   = errors.New("splicing edits: an edit lies outside its text")
)

// Splice returns raw with all edits applied and every other byte as it was.
// Edits may come in any order; two that insert at the same place keep the order
// they were given in. Without edits it returns raw itself, otherwise fresh
// memory; raw is never written to.
func Splice(raw []byte, edits []Edit) ([]byte, error) {
	if len(edits) == 0 {
		return raw, nil
	}
	patches := make([]patch, 0, len(edits))
	grown := len(raw)
	for i := range edits {
		p, err := edits[i].resolve(len(raw))
		if err != nil {
			return nil, err
		}
		grown += len(p.text)
		patches = append(patches, p)
	}
	slices.SortStableFunc(patches, func(a, b patch) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	out := make([]byte, 0, grown)
	at := 0
	for _, p := range patches {
		if p.start < at {
			return nil, ErrOverlap
		}
		out = append(out, raw[at:p.start]...)
		out = append(out, p.text...)
		at = p.end
	}
	return append(out, raw[at:]...), nil
}

// patch is an edit in raw bytes.
type patch struct {
	start, end int
	text       string
}

// resolve carries an edit out through its codecs to the raw bytes.
func (e *Edit) resolve(size int) (patch, error) {
	p := patch{e.Start, e.End, e.Text}
	for _, c := range e.Codecs {
		p.start, p.end = c.Span(p.start, p.end)
		if p.start < 0 {
			return patch{}, ErrRange
		}
		p.text = c.Encode(p.text)
	}
	if p.start < 0 || p.end < p.start || p.end > size {
		return patch{}, ErrRange
	}
	return p, nil
}
