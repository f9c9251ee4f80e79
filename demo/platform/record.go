package platform

import (
	"encoding/json"
	"slices"
	"time"
)

// Speaker is who said something in a chat.
type Speaker string

// The speakers of a chat.
const (
	ByPerson Speaker = "person"
	ByBot    Speaker = "bot"
	ByAgent  Speaker = "agent" // a human in the platform's own inbox
)

// Button is something that a person can tap.
type Button struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Kind  string `json:"kind"` // quick_reply, postback, button_reply, list_reply or url
}

// Record is one message as the platform stores it.
type Record struct {
	Order   int // over all records, calls and deliveries
	At      time.Time
	Person  string
	Channel string
	Speaker Speaker
	ID      string // mid or wamid
	Text    string // what the chat shows
	Buttons []Button
	Raw     []byte   // the bytes that the platform keeps
	Agent   string   // User-Agent of the call that sent it
	Marks   []string // sent, delivered, read
}

// Call is one request to the Graph API, refused ones too.
type Call struct {
	Order  int
	Method string
	Target string // path and query, the access token cut out
	Body   []byte
	Person string // empty when it names nobody
	Status int
}

// Delivery is one webhook POST.
type Delivery struct {
	Order    int
	Account  string
	Body     []byte
	Messages []string // ids of the messages in it
	Statuses []int    // the answer to each attempt; 0 stands for none
}

// Records lists what was said in one person's chat, oldest first.
func (p *Platform) Records(person string) []Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Record
	for _, record := range p.records {
		if record.Person == person {
			record.Marks = slices.Clone(record.Marks)
			found = append(found, record)
		}
	}
	return found
}

// Calls lists every request to the Graph API, oldest first.
func (p *Platform) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Deliveries lists every webhook POST, oldest first.
func (p *Platform) Deliveries() []Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := slices.Clone(p.deliveries)
	for i := range found {
		found[i].Statuses = slices.Clone(found[i].Statuses)
	}
	return found
}

func (p *Platform) store(record Record) {
	p.update(func() {
		p.order++
		record.Order, record.At = p.order, time.Now()
		p.records = append(trim(p.records), record)
	})
}

func (p *Platform) mark(id string, marks ...string) {
	p.update(func() {
		for i := range p.records {
			if p.records[i].ID == id {
				p.records[i].Marks = append(p.records[i].Marks, marks...)
			}
		}
	})
}

func (p *Platform) record(call Call) {
	p.update(func() {
		p.order++
		call.Order = p.order
		p.calls = append(trim(p.calls), call)
	})
}

// trim drops the oldest half of a list that has grown past the bound.
func trim[T any](list []T) []T {
	if len(list) < kept {
		return list
	}
	return slices.Clone(list[len(list)/2:])
}

// ReadSend returns what a chat shows of a send request of the channel, and the
// buttons under it; nothing when the body is no message.
func ReadSend(channel string, body []byte) (string, []Button) {
	if channel == WhatsApp {
		var send whatsappSend
		if json.Unmarshal(body, &send) != nil || send.Status != "" {
			return "", nil
		}
		return send.shown()
	}
	var send messengerSend
	if json.Unmarshal(body, &send) != nil || send.Message == nil {
		return "", nil
	}
	return send.Message.shown()
}
