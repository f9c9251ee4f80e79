package channel

import (
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// TemplateText says how the text of a template parameter may be treated. The
// zero value is a text to scan and edit like any other.
type TemplateText struct {
	// Suffix: the text ends the link of a button; changing it breaks the link.
	Suffix bool
	// Twins are the nodes of other texts of the same template that must stay equal
	// to this one: an authentication code stands in the body and in its button.
	// When one is edited all must be edited alike, or none.
	Twins []int
}

// Parameter describes node, a string of class Parameter in d. A text has twins
// when one of them ends a button's link and another stands elsewhere in the same
// template, and all are equal.
func (c *Channel) Parameter(d *payload.Document, node int) TemplateText {
	component := ancestor(d, node, 3) // text, its parameter, parameters, the component
	if component < 0 {
		return TemplateText{}
	}
	text := TemplateText{Suffix: isLinkButton(d, component)}
	var equal []int
	paired := false
	for other := range d.Children(d.Nodes[component].Parent) {
		for parameter := range d.Children(d.Child(other, "parameters")) {
			twin := d.Child(parameter, "text")
			if twin < 0 || twin == node || d.Nodes[twin].Kind != payload.String || d.Text(twin) != d.Text(node) {
				continue
			}
			equal = append(equal, twin)
			paired = paired || isLinkButton(d, other) != text.Suffix
		}
	}
	if paired {
		text.Twins = equal
	}
	return text
}

func ancestor(d *payload.Document, node, generations int) int {
	for range generations {
		if node < 0 {
			return -1
		}
		node = d.Nodes[node].Parent
	}
	return node
}

// isLinkButton reports whether a component is a button whose text parameter is
// the end of a link. Bots write the names in either case.
func isLinkButton(d *payload.Document, component int) bool {
	return strings.EqualFold(identifier(d, d.Child(component, "type")), "button") &&
		strings.EqualFold(identifier(d, d.Child(component, "sub_type")), "url")
}
