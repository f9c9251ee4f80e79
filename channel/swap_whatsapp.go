package channel

import (
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// linkMessage is a text or a file with a caption.
type linkMessage struct {
	d       *payload.Document
	kind    int // node of "type", -1 when absent: then it is a text
	content int // node of the member that type names
	text    int // node of the body, text or caption; -1 for an interactive message without a body
}

// contents are the members of a WhatsApp send of which type names one.
var contents = []string{
	"text", "image", "video", "audio", "document", "sticker", "location", "contacts", "reaction", "interactive", "template",
}

// linkable are the types of interactive messages whose action can be replaced.
var linkable = map[string]bool{
	"button": true, "list": true, "cta_url": true, "flow": true,
	"request_contact_info": true, "address_message": true, "location_request_message": true,
}

// whatsAppMessage reads a send of WhatsApp.
func whatsAppMessage(d *payload.Document) (swappable, error) {
	m := &linkMessage{d: d, kind: d.Child(0, "type")}
	name := at(d, m.kind).text()
	if !at(d, m.kind).given() {
		name = "text"
	}
	for _, other := range contents {
		if other != name && at(d, d.Child(0, other)).given() {
			return nil, cannot(ReasonShape)
		}
	}
	m.content = d.Child(0, name)
	switch content := at(d, m.content); {
	case content.kind() == payload.String && content.unfolded() != content:
		return nil, cannot(ReasonNested)
	case name == "text":
		m.text = d.Child(m.content, "body")
	case name == "image" || name == "video" || name == "document":
		m.text = d.Child(m.content, "caption")
		if m.text < 0 {
			return nil, cannot(ReasonAttachment)
		}
	case name == "interactive":
		return interactiveMessage(d, m.content)
	case name == "audio" || name == "sticker":
		return nil, cannot(ReasonAttachment)
	default:
		return nil, cannot(ReasonLayout)
	}
	if at(d, m.text).kind() != payload.String {
		return nil, cannot(ReasonShape)
	}
	return m, nil
}

func (m *linkMessage) has(node int) bool { return node == m.text }

// swap makes the content an interactive message. A file becomes its header, and
// its own bytes stay where they are.
func (m *linkMessage) swap(asks []Ask, b button) (Swapped, []payload.Edit) {
	d, content := m.d, at(m.d, m.content)
	stays, _ := kept(asks, m.text, d.Text(m.text))
	text, cut := size{maxInteractive, noBytes}.lead(stays, b.Lead)
	front, edits := m.typed(`"interactive"`)
	front += `"interactive":{"type":"cta_url",`
	back := `"body":{"text":` + quote(text) + `},"action":` + ctaURL(b.Button, b.url) + `}`
	start, end := content.member()
	if name := d.Name(m.content); name == "text" {
		edits = append(edits, payload.Edit{Start: start, End: end, Text: front + back})
	} else {
		edits = append(edits, payload.Edit{Start: start, End: start, Text: front + `"header":{"type":` + quote(name) + `,`})
		edits = append(edits, content.without(map[int]bool{m.text: true})...)
		edits = append(edits, payload.Edit{Start: end, End: end, Text: `},` + back})
	}
	if null := d.Child(0, "interactive"); null >= 0 {
		edits = append(edits, at(d, 0).without(map[int]bool{null: true})...)
	}
	return Swapped{Cut: cut}, edits
}

// typed makes the type of the message interactive: by an edit, or by a member to
// write before the content when there is none.
func (m *linkMessage) typed(value string) (string, []payload.Edit) {
	if m.kind < 0 {
		return `"type":` + value + `,`, nil
	}
	start, end := at(m.d, m.kind).span()
	return "", []payload.Edit{{Start: start, End: end, Text: value}}
}

// ctaURL is the action of a message with a link.
func ctaURL(label, url string) string {
	return `{"name":"cta_url","parameters":{"display_text":` + quote(label) + `,"url":` + quote(url) + `}}`
}

// formMessage is an interactive message that has another action so far.
type formMessage struct {
	d                            *payload.Document
	node                         int // the interactive object
	kind, action                 int
	body, header, footer         int
	text, headerText, footerText int // -1 when absent
}

// headers are the types of headers that a message with a link can have.
var headers = map[string]bool{"text": true, "image": true, "video": true, "document": true}

func interactiveMessage(d *payload.Document, node int) (swappable, error) {
	m := &formMessage{
		d: d, node: node, kind: d.Child(node, "type"), action: d.Child(node, "action"),
		body: d.Child(node, "body"), header: d.Child(node, "header"), footer: d.Child(node, "footer"),
	}
	m.text, m.headerText, m.footerText = d.Child(m.body, "text"), d.Child(m.header, "text"), d.Child(m.footer, "text")
	if at(d, m.kind).kind() != payload.String {
		return nil, cannot(ReasonShape)
	}
	if !linkable[d.Text(m.kind)] {
		return nil, cannot(ReasonLayout)
	}
	for _, part := range []int{m.body, m.header, m.footer, m.action} {
		switch kind := at(d, part).kind(); kind {
		case payload.Object, payload.Null:
		case payload.String:
			return nil, cannot(ReasonNested)
		default:
			return nil, cannot(ReasonShape)
		}
	}
	for _, text := range []int{m.text, m.headerText, m.footerText} {
		if kind := at(d, text).kind(); kind != payload.String && kind != payload.Null {
			return nil, cannot(ReasonShape)
		}
	}
	return m, nil
}

func (m *formMessage) has(node int) bool {
	return node >= 0 && (node == m.node || node == m.text || node == m.headerText || node == m.footerText)
}

func (m *formMessage) swap(asks []Ask, b button) (Swapped, []payload.Edit) {
	d := m.d
	stays, _ := kept(asks, m.text, at(d, m.text).text())
	text, cut := size{maxInteractive, noBytes}.lead(stays, b.Lead)
	start, end := at(d, m.kind).span()
	edits := []payload.Edit{{Start: start, End: end, Text: `"cta_url"`}}
	switch {
	case m.text >= 0:
		edits = append(edits, m.set(m.node, m.text, "text", quote(text)))
	case at(d, m.body).given():
		edits = append(edits, m.set(m.body, -1, "text", quote(text)))
	default:
		edits = append(edits, m.set(m.node, m.body, "body", `{"text":`+quote(text)+`}`))
	}
	edits = append(edits, m.set(m.node, m.action, "action", ctaURL(b.Button, b.url)))
	gone := map[int]bool{}
	if at(d, m.header).given() && !headers[at(d, d.Child(m.header, "type")).text()] {
		gone[m.header] = true
	} else {
		edits = append(edits, m.beside(asks, m.header, m.headerText, gone)...)
	}
	edits = append(edits, m.beside(asks, m.footer, m.footerText, gone)...)
	edits = append(edits, at(d, m.node).without(gone)...)
	return Swapped{Dropped: m.choices(), Cut: cut}, edits
}

// set replaces the value of a member, or adds it in front of the others when
// member is -1.
func (m *formMessage) set(object, member int, name, value string) payload.Edit {
	if member >= 0 {
		start, end := at(m.d, member).span()
		return payload.Edit{Start: start, End: end, Text: value}
	}
	start, _ := at(m.d, object).span()
	if m.d.Nodes[object].Next > object+1 {
		value += ","
	}
	return payload.Edit{Start: start + 1, End: start + 1, Text: `"` + name + `":` + value}
}

// beside takes the asks out of a header or footer: what stays of its text
// remains, and the whole part goes when nothing stays.
func (m *formMessage) beside(asks []Ask, part, text int, gone map[int]bool) []payload.Edit {
	if text < 0 {
		return nil
	}
	stays, asked := kept(asks, text, "")
	if !asked {
		return nil
	}
	if stays = strings.TrimSpace(stays); stays == "" {
		gone[part] = true
		return nil
	}
	return []payload.Edit{m.set(part, text, "text", quote(stays))}
}

// choices counts the buttons and rows of the action. A flow and a link are one.
// A request for contact, address or place has none of its own.
func (m *formMessage) choices() int {
	action := at(m.d, m.action)
	switch m.d.Text(m.kind) {
	case "button":
		return len(action.child("buttons").elements())
	case "list":
		rows := 0
		for _, section := range action.child("sections").elements() {
			rows += len(section.child("rows").elements())
		}
		return rows
	case "flow", "cta_url":
		return 1
	}
	return 0
}
