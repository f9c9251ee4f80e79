package channel

import "github.com/piiproxy/piiproxy/payload"

// spot is a node of a document or of the JSON text in one of its strings. Graph
// takes JSON text where it wants an object, so a step to a member goes into it.
type spot struct {
	d     *payload.Document
	node  int   // -1: there is no such place
	outer *spot // the string that d is the text of, nil for the call itself
}

func at(d *payload.Document, node int) spot {
	if node >= len(d.Nodes) {
		node = -1
	}
	return spot{d: d, node: node}
}

// child is the member called name.
func (s spot) child(name string) spot {
	s = s.unfolded()
	return spot{s.d, s.d.Child(s.node, name), s.outer}
}

// unfolded is the root of the JSON text that stands at s, or s itself.
func (s spot) unfolded() spot {
	if s.node < 0 || s.d.Nodes[s.node].Kind != payload.String || s.depth() >= maxNesting {
		return s
	}
	if inner, err := s.d.Inner(s.node, payload.DefaultLimits()); err == nil && inner != nil {
		outer := s // of its own: only what is unfolded costs an allocation
		return spot{d: inner, outer: &outer}
	}
	return s
}

func (s spot) depth() (levels int) {
	for o := s.outer; o != nil; o = o.outer {
		levels++
	}
	return levels
}

// elements are the elements of the array at s.
func (s spot) elements() []spot {
	s = s.unfolded()
	if s.kind() != payload.Array {
		return nil
	}
	var all []spot
	for element := range s.d.Children(s.node) {
		all = append(all, spot{s.d, element, s.outer})
	}
	return all
}

// kind is the type of the value; Null when there is none.
func (s spot) kind() payload.Kind {
	if s.node < 0 {
		return payload.Null
	}
	return s.d.Nodes[s.node].Kind
}

// given reports whether there is a value and it is not null.
func (s spot) given() bool { return s.kind() != payload.Null }

// text is the string at s, "" when there is none.
func (s spot) text() string {
	if s.kind() != payload.String {
		return ""
	}
	return s.d.Text(s.node)
}

// home is the node of the call in which s lies.
func (s spot) home() int {
	for s.outer != nil {
		s = *s.outer
	}
	return s.node
}

// span is the raw bytes of the value, member the same with its name.
func (s spot) span() (int, int) { return s.d.Nodes[s.node].Start, s.d.Nodes[s.node].End }

func (s spot) member() (int, int) { return s.d.Nodes[s.node].KeyStart, s.d.Nodes[s.node].End }

// lift makes raw edits of the document of s edits of the call.
func (s spot) lift(edits []payload.Edit) []payload.Edit {
	var codecs []payload.Codec
	for o := s.outer; o != nil; o = o.outer {
		codecs = append(codecs, o.d.Scope(o.node))
	}
	for i := range edits {
		edits[i].Codecs = codecs
	}
	return edits
}

// without returns the raw edits that take children out of the container at s.
func (s spot) without(gone map[int]bool) []payload.Edit {
	if len(gone) == 0 || s.node < 0 {
		return nil
	}
	var drop []bool
	for child := range s.d.Children(s.node) {
		drop = append(drop, gone[child])
	}
	return s.d.Keep(s.node, func(i int) bool { return !drop[i] })
}
