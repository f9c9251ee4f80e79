package payload

// Members returns the members of an object as fields, for a JSON body whose call
// has parameters elsewhere, too. Nothing else has members. The document must not be
// freed while its fields are in use.
func Members(d *Document) []Field {
	var fields []Field
	for node := range d.Children(0) {
		n := &d.Nodes[node]
		if n.KeyEnd == 0 {
			return nil
		}
		fields = append(fields, Field{
			Name: d.Name(node), Value: d.text[n.Start:n.End], codec: moved(n.Start),
			start: n.KeyStart, end: n.End, source: object{d}, literal: true,
		})
	}
	return fields
}

// moved is the codec of a text that stands as it is at some byte.
type moved int

// Span implements Codec.
func (m moved) Span(start, end int) (int, int) {
	if start < 0 || end < start {
		return -1, -1
	}
	return start + int(m), end + int(m)
}

// Encode implements Codec.
func (moved) Encode(text string) string { return text }

// object is a JSON object as a source.
type object struct{ d *Document }

func (object) spell(name, value string) string {
	return string(append(appendQuoted(nil, name), ':')) + value
}

func (object) separator() string { return "," }

func (o object) without(gone []*Field) []Edit {
	positions := map[int]bool{}
	for node := range o.d.Children(0) {
		n := &o.d.Nodes[node]
		for _, field := range gone {
			if n.KeyStart == field.start {
				positions[n.Index] = true
			}
		}
	}
	return o.d.Keep(0, func(i int) bool { return !positions[i] })
}
