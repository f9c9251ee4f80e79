package channel

import (
	"errors"
	"strconv"
	"time"

	"github.com/piiproxy/piiproxy/payload"
)

// ErrEnvelope means bytes that LearnEnvelope and ConfiguredEnvelope did not make
// for this channel, or an empty text or message id.
var ErrEnvelope = errors.New("building a message for the bot: the envelope is not one of this channel, or text or id are empty")

// Resume builds a webhook delivery with one text message of the person that the
// envelope is of: members, order, escapes and clock are those of the platform.
// It is not signed.
func (c *Channel) Resume(envelope []byte, text, messageID string, now time.Time) ([]byte, error) {
	e, err := openEnvelope(envelope)
	if err != nil || text == "" || messageID == "" {
		return nil, ErrEnvelope
	}
	build := e.event
	if c.name == WhatsApp {
		build = e.change
	}
	entry, ok := build(quote(text), quote(messageID), now)
	if !ok {
		return nil, ErrEnvelope
	}
	return []byte(`{"object":` + quote(c.object) + `,"entry":[` + entry + `]}`), nil
}

// opened is an envelope that is read.
type opened struct{ d *payload.Document }

func openEnvelope(raw []byte) (opened, error) {
	lim := payload.DefaultLimits()
	lim.Bytes = maxEnvelope
	d, err := payload.Parse(raw, lim)
	if err != nil || d.Nodes[0].Kind != payload.Object {
		return opened{}, ErrEnvelope
	}
	return opened{d}, nil
}

// raw is the JSON of a member, "" when there is none.
func (e opened) raw(name string) string {
	node := e.d.Child(0, name)
	if node < 0 {
		return ""
	}
	return string(e.d.Raw[e.d.Nodes[node].Start:e.d.Nodes[node].End])
}

// event is an entry of Messenger or Instagram. Events in messaging have clocks
// in milliseconds, those in changes in seconds, the event's own as a string.
func (e opened) event(text, id string, now time.Time) (string, bool) {
	account, sender, recipient := e.raw("account"), e.raw("sender"), e.raw("recipient")
	if account == "" || sender == "" || recipient == "" {
		return "", false
	}
	clock := strconv.FormatInt(now.UnixMilli(), 10)
	seconds := strconv.FormatInt(now.Unix(), 10)
	event := func(clock string) string {
		return `{"sender":{"id":` + sender + `},"recipient":{"id":` + recipient + `},"timestamp":` + clock +
			`,"message":{"mid":` + id + `,"text":` + text + `}}`
	}
	if e.raw("shape") == `"changes"` {
		return `{"id":` + account + `,"time":` + seconds + `,"changes":[{"field":"messages","value":` + event(`"`+seconds+`"`) + `}]}`, true
	}
	return `{"time":` + clock + `,"id":` + account + `,"messaging":[` + event(clock) + `]}`, true
}

// change is an entry of WhatsApp.
func (e opened) change(text, id string, now time.Time) (string, bool) {
	account, metadata := e.raw("account"), e.raw("metadata")
	var from string
	for _, name := range []string{"from", "from_user_id", "from_parent_user_id"} {
		if raw := e.raw(name); raw != "" {
			from += `"` + name + `":` + raw + `,`
		}
	}
	if account == "" || metadata == "" || from == "" {
		return "", false
	}
	contacts := ""
	if contact := e.raw("contact"); contact != "" {
		contacts = `"contacts":[` + contact + `],`
	}
	message := `{` + from + `"id":` + id + `,"timestamp":"` + strconv.FormatInt(now.Unix(), 10) +
		`","text":{"body":` + text + `},"type":"text"}`
	return `{"id":` + account + `,"changes":[{"value":{"messaging_product":"whatsapp","metadata":` + metadata + `,` + contacts +
		`"messages":[` + message + `]},"field":"messages"}]}`, true
}
