package platform

import (
	"strconv"
	"time"
)

// An event is one thing that the webhook tells: a message, an echo, a status.
type event struct {
	person  Person
	message string // id of the message it brings; empty for statuses and reads
	field   string // WhatsApp: which webhook field; Messenger: empty
	list    string // WhatsApp: which list of the value
	body    any
}

type identified struct {
	ID string `json:"id"`
}

type messengerEvent struct {
	Sender    identified         `json:"sender"`
	Recipient identified         `json:"recipient"`
	Timestamp int64              `json:"timestamp"`
	Message   *messengerMessage  `json:"message,omitempty"`
	Postback  *messengerPostback `json:"postback,omitempty"`
	Delivery  *messengerDelivery `json:"delivery,omitempty"`
	Read      *messengerRead     `json:"read,omitempty"`
}

type messengerMessage struct {
	Echo        bool                `json:"is_echo,omitempty"`
	App         uint64              `json:"app_id,omitempty"`
	Metadata    string              `json:"metadata,omitempty"`
	ID          string              `json:"mid"`
	Text        string              `json:"text,omitempty"`
	QuickReply  *messengerQuick     `json:"quick_reply,omitempty"`
	Attachments []messengerAttached `json:"attachments,omitempty"`
}

type messengerQuick struct {
	Payload string `json:"payload"`
}

type messengerAttached struct {
	Type    string `json:"type"`
	Payload any    `json:"payload"`
}

type messengerPostback struct {
	ID      string `json:"mid"`
	Title   string `json:"title"`
	Payload string `json:"payload"`
}

type messengerDelivery struct {
	IDs       []string `json:"mids"`
	Watermark int64    `json:"watermark"`
}

type messengerRead struct {
	Watermark int64 `json:"watermark"`
}

type messengerEntry struct {
	ID        string `json:"id"`
	Time      int64  `json:"time"`
	Messaging []any  `json:"messaging"`
}

type whatsappMessage struct {
	From        string               `json:"from"`
	To          string               `json:"to,omitempty"`
	ID          string               `json:"id"`
	Timestamp   string               `json:"timestamp"`
	Context     *whatsappContext     `json:"context,omitempty"`
	Text        *whatsappText        `json:"text,omitempty"`
	Interactive *whatsappInteractive `json:"interactive,omitempty"`
	Type        string               `json:"type"`
}

type whatsappContext struct {
	From string `json:"from"`
	ID   string `json:"id"`
}

type whatsappText struct {
	Body string `json:"body"`
}

type whatsappInteractive struct {
	Type   string         `json:"type"`
	Button *whatsappReply `json:"button_reply,omitempty"`
	List   *whatsappReply `json:"list_reply,omitempty"`
}

type whatsappReply struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type whatsappStatus struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Timestamp string `json:"timestamp"`
	Recipient string `json:"recipient_id"`
	Callback  string `json:"biz_opaque_callback_data,omitempty"` // as it was sent
}

type whatsappChange struct {
	Value whatsappValue `json:"value"`
	Field string        `json:"field"`
}

type whatsappValue struct {
	Product  string            `json:"messaging_product"`
	Metadata whatsappMetadata  `json:"metadata"`
	Contacts []whatsappContact `json:"contacts,omitempty"`
	Messages []any             `json:"messages,omitempty"`
	Statuses []any             `json:"statuses,omitempty"`
	Echoes   []any             `json:"message_echoes,omitempty"`
}

type whatsappMetadata struct {
	Display string `json:"display_phone_number"`
	ID      string `json:"phone_number_id"`
}

type whatsappContact struct {
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
	ID string `json:"wa_id"`
}

type whatsappEntry struct {
	ID      string           `json:"id"`
	Changes []whatsappChange `json:"changes"`
}

type envelope struct {
	Object string `json:"object"`
	Entry  []any  `json:"entry"`
}

// pack puts events that came close together into one delivery: an entry for
// each on Messenger; on WhatsApp a change for each run of one kind and person.
func pack(account Account, events []event) []byte {
	if account.Channel == Messenger {
		packed := envelope{Object: "page"}
		for _, e := range events {
			packed.Entry = append(packed.Entry, messengerEntry{ID: account.ID, Time: time.Now().UnixMilli(), Messaging: []any{e.body}})
		}
		return serialize(packed)
	}
	entry := whatsappEntry{ID: account.Business}
	for i, e := range events {
		if i == 0 || e.list != events[i-1].list || e.person.ID != events[i-1].person.ID {
			entry.Changes = append(entry.Changes, newChange(account, e))
		}
		value := &entry.Changes[len(entry.Changes)-1].Value
		switch e.list {
		case "messages":
			value.Messages = append(value.Messages, e.body)
		case "statuses":
			value.Statuses = append(value.Statuses, e.body)
		default:
			value.Echoes = append(value.Echoes, e.body)
		}
	}
	return serialize(envelope{Object: "whatsapp_business_account", Entry: []any{entry}})
}

func newChange(account Account, e event) whatsappChange {
	value := whatsappValue{Product: "whatsapp", Metadata: whatsappMetadata{Display: account.Phone, ID: account.ID}}
	if e.list == "messages" {
		contact := whatsappContact{ID: e.person.ID}
		contact.Profile.Name = e.person.Name
		value.Contacts = []whatsappContact{contact}
	}
	return whatsappChange{Field: e.field, Value: value}
}

// seconds is how WhatsApp writes time: a string of seconds.
func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
