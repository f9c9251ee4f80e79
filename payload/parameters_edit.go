package payload

import (
	"bytes"
	"errors"
	"math"
	"net/url"
	"strings"
	"unicode/utf8"
)

// ErrStructure means that a document was edited into something that its sources
// cannot carry. The message must not be forwarded.
var ErrStructure = errors.New("editing parameters: the document is no object any more, or has members that no source can take")

// unbounded reads what was within its limits before it was edited.
var unbounded = Limits{
	Bytes: math.MaxInt, Depth: math.MaxInt, Strings: math.MaxInt, StringBytes: math.MaxInt,
	NumberDigits: math.MaxInt, Values: math.MaxInt, Fields: math.MaxInt,
}

// Edits returns for each source, in the order that Assemble was given them, the
// edits that make it say what edited says: the document as it was assembled, or
// what editing made of it. They are small, leaf by leaf where a value kept its
// form. A parameter that is gone leaves its source, and a new one takes the place
// of one that is gone, or stands at the end of the first source that has any.
// Without a change only relaxed JSON is edited: it goes on as strict JSON.
// The error is ErrStructure.
func (p *Parameters) Edits(edited []byte) ([][]Edit, error) {
	edits := make([][]Edit, len(p.sources))
	if bytes.Equal(edited, p.Document.Raw) && !p.respelled() {
		return edits, nil
	}
	before, err := Parse(p.Document.Raw, unbounded) // its nodes may have been given back
	if err != nil {
		return nil, ErrStructure
	}
	defer before.Free()
	after, err := Parse(edited, unbounded)
	if err != nil || after.Nodes[0].Kind != Object {
		return nil, ErrStructure
	}
	defer after.Free()
	c := comparison{Parameters: p, before: before, after: after, edits: edits, gone: make([][]*Field, len(p.sources))}
	c.compare()
	return edits, c.move()
}

// respelled says that some value goes on in another spelling whatever happens.
func (p *Parameters) respelled() bool {
	for i := range p.members {
		if p.members[i].reading == asRelaxed {
			return true
		}
	}
	return false
}

// comparison is the state of one Edits.
type comparison struct {
	*Parameters
	before, after *Document
	edits         [][]Edit
	gone          [][]*Field // of each source
	added         []int      // nodes of after
}

// compare edits the parameters that stay, and notes which ones came and went.
func (c *comparison) compare() {
	left := map[string]int{}
	for node := range c.after.Children(0) {
		left[c.after.Name(node)] = node
	}
	i := 0
	for node := range c.before.Children(0) {
		m := &c.members[i]
		i++
		other, stays := left[c.before.Name(node)]
		if !stays {
			c.gone[m.source] = append(c.gone[m.source], m.field)
			continue
		}
		delete(left, c.before.Name(node))
		c.edits[m.source] = append(c.edits[m.source], c.value(m, node, other)...)
	}
	for node := range c.after.Children(0) {
		if _, added := left[c.after.Name(node)]; added {
			c.added = append(c.added, node)
		}
	}
}

// value edits one parameter, which is node of before and other of after.
func (c *comparison) value(m *member, node, other int) []Edit {
	text := c.spelled(m.field, other)
	switch {
	case m.reading == asStrict && (m.field.literal || c.after.Nodes[other].Kind != String):
		front := len(m.field.Value) - len(strings.TrimLeft(m.field.Value, " \t\r\n"))
		return c.leaves(nil, m.field, node, other, front-c.before.Nodes[node].Start)
	case m.reading == asRelaxed:
		return []Edit{{Codecs: []Codec{m.field.Scope()}, End: len(m.field.Value), Text: text}}
	case text == m.field.Value:
		return nil
	case m.field.Value == "" && m.field.formed(): // it may have no = either
		return []Edit{{Start: m.field.start, End: m.field.end, Text: c.whole(m.field, other)}}
	}
	return []Edit{trimmed(m.field, 0, m.field.Value, text)}
}

