package channel

import (
	"strings"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/payload"
)

// maxEnvelope bounds an envelope in bytes. A real one has some hundred.
const maxEnvelope = 8 << 10

// LearnEnvelope keeps of one part of a webhook what a message of piiproxy's own
// to the bot needs to look like the next one of the same person: the ids as the
// platform spelled them and, on WhatsApp, metadata and contact. Nothing that was
// said is in it. d is the delivery as the bot gets it, so that what was redacted
// stays redacted.
//
// The result is one JSON object of at most 8 KiB; the same facts give the same
// bytes. It is false for parts that do not teach enough: echoes, groups,
// statuses, standby, comments.
func (c *Channel) LearnEnvelope(d *payload.Document, part Part) ([]byte, bool) {
	if !part.Person.Known() || part.Echo || part.Standby || strings.HasPrefix(part.Person.Aliases[0], "group:") {
		return nil, false
	}
	if part.Business == "" {
		return nil, false
	}
	e := envelope{d: d}
	e.id("account", d.Child(part.Entry, "id"))
	if c.name == WhatsApp {
		return e.whatsApp(part)
	}
	event := part.Element
	if d.Name(d.Nodes[part.Element].Parent) == "changes" {
		event = d.Child(event, "value")
		e.raw("shape", `"changes"`)
	}
	sender := d.At(event, "sender", "id")
	if identifier(d, sender) == "" {
		return nil, false
	}
	e.id("sender", sender)
	recipient := d.At(event, "recipient", "id")
	if identifier(d, recipient) == "" {
		recipient = d.Child(part.Entry, "id")
	}
	e.id("recipient", recipient)
	return e.done()
}

// envelope is one being written.
type envelope struct {
	d    *payload.Document
	json []byte
}

// whatsApp reads a message that a person sent.
func (e *envelope) whatsApp(part Part) ([]byte, bool) {
	d := e.d
	list := d.Nodes[part.Root].Parent
	value := d.Child(part.Element, "value")
	if list < 0 || list != d.Child(value, "messages") || identifier(d, d.Child(part.Root, "type")) == "system" {
		return nil, false
	}
	metadata := d.Child(value, "metadata")
	if identifier(d, d.Child(metadata, "phone_number_id")) == "" {
		return nil, false
	}
	e.node("metadata", metadata)
	x := change{d: d, value: value}
	from := x.sender(part.Root)
	for node := range d.Children(d.Child(value, "contacts")) {
		if from.shares(x.contact(node, "wa_id", "user_id", "parent_user_id")) {
			e.node("contact", node)
			break
		}
	}
	for _, name := range []string{"from", "from_user_id", "from_parent_user_id"} {
		e.id(name, d.Child(part.Root, name))
	}
	return e.done()
}

// id writes an id as it is spelled, when it is one.
func (e *envelope) id(name string, node int) {
	if identifier(e.d, node) != "" {
		e.node(name, node)
	}
}

func (e *envelope) node(name string, node int) {
	n := e.d.Nodes[node]
	e.raw(name, string(appendTidy(nil, e.d.Raw[n.Start:n.End])))
}

func (e *envelope) raw(name, value string) {
	if len(e.json) > maxEnvelope {
		return // too long already; done says so
	}
	if len(e.json) > 0 {
		e.json = append(e.json, ',')
	}
	e.json = append(e.json, quote(name)+":"+value...)
}

func (e *envelope) done() ([]byte, bool) {
	out := append(append([]byte{'{'}, e.json...), '}')
	return out, len(out) <= maxEnvelope
}

// appendTidy appends strict JSON without white space between its tokens and with
// every character beyond ASCII escaped, as Meta writes it.
func appendTidy(dst, raw []byte) []byte {
	quoted := false
	for i := 0; i < len(raw); {
		b := raw[i]
		switch {
		case b >= utf8.RuneSelf:
			_, size := utf8.DecodeRune(raw[i:])
			dst = payload.AppendMeta(dst, string(raw[i:i+size]))
			i += size
			continue
		case b == '\\':
			dst = append(dst, b, raw[i+1])
			i += 2
			continue
		case b == '"':
			quoted = !quoted
		case !quoted && (b == ' ' || b == '\t' || b == '\n' || b == '\r'):
			i++
			continue
		}
		dst = append(dst, b)
		i++
	}
	return dst
}

// Configured are the ids of an account that a configuration names.
type Configured struct {
	Account  string // page, Instagram account or phone-number id
	Business string // WhatsApp: the business account
	Number   string // WhatsApp: display number
}

// ConfiguredEnvelope is an envelope for a person nothing was learned of yet. It
// is false when the ids are not all there, or the person is a member of a group.
func (c *Channel) ConfiguredEnvelope(ids Configured, person Person) ([]byte, bool) {
	if c.name == WhatsApp {
		return ids.whatsApp(person)
	}
	for _, alias := range person.Aliases {
		if id, ok := strings.CutPrefix(alias, c.user); ok && ids.Account != "" {
			var e envelope
			e.raw("account", quote(ids.Account))
			e.raw("sender", quote(id))
			e.raw("recipient", quote(ids.Account))
			return e.done()
		}
	}
	return nil, false
}

func (ids Configured) whatsApp(person Person) ([]byte, bool) {
	var who contact
	for _, alias := range person.Aliases {
		if phone, ok := strings.CutPrefix(alias, "wa:"); ok {
			who.phone = firstOf(who.phone, phone)
		}
		if user, ok := strings.CutPrefix(alias, "bsuid:"); ok {
			if strings.HasPrefix(user[2:], ".ENT.") {
				who.parent = firstOf(who.parent, user)
			} else {
				who.user = firstOf(who.user, user)
			}
		}
	}
	if who == (contact{}) || ids.Account == "" || ids.Business == "" || ids.Number == "" {
		return nil, false
	}
	var e envelope
	e.raw("account", quote(ids.Business))
	e.raw("metadata", `{"display_phone_number":`+quote(ids.Number)+`,"phone_number_id":`+quote(ids.Account)+`}`)
	e.raw("contact", `{"profile":{"name":""}`+members("wa_id", who.phone, "user_id", who.user, "parent_user_id", who.parent)+`}`)
	for _, id := range [][2]string{{"from", who.phone}, {"from_user_id", who.user}, {"from_parent_user_id", who.parent}} {
		if id[1] != "" {
			e.raw(id[0], quote(id[1]))
		}
	}
	return e.done()
}

// members writes names and values, each behind a comma, where the value is not
// empty.
func members(pairs ...string) string {
	var out strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out.WriteString(`,` + quote(pairs[i]) + `:` + quote(pairs[i+1]))
		}
	}
	return out.String()
}
