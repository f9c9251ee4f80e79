package payload

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what Parse accepts. A document beyond one of them is refused
// whole, never cut.
type Limits struct {
	Bytes        int // of the document
	Depth        int // of objects and arrays in each other
	Strings      int // string values; member names are not counted
	StringBytes  int // raw bytes of one string or name, without its quotes
	NumberDigits int // digits of one number, exponent included, leading zeros not
	Values       int // values of any kind; each costs 64 bytes of memory
	Fields       int // of a form
}

// DefaultLimits are the limits that piiproxy reads messages with. Meta sends at
// most 3 MB. Values keeps a document of nothing but commas from costing thirty
// times its size in memory.
func DefaultLimits() Limits {
	return Limits{
		Bytes:        4 << 20,
		Depth:        64,
		Strings:      10_000,
		StringBytes:  1 << 20,
		NumberDigits: 64,
		Values:       250_000,
		Fields:       1_000,
	}
}

// The reasons of an Error.
const (
	ReasonSyntax         = "syntax"
	ReasonDuplicateKey   = "duplicate_key"
	ReasonInvalidUTF8    = "invalid_utf8"
	ReasonTrailingData   = "trailing_data"
	ReasonTooDeep        = "too_deep"
	ReasonTooManyStrings = "too_many_strings"
	ReasonTooManyValues  = "too_many_values"
	ReasonStringTooLong  = "string_too_long"
	ReasonNumberTooLong  = "number_too_long"
	ReasonTooLarge       = "too_large"
	ReasonEmpty          = "empty"
)

// Reasons lists them, but for two bounds of multipart bodies, which have refusals
// of their own.
func Reasons() []string {
	return []string{
		ReasonSyntax, ReasonDuplicateKey, ReasonInvalidUTF8, ReasonTrailingData, ReasonTooDeep, ReasonTooManyStrings,
		ReasonTooManyValues, ReasonTooManyFields, ReasonStringTooLong, ReasonNumberTooLong, ReasonTooLarge, ReasonEmpty,
		ReasonBoundary, ReasonFraming, ReasonPartHeader, ReasonPartEncoding,
		ReasonPercent, ReasonSemicolon, ReasonNUL, ReasonName, ReasonDocument,
	}
}

// Error says why a document was refused: one of the reasons above, and the byte
// at which reading stopped. It never quotes the document.
type Error struct {
	Reason string
	Offset int
}

func (e *Error) Error() string {
	return fmt.Sprintf("reading JSON: %s at byte %d", e.Reason, e.Offset)
}

// Parse reads raw as exactly one JSON value within lim. The error is an *Error.
// An escape of half a surrogate pair is let through, because platforms cut texts
// in the middle of an emoji; Text reads it as U+FFFD and splicing keeps it.
func Parse(raw []byte, lim Limits) (*Document, error) {
	if len(raw) > lim.Bytes {
		return nil, &Error{ReasonTooLarge, lim.Bytes}
	}
	if !utf8.Valid(raw) {
		return nil, &Error{ReasonInvalidUTF8, invalidAt(raw)}
	}
	r := readers.Get().(*reader)
	defer r.release()
	return r.read(raw, lim)
}

// readers holds decoders for reuse: their tables of names are worth keeping.
var readers = sync.Pool{New: func() any { return &reader{decoder: new(jsontext.Decoder)} }}

// reader turns the tokens of one document into nodes.
type reader struct {
	decoder *jsontext.Decoder
	buffer  bytes.Buffer
	lim     Limits
	nodes   []Node

	parent           int // node of the innermost open object or array, -1 outside
	index            int // position of the next value in parent
	depth            int
	strings          int
	wantName         bool // the next string is a member name
	keyStart, keyEnd int  // the name that was read last
}

func (r *reader) release() {
	r.buffer, r.nodes = bytes.Buffer{}, nil
	r.decoder.Reset(&r.buffer) // lets go of the document
	readers.Put(r)
}

func (r *reader) read(raw []byte, lim Limits) (*Document, error) {
	// Invalid UTF-8 was refused above; what this option still lets through is half
	// a surrogate pair. Names are compared after decoding, so two different halves
	// count as duplicates: on the safe side.
	r.buffer = *bytes.NewBuffer(raw)
	r.decoder.Reset(&r.buffer, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(false))
	r.lim = lim
	r.nodes = spareNodes(expectedNodes(raw))
	r.parent, r.index, r.depth, r.strings, r.wantName = -1, 0, 0, 0, false
	for len(r.nodes) == 0 || r.parent >= 0 {
		if err := r.step(); err != nil {
			return nil, err
		}
	}
	end := int(r.decoder.InputOffset())
	if rest := bytes.TrimLeft(raw[end:], " \t\r\n"); len(rest) > 0 {
		return nil, &Error{ReasonTrailingData, len(raw) - len(rest)}
	}
	return &Document{Raw: raw, Nodes: r.nodes, text: string(raw)}, nil
}

