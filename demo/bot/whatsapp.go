package bot

import (
	"context"
	"encoding/json"
)

type whatsappValue struct {
	Contacts []struct {
		Profile struct{ Name string }
		ID      string `json:"wa_id"`
	}
	Messages []struct {
		From        string
		ID          string
		Text        struct{ Body string }
		Interactive struct {
			Button whatsappReply `json:"button_reply"`
			List   whatsappReply `json:"list_reply"`
		}
	}
}

type whatsappReply struct{ ID, Title string }

func (b *Bot) whatsappEntries(ctx context.Context, raw json.RawMessage) {
	var entries []struct {
		Changes []struct {
			Field string
			Value whatsappValue
		}
	}
	if err := json.Unmarshal(raw, &entries); err != nil {
		b.log.Print("entries that cannot be read")
		return
	}
	for _, entry := range entries {
		for _, change := range entry.Changes {
			if change.Field == "messages" {
				b.whatsappMessages(ctx, change.Value)
			}
		}
	}
}

func (b *Bot) whatsappMessages(ctx context.Context, value whatsappValue) {
	name := ""
	if len(value.Contacts) > 0 {
		name = value.Contacts[0].Profile.Name
	}
	for _, message := range value.Messages {
		if !b.first(message.ID) {
			continue
		}
		chosen := message.Interactive.Button.ID + message.Interactive.List.ID
		b.try(b.whatsappPost(ctx, map[string]any{"status": "read", "message_id": message.ID, "typing_indicator": map[string]string{"type": "text"}}))
		said := b.reply("whatsapp", message.From, name, message.Text.Body, chosen)
		sent := whatsappMessage(said)
		sent["recipient_type"], sent["to"] = "individual", message.From
		b.try(b.whatsappPost(ctx, sent))
	}
}

func (b *Bot) whatsappPost(ctx context.Context, message map[string]any) error {
	message["messaging_product"] = "whatsapp"
	return b.post(ctx, "/"+b.config.WhatsAppNumber+"/messages", nil, b.config.WhatsAppToken, message)
}

func whatsappMessage(said answer) map[string]any {
	body := map[string]any{"text": said.text}
	switch {
	case len(said.choices) == 0:
		return map[string]any{"type": "text", "text": map[string]any{"body": said.text, "preview_url": false}}
	case said.menu:
		var rows []map[string]string
		for _, c := range said.choices {
			rows = append(rows, map[string]string{"id": c.id, "title": c.title})
		}
		sections := []map[string]any{{"title": "Menu", "rows": rows}}
		return map[string]any{"type": "interactive", "interactive": map[string]any{"type": "list", "body": body, "action": map[string]any{"button": "Choose", "sections": sections}}}
	}
	var buttons []map[string]any
	for _, c := range said.choices {
		buttons = append(buttons, map[string]any{"type": "reply", "reply": map[string]string{"id": c.id, "title": c.title}})
	}
	return map[string]any{"type": "interactive", "interactive": map[string]any{"type": "button", "body": body, "action": map[string]any{"buttons": buttons}}}
}
