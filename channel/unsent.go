package channel

import "github.com/piiproxy/piiproxy/payload"

// Unsent returns the id of the message that the person took back with this part of
// a delivery, "" when it is about something else: Messenger and Instagram set
// message.is_deleted, WhatsApp sends a message of the type revoke that names the
// original. What the account took back itself is nothing of the person's.
func (c *Channel) Unsent(d *payload.Document, part Part) string {
	if part.Echo || part.Sent || !part.Person.Known() {
		return ""
	}
	if c.name == WhatsApp {
		if identifier(d, d.Child(part.Root, "type")) != "revoke" {
			return ""
		}
		return identifier(d, d.At(part.Root, "revoke", "original_message_id"))
	}
	event := part.Root
	if value := d.Child(event, "value"); value >= 0 { // Instagram's events in changes
		event = value
	}
	deleted := d.At(event, "message", "is_deleted")
	if deleted < 0 || d.Nodes[deleted].Kind != payload.True {
		return ""
	}
	return identifier(d, d.At(event, "message", "mid"))
}
