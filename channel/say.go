package channel

import (
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/payload"
)

// Button is a link with a label of at most MaxLabel.
type Button struct{ Label, URL string }

// Outgoing is a call that sends a message of piiproxy's own.
type Outgoing struct {
	Path string // of the POST, without version
	Body []byte // JSON
}

// Said returns the mark that a message was sent with by Say, where the platform
// gives it back: in Messenger's echoes and WhatsApp's statuses. It is "" for all
// other parts.
func (c *Channel) Said(d *payload.Document, part Part) string {
	if !part.Sent {
		return ""
	}
	if c.name == WhatsApp {
		return identifier(d, d.Child(part.Root, "biz_opaque_callback_data"))
	}
	return identifier(d, d.At(part.Root, "message", "metadata"))
}

// Say builds a message of piiproxy's own to the person that the envelope is of:
// text, with a button when b is not nil. A text that is too long is cut at the
// end of a sentence. It is an ordinary answer and reaches the person within the
// 24 hours after their last message only. Errors are ErrEnvelope, and ErrWording
// for words that the channel does not take.
//
// mark comes back with what the platform says of the message (see Said), except
// on Instagram, which keeps none.
func (c *Channel) Say(envelope []byte, text string, b *Button, mark string) (Outgoing, error) {
	e, err := openEnvelope(envelope)
	if err != nil {
		return Outgoing{}, err
	}
	limit := c.textLimit()
	if b != nil {
		limit = c.buttonLimit()
		if label := measure(b.Label).units; label == 0 || label > MaxLabel || b.URL == "" || len(b.URL) > maxURL {
			return Outgoing{}, ErrWording
		}
	}
	if text = limit.sentences(strings.TrimSpace(text)); text == "" {
		return Outgoing{}, ErrWording
	}
	if c.name == WhatsApp {
		return e.sayWhatsApp(text, b, mark)
	}
	return c.sayPage(e, text, b, mark)
}

// textLimit is what a message without a button may hold.
func (c *Channel) textLimit() size {
	switch c.name {
	case WhatsApp:
		return size{maxBody, noBytes}
	case Instagram:
		return size{noBytes, maxBytes}
	}
	return size{maxText, noBytes}
}

// sayPage sends as "me": the page or the Instagram account of the access token.
// On Instagram the token may be one of the page, whose id no envelope has.
func (c *Channel) sayPage(e opened, text string, b *Button, mark string) (Outgoing, error) {
	to := e.raw("sender")
	if to == "" {
		return Outgoing{}, ErrEnvelope
	}
	message := `"text":` + quote(text)
	if b != nil {
		message = `"attachment":` + buttonTemplate(text, webButton(b.Label, b.URL, c.name == Messenger))
	}
	if c.name == Messenger && mark != "" {
		message += `,"metadata":` + quote(mark)
	}
	body := `{"recipient":{"id":` + to + `},"messaging_type":"RESPONSE","message":{` + message + `}}`
	return Outgoing{"/me/messages", []byte(body)}, nil
}

func (e opened) sayWhatsApp(text string, b *Button, mark string) (Outgoing, error) {
	from := identifier(e.d, e.d.At(0, "metadata", "phone_number_id"))
	to := `"to":` + e.raw("from")
	if e.raw("from") == "" {
		to = `"recipient":` + firstOf(e.raw("from_user_id"), e.raw("from_parent_user_id"))
	}
	if from == "" || strings.HasSuffix(to, ":") {
		return Outgoing{}, ErrEnvelope
	}
	content := `"type":"text","text":{"preview_url":false,"body":` + quote(text) + `}`
	if b != nil {
		content = `"type":"interactive","interactive":` + ctaMessage(text, b.Label, b.URL)
	}
	if mark != "" {
		content += `,"biz_opaque_callback_data":` + quote(mark)
	}
	body := `{"messaging_product":"whatsapp","recipient_type":"individual",` + to + `,` + content + `}`
	return Outgoing{"/" + url.PathEscape(from) + "/messages", []byte(body)}, nil
}

// ctaMessage is an interactive message with a link.
func ctaMessage(text, label, link string) string {
	return `{"type":"cta_url","body":{"text":` + quote(text) + `},"action":` + ctaURL(label, link) + `}`
}
