package e2e

import (
	"encoding/json"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// webhookNest is a place in a webhook. The table is meant to grow: a field
// that turns up in Meta's payloads gets a row.
type webhookNest struct {
	place string
	kind  kind
	open  bool
	body  func(value string) []byte
}

// event is a Messenger delivery with one event of Anna's.
func event(fields rig.Object) []byte {
	return rig.Page(rig.PageEntry(page, rig.Event(anna, page, fields)))
}

// messenger is a Messenger message of Anna's.
func messenger(fields rig.Object) []byte {
	fields["mid"] = rig.NewID("m_")
	return event(rig.Object{"message": fields})
}

// line is a WhatsApp message of Anna's.
func line(kind string, content rig.Object) []byte {
	return rig.WhatsApp(numberOne.Entry(annaPhone, "Anna", rig.Message(annaPhone, rig.NewID("wamid."), kind, content)))
}

// instagram is a delivery of the Instagram account.
func instagram(entry rig.Object) []byte {
	entry["id"], entry["time"] = instagramID, 1721138123456
	return rig.Marshal(rig.Object{"object": "instagram", "entry": rig.List{entry}})
}

// instagramChange is one in the shape of Instagram's other fields and tests.
func instagramChange(field string, value rig.Object) []byte {
	return instagram(rig.Object{"changes": rig.List{rig.Object{"field": field, "value": value}}})
}

// shared is a WhatsApp message with one contact of Anna's address book.
func shared(contact rig.Object) []byte {
	message := rig.Said(annaPhone, rig.NewID("wamid."), "")
	delete(message, "text")
	message["type"], message["contacts"] = "contacts", rig.List{contact}
	return rig.WhatsApp(numberOne.Entry(annaPhone, "Anna", message))
}

// flow is what a WhatsApp Flow hands in: a document in a string.
func flow(values rig.Object) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err)
	}
	return string(text)
}

