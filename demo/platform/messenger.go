package platform

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

type messengerSend struct {
	Recipient identified     `json:"recipient"`
	Action    string         `json:"sender_action"`
	Message   *messengerSent `json:"message"`
}

type messengerSent struct {
	Text         string                `json:"text"`
	Metadata     string                `json:"metadata"`
	QuickReplies []messengerButton     `json:"quick_replies"`
	Attachment   *messengerAttachment  `json:"attachment"`
	Attachments  []messengerAttachment `json:"attachments"`
}

type messengerAttachment struct {
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

type messengerTemplate struct {
	Text     string            `json:"text"`
	Buttons  []messengerButton `json:"buttons"`
	Elements []struct {
		Title    string            `json:"title"`
		Subtitle string            `json:"subtitle"`
		Buttons  []messengerButton `json:"buttons"`
	} `json:"elements"`
}

type messengerButton struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Payload any    `json:"payload"` // a string or a number
	URL     string `json:"url"`
}

// sendMessenger is the Send API: a message or a sender action.
func (p *Platform) sendMessenger(c *call) (int, any) {
	var send messengerSend
	if err := json.Unmarshal(c.fields, &send); err != nil {
		return failed(http.StatusBadRequest, 100, 0, "(#100) Param message must be a valid object")
	}
	person, ok := p.person(send.Recipient.ID, c.account.ID)
	if !ok {
		return failed(http.StatusBadRequest, 100, 2018001, "(#100) No matching user found")
	}
	c.person = person.ID
	if send.Action != "" && send.Message == nil {
		return http.StatusOK, map[string]any{"recipient_id": person.ID}
	}
	if send.Message == nil {
		return failed(http.StatusBadRequest, 100, 0, "(#100) param message must be non-empty")
	}
	text, buttons := send.Message.shown()
	if text == "" && send.Message.Attachment == nil {
		return failed(http.StatusBadRequest, 100, 0, "(#100) Message cannot be empty, must provide valid attachment or text")
	}
	if utf8.RuneCountInString(send.Message.Text) > 2000 {
		return failed(http.StatusBadRequest, 100, 0, "(#100) Length of param message[text] must be less than or equal to 2000")
	}
	id := newMessageID(person)
	p.store(Record{Person: person.ID, Channel: Messenger, Speaker: ByBot, ID: id, Text: text, Buttons: buttons, Raw: c.body, Agent: c.UserAgent()})
	p.echoSend(person, id, send.Message)
	return http.StatusOK, struct {
		Recipient string `json:"recipient_id"`
		Message   string `json:"message_id"`
	}{person.ID, id}
}

// echoSend tells the app of its own message, then that it arrived and was read.
func (p *Platform) echoSend(person Person, id string, sent *messengerSent) {
	echo := &messengerMessage{ID: id, Text: sent.Text, App: p.appNumber(), Metadata: sent.Metadata}
	if sent.Attachment != nil {
		var payload any
		_ = json.Unmarshal(sent.Attachment.Payload, &payload)
		echo.Attachments = []messengerAttached{{Type: sent.Attachment.Type, Payload: payload}}
	}
	p.enqueue(event{person: person, message: id, body: p.messengerEcho(person, echo)})
	now := time.Now().UnixMilli()
	arrived := p.messengerSaid(person, nil)
	arrived.Delivery = &messengerDelivery{IDs: []string{id}, Watermark: now}
	p.enqueue(event{person: person, body: arrived})
	read := p.messengerSaid(person, nil)
	read.Read = &messengerRead{Watermark: now}
	p.enqueue(event{person: person, body: read})
	p.mark(id, "sent", "delivered", "read")
}

// shown is what the chat shows of a message.
func (m *messengerSent) shown() (string, []Button) {
	lines := []string{m.Text}
	var buttons []Button
	for _, reply := range m.QuickReplies {
		buttons = append(buttons, Button{ID: fmt.Sprint(reply.Payload), Title: reply.Title, Kind: "quick_reply"})
	}
	if m.Attachment != nil {
		var template messengerTemplate
		_ = json.Unmarshal(m.Attachment.Payload, &template)
		lines = append(lines, template.Text)
		buttons = append(buttons, messengerButtons(template.Buttons)...)
		for _, element := range template.Elements {
			lines = append(lines, element.Title, element.Subtitle)
			buttons = append(buttons, messengerButtons(element.Buttons)...)
		}
		if m.Attachment.Type != "template" {
			lines = append(lines, "["+m.Attachment.Type+"]")
		}
	}
	return joinLines(lines), buttons
}

func messengerButtons(sent []messengerButton) []Button {
	var buttons []Button
	for _, button := range sent {
		if button.Type == "postback" {
			buttons = append(buttons, Button{ID: fmt.Sprint(button.Payload), Title: button.Title, Kind: "postback"})
		} else {
			buttons = append(buttons, Button{ID: button.URL, Title: button.Title, Kind: "url"})
		}
	}
	return buttons
}

func joinLines(lines []string) string {
	var shown []string
	for _, line := range lines {
		if line != "" {
			shown = append(shown, line)
		}
	}
	return strings.Join(shown, "\n")
}

func (p *Platform) person(id, account string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person, ok := p.persons[id]
	return person, ok && person.Account == account
}
