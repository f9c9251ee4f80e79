package rig

import (
	"strconv"
	"sync/atomic"
	"time"
)

// counter makes ids unique within one run of the tests.
var counter atomic.Int64

// NewID returns an id that no other call returns, in the form of a platform's
// message id.
func NewID(prefix string) string {
	return prefix + strconv.FormatInt(time.Now().UnixNano(), 36) + strconv.FormatInt(counter.Add(1), 36)
}

// Page wraps messaging events of one page; several entries make a batch.
func Page(entries ...any) []byte { return Marshal(Object{"object": "page", "entry": entries}) }

// PageEntry is one entry of a Messenger webhook.
func PageEntry(page string, events ...any) Object {
	return Object{"id": page, "time": time.Now().UnixMilli(), "messaging": events}
}

// Event is one messaging event from a person to a page. Fields are what the
// event holds besides: message, postback, delivery, read.
func Event(person, page string, fields Object) Object {
	event := Object{
		"sender":    Object{"id": person},
		"recipient": Object{"id": page},
		"timestamp": time.Now().UnixMilli(),
	}
	for name, value := range fields {
		event[name] = value
	}
	return event
}

// Text is a person's text message to a page.
func Text(person, page, mid, text string) Object {
	return Event(person, page, Object{"message": Object{"mid": mid, "text": text}})
}

// Echo is what Meta tells about a message that the page sent to a person.
func Echo(page, person, mid, text string) Object {
	return Event(page, person, Object{"message": Object{
		"mid": mid, "is_echo": true, "app_id": 1517776481860111, "text": text,
	}})
}

// WhatsApp wraps changes of WhatsApp business accounts; several make a batch.
func WhatsApp(entries ...any) []byte {
	return Marshal(Object{"object": "whatsapp_business_account", "entry": entries})
}

// Number is one WhatsApp number of a business account.
type Number struct{ Business, ID, Display string }

// Entry is one entry of a WhatsApp webhook with one change of messages.
func (n Number) Entry(person, name string, messages ...any) Object {
	return n.change(Object{
		"contacts": List{Object{"profile": Object{"name": name}, "wa_id": person}},
		"messages": messages,
	})
}

// Statuses is one entry of a WhatsApp webhook with statuses.
func (n Number) Statuses(statuses ...any) Object {
	return n.change(Object{"statuses": statuses})
}

func (n Number) change(value Object) Object {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = Object{"display_phone_number": n.Display, "phone_number_id": n.ID}
	return Object{"id": n.Business, "changes": List{Object{"field": "messages", "value": value}}}
}

// Message is one WhatsApp message; content is the member named like its type.
func Message(person, id, kind string, content Object) Object {
	return Object{
		"from": person, "id": id, "type": kind, kind: content,
		"timestamp": strconv.FormatInt(time.Now().Unix(), 10),
	}
}

// Said is a WhatsApp text message.
func Said(person, id, text string) Object {
	return Message(person, id, "text", Object{"body": text})
}

// Status is one WhatsApp status of a message that the number sent.
func Status(person, id, status string) Object {
	return Object{
		"id": id, "status": status, "recipient_id": person,
		"timestamp": strconv.FormatInt(time.Now().Unix(), 10),
		"pricing":   Object{"billable": true, "pricing_model": "PMP", "category": "service"},
	}
}
