package platform

import (
	"bytes"
	"crypto/sha256"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// media is one uploaded file: what can be told of it, not the bytes.
type media struct {
	Account  string
	MIMEType string
	SHA256   string
	Size     int
}

// object answers GET of a person (User Profile API), a conversation, a message
// or a file.
func (p *Platform) object(c *call) (int, any) {
	id := c.segments[0]
	if person, ok := p.person(id, c.account.ID); ok && c.account.Channel == Messenger {
		c.person = person.ID
		first, last, _ := strings.Cut(person.Name, " ")
		return http.StatusOK, struct {
			First string `json:"first_name"`
			Last  string `json:"last_name"`
			ID    string `json:"id"`
		}{first, last, person.ID}
	}
	if person, ok := p.person(strings.TrimPrefix(id, "t_"), c.account.ID); ok && strings.HasPrefix(id, "t_") {
		c.person = person.ID
		return http.StatusOK, p.history(person)
	}
	if strings.HasPrefix(id, "m_") {
		return p.message(c, id)
	}
	p.mu.Lock()
	file, ok := p.media[id]
	p.mu.Unlock()
	if !ok || file.Account != c.account.ID {
		return unsupported(c)
	}
	return http.StatusOK, struct {
		Product string `json:"messaging_product"`
		URL     string `json:"url"`
		Type    string `json:"mime_type"`
		SHA256  string `json:"sha256"`
		Size    int    `json:"file_size"`
		ID      string `json:"id"`
	}{"whatsapp", p.url + "/media/" + id, file.MIMEType, file.SHA256, file.Size, id}
}

type storedMessage struct {
	ID      string     `json:"id"`
	Text    string     `json:"message"`
	Created string     `json:"created_time"`
	From    identified `json:"from"`
}

type storedConversation struct {
	ID       string `json:"id"`
	Messages struct {
		List []storedMessage `json:"data"`
	} `json:"messages"`
}

// conversations is the Conversations API: the raw history, newest first.
func (p *Platform) conversations(c *call) (int, any) {
	p.mu.Lock()
	var persons []Person
	for _, person := range p.persons {
		if person.Account == c.account.ID {
			persons = append(persons, person)
		}
	}
	p.mu.Unlock()
	list := []storedConversation{}
	for _, person := range persons {
		list = append(list, p.history(person))
	}
	return http.StatusOK, map[string]any{"data": list}
}

func (p *Platform) history(person Person) storedConversation {
	conversation := storedConversation{ID: "t_" + person.ID}
	conversation.Messages.List = []storedMessage{}
	for _, record := range p.Records(person.ID) {
		conversation.Messages.List = append([]storedMessage{stored(person, record)}, conversation.Messages.List...)
	}
	return conversation
}

func stored(person Person, record Record) storedMessage {
	from := person.Account
	if record.Speaker == ByPerson {
		from = person.ID
	}
	return storedMessage{ID: record.ID, Text: record.Text, Created: record.At.UTC().Format("2006-01-02T15:04:05-0700"), From: identified{from}}
}

func (p *Platform) message(c *call, id string) (int, any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, record := range p.records {
		if person := p.persons[record.Person]; record.ID == id && person.Account == c.account.ID {
			c.person = person.ID
			return http.StatusOK, stored(person, record)
		}
	}
	return unsupported(c)
}

// upload takes a file of multipart/form-data and forgets its bytes.
func (p *Platform) upload(c *call) (int, any) {
	_, parameters, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || parameters["boundary"] == "" {
		return failedWhatsApp(http.StatusBadRequest, 100, "(#100) The parameter file is required.", "multipart/form-data is needed")
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return failedWhatsApp(http.StatusBadRequest, 100, "(#100) The parameter file is required.", "no part is named file")
		}
		content, err := io.ReadAll(part)
		if err != nil || part.FormName() != "file" {
			continue
		}
		sum := sha256.Sum256(content)
		id := digits(16)
		file := media{Account: c.account.ID, MIMEType: part.Header.Get("Content-Type"), SHA256: hexadecimal(sum[:]), Size: len(content)}
		p.update(func() {
			if len(p.media) < kept {
				p.media[id] = file
			}
		})
		return http.StatusOK, identified{id}
	}
}

func (p *Platform) dropMedia(c *call) (int, any) {
	var found bool
	p.update(func() {
		found = p.media[c.segments[0]].Account == c.account.ID
		if found {
			delete(p.media, c.segments[0])
		}
	})
	if !found {
		return unsupported(c)
	}
	return http.StatusOK, map[string]any{"success": true}
}
