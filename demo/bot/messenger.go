package bot

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

type messengerEvent struct {
	Sender    struct{ ID string }
	Recipient struct{ ID string }
	Message   *struct {
		ID         string `json:"mid"`
		Text       string
		Echo       bool                      `json:"is_echo"`
		QuickReply *struct{ Payload string } `json:"quick_reply"`
	}
	Postback *struct {
		ID      string `json:"mid"`
		Title   string
		Payload string
	}
}

func (b *Bot) messengerEntries(ctx context.Context, raw json.RawMessage) {
	var entries []struct{ Messaging []messengerEvent }
	if err := json.Unmarshal(raw, &entries); err != nil {
		b.log.Print("entries that cannot be read")
		return
	}
	for _, entry := range entries {
		for _, event := range entry.Messaging {
			b.messengerEvent(ctx, event)
		}
	}
}

func (b *Bot) messengerEvent(ctx context.Context, event messengerEvent) {
	var id, text, chosen string
	switch {
	case event.Message != nil && event.Message.Echo:
		return // our own words, or a colleague's
	case event.Message != nil:
		id, text = event.Message.ID, event.Message.Text
		if event.Message.QuickReply != nil {
			chosen = event.Message.QuickReply.Payload
		}
	case event.Postback != nil:
		id, chosen = event.Postback.ID, event.Postback.Payload
	}
	if id == "" || !b.first(id) {
		return
	}
	sender := event.Sender.ID
	b.try(b.messengerPost(ctx, map[string]any{"recipient": map[string]string{"id": sender}, "sender_action": "typing_on"}))
	said := b.reply("messenger", sender, b.firstName(ctx, sender), text, chosen)
	b.try(b.messengerPost(ctx, map[string]any{
		"messaging_type": "RESPONSE",
		"recipient":      map[string]string{"id": sender},
		"message":        messengerMessage(said),
	}))
}

func (b *Bot) messengerPost(ctx context.Context, message any) error {
	return b.post(ctx, "/me/messages", url.Values{"access_token": {b.config.MessengerToken}}, "", message)
}

// firstName asks for the profile once per customer.
func (b *Bot) firstName(ctx context.Context, sender string) string {
	b.mu.Lock()
	known := b.customers["messenger "+sender]
	b.mu.Unlock()
	if known != nil {
		return ""
	}
	var profile struct {
		First string `json:"first_name"`
	}
	query := url.Values{"fields": {"first_name"}, "access_token": {b.config.MessengerToken}}
	b.try(b.call(ctx, http.MethodGet, "/"+url.PathEscape(sender), query, "", nil, &profile))
	return profile.First
}

func messengerMessage(said answer) map[string]any {
	if len(said.choices) == 0 {
		return map[string]any{"text": said.text}
	}
	var list []map[string]string
	for _, c := range said.choices {
		if said.menu {
			list = append(list, map[string]string{"content_type": "text", "title": c.title, "payload": c.id})
		} else {
			list = append(list, map[string]string{"type": "postback", "title": c.title, "payload": c.id})
		}
	}
	if said.menu {
		return map[string]any{"text": said.text, "quick_replies": list}
	}
	return map[string]any{"attachment": map[string]any{
		"type":    "template",
		"payload": map[string]any{"template_type": "button", "text": said.text, "buttons": list},
	}}
}
