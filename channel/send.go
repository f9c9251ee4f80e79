package channel

import (
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// Send says whom the body of a call is for.
type Send struct {
	Person  Person // zero when the recipient is not certainly one person
	Message bool   // it carries a message to a recipient
	Group   bool   // the recipient is a WhatsApp group
}

// Send reads the recipient of a call. A recipient that Meta resolves in ways we
// cannot follow (user_ref, comment_id, post_id, a notification token, a phone
// number on Messenger) is nobody, and so is one given in two ways at once.
// Bodies without a recipient, such as uploads and profile calls, are no message.
func (c *Channel) Send(d *payload.Document) Send {
	if c.name == WhatsApp {
		return whatsAppSend(d)
	}
	recipient := d.Child(0, "recipient")
	send := Send{Message: recipient >= 0 && (d.Child(0, "message") >= 0 || d.Child(0, "template") >= 0)}
	if recipient < 0 {
		return send
	}
	if inner, err := d.Inner(recipient, payload.DefaultLimits()); err == nil && inner != nil {
		send.Person = c.recipient(inner, 0) // Graph takes JSON text where it wants an object
	} else {
		send.Person = c.recipient(d, recipient)
	}
	return send
}

// recipient is one person only when it has an id and nothing else.
func (c *Channel) recipient(d *payload.Document, node int) Person {
	id := d.Child(node, "id")
	if id < 0 || d.Nodes[node].Next != id+1 || d.Nodes[id].Index != 0 {
		return Person{}
	}
	text := identifier(d, id)
	if text == "" || strings.ContainsRune(text, '{') { // an expression of a batch is nobody
		return Person{}
	}
	return newPerson("", c.user+text)
}

// whatsAppSend reads "to", which takes precedence over "recipient".
func whatsAppSend(d *payload.Document) Send {
	to, recipient := d.Child(0, "to"), d.Child(0, "recipient")
	send := Send{
		Message: to >= 0 || recipient >= 0,
		Group:   strings.EqualFold(identifier(d, d.Child(0, "recipient_type")), "group"),
	}
	node := to
	if to < 0 || d.Nodes[to].Kind == payload.Null || d.Nodes[to].Kind == payload.String && d.Text(to) == "" {
		node = recipient
	}
	if !send.Group {
		send.Person = newPerson("", phoneAlias(identifier(d, node)))
	}
	return send
}

// Answer is what the platform's answer to a send teaches.
type Answer struct {
	IDs     []string    // ids of the messages that were sent
	Aliases [][2]string // the alias that was written to, and another of the same person
}

// Answer reads the platform's answer to a send. WhatsApp answers with the number
// that a message really went to, which differs from the one that was asked for
// in Brazil and Mexico, and with the BSUID.
func (c *Channel) Answer(d *payload.Document) Answer {
	var answer Answer
	answer.IDs = appendID(answer.IDs, d, d.Child(0, "message_id"))
	for message := range d.Children(d.Child(0, "messages")) {
		answer.IDs = appendID(answer.IDs, d, d.Child(message, "id"))
	}
	if c.name != WhatsApp {
		return answer
	}
	for node := range d.Children(d.Child(0, "contacts")) {
		input := phoneAlias(identifier(d, d.Child(node, "input")))
		if input == "" {
			continue
		}
		for _, alias := range []string{
			phoneAlias(identifier(d, d.Child(node, "wa_id"))),
			userAlias(identifier(d, d.Child(node, "user_id"))),
		} {
			if alias != "" && alias != input {
				answer.Aliases = append(answer.Aliases, [2]string{input, alias})
			}
		}
	}
	return answer
}
