package e2e

import "github.com/piiproxy/piiproxy/e2e/rig"

// sendNest is a place in a call of the bot. The table is meant to grow with
// the fields of the Graph API.
type sendNest struct {
	place string
	kind  kind
	open  bool // the platform may see it
	call  func(value string) (target string, body []byte)
}

const shopSend = "/shop/v23.0/me/messages"

// toAnna is a Messenger message to Anna.
func toAnna(message rig.Object) (string, []byte) {
	return shopSend, rig.Marshal(rig.Object{"recipient": rig.Object{"id": anna}, "messaging_type": "RESPONSE", "message": message})
}

// attached is a Messenger template to Anna.
func attached(payload rig.Object) (string, []byte) {
	return toAnna(rig.Object{"attachment": rig.Object{"type": "template", "payload": payload}})
}

// whatsappTo is a WhatsApp message to Anna.
func whatsappTo(kind string, content any) (string, []byte) {
	return "/v23.0/" + numberOne.ID + "/messages", rig.Marshal(rig.Object{
		"messaging_product": "whatsapp", "recipient_type": "individual", "to": annaPhone, "type": kind, kind: content,
	})
}

// replyButtons is a WhatsApp message with one button.
func replyButtons(change func(interactive rig.Object)) (string, []byte) {
	interactive := rig.Object{
		"type": "button", "body": rig.Object{"text": "Choose"},
		"action": rig.Object{"buttons": rig.List{rig.Object{"type": "reply", "reply": rig.Object{"id": "1", "title": "Yes"}}}},
	}
	change(interactive)
	return whatsappTo("interactive", interactive)
}

