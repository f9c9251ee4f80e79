package demo

import (
	"bytes"
	"encoding/json"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// seen is one message of a webhook body, as a bot reads it.
type seen struct {
	id   string
	from string
	to   string
	text string
	echo bool
}

type webhook struct {
	Entry []struct {
		Messaging []struct {
			Sender    struct{ ID string }
			Recipient struct{ ID string }
			Message   *webhookMessage
			Postback  *webhookMessage
		}
		Changes []struct {
			Value struct {
				Metadata struct {
					ID string `json:"phone_number_id"`
				}
				Messages []whatsappMessage
				Echoes   []whatsappMessage `json:"message_echoes"`
			}
		}
	}
}

type webhookMessage struct {
	ID          string `json:"mid"`
	Text        string
	Title       string
	Echo        bool `json:"is_echo"`
	Attachments []struct {
		Payload struct{ Text string }
	}
}

type whatsappMessage struct {
	ID          string
	From        string
	To          string
	Text        struct{ Body string }
	Interactive struct {
		Button struct{ Title string } `json:"button_reply"`
		List   struct{ Title string } `json:"list_reply"`
	}
}

// messagesIn lists the messages of a delivery in their order; none when the
// body is not a delivery.
func messagesIn(body []byte) []seen {
	var read webhook
	if json.Unmarshal(body, &read) != nil {
		return nil
	}
	var found []seen
	for _, entry := range read.Entry {
		for _, event := range entry.Messaging {
			message := event.Message
			if message == nil {
				message = event.Postback
			}
			if message == nil {
				continue
			}
			text := message.Text + message.Title
			for _, attachment := range message.Attachments {
				text += attachment.Payload.Text
			}
			found = append(found, seen{id: message.ID, from: event.Sender.ID, to: event.Recipient.ID, text: text, echo: message.Echo})
		}
		for _, change := range entry.Changes {
			for _, m := range change.Value.Messages {
				text := m.Text.Body + m.Interactive.Button.Title + m.Interactive.List.Title
				found = append(found, seen{id: m.ID, from: m.From, to: change.Value.Metadata.ID, text: text})
			}
			for _, m := range change.Value.Echoes {
				found = append(found, seen{id: m.ID, from: m.From, to: m.To, text: m.Text.Body, echo: true})
			}
		}
	}
	return found
}

// sentIn is the message that a bot sent: its text, and the id that the platform
// gave it. The id is empty when there is none.
func sentIn(e exchange) (id, text string) {
	var answer struct {
		ID       string `json:"message_id"`
		Messages []struct{ ID string }
	}
	if json.Unmarshal(e.response, &answer) != nil {
		return "", ""
	}
	id = answer.ID
	if len(answer.Messages) > 0 {
		id = answer.Messages[0].ID
	}
	channel := platform.Messenger
	if bytes.Contains(e.request, []byte(`"messaging_product"`)) {
		channel = platform.WhatsApp
	}
	text, _ = platform.ReadSend(channel, e.request)
	return id, text
}
