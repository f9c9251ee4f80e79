package channel

import (
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// change reads one element of changes[] of a WhatsApp webhook.
type change struct {
	d        *payload.Document
	part     Part // what all parts of this change have in common
	value    int
	business string    // alias of the business's own phone number
	contacts []contact // who the change says its people are
}

// contact is one person of contacts[] under all names.
type contact struct{ phone, user, parent string } // aliases

// shares reports whether two contacts have an alias in common.
func (a contact) shares(b contact) bool {
	return a.phone != "" && a.phone == b.phone ||
		a.user != "" && a.user == b.user || a.parent != "" && a.parent == b.parent
}

// appendChange appends the part of the change itself and, inside it, one for
// each message, status, contact and so on that belongs to a person.
func appendChange(parts []Part, d *payload.Document, part Part) []Part {
	x := change{d: d, part: part, value: d.Child(part.Element, "value")}
	x.part.Account = identifier(d, d.At(x.value, "metadata", "phone_number_id"))
	x.part.Standby = x.text(part.Element, "field") == "standby"
	x.business = phoneAlias(x.text(d.Child(x.value, "metadata"), "display_phone_number"))
	for node := range d.Children(d.Child(x.value, "contacts")) {
		x.contacts = append(x.contacts, x.contact(node, "wa_id", "user_id", "parent_user_id"))
	}
	parts = append(parts, x.part)
	for member := range d.Children(x.value) {
		if read, ok := changeLists[d.Name(member)]; ok && d.Nodes[member].Kind == payload.Array {
			for element := range d.Children(member) {
				parts = read(&x, parts, element)
			}
		}
	}
	return parts
}

// changeLists are the arrays of a change whose elements belong to people.
var changeLists = map[string]func(x *change, parts []Part, element int) []Part{
	"contacts":         (*change).contactPart,
	"messages":         (*change).message,
	"message_echoes":   (*change).echo,
	"statuses":         (*change).status,
	"history":          (*change).history,
	"calls":            (*change).call,
	"user_preferences": (*change).preference,
	"user_id_update":   (*change).newUserID,
	"state_sync":       (*change).addressBook,
}

func (x *change) text(node int, name string) string {
	return identifier(x.d, x.d.Child(node, name))
}

// contact reads the three names of a person from the members of node.
func (x *change) contact(node int, phone, user, parent string) contact {
	return contact{
		phone:  phoneAlias(x.text(node, phone)),
		user:   userAlias(x.text(node, user)),
		parent: userAlias(x.text(node, parent)),
	}
}

// person is who under all names that this change gives them, as a member of
// group if that is not empty.
func (x *change) person(who contact, group string) Person {
	for _, known := range x.contacts {
		if who.shares(known) {
			who.phone = firstOf(who.phone, known.phone)
			who.user = firstOf(who.user, known.user)
			who.parent = firstOf(who.parent, known.parent)
		}
	}
	return newPerson(group, who.phone, who.user, who.parent)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (x *change) with(node int, person Person) Part {
	part := x.part
	part.Root, part.Person = node, person
	return part
}

func (x *change) message(parts []Part, node int) []Part {
	who := x.sender(node)
	part := x.with(node, x.person(who, x.text(node, "group_id")))
	part.IDs = appendID(nil, x.d, x.d.Child(node, "id"))
	return append(parts, part)
}

func (x *change) sender(message int) contact {
	return x.contact(message, "from", "from_user_id", "from_parent_user_id")
}

// echo is a message that the business sent from its phone. What it wrote to a
// group has no one reader.
func (x *change) echo(parts []Part, node int) []Part {
	part := x.with(node, Person{})
	if x.text(node, "group_id") == "" {
		part.Person = x.person(x.contact(node, "to", "to_user_id", "to_parent_user_id"), "")
	}
	part.IDs = appendID(nil, x.d, x.d.Child(node, "id"))
	part.Echo, part.Sent = true, len(part.IDs) > 0
	return append(parts, part)
}

func (x *change) status(parts []Part, node int) []Part {
	var part Part
	if x.text(node, "recipient_type") == "group" {
		who := x.contact(node, "recipient_participant_id", "recipient_participant_user_id", "recipient_participant_parent_user_id")
		part = x.with(node, x.person(who, x.text(node, "recipient_id")))
	} else {
		who := x.contact(node, "recipient_id", "recipient_user_id", "parent_recipient_user_id")
		part = x.with(node, x.person(who, ""))
	}
	part.IDs = appendID(nil, x.d, x.d.Child(node, "id"))
	// Calls have statuses too; their ids were never the answer to a message.
	call := x.text(node, "type") == "call" || len(part.IDs) > 0 && strings.HasPrefix(part.IDs[0], "wacid.")
	part.Sent = len(part.IDs) > 0 && !call
	return append(parts, part)
}

// contactPart is an element of contacts[]. Where the change holds only what
// somebody said in a group, the contact is that member of the group.
func (x *change) contactPart(parts []Part, node int) []Part {
	who := x.contact(node, "wa_id", "user_id", "parent_user_id")
	group := ""
	for message := range x.d.Children(x.d.Child(x.value, "messages")) {
		if !who.shares(x.sender(message)) {
			continue
		}
		group = x.text(message, "group_id")
		if group == "" {
			break
		}
	}
	return append(parts, x.with(node, x.person(who, group)))
}

// history holds whole threads; a thread is the conversation with one person.
func (x *change) history(parts []Part, node int) []Part {
	for thread := range x.d.Children(x.d.Child(node, "threads")) {
		who := contact{phone: phoneAlias(x.text(thread, "id"))}
		context := x.contact(x.d.Child(thread, "context"), "wa_id", "user_id", "parent_user_id")
		if who.phone == "" {
			who.phone = context.phone
		}
		who.user, who.parent = context.user, context.parent
		parts = append(parts, x.with(thread, x.person(who, "")))
	}
	return parts
}

// call is between the business and one person, in either direction.
func (x *change) call(parts []Part, node int) []Part {
	from := x.contact(node, "from", "from_user_id", "from_parent_user_id")
	to := x.contact(node, "to", "to_user_id", "to_parent_user_id")
	outgoing := x.text(node, "direction") == "BUSINESS_INITIATED" ||
		from.phone != "" && from.phone == x.business
	who := from
	if outgoing {
		who = to
	}
	part := x.with(node, x.person(who, ""))
	part.Echo = outgoing
	return append(parts, part)
}

func (x *change) preference(parts []Part, node int) []Part {
	return append(parts, x.with(node, x.person(x.contact(node, "wa_id", "user_id", "parent_user_id"), "")))
}

// newUserID says that somebody's BSUID has changed: both are theirs.
func (x *change) newUserID(parts []Part, node int) []Part {
	aliases := []string{phoneAlias(x.text(node, "wa_id"))}
	for _, name := range []string{"user_id", "parent_user_id"} {
		ids := x.d.Child(node, name)
		aliases = append(aliases, userAlias(x.text(ids, "current")), userAlias(x.text(ids, "previous")))
	}
	return append(parts, x.with(node, newPerson("", aliases...)))
}

// addressBook is an entry of the business's own address book.
func (x *change) addressBook(parts []Part, node int) []Part {
	who := x.contact(x.d.Child(node, "contact"), "phone_number", "user_id", "parent_user_id")
	return append(parts, x.with(node, x.person(who, "")))
}