// leaves edits what differs below two nodes. shift leads from bytes of before to
// those of the field's value.
func (c *comparison) leaves(edits []Edit, field *Field, node, other, shift int) []Edit {
	was, is := &c.before.Nodes[node], &c.after.Nodes[other]
	old, text := c.before.text[was.Start:was.End], c.after.text[is.Start:is.End]
	switch {
	case old == text:
		return edits
	case !c.alike(node, other):
		return append(edits, trimmed(field, was.Start+shift, old, text))
	}
	other++
	for child := range c.before.Children(node) {
		edits = c.leaves(edits, field, child, other, shift)
		other = c.after.Nodes[other].Next
	}
	return edits
}

// alike says that two nodes are containers of the same form, so that they differ
// in what they hold only.
func (c *comparison) alike(node, other int) bool {
	was, is := &c.before.Nodes[node], &c.after.Nodes[other]
	if was.Kind != is.Kind || was.Kind != Object && was.Kind != Array {
		return false
	}
	end := is.Next
	other++
	for child := range c.before.Children(node) {
		if other >= end || c.before.Name(child) != c.after.Name(other) {
			return false
		}
		other = c.after.Nodes[other].Next
	}
	return other >= end
}

// trimmed is the edit that makes old, which stands at byte at of a field's value,
// text. What both begin and end with stays.
func trimmed(field *Field, at int, old, text string) Edit {
	front := 0
	for front < min(len(old), len(text)) && old[front] == text[front] {
		front++
	}
	for front > 0 && (front < len(old) && !utf8.RuneStart(old[front]) || front < len(text) && !utf8.RuneStart(text[front])) {
		front--
	}
	back := 0
	for back < min(len(old), len(text))-front && old[len(old)-1-back] == text[len(text)-1-back] {
		back++
	}
	for back > 0 && (!utf8.RuneStart(old[len(old)-back]) || !utf8.RuneStart(text[len(text)-back])) {
		back--
	}
	return Edit{
		Codecs: []Codec{field.Scope()}, Start: at + front, End: at + len(old) - back, Text: text[front : len(text)-back],
	}
}

// move edits the parameters that came and went.
func (c *comparison) move() error {
	for source, gone := range c.gone {
		if len(gone) > 0 && !gone[0].movable() {
			return ErrStructure
		}
		for len(gone) > 0 && len(c.added) > 0 {
			c.edits[source] = append(c.edits[source], Edit{Start: gone[0].start, End: gone[0].end, Text: c.whole(gone[0], c.added[0])})
			gone, c.added = gone[1:], c.added[1:]
		}
		if len(gone) > 0 {
			c.edits[source] = append(c.edits[source], without(gone)...)
		}
	}
	for source, fields := range c.sources {
		if len(fields) == 0 || len(c.added) == 0 || !fields[0].movable() {
			continue
		}
		last := &fields[len(fields)-1]
		text := ""
		for _, node := range c.added {
			text += separator(last) + c.whole(last, node)
		}
		c.edits[source] = append(c.edits[source], Edit{Start: last.end, End: last.end, Text: text})
		c.added = nil
	}
	if len(c.added) > 0 {
		return ErrStructure
	}
	return nil
}

// spelled is the text of a value of after in a field of this sort.
func (c *comparison) spelled(field *Field, node int) string {
	if n := &c.after.Nodes[node]; n.Kind != String || field.literal {
		return c.after.text[n.Start:n.End]
	}
	return c.after.Text(node)
}

// whole spells a parameter of after as a field of the same source as another one.
func (c *comparison) whole(like *Field, node int) string {
	name, text := c.after.Name(node), c.spelled(like, node)
	if !like.formed() {
		return like.source.spell(name, text)
	}
	return url.QueryEscape(name) + "=" + url.QueryEscape(text)
}

// separator stands between two fields of a source.
func separator(field *Field) string {
	if !field.formed() {
		return field.source.separator()
	}
	return "&"
}

// without takes fields of one source out. In a form, nothing between two & is no
// field (WHATWG URL Standard, section 5.1).
func without(gone []*Field) []Edit {
	if !gone[0].formed() {
		return gone[0].source.without(gone)
	}
	edits := make([]Edit, 0, len(gone))
	for _, field := range gone {
		edits = append(edits, Edit{Start: field.start, End: field.end})
	}
	return edits
}