// step reads one token: a scalar, a member name, or a bracket.
func (r *reader) step() error {
	switch kind := r.decoder.PeekKind(); kind {
	case '{', '[':
		return r.open(kind)
	case '}', ']':
		return r.close()
	case '"':
		return r.text()
	default:
		return r.scalar(kind)
	}
}

func (r *reader) open(kind jsontext.Kind) error {
	if r.depth == r.lim.Depth {
		return &Error{ReasonTooDeep, int(r.decoder.InputOffset())}
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.refusal(err)
	}
	end := int(r.decoder.InputOffset())
	nodeKind := Array
	if kind == '{' {
		nodeKind = Object
	}
	if err := r.add(nodeKind, end-1, end); err != nil {
		return err
	}
	r.parent, r.index, r.wantName = len(r.nodes)-1, 0, kind == '{'
	r.depth++
	return nil
}

func (r *reader) close() error {
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.refusal(err)
	}
	n := &r.nodes[r.parent]
	n.End, n.Next = int(r.decoder.InputOffset()), len(r.nodes)
	r.parent, r.index = n.Parent, n.Index+1
	r.wantName = r.parent >= 0 && r.nodes[r.parent].Kind == Object
	r.depth--
	return nil
}

func (r *reader) text() error {
	value, err := r.decoder.ReadValue()
	if err != nil {
		return r.refusal(err)
	}
	end := int(r.decoder.InputOffset())
	start := end - len(value)
	if len(value)-2 > r.lim.StringBytes {
		return &Error{ReasonStringTooLong, start}
	}
	if r.wantName {
		if r.index == maxMembers {
			return &Error{ReasonTooManyValues, start}
		}
		r.keyStart, r.keyEnd, r.wantName = start, end, false
		return nil
	}
	if r.strings++; r.strings > r.lim.Strings {
		return &Error{ReasonTooManyStrings, start}
	}
	return r.addScalar(String, start, end)
}

func (r *reader) scalar(kind jsontext.Kind) error {
	value, err := r.decoder.ReadValue()
	if err != nil {
		return r.refusal(err)
	}
	end := int(r.decoder.InputOffset())
	start := end - len(value)
	switch kind {
	case 'n':
		return r.addScalar(Null, start, end)
	case 'f':
		return r.addScalar(False, start, end)
	case 't':
		return r.addScalar(True, start, end)
	}
	if digits(value) > r.lim.NumberDigits {
		return &Error{ReasonNumberTooLong, start}
	}
	return r.addScalar(Number, start, end)
}

// addScalar adds a node without children and makes ready for what follows it.
func (r *reader) addScalar(kind Kind, start, end int) error {
	if err := r.add(kind, start, end); err != nil {
		return err
	}
	r.index++
	r.wantName = r.parent >= 0 && r.nodes[r.parent].Kind == Object
	return nil
}

func (r *reader) add(kind Kind, start, end int) error {
	if len(r.nodes) >= r.lim.Values {
		return &Error{ReasonTooManyValues, start}
	}
	n := Node{Kind: kind, Start: start, End: end, Parent: r.parent, Next: len(r.nodes) + 1, Index: r.index}
	if r.parent >= 0 && r.nodes[r.parent].Kind == Object {
		n.KeyStart, n.KeyEnd = r.keyStart, r.keyEnd
	}
	r.nodes = append(r.nodes, n)
	return nil
}

// refusal maps an error of the decoder to ours. The decoder's own error holds a
// path of member names and characters of the input, so it is never wrapped.
func (r *reader) refusal(err error) error {
	reason, offset := ReasonSyntax, int(r.decoder.InputOffset())
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		offset = int(syntactic.ByteOffset)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		reason = ReasonDuplicateKey
	case len(r.nodes) == 0 && len(bytes.Trim(r.decoder.UnreadBuffer(), " \t\r\n")) == 0:
		reason = ReasonEmpty
	}
	return &Error{reason, offset}
}

// maxMembers bounds one object: names are compared with all others of it, which
// takes more memory than they do. Graph's objects have a few dozen at most.
const maxMembers = 10_000

// maxExpected bounds what is believed of a text's commas and brackets before they
// have been read: a mebibyte of nodes. Beyond it the list grows as they come.
const maxExpected = 16 << 10

// expectedNodes guesses the number of values from above, from the commas and
// brackets, without letting a text full of commas ask for much memory.
func expectedNodes(raw []byte) int {
	n := 1 + bytes.Count(raw, []byte{','}) + bytes.Count(raw, []byte{'{'}) + bytes.Count(raw, []byte{'['})
	return min(n, 64+len(raw)/8, maxExpected)
}

// digits counts the digits of a number from the first one that is not zero.
func digits(number []byte) int {
	n := 0
	for _, c := range number {
		if c >= '1' && c <= '9' || c == '0' && n > 0 {
			n++
		}
	}
	return n
}

// invalidAt returns the offset of the first byte that is not valid UTF-8.
func invalidAt(raw []byte) int {
	at := 0
	for at < len(raw) {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}
