package platform

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

type whatsappSend struct {
	Product     string         `json:"messaging_product"`
	To          string         `json:"to"`
	Type        string         `json:"type"`
	Status      string         `json:"status"`
	MessageID   string         `json:"message_id"`
	Text        *whatsappText  `json:"text"`
	Interactive *whatsappAsked `json:"interactive"`
	Template    *whatsappForm  `json:"template"`
	Callback    string         `json:"biz_opaque_callback_data"`
}

type whatsappAsked struct {
	Header struct {
		Text string `json:"text"`
	} `json:"header"`
	Body struct {
		Text string `json:"text"`
	} `json:"body"`
	Footer struct {
		Text string `json:"text"`
	} `json:"footer"`
	Action struct {
		Buttons []struct {
			Reply whatsappReply `json:"reply"`
		} `json:"buttons"`
		Sections []struct {
			Rows []whatsappReply `json:"rows"`
		} `json:"sections"`
		Parameters struct {
			Display string `json:"display_text"`
			URL     string `json:"url"`
		} `json:"parameters"`
	} `json:"action"`
}

type whatsappForm struct {
	Name       string `json:"name"`
	Components []struct {
		Parameters []struct {
			Text string `json:"text"`
		} `json:"parameters"`
	} `json:"components"`
}

// sendWhatsApp is the Cloud API's messages call: a message, or "read" with or
// without a typing indicator.
func (p *Platform) sendWhatsApp(c *call) (int, any) {
	var send whatsappSend
	if err := json.Unmarshal(c.fields, &send); err != nil || send.Product != "whatsapp" {
		return failedWhatsApp(http.StatusBadRequest, 100, "(#100) The parameter messaging_product is required.", "messaging_product must be whatsapp")
	}
	if send.Status == "read" {
		return p.read(c, send.MessageID)
	}
	person, ok := p.person(onlyDigits(send.To), c.account.ID)
	if !ok {
		return failedWhatsApp(http.StatusBadRequest, 131026, "(#131026) Message undeliverable", "The recipient is not on this simulator")
	}
	c.person = person.ID
	text, buttons := send.shown()
	if text == "" {
		return failedWhatsApp(http.StatusBadRequest, 131009, "(#131009) Parameter value is not valid", "The message has nothing to show")
	}
	if send.Text != nil && utf8.RuneCountInString(send.Text.Body) > 4096 {
		return failedWhatsApp(http.StatusBadRequest, 100, "(#100) Invalid parameter", "text.body must be at most 4096 characters")
	}
	id := newMessageID(person)
	p.store(Record{Person: person.ID, Channel: WhatsApp, Speaker: ByBot, ID: id, Text: text, Buttons: buttons, Raw: c.body, Agent: c.UserAgent()})
	for _, status := range []string{"sent", "delivered", "read"} {
		p.enqueue(event{person: person, field: "messages", list: "statuses", body: whatsappStatus{ID: id, Status: status, Timestamp: seconds(time.Now()), Recipient: person.ID, Callback: send.Callback}})
	}
	p.mark(id, "sent", "delivered", "read")
	return http.StatusOK, struct {
		Product  string              `json:"messaging_product"`
		Contacts []map[string]string `json:"contacts"`
		Messages []map[string]string `json:"messages"`
	}{"whatsapp", []map[string]string{{"input": send.To, "wa_id": person.ID}}, []map[string]string{{"id": id}}}
}

func (p *Platform) read(c *call, message string) (int, any) {
	p.mu.Lock()
	for _, record := range p.records {
		if record.ID == message && record.Speaker == ByPerson {
			c.person = record.Person
		}
	}
	p.mu.Unlock()
	if c.person == "" {
		return failedWhatsApp(http.StatusBadRequest, 100, "(#100) Invalid parameter", "message_id names no message of a person")
	}
	return http.StatusOK, map[string]any{"success": true}
}

// shown is what the chat shows of a message.
func (s *whatsappSend) shown() (string, []Button) {
	switch {
	case s.Text != nil:
		return s.Text.Body, nil
	case s.Interactive != nil:
		asked := s.Interactive
		var buttons []Button
		for _, button := range asked.Action.Buttons {
			buttons = append(buttons, Button{ID: button.Reply.ID, Title: button.Reply.Title, Kind: "button_reply"})
		}
		for _, section := range asked.Action.Sections {
			for _, row := range section.Rows {
				buttons = append(buttons, Button{ID: row.ID, Title: row.Title, Kind: "list_reply"})
			}
		}
		if asked.Action.Parameters.URL != "" {
			buttons = append(buttons, Button{ID: asked.Action.Parameters.URL, Title: asked.Action.Parameters.Display, Kind: "url"})
		}
		return joinLines([]string{asked.Header.Text, asked.Body.Text, asked.Footer.Text}), buttons
	case s.Template != nil:
		lines := []string{"[" + s.Template.Name + "]"}
		for _, component := range s.Template.Components {
			for _, parameter := range component.Parameters {
				lines = append(lines, parameter.Text)
			}
		}
		return joinLines(lines), nil
	case s.Type != "":
		return "[" + s.Type + "]", nil
	}
	return "", nil
}

func onlyDigits(text string) string {
	return strings.Map(func(char rune) rune {
		if char < '0' || char > '9' {
			return -1
		}
		return char
	}, text)
}
