package main

import (
	"context"
	"os"
	"strings"

	"github.com/piusalfred/whatsapp/message"
	"github.com/piusalfred/whatsapp/webhooks"
)

// take reports a message and answers it in its own time, so that the webhook
// is acknowledged first.
func (b *bot) take(n *webhooks.MessageNotificationContext, info *webhooks.MessageInfo, fields map[string]any, answer func()) {
	fields["event"], fields["from"], fields["id"], fields["type"] = "message", info.From, info.MessageID, info.Type
	for _, contact := range n.Contacts {
		if contact.WaID == info.From && contact.Profile != nil {
			fields["name"] = contact.Profile.Name
		}
	}
	b.report.line(fields)
	go func() {
		b.read(info.MessageID)
		answer()
	}()
}

func (b *bot) read(id string) {
	_, err := b.client.UpdateStatus(context.Background(), &message.StatusUpdateRequest{
		MessageID: id, Status: message.StatusRead, WithTypingIndicator: true,
	})
	b.sent("read", nil, err)
}

func (b *bot) say(to, text string) {
	b.send("text", to, message.WithTextMessage(&message.Text{Body: text}))
}

func (b *bot) send(what, to string, option message.Option) {
	content, err := message.New(to, option)
	if err != nil {
		b.sent(what, nil, err)
		return
	}
	answer, err := b.client.SendMessage(context.Background(), content)
	b.sent(what, answer, err)
}

func (b *bot) sent(what string, answer *message.Response, err error) {
	fields := map[string]any{"event": "sent", "what": what, "id": ""}
	if err != nil {
		fields["event"], fields["text"] = "failed", err.Error()
	}
	if answer != nil && len(answer.Messages) > 0 {
		fields["id"] = answer.Messages[0].ID
	}
	b.report.line(fields)
}

// command answers the first word of a text; the rest is echoed, which is how
// a bot that knows only tokens comes to send them.
func (b *bot) command(to, text string) {
	if text == "clear" {
		b.say(to, os.Getenv("CLEAR_TEXT"))
		return
	}
	commands := map[string]message.Option{
		"menu":     menu(text),
		"buttons":  buttons(text),
		"template": template(text),
		"picture": message.WithImage(&message.Image{
			Link: "https://shop.example/mug.png?sku=4000056655665556", Caption: "Your mug, " + text,
		}),
	}
	for word, option := range commands {
		if strings.HasPrefix(text, word) {
			b.send(names[word], to, option)
			return
		}
	}
	b.say(to, "You wrote: "+text)
}

// names are what the tests call each command's message.
var names = map[string]string{"menu": "list", "buttons": "buttons", "template": "template", "picture": "picture"}

func menu(text string) message.Option {
	return message.WithInteractiveMessage(&message.Interactive{
		Type: "list",
		Body: &message.InteractiveBody{Text: "For " + text},
		Action: &message.InteractiveAction{
			Button: "Our mugs",
			Sections: []*message.InteractiveSection{{Title: "Mugs", Rows: []*message.InteractiveSectionRow{
				{ID: "MUG:4000056655665556", Title: "Blue mug", Description: "holds 300 ml"},
				{ID: "MUG:389501", Title: "Red mug", Description: "holds 400 ml"},
			}}},
		},
	})
}

func buttons(text string) message.Option {
	return message.WithInteractiveReplyButtons(&message.InteractiveReplyButtonsRequest{
		Body:   "Shall we write to " + text + "?",
		Footer: "Piggy Mugs",
		Buttons: []*message.InteractiveReplyButton{
			{ID: "YES:4000056655665556", Title: "Yes"},
			{ID: "NO:389501", Title: "No"},
		},
	})
}

func template(text string) message.Option {
	return message.WithTemplateMessage(&message.Template{
		Name:     "order_ready",
		Language: &message.TemplateLanguage{Code: "en_US", Policy: "deterministic"},
		Components: []*message.TemplateComponent{{Type: "body", Parameters: []*message.TemplateParameter{
			{Type: "text", Text: text},
			{Type: "text", Text: "389501"},
		}}},
	})
}