var sendNests = []sendNest{
	{"messenger text, e-mail", anEmail, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "mail " + v}) }},
	{"messenger text, card", aCard, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "the card " + v}) }},
	{"messenger text, phone", aPhone, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "the phone number is " + v}) }},
	{"messenger text, iban", anIBAN, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "iban " + v}) }},
	{"messenger text, ssn", anSSN, false, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "the social security number is " + v})
	}},
	{"messenger text, itin", anITIN, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "your ITIN is " + v}) }},
	{"messenger text, tax id", aTaxID, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "Ihre Steuer-ID ist " + v}) }},
	{"messenger text, name", aName, false, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "Dear " + v + ", thank you"})
	}},
	{"messenger text, address", anAvenue, false, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "we deliver to " + v + ", Springfield, IL 62704"})
	}},
	{"messenger text, date of birth", aBirthday, false, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "your date of birth is " + v})
	}},
	{"messenger text, password", aPassword, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "your password is " + v}) }},
	{"messenger text, url", aLink, false, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "see " + v}) }},
	{"quick reply title", anEmail, false, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "Which?", "quick_replies": rig.List{rig.Object{"content_type": "text", "title": v, "payload": "A"}}})
	}},
	{"button template text", anEmail, false, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "button", "text": "use " + v, "buttons": rig.List{rig.Object{"type": "postback", "title": "Yes", "payload": "Y"}}})
	}},
	{"button title", anEmail, false, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "button", "text": "use", "buttons": rig.List{rig.Object{"type": "postback", "title": v, "payload": "Y"}}})
	}},
	{"element title", anEmail, false, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "generic", "elements": rig.List{rig.Object{"title": "mail " + v, "subtitle": "now"}}})
	}},
	{"element subtitle", aPhone, false, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "generic", "elements": rig.List{rig.Object{"title": "Call", "subtitle": "phone " + v}}})
	}},
	{"receipt", aName, false, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "receipt", "recipient_name": v, "order_number": "1", "currency": "EUR", "payment_method": "invoice", "summary": rig.Object{"total_cost": 1}})
	}},
	{"messenger metadata", aWord, true, func(v string) (string, []byte) { return toAnna(rig.Object{"text": "hello", "metadata": v}) }},
	{"messenger payload", aWord, true, func(v string) (string, []byte) {
		return toAnna(rig.Object{"text": "hello", "quick_replies": rig.List{rig.Object{"content_type": "text", "title": "A", "payload": v}}})
	}},
	{"messenger recipient", anID, true, func(v string) (string, []byte) {
		return shopSend, rig.Marshal(rig.Object{"recipient": rig.Object{"id": v}, "message": rig.Object{"text": "hello"}})
	}},
	{"messenger link", aWord, true, func(v string) (string, []byte) {
		return attached(rig.Object{"template_type": "button", "text": "see", "buttons": rig.List{rig.Object{"type": "web_url", "title": "See", "url": "https://shop.example/" + v}}})
	}},
	{"whatsapp text", anEmail, false, func(v string) (string, []byte) { return whatsappTo("text", rig.Object{"body": "mail " + v}) }},
	{"whatsapp caption", aCard, false, func(v string) (string, []byte) {
		return whatsappTo("image", rig.Object{"link": "https://shop.example/a.png", "caption": "card " + v})
	}},
	{"whatsapp file name", anEmail, false, func(v string) (string, []byte) {
		return whatsappTo("document", rig.Object{"link": "https://shop.example/a.pdf", "filename": "cv " + v + ".pdf"})
	}},
	{"whatsapp body", anEmail, false, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) { i["body"] = rig.Object{"text": "mail " + v} })
	}},
	{"whatsapp body, printed iban", printedIBAN, false, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) { i["body"] = rig.Object{"text": "is your IBAN " + v + "?"} })
	}},
	{"whatsapp header", anEmail, false, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) { i["header"] = rig.Object{"type": "text", "text": "mail " + v} })
	}},
	{"whatsapp footer", aPhone, false, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) { i["footer"] = rig.Object{"text": "phone " + v} })
	}},
	{"whatsapp button title", anEmail, false, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) {
			i["action"] = rig.Object{"buttons": rig.List{rig.Object{"type": "reply", "reply": rig.Object{"id": "1", "title": v}}}}
		})
	}},
	{"whatsapp row", anEmail, false, func(v string) (string, []byte) {
		return whatsappTo("interactive", rig.Object{"type": "list", "body": rig.Object{"text": "Choose"}, "action": rig.Object{
			"button": "Rows", "sections": rig.List{rig.Object{"title": "All", "rows": rig.List{rig.Object{"id": "1", "title": "One", "description": "mail " + v}}}},
		}})
	}},
	{"whatsapp template", anEmail, false, func(v string) (string, []byte) {
		return whatsappTo("template", rig.Object{"name": "t", "language": rig.Object{"code": "en"}, "components": rig.List{
			rig.Object{"type": "body", "parameters": rig.List{rig.Object{"type": "text", "text": v}}},
		}})
	}},
	{"whatsapp place", anEmail, false, func(v string) (string, []byte) {
		return whatsappTo("location", rig.Object{"latitude": 1.5, "longitude": 2.5, "name": "Home", "address": "ask " + v})
	}},
	{"whatsapp contact's name", aName, false, func(v string) (string, []byte) {
		return whatsappTo("contacts", rig.List{rig.Object{"name": rig.Object{"formatted_name": v, "first_name": "X"}}})
	}},
	{"whatsapp contact's phone", aPhone, false, func(v string) (string, []byte) {
		return whatsappTo("contacts", rig.List{rig.Object{"name": rig.Object{"formatted_name": "X", "first_name": "X"}, "phones": rig.List{rig.Object{"phone": v}}}})
	}},
	{"whatsapp recipient", anID, true, func(v string) (string, []byte) {
		return "/v23.0/" + numberOne.ID + "/messages", rig.Marshal(rig.Object{
			"messaging_product": "whatsapp", "to": v, "type": "text", "text": rig.Object{"body": "hello"},
		})
	}},
	{"whatsapp button id", aWord, true, func(v string) (string, []byte) {
		return replyButtons(func(i rig.Object) {
			i["action"] = rig.Object{"buttons": rig.List{rig.Object{"type": "reply", "reply": rig.Object{"id": v, "title": "A"}}}}
		})
	}},
	{"instagram text", anEmail, false, func(v string) (string, []byte) {
		return "/insta/v23.0/me/messages", rig.Marshal(rig.Object{"recipient": rig.Object{"id": anna}, "message": rig.Object{"text": "mail " + v}})
	}},
	{"access token in the query", aWord, true, func(v string) (string, []byte) {
		_, body := toAnna(rig.Object{"text": "hello"})
		return shopSend + "?access_token=EAAG" + v, body
	}},
	{"proof in the query", aWord, true, func(v string) (string, []byte) {
		_, body := toAnna(rig.Object{"text": "hello"})
		return shopSend + "?appsecret_proof=" + v, body
	}},
	{"person in the path", anID, true, func(v string) (string, []byte) { return "/shop/v23.0/" + v + "?fields=id", nil }},
}
