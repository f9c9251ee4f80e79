package platform

import (
	"errors"
	"strconv"
	"time"
)

var errNoPerson = errors.New("platform: no such person")

// Say lets a person type something. It returns the message's id at once; the
// delivery follows.
func (p *Platform) Say(person Person, text string) (string, error) {
	if !p.knows(person) || text == "" {
		return "", errNoPerson
	}
	id := newMessageID(person)
	if person.Channel == Messenger {
		p.receive(person, id, text, p.messengerSaid(person, &messengerMessage{ID: id, Text: text}))
	} else {
		p.receive(person, id, text, whatsappMessage{From: person.ID, ID: id, Timestamp: seconds(time.Now()), Text: &whatsappText{Body: text}, Type: "text"})
	}
	return id, nil
}

// Tap lets a person tap a button of a message that the chat shows.
func (p *Platform) Tap(person Person, message string, button Button) (string, error) {
	if !p.knows(person) {
		return "", errNoPerson
	}
	id := newMessageID(person)
	switch button.Kind {
	case "quick_reply":
		p.receive(person, id, button.Title, p.messengerSaid(person, &messengerMessage{ID: id, Text: button.Title, QuickReply: &messengerQuick{Payload: button.ID}}))
	case "postback":
		said := p.messengerSaid(person, nil)
		said.Postback = &messengerPostback{ID: id, Title: button.Title, Payload: button.ID}
		p.receive(person, id, button.Title, said)
	case "button_reply", "list_reply":
		account, _ := p.account(person.Account)
		answer := &whatsappInteractive{Type: button.Kind}
		reply := &whatsappReply{ID: button.ID, Title: button.Title}
		if button.Kind == "list_reply" {
			answer.List = reply
		} else {
			answer.Button = reply
		}
		p.receive(person, id, button.Title, whatsappMessage{From: person.ID, ID: id, Timestamp: seconds(time.Now()), Context: &whatsappContext{From: account.Phone, ID: message}, Interactive: answer, Type: "interactive"})
	default:
		return "", errors.New("platform: a button of this kind tells the bot nothing")
	}
	return id, nil
}

// Answer lets a human at the company write from the platform's own inbox. The
// bot learns of it by an echo only.
func (p *Platform) Answer(person Person, text string) (string, error) {
	if !p.knows(person) {
		return "", errNoPerson
	}
	id := newMessageID(person)
	if person.Channel == Messenger {
		echo := p.messengerEcho(person, &messengerMessage{ID: id, Text: text, App: inbox})
		p.store(Record{Person: person.ID, Channel: person.Channel, Speaker: ByAgent, ID: id, Text: text, Raw: serialize(echo)})
		p.enqueue(event{person: person, message: id, body: echo})
		return id, nil
	}
	account, _ := p.account(person.Account)
	echo := whatsappMessage{From: account.Phone, To: person.ID, ID: id, Timestamp: seconds(time.Now()), Text: &whatsappText{Body: text}, Type: "text"}
	p.store(Record{Person: person.ID, Channel: person.Channel, Speaker: ByAgent, ID: id, Text: text, Raw: serialize(echo)})
	p.enqueue(event{person: person, message: id, field: "smb_message_echoes", list: "message_echoes", body: echo})
	return id, nil
}

// inbox is the app id that the platform's own inbox sends with.
const inbox = 26390203743090

func (p *Platform) receive(person Person, id, text string, body any) {
	p.store(Record{Person: person.ID, Channel: person.Channel, Speaker: ByPerson, ID: id, Text: text, Raw: serialize(body)})
	e := event{person: person, message: id, body: body}
	if person.Channel == WhatsApp {
		e.field, e.list = "messages", "messages"
	}
	p.enqueue(e)
}

func (p *Platform) knows(person Person) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return person.ID != "" && p.persons[person.ID] == person
}

func (p *Platform) messengerSaid(person Person, message *messengerMessage) messengerEvent {
	return messengerEvent{Sender: identified{person.ID}, Recipient: identified{person.Account}, Timestamp: time.Now().UnixMilli(), Message: message}
}

func (p *Platform) messengerEcho(person Person, message *messengerMessage) messengerEvent {
	message.Echo = true
	return messengerEvent{Sender: identified{person.Account}, Recipient: identified{person.ID}, Timestamp: time.Now().UnixMilli(), Message: message}
}

// appNumber is the app id as echoes carry it: a JSON number.
func (p *Platform) appNumber() uint64 {
	number, err := strconv.ParseUint(p.config.AppID, 10, 64)
	if err != nil {
		return 0
	}
	return number
}
