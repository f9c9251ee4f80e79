package channel

import "github.com/piiproxy/piiproxy/payload"

// Remark is a message of a person in an answer of the platform that tells what was
// said: a conversation's history, or a message by its id.
type Remark struct {
	Root   int // the object of the message
	ID     string
	Person Person // who wrote it
}

// Remarks lists the messages of people in an answer of Messenger or Instagram, in
// document order: objects with an id, words, and who they are from. What the
// account wrote itself is none.
func (c *Channel) Remarks(d *payload.Document, account string) []Remark {
	if c.name == WhatsApp {
		return nil
	}
	var found []Remark
	for node := range d.Nodes {
		if d.Nodes[node].Kind != payload.Object || d.Child(node, "message") < 0 {
			continue
		}
		id, from := identifier(d, d.Child(node, "id")), identifier(d, d.At(node, "from", "id"))
		if id != "" && from != "" && from != account {
			found = append(found, Remark{Root: node, ID: id, Person: newPerson("", c.user+from)})
		}
	}
	return found
}
