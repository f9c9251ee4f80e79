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
			Name: d.Name(node), Value: d.text[n.Start:n.End], codec: verbatim{d.text[n.Start:n.End], n.Start},
			start: n.KeyStart, end: n.End, source: object{d}, literal: true,
		})
	}
	return fields
}

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
