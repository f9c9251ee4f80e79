package channel

import (
	"errors"

	"github.com/piiproxy/piiproxy/payload"
)

// ErrShape means a document that is not a JSON object: no webhook and no call.
var ErrShape = errors.New("reading a message: not a JSON object")

// Person is whoever a part of a document belongs to, under every name the
// document gives for them. The zero Person is no one person.
type Person struct {
	// Aliases are canonical and the first one is the one that logs hash:
	// psid:…, igsid:…, wa:<digits>, bsuid:<CC.…>, and for a member of a group
	// any of the last two behind group:<group id>/.
	Aliases []string
}

// Known reports whether p is one person.
func (p Person) Known() bool { return len(p.Aliases) > 0 }

// Part is a piece of a webhook delivery that belongs to one account and to at
// most one person. Its strings but the aliases may share memory with the
// document.
type Part struct {
	Root    int // node of the piece: it covers the subtree of this node
	Entry   int // node of the entry's element, or the root when there is none
	Element int // node of the element of messaging, standby or changes, or Entry

	Account  string // id of the page, Instagram account or phone number, "" when not given
	Business string // WhatsApp: id of the business account; otherwise as Account
	Person   Person

	Echo    bool     // the account wrote it, not the person
	IDs     []string // ids of the messages it is about
	Sent    bool     // the IDs are of messages that the account sent: echo, status, receipt
	Standby bool     // another app owns the thread
}

// Delivery splits a webhook into its parts, in document order. Parts may lie in
// each other: a value belongs to the last part whose subtree covers it. Only an
// entry's own id and time may belong to none. An entry without events is one
// part, and so is a delivery without entries. A value of a wrong type makes a
// part without person or account, never an error; the only error is ErrShape.
func (c *Channel) Delivery(d *payload.Document) ([]Part, error) {
	if len(d.Nodes) == 0 || d.Nodes[0].Kind != payload.Object {
		return nil, ErrShape
	}
	entries := d.Child(0, "entry")
	if entries < 0 || d.Nodes[entries].Kind != payload.Array || d.Nodes[entries].Next == entries+1 {
		return []Part{{}}, nil
	}
	parts := make([]Part, 0, 4)
	for entry := range d.Children(entries) {
		parts = c.entry(parts, d, entry)
	}
	return parts, nil
}

// entry appends the parts of one entry.
func (c *Channel) entry(parts []Part, d *payload.Document, entry int) []Part {
	id := identifier(d, d.Child(entry, "id"))
	whole := Part{Root: entry, Entry: entry, Element: entry, Account: id, Business: id}
	if c.name == WhatsApp {
		whole.Account = ""
	}
	if needsWhole(d, entry) {
		parts = append(parts, whole)
	}
	for member := range d.Children(entry) {
		if d.Nodes[member].Kind != payload.Array {
			continue
		}
		switch name := d.Name(member); name {
		case "messaging", "standby", "changes":
			for element := range d.Children(member) {
				part := whole
				part.Root, part.Element, part.Standby = element, element, name == "standby"
				parts = c.element(parts, d, part, name == "changes")
			}
		}
	}
	return parts
}

// needsWhole reports whether an entry has something outside its events: without
// a part of its own it would belong to nobody.
func needsWhole(d *payload.Document, entry int) bool {
	events := false
	for member := range d.Children(entry) {
		switch d.Name(member) {
		case "id", "time", "uid":
		case "messaging", "standby", "changes":
			if d.Nodes[member].Kind != payload.Array {
				return true
			}
			events = events || d.Nodes[member].Next > member+1
		default:
			return true
		}
	}
	return !events
}

func (c *Channel) element(parts []Part, d *payload.Document, part Part, change bool) []Part {
	switch {
	case c.name == WhatsApp && change:
		return appendChange(parts, d, part)
	case c.name == WhatsApp:
		return append(parts, part)
	case change:
		return append(parts, c.pageChange(d, part))
	}
	return append(parts, c.event(d, part, part.Root))
}

// event fills in the part of one Messenger or Instagram event.
func (c *Channel) event(d *payload.Document, part Part, event int) Part {
	sender := identifier(d, d.At(event, "sender", "id"))
	person := sender
	echo := d.At(event, "message", "is_echo")
	part.Echo = echo >= 0 && d.Nodes[echo].Kind == payload.True || sender != "" && sender == part.Account
	if part.Echo {
		person = identifier(d, d.At(event, "recipient", "id"))
	}
	if person != "" && person != part.Account {
		part.Person = newPerson("", c.user+person)
	}
	for _, name := range []string{"message", "message_edit", "postback"} {
		part.IDs = appendID(part.IDs, d, d.At(event, name, "mid"))
	}
	part.Sent = part.Echo && len(part.IDs) > 0
	if len(part.IDs) == 0 {
		part.IDs = appendID(part.IDs, d, d.At(event, "read", "mid"))
		for mid := range d.Children(d.At(event, "delivery", "mids")) {
			part.IDs = appendID(part.IDs, d, mid)
		}
		part.Sent = len(part.IDs) > 0
	}
	return part
}

// pageChange fills in the part of a change. Instagram puts whole events into
// changes; posts and comments name their author in from.
func (c *Channel) pageChange(d *payload.Document, part Part) Part {
	value := d.Child(part.Element, "value")
	if d.Child(value, "sender") >= 0 {
		return c.event(d, part, value)
	}
	if from := identifier(d, d.At(value, "from", "id")); from != "" && from != part.Account {
		part.Person = newPerson("", c.user+from)
	}
	return part
}

func appendID(ids []string, d *payload.Document, node int) []string {
	if id := identifier(d, node); id != "" {
		return append(ids, id)
	}
	return ids
}
