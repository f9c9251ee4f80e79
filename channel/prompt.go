package channel

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// TextNode is a text of a send that a person reads as what the bot says: the
// message itself, a caption, the words of a card. Labels of buttons and quick
// replies are none.
type TextNode struct {
	Node   int    // the string, or the outermost string that holds it as JSON text
	Text   string // decoded; may share memory with the document
	Reason string // why Swap cannot replace the message of this text, "" when it can
}

// Wordless is a request for personal data that is made by the form of the
// message and not by its words.
type Wordless struct {
	Kind   string // email, phone, address or geo
	Node   int    // the quick reply, or WhatsApp's interactive object
	Reason string // as in TextNode
}

// spoken are the places of the texts that Prompts lists, without array steps.
var spoken = map[Name][]string{
	Messenger: spokenPage, Instagram: spokenPage,
	WhatsApp: {
		"text.body", "image.caption", "video.caption", "document.caption", "audio.caption",
		"interactive.body.text", "interactive.footer.text", "interactive.header.text", "interactive.header.sub_text",
		"interactive.action.cards.body.text", "interactive.action.cards.header.text",
		"template.components.parameters.text", "template.components.cards.components.parameters.text",
	},
}

var spokenPage = []string{
	"message.text",
	"message.attachment.payload.text", "message.attachment.payload.title", "message.attachment.payload.subtitle",
	"message.attachment.payload.intro_message", "message.attachment.payload.coupon_pre_message",
	"message.attachment.payload.elements.title", "message.attachment.payload.elements.subtitle",
	"message.attachment.payload.feedback_screens.questions.title",
	"message.attachment.payload.feedback_screens.questions.follow_up.placeholder",
	"message.attachments.payload.text", "message.attachments.payload.title",
	"message.attachments.payload.elements.title", "message.attachments.payload.elements.subtitle",
	"message.template.components.parameters.text", "template.components.parameters.text",
}

// Prompts lists the texts of a send in document order, whatever they say. JSON
// text is looked into as deeply as everywhere.
func (c *Channel) Prompts(d *payload.Document) []TextNode {
	list := textList{places: spoken[c.name]}
	list.walk(d, 0, "", -1, maxNesting)
	if len(list.found) == 0 {
		return nil
	}
	message, err := c.swappable(d)
	for i, text := range list.found {
		switch {
		case err != nil:
			list.found[i].Reason = reasonOf(err)
		case !message.has(text.Node):
			list.found[i].Reason = ReasonLayout
		}
	}
	return list.found
}

// textList collects the texts at some places.
type textList struct {
	places []string
	found  []TextNode
}

// walk visits node, which stands at path. Inside JSON text, outer is the node of
// the outermost string.
func (l *textList) walk(d *payload.Document, node int, path string, outer, levels int) {
	if len(d.Nodes) == 0 {
		return
	}
	if d.Nodes[node].Kind == payload.String {
		l.text(d, node, path, outer, levels)
		return
	}
	for child := range d.Children(node) {
		place := path
		if d.Nodes[node].Kind == payload.Object {
			place = strings.TrimPrefix(path+"."+d.Name(child), ".")
		}
		if l.leads(place) {
			l.walk(d, child, place, outer, levels)
		}
	}
}

// leads reports whether texts can stand at or below a place.
func (l *textList) leads(place string) bool {
	return slices.ContainsFunc(l.places, func(known string) bool {
		rest, ok := strings.CutPrefix(known, place)
		return ok && (rest == "" || rest[0] == '.' || place == "")
	})
}

func (l *textList) text(d *payload.Document, node int, path string, outer, levels int) {
	if outer < 0 {
		outer = node
	}
	if slices.Contains(l.places, path) {
		l.found = append(l.found, TextNode{Node: outer, Text: d.Text(node)})
		return
	}
	if inner, err := d.Inner(node, payload.DefaultLimits()); err == nil && inner != nil && levels > 0 {
		l.walk(inner, 0, path, outer, levels-1)
	}
}

// Requests for personal data without words: types of quick replies, and types of
// WhatsApp's interactive messages. Messenger retired the location.
var (
	wordlessReplies = map[string]string{"user_email": "email", "user_phone_number": "phone", "location": "geo"}
	wordlessTypes   = map[string]string{
		"request_contact_info": "phone", "address_message": "address", "location_request_message": "geo",
	}
)

// Wordless lists the requests of a send that are made without words.
func (c *Channel) Wordless(d *payload.Document) []Wordless {
	var found []Wordless
	if c.name == WhatsApp {
		interactive := at(d, 0).child("interactive")
		if kind := wordlessTypes[interactive.child("type").text()]; kind != "" {
			found = append(found, Wordless{Kind: kind, Node: d.Child(0, "interactive")})
		}
	} else {
		message := at(d, 0).child("message")
		for _, reply := range message.child("quick_replies").elements() {
			kind := wordlessReplies[reply.child("content_type").text()]
			if kind != "" {
				found = append(found, Wordless{Kind: kind, Node: reply.home()})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	_, err := c.swappable(d)
	for i := range found {
		if err != nil {
			found[i].Reason = reasonOf(err)
		}
	}
	return found
}

// IsTemplate reports whether a send carries a template that the platform has
// approved. Its words are not in the call and cannot be changed.
func (c *Channel) IsTemplate(d *payload.Document) bool {
	root := at(d, 0)
	if root.child("template").given() {
		return true
	}
	if c.name == WhatsApp {
		return root.child("type").text() == "template"
	}
	return root.child("message").child("template").given()
}
