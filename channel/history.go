package channel

import (
	"slices"

	"github.com/piiproxy/piiproxy/payload"
)

// Remark is a message, or a thread of messages, in an answer of the platform that
// tells what was said, and belongs to the chat with one person for certain.
type Remark struct {
	Root   int    // its object
	ID     string // of the message; "" for a thread
	Person Person
	Echo   bool // the account wrote it
}

// Remarks lists what an answer of Messenger or Instagram tells of chats with one
// person each, in document order: messages by who they are from and to, threads by
// who takes part. What tells of several people, or of nobody who is named, is none,
// and neither is anything while the account's own id is not known.
func (c *Channel) Remarks(d *payload.Document, account string) []Remark {
	if c.name == WhatsApp {
		return nil
	}
	var found []Remark
	for node := range d.Nodes {
		if d.Nodes[node].Kind != payload.Object {
			continue
		}
		switch {
		case d.Child(node, "message") >= 0:
			from, id := identifier(d, d.At(node, "from", "id")), identifier(d, d.Child(node, "id"))
			who, one := onlyOther(append(idsIn(d, node, "to"), from), account)
			if one && from != "" && id != "" {
				found = append(found, Remark{node, id, newPerson("", c.user+who), from == account})
			}
		case d.Child(node, "participants") >= 0 && account != "":
			if who, one := onlyOther(idsIn(d, node, "participants"), account); one {
				found = append(found, Remark{Root: node, Person: newPerson("", c.user+who)})
			}
		}
	}
	return found
}

// idsIn are the ids of the people in a list of Graph's: a member with data. One
// without an id is "".
func idsIn(d *payload.Document, node int, member string) (ids []string) {
	list := d.At(node, member, "data")
	if list < 0 || d.Nodes[list].Kind != payload.Array {
		return nil
	}
	for entry := range d.Children(list) {
		ids = append(ids, identifier(d, d.Child(entry, "id")))
	}
	return ids
}

// onlyOther is the one person among ids beside the account.
func onlyOther(ids []string, account string) (string, bool) {
	others := slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(ids, func(id string) bool { return id == account && id != "" }))))
	if len(others) != 1 || others[0] == "" {
		return "", false
	}
	return others[0], true
}