var webhookNests = []webhookNest{
	{"messenger text, e-mail", anEmail, false, func(v string) []byte { return messenger(rig.Object{"text": "mail me at " + v}) }},
	{"messenger text, card", aCard, false, func(v string) []byte { return messenger(rig.Object{"text": "my card is " + v}) }},
	{"messenger text, phone", aPhone, false, func(v string) []byte { return messenger(rig.Object{"text": "my phone number is " + v}) }},
	{"messenger text, iban", anIBAN, false, func(v string) []byte { return messenger(rig.Object{"text": "iban " + v}) }},
	{"messenger text, ssn", anSSN, false, func(v string) []byte { return messenger(rig.Object{"text": "my social security number is " + v}) }},
	{"messenger text, itin", anITIN, false, func(v string) []byte { return messenger(rig.Object{"text": "my ITIN is " + v}) }},
	{"messenger text, tax id", aTaxID, false, func(v string) []byte { return messenger(rig.Object{"text": "meine Steuer-ID ist " + v}) }},
	{"messenger text, name", aName, false, func(v string) []byte { return messenger(rig.Object{"text": "hi, my name is " + v}) }},
	{"messenger text, address", anAvenue, false, func(v string) []byte {
		return messenger(rig.Object{"text": "please deliver it to " + v + ", Springfield, IL 62704"})
	}},
	{"messenger text, date of birth", aBirthday, false, func(v string) []byte { return messenger(rig.Object{"text": "my date of birth is " + v}) }},
	{"messenger text, password", aPassword, false, func(v string) []byte { return messenger(rig.Object{"text": "my password is " + v}) }},
	{"messenger text, ip", anIP, false, func(v string) []byte { return messenger(rig.Object{"text": "i come from " + v}) }},
	{"messenger text, url", aLink, false, func(v string) []byte { return messenger(rig.Object{"text": "see " + v}) }},
	{"messenger text among others", aCard, false, func(v string) []byte {
		return rig.Page(rig.PageEntry(page, rig.Text(bruno, page, rig.NewID("m_"), "hello"), rig.Text(anna, page, rig.NewID("m_"), "card "+v)))
	}},
	{"quick reply of an e-mail", anEmail, false, func(v string) []byte {
		return messenger(rig.Object{"text": v, "quick_reply": rig.Object{"payload": v}})
	}},
	{"quick reply of a phone", aPhone, false, func(v string) []byte {
		return messenger(rig.Object{"text": v, "quick_reply": rig.Object{"payload": v}})
	}},
	{"nlp entity", anEmail, false, func(v string) []byte {
		return messenger(rig.Object{"text": "mail " + v, "nlp": rig.Object{"entities": rig.Object{
			"wit$email:email": rig.List{rig.Object{"body": v, "value": v, "confidence": 0.99, "start": 5, "end": 5 + len(v)}},
		}}})
	}},
	{"shared link", anEmail, false, func(v string) []byte {
		return messenger(rig.Object{"text": "see", "attachments": rig.List{rig.Object{"type": "fallback", "title": "write to " + v, "payload": rig.Object{"title": "write to " + v}}}})
	}},
	{"message_edit", anEmail, false, func(v string) []byte {
		return event(rig.Object{"message_edit": rig.Object{"mid": rig.NewID("m_"), "text": "no, " + v, "num_edit": 1}})
	}},
	{"postback title", anEmail, false, func(v string) []byte {
		return event(rig.Object{"postback": rig.Object{"mid": rig.NewID("m_"), "title": "Use " + v, "payload": "USE"}})
	}},
	{"echo", anEmail, false, func(v string) []byte {
		return rig.Page(rig.PageEntry(page, rig.Echo(page, anna, rig.NewID("m_"), "we wrote to "+v)))
	}},
	{"standby", anEmail, false, func(v string) []byte {
		entry := rig.PageEntry(page)
		delete(entry, "messaging")
		entry["standby"] = rig.List{rig.Text(anna, page, rig.NewID("m_"), "mail "+v)}
		return rig.Page(entry)
	}},
	{"order note", aPhone, false, func(v string) []byte {
		return event(rig.Object{"order": rig.Object{"products": rig.List{rig.Object{"name": "Mug"}}, "note": "call phone " + v}})
	}},
	{"feedback", anEmail, false, func(v string) []byte {
		return event(rig.Object{"messaging_feedback": rig.Object{"feedback_screens": rig.List{rig.Object{"screen_id": 0, "questions": rig.Object{
			"q1": rig.Object{"type": "csat", "payload": "4", "follow_up": rig.Object{"type": "free_form", "payload": "mail " + v}},
		}}}}})
	}},
	{"handover metadata", anEmail, false, func(v string) []byte {
		return event(rig.Object{"pass_thread_control": rig.Object{"new_owner_app_id": "123", "metadata": "is " + v}})
	}},
	{"unlisted string", aCard, false, func(v string) []byte {
		return messenger(rig.Object{"text": "hi", "something_new": rig.Object{"words": "card " + v}})
	}},
	{"messenger postback payload", aWord, true, func(v string) []byte {
		return event(rig.Object{"postback": rig.Object{"mid": rig.NewID("m_"), "title": "Go", "payload": v}})
	}},
	{"messenger mid", aWord, true, func(v string) []byte { return rig.Page(rig.PageEntry(page, rig.Text(anna, page, "m_"+v, "hello"))) }},
	{"messenger sender", anID, true, func(v string) []byte {
		return rig.Page(rig.PageEntry(page, rig.Text(v, page, rig.NewID("m_"), "hello")))
	}},
	{"messenger media link", aWord, true, func(v string) []byte {
		return messenger(rig.Object{"attachments": rig.List{rig.Object{"type": "image", "payload": rig.Object{"url": "https://scontent.xx.fbcdn.net/" + v}}}})
	}},
	{"messenger link code", aWord, true, func(v string) []byte {
		return event(rig.Object{"account_linking": rig.Object{"status": "linked", "authorization_code": v}})
	}},
	{"whatsapp text, e-mail", anEmail, false, func(v string) []byte { return line("text", rig.Object{"body": "mail " + v}) }},
	{"whatsapp text, card", aCard, false, func(v string) []byte { return line("text", rig.Object{"body": "card " + v}) }},
	{"whatsapp text, printed iban", printedIBAN, false, func(v string) []byte { return line("text", rig.Object{"body": "meine IBAN ist " + v}) }},
	{"whatsapp text, tax id", aTaxID, false, func(v string) []byte { return line("text", rig.Object{"body": "Steuer-ID: " + v}) }},
	{"whatsapp text, name", aName, false, func(v string) []byte { return line("text", rig.Object{"body": "this is " + v + " speaking"}) }},
	{"whatsapp text, address", anAvenue, false, func(v string) []byte {
		return line("text", rig.Object{"body": "I live at " + v + ", Springfield, IL 62704"})
	}},
	{"whatsapp text, date of birth", aBirthday, false, func(v string) []byte { return line("text", rig.Object{"body": "I was born on " + v}) }},
	{"whatsapp text, password", aPassword, false, func(v string) []byte { return line("text", rig.Object{"body": "the password is " + v}) }},
	{"whatsapp profile name", aName, false, func(v string) []byte {
		return rig.WhatsApp(numberOne.Entry(annaPhone, v, rig.Said(annaPhone, rig.NewID("wamid."), "hello")))
	}},
	{"whatsapp caption", anEmail, false, func(v string) []byte {
		return line("image", rig.Object{"id": "1", "mime_type": "image/jpeg", "sha256": "x", "caption": "from " + v})
	}},
	{"whatsapp file name", anEmail, false, func(v string) []byte {
		return line("document", rig.Object{"id": "1", "mime_type": "application/pdf", "sha256": "x", "filename": "cv " + v + ".pdf"})
	}},
	{"whatsapp place", aStreet, false, func(v string) []byte {
		return line("location", rig.Object{"latitude": 1.5, "longitude": 2.5, "name": "Home", "address": v})
	}},
	{"whatsapp contact's name", aName, false, func(v string) []byte { return shared(rig.Object{"name": rig.Object{"formatted_name": v}}) }},
	{"whatsapp contact's phone", aPhone, false, func(v string) []byte {
		return shared(rig.Object{"phones": rig.List{rig.Object{"phone": v, "type": "HOME"}}})
	}},
	{"whatsapp contact's e-mail", anEmail, false, func(v string) []byte {
		return shared(rig.Object{"emails": rig.List{rig.Object{"email": v, "type": "WORK"}}})
	}},
	{"whatsapp contact's address", aStreet, false, func(v string) []byte {
		return shared(rig.Object{"addresses": rig.List{rig.Object{"street": v, "type": "HOME"}}})
	}},
	{"whatsapp button text", anEmail, false, func(v string) []byte { return line("button", rig.Object{"text": "Use " + v, "payload": "USE"}) }},
	{"whatsapp button reply", anEmail, false, func(v string) []byte {
		return line("interactive", rig.Object{"type": "button_reply", "button_reply": rig.Object{"id": "1", "title": "Use " + v}})
	}},
	{"whatsapp list reply", anEmail, false, func(v string) []byte {
		return line("interactive", rig.Object{"type": "list_reply", "list_reply": rig.Object{"id": "1", "title": "Use", "description": "it is " + v}})
	}},
	{"whatsapp flow answer", anEmail, false, func(v string) []byte {
		return line("interactive", rig.Object{"type": "nfm_reply", "nfm_reply": rig.Object{"name": "flow", "body": "Sent", "response_json": flow(rig.Object{"email": v, "flow_token": "ft"})}})
	}},
	{"whatsapp order", aPhone, false, func(v string) []byte {
		return line("order", rig.Object{"catalog_id": "1", "text": "call phone " + v, "product_items": rig.List{}})
	}},
	{"whatsapp system", aPhone, false, func(v string) []byte {
		return line("system", rig.Object{"body": "User changed phone number to " + v, "type": "user_changed_number", "wa_id": annaPhone})
	}},
	{"whatsapp list id", aWord, true, func(v string) []byte {
		return line("interactive", rig.Object{"type": "list_reply", "list_reply": rig.Object{"id": v, "title": "Use"}})
	}},
	{"whatsapp sender", anID, true, func(v string) []byte {
		return rig.WhatsApp(numberOne.Entry(v, "Anna", rig.Said(v, rig.NewID("wamid."), "hello")))
	}},
	{"whatsapp flow token", aWord, true, func(v string) []byte {
		return line("interactive", rig.Object{"type": "nfm_reply", "nfm_reply": rig.Object{"name": "flow", "body": "Sent", "response_json": flow(rig.Object{"flow_token": v})}})
	}},
	{"whatsapp media link", aWord, true, func(v string) []byte {
		return line("image", rig.Object{"id": "1", "mime_type": "image/jpeg", "sha256": "x", "url": "https://lookaside.fbsbx.com/" + v})
	}},
	{"whatsapp callback data", aWord, true, func(v string) []byte {
		status := rig.Status(annaPhone, rig.NewID("wamid."), "sent")
		status["biz_opaque_callback_data"] = v
		return rig.WhatsApp(numberOne.Statuses(status))
	}},
	{"whatsapp recipient of a status", anID, true, func(v string) []byte {
		return rig.WhatsApp(numberOne.Statuses(rig.Status(v, rig.NewID("wamid."), "sent")))
	}},
	{"instagram text", anEmail, false, func(v string) []byte {
		return instagram(rig.Object{"messaging": rig.List{rig.Text(anna, instagramID, rig.NewID("aWdf"), "mail "+v)}})
	}},
	{"instagram text, name and address", anAvenue, false, func(v string) []byte {
		return instagram(rig.Object{"messaging": rig.List{rig.Text(anna, instagramID, rig.NewID("aWdf"), "ship it to Ana Torres, "+v+", Springfield, IL 62704")}})
	}},
	{"instagram text among changes", aCard, false, func(v string) []byte {
		return instagramChange("messages", rig.Text(anna, instagramID, rig.NewID("aWdf"), "card "+v))
	}},
	{"instagram comment", anEmail, false, func(v string) []byte {
		return instagramChange("comments", rig.Object{"id": "1", "text": "write to " + v, "from": rig.Object{"id": anna, "username": "quill"}})
	}},
	{"instagram story link", aWord, true, func(v string) []byte {
		return instagram(rig.Object{"messaging": rig.List{rig.Event(anna, instagramID, rig.Object{"message": rig.Object{
			"mid": rig.NewID("aWdf"), "text": "nice", "reply_to": rig.Object{"story": rig.Object{"id": "1", "url": "https://scontent.cdninstagram.com/" + v}},
		}})}})
	}},
}
