package channel

import (
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// ReferenceKind is what a call does with the message it refers to.
type ReferenceKind string

// The kinds of references. A reply is a message of its own; all others are
// nothing but the reference, and the whole call is answered without the platform
// when the message is one of ours.
const (
	RefersRead     ReferenceKind = "read"     // WhatsApp: the message is marked as read
	RefersTyping   ReferenceKind = "typing"   // the same, and the bot shows that it types
	RefersReaction ReferenceKind = "reaction" // an emoji is put on it or taken off
	RefersReply    ReferenceKind = "reply"    // a new message quotes it: see Detach
	RefersMessage  ReferenceKind = "message"  // the path is of the message: read or deleted
)

// Reference is an id of a message that a call holds.
type Reference struct {
	Kind ReferenceKind
	Node int // of the id, or of the string that holds it as JSON text; -1 for the path
	ID   string
}

// References lists the messages that a call refers to. d is its body, nil when it
// has none. Ids are not judged: ParseMessageID tells which could be ours.
func (c *Channel) References(d *payload.Document, call Call) []Reference {
	var found []Reference
	if call.Account != "" {
		found = append(found, Reference{RefersMessage, -1, strings.Clone(call.Account)})
	}
	if d == nil || len(d.Nodes) == 0 {
		return found
	}
	add := func(kind ReferenceKind, id spot) {
		if text := identifier(id.d, id.node); text != "" {
			found = append(found, Reference{kind, id.home(), strings.Clone(text)})
		}
	}
	root := at(d, 0)
	if c.name == WhatsApp {
		if root.child("status").text() == "read" {
			kind := RefersRead
			if root.child("typing_indicator").given() {
				kind = RefersTyping
			}
			add(kind, root.child("message_id"))
		}
		add(RefersReaction, root.child("reaction").child("message_id"))
	} else if action := root.child("sender_action").text(); action == "react" || action == "unreact" {
		add(RefersReaction, root.child("payload").child("message_id"))
	}
	for _, reply := range c.replies(root) {
		add(RefersReply, reply.id)
	}
	return found
}

// reply is a member that quotes a message, and the id in it.
type reply struct{ member, id spot }

func (c *Channel) replies(root spot) []reply {
	if c.name == WhatsApp {
		context := root.child("context")
		return []reply{{context, context.child("message_id")}}
	}
	outside, inside := root.child("reply_to"), root.child("message").child("reply_to")
	return []reply{{outside, outside.child("mid")}, {inside, inside.child("mid")}}
}

// Detach returns the call without the members that quote a message whose id is
// one of ours: the platform does not know it and would refuse the whole message.
// Everything else stays byte for byte. The error is one of payload.Splice.
func (c *Channel) Detach(d *payload.Document, ours func(id string) bool) ([]byte, error) {
	var edits []payload.Edit
	for _, reply := range c.replies(at(d, 0)) {
		if id := identifier(reply.id.d, reply.id.node); id == "" || !ours(id) {
			continue
		}
		member := reply.member
		object := spot{member.d, member.d.Nodes[member.node].Parent, member.outer}
		edits = append(edits, object.lift(object.without(map[int]bool{member.node: true}))...)
	}
	return payload.Splice(d.Raw, edits)
}

// AbsorbedAnswer is what the platform would have answered to a call that only
// refers to a message of ours. d is the body, nil when the call has none; id
// names the reaction, which is a message of its own on WhatsApp.
func (c *Channel) AbsorbedAnswer(call Call, d *payload.Document, id string) []byte {
	if d == nil || len(d.Nodes) == 0 {
		return absorbedPath(call)
	}
	root := at(d, 0)
	switch {
	case c.name != WhatsApp && root.child("recipient").given():
		recipient := root.child("recipient").child("id")
		return []byte(`{"recipient_id":` + quote(identifier(recipient.d, recipient.node)) + `}`)
	case c.name == WhatsApp && root.child("reaction").given():
		return c.reacted(d, id)
	case c.name == WhatsApp && root.child("status").given():
		return []byte(`{"success":true}`)
	}
	return absorbedPath(call)
}

// absorbedPath answers a call whose path is of one of our messages: it has no
// more fields than its id, and nothing hangs on it.
func absorbedPath(call Call) []byte {
	switch {
	case call.Edge != "":
		return []byte(`{"data":[]}`)
	case call.Kind == CallRead:
		return []byte(`{"id":` + quote(call.Account) + `}`)
	}
	return []byte(`{"success":true}`)
}

// reacted answers like any send.
func (c *Channel) reacted(d *payload.Document, id string) []byte {
	to := d.Child(0, "to")
	if identifier(d, to) == "" {
		to = d.Child(0, "recipient")
	}
	who := `{"input":` + quote(identifier(d, to))
	for _, alias := range c.Send(d).Person.Aliases {
		if phone, ok := strings.CutPrefix(alias, "wa:"); ok {
			who += `,"wa_id":` + quote(phone)
		} else if user, ok := strings.CutPrefix(alias, "bsuid:"); ok {
			who += `,"user_id":` + quote(user)
		}
	}
	return []byte(`{"messaging_product":"whatsapp","contacts":[` + who + `}],"messages":[{"id":` + quote(id) + `}]}`)
}
