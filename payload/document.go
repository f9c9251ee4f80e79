// Package payload reads one strict JSON document and edits its strings in place.
//
// It promises three things. A text that two parsers could understand in two
// ways is refused: duplicate member names, trailing bytes, invalid UTF-8, a byte
// order mark, comments. Bytes that no edit covers come out exactly as they went
// in: white space, key order, number text and the spelling of escapes survive.
// And an edit decodes as intended however deep its text sits in documents inside
// strings inside documents.
//
// Parse makes a flat slice of nodes over the original bytes, Edit names a span of
// a decoded text together with the codecs that lead out to those bytes, and
// Splice applies all edits at once.
package payload

import (
	"iter"
	"strings"
)

// Kind is the JSON type of a node.
type Kind uint8

// The JSON types of RFC 8259, section 3.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Object
	Array
)

// Node is one JSON value. Nodes stand in document order, so the subtree of node
// i is Nodes[i:Nodes[i].Next] and the root is node 0.
type Node struct {
	Kind       Kind
	Start, End int // raw bytes of the value, quotes and brackets included
	Parent     int // index of the enclosing object or array, -1 for the root
	Next       int // index of the first node after this one's subtree
	KeyStart   int // raw member name with its quotes; KeyStart and KeyEnd are
	KeyEnd     int // both 0 when the parent is not an object
	Index      int // position in the parent, from 0
}

// Document is a parsed JSON text. Raw is what Parse was given, unchanged; the
// caller must not change it while the document is in use. A Document may be read
// by several goroutines at once.
type Document struct {
	Raw   []byte
	Nodes []Node

	text string // copy of Raw that decoded texts share memory with
}

// Text returns the decoded string of node i, and the raw text of any other kind.
// A surrogate escape without its other half reads as U+FFFD. The result may share
// memory with the document: strings.Clone one that outlives the message.
func (d *Document) Text(i int) string {
	n := &d.Nodes[i]
	if n.Kind != String {
		return d.text[n.Start:n.End]
	}
	return decode(d.text[n.Start+1 : n.End-1])
}

// Name returns the decoded member name of node i, or "" when its parent is not an
// object. It may share memory like Text.
func (d *Document) Name(i int) string {
	n := &d.Nodes[i]
	if n.KeyEnd == 0 {
		return ""
	}
	return decode(d.text[n.KeyStart+1 : n.KeyEnd-1])
}

// Child returns the member called name of object i, or -1 when there is none or i
// is not an object. A negative i is answered with -1, so lookups can be chained.
func (d *Document) Child(i int, name string) int {
	if i < 0 || i >= len(d.Nodes) || d.Nodes[i].Kind != Object {
		return -1
	}
	for c := i + 1; c < d.Nodes[i].Next; c = d.Nodes[c].Next {
		if d.Name(c) == name {
			return c
		}
	}
	return -1
}

// At follows path from node i through nested objects; -1 when a step is missing.
func (d *Document) At(i int, path ...string) int {
	for _, name := range path {
		i = d.Child(i, name)
	}
	return i
}

// Children yields the members of object i or the elements of array i in document
// order, and nothing for other kinds or for an index that is out of range.
func (d *Document) Children(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if i < 0 || i >= len(d.Nodes) {
			return
		}
		for c := i + 1; c < d.Nodes[i].Next; c = d.Nodes[c].Next {
			if !yield(c) {
				return
			}
		}
	}
}

// Scope returns the codec of string node i. The codec of another kind of node
// has no text: every span in it is out of range.
func (d *Document) Scope(i int) Codec {
	n := &d.Nodes[i]
	if n.Kind != String {
		return quoted{}
	}
	return quoted{raw: d.text[n.Start+1 : n.End-1], base: n.Start + 1}
}

// NameScope returns the codec of the member name of node i. Like Scope, it has no
// text when the node has no name.
func (d *Document) NameScope(i int) Codec {
	n := &d.Nodes[i]
	if n.KeyEnd == 0 {
		return quoted{}
	}
	return quoted{raw: d.text[n.KeyStart+1 : n.KeyEnd-1], base: n.KeyStart + 1}
}

// Inner parses the text of string i as a document of its own when it looks like
// one: white space aside, it begins with { or [ and ends with the bracket that
// closes it. It returns nil, nil for any other text or kind of node, and an
// *Error for a text that looks like a document and is not a strict one; such a
// text may still be a person's words, as in "[sic]". How many levels of nesting
// are followed is for the caller to bound.
func (d *Document) Inner(i int, lim Limits) (*Document, error) {
	if d.Nodes[i].Kind != String {
		return nil, nil
	}
	text := d.Text(i)
	if !looksLikeDocument(text) {
		return nil, nil
	}
	return Parse([]byte(text), lim)
}

func looksLikeDocument(text string) bool {
	text = strings.Trim(text, " \t\r\n")
	if len(text) < 2 {
		return false
	}
	first, last := text[0], text[len(text)-1]
	return first == '{' && last == '}' || first == '[' && last == ']'
}

// Keep returns the edits that remove from a container, which is an array or an
// object, those elements or members that keep, asked once for each position in
// order, answers with false. Everything removed takes exactly one adjoining comma
// with it and everything between two neighbours that both stay is left byte for
// byte. The edits are raw: to use them on a document inside a string, set their
// Codecs. An index that is no container yields no edits.
func (d *Document) Keep(container int, keep func(i int) bool) []Edit {
	if container < 0 || container >= len(d.Nodes) {
		return nil
	}
	var edits []Edit
	var first, last int // raw bytes of the open run of what is removed
	kept, open := -1, false
	for c := range d.Children(container) {
		n := &d.Nodes[c]
		switch {
		case !keep(n.Index):
			if !open {
				first, open = n.first(), true
			}
			last = n.End
		case open && kept < 0: // a leading run goes up to the first one that stays
			edits = append(edits, Edit{Start: first, End: n.first()})
			kept, open = c, false
		case open:
			edits = append(edits, Edit{Start: d.Nodes[kept].End, End: last})
			kept, open = c, false
		default:
			kept = c
		}
	}
	if open && kept >= 0 {
		first = d.Nodes[kept].End
	}
	if open {
		edits = append(edits, Edit{Start: first, End: last})
	}
	return edits
}

// first is where a node begins in its container: a member begins with its name.
func (n *Node) first() int {
	if n.KeyEnd > 0 {
		return n.KeyStart
	}
	return n.Start
}
