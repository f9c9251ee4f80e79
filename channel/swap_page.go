package channel

import (
	"github.com/piiproxy/piiproxy/payload"
)

// pageMessage is a text or button template of Messenger or Instagram.
type pageMessage struct {
	message spot // the object
	text    spot
	payload spot // of the button template, -1 for a text
	node    int  // that Prompts names for the text
	share   bool // buttons can hide the sharing of their page
	limit   size
}

// maxOwnButtons are the bot's buttons that stay beside ours: a template has three.
const maxOwnButtons = 2

// pageMessage reads a send of Messenger or Instagram.
func (c *Channel) pageMessage(d *payload.Document) (swappable, error) {
	message := at(d, 0).child("message").unfolded()
	if message.kind() != payload.Object {
		return nil, cannot(ReasonShape)
	}
	m := &pageMessage{message: message, share: c.name == Messenger, limit: c.buttonLimit()}
	for _, name := range []string{"attachments", "sticker_id"} {
		if message.child(name).given() {
			return nil, cannot(ReasonAttachment)
		}
	}
	m.text, m.payload = message.child("text"), spot{d: d, node: -1}
	if attachment := message.child("attachment"); attachment.given() {
		if m.text.given() {
			return nil, cannot(ReasonShape)
		}
		if err := m.template(attachment); err != nil {
			return nil, err
		}
	}
	m.node = m.text.home()
	return m, m.check()
}

// template reads the button template.
func (m *pageMessage) template(attachment spot) error {
	m.payload = attachment.child("payload")
	switch {
	case attachment.kind() == payload.String || m.payload.kind() == payload.String:
		return cannot(ReasonNested)
	case attachment.kind() != payload.Object:
		return cannot(ReasonShape)
	case attachment.child("type").text() != "template":
		return cannot(ReasonAttachment)
	case m.payload.child("template_type").text() != "button":
		return cannot(ReasonLayout)
	}
	m.text = m.payload.child("text")
	return nil
}

// check refuses what could be read in two ways after the swap.
func (m *pageMessage) check() error {
	replies, buttons := m.message.child("quick_replies"), m.payload.child("buttons")
	switch {
	case m.text.kind() != payload.String:
		return cannot(ReasonShape)
	case replies.kind() == payload.String || buttons.kind() == payload.String:
		return cannot(ReasonNested)
	case replies.given() && replies.kind() != payload.Array || buttons.given() && buttons.kind() != payload.Array:
		return cannot(ReasonShape)
	}
	for _, reply := range replies.elements() {
		if m.message.outer != nil && wordlessReplies[reply.child("content_type").text()] != "" {
			return cannot(ReasonNested) // its node would be the text's
		}
	}
	return nil
}

func (m *pageMessage) has(node int) bool {
	if node == m.node {
		return true
	}
	for _, reply := range m.message.child("quick_replies").elements() {
		if reply.home() == node && m.message.outer == nil {
			return true
		}
	}
	return false
}

func (m *pageMessage) swap(asks []Ask, b button) (Swapped, []payload.Edit) {
	stays, _ := kept(asks, m.node, m.text.text())
	text, cut := m.limit.lead(stays, b.Lead)
	swapped := Swapped{Cut: cut}
	gone := map[int]bool{}
	edits := m.replies(asks, gone)
	if m.payload.node >= 0 {
		start, end := m.text.span()
		edits = append(edits, payload.Edit{Start: start, End: end, Text: quote(text)})
		var more []payload.Edit
		more, swapped.Dropped = m.buttons(b)
		edits = append(edits, more...)
	} else {
		if attachment := m.message.child("attachment"); attachment.node >= 0 {
			gone[attachment.node] = true // null
		}
		start, end := m.text.member()
		edits = append(edits, payload.Edit{Start: start, End: end, Text: `"attachment":` + buttonTemplate(text, m.webButton(b))})
	}
	edits = append(edits, m.message.without(gone)...)
	return swapped, m.message.lift(edits)
}

// replies takes quick replies out that ask, and notes the list itself in gone
// when nothing is left in it.
func (m *pageMessage) replies(asks []Ask, gone map[int]bool) []payload.Edit {
	list := m.message.child("quick_replies")
	asking := map[int]bool{}
	for _, reply := range list.elements() {
		if _, ok := kept(asks, reply.home(), ""); ok && m.message.outer == nil {
			asking[reply.node] = true
		}
	}
	if len(asking) > 0 && len(asking) == len(list.elements()) {
		gone[list.node] = true
		return nil
	}
	return list.without(asking)
}

// buttons puts ours first and counts those of the bot that had no room.
func (m *pageMessage) buttons(b button) ([]payload.Edit, int) {
	list, ours := m.payload.child("buttons"), m.webButton(b)
	if list.kind() != payload.Array {
		if list.node < 0 {
			_, end := m.text.span()
			return []payload.Edit{{Start: end, End: end, Text: `,"buttons":[` + ours + `]`}}, 0
		}
		start, end := list.span()
		return []payload.Edit{{Start: start, End: end, Text: `[` + ours + `]`}}, 0
	}
	own := list.elements()
	dropped := map[int]bool{}
	for _, button := range own[min(len(own), maxOwnButtons):] {
		dropped[button.node] = true
	}
	if len(own) > 0 {
		ours += ","
	}
	start, _ := list.span()
	edits := append(list.without(dropped), payload.Edit{Start: start + 1, End: start + 1, Text: ours})
	return edits, len(dropped)
}

// webButton is the button with the link. Only Messenger can show the page as a
// sheet over the chat and hide its share button.
func (m *pageMessage) webButton(b button) string {
	return webButton(b.Button, b.url, m.share)
}

func webButton(label, url string, share bool) string {
	out := `{"type":"web_url","url":` + quote(url) + `,"title":` + quote(label)
	if share {
		out += `,"webview_height_ratio":"tall","webview_share_button":"hide"`
	}
	return out + `}`
}

// buttonTemplate is an attachment with one button.
func buttonTemplate(text, button string) string {
	return `{"type":"template","payload":{"template_type":"button","text":` + quote(text) + `,"buttons":[` + button + `]}}`
}

// buttonLimit is what the text of a message with a button may hold.
func (c *Channel) buttonLimit() size {
	switch c.name {
	case WhatsApp:
		return size{maxInteractive, noBytes}
	case Instagram:
		return size{maxButtonText, maxBytes}
	}
	return size{maxButtonText, noBytes}
}
