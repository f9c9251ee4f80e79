package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/piiproxy/piiproxy/demo/platform"
)

// toyLike is what the bot gets for the form's card. Luhn's check holds.
const toyLike = "4012 8877 7776 1881"

// toyForm is one link and whose answer it takes.
type toyForm struct {
	id, channel, person string
	kind                string
	used                bool
}

// toyPrompts are the questions that the toy knows, and what they ask for.
var toyPrompts = map[string]string{"Please type the card number.": "credit_card", "And when does the card expire?": "card_expiry"}

// swap puts a button in the place of a question.
func (p *toy) swap(body []byte) []byte {
	for prompt, kind := range toyPrompts {
		if !strings.Contains(string(body), prompt) {
			continue
		}
		var call map[string]any
		if json.Unmarshal(body, &call) != nil {
			return body
		}
		p.mu.Lock()
		form := &toyForm{id: fmt.Sprintf("toylink%019d", len(p.forms)+1), kind: kind}
		p.forms = append(p.forms, form)
		p.mu.Unlock()
		link := p.settings.PublicURL + "/c/" + form.id
		if to, ok := call["to"].(string); ok {
			form.channel, form.person = platform.WhatsApp, to
			text, _ := call["text"].(map[string]any)["body"].(string)
			delete(call, "text")
			call["type"] = "interactive"
			call["interactive"] = map[string]any{
				"type": "cta_url", "body": map[string]string{"text": strings.Replace(text, prompt, "Use the form:", 1)},
				"action": map[string]any{"name": "cta_url", "parameters": map[string]string{"display_text": "Enter", "url": link}},
			}
		} else {
			form.channel = platform.Messenger
			form.person, _ = call["recipient"].(map[string]any)["id"].(string)
			text, _ := call["message"].(map[string]any)["text"].(string)
			call["message"] = map[string]any{"attachment": map[string]any{"type": "template", "payload": map[string]any{
				"template_type": "button", "text": strings.Replace(text, prompt, "Use the form:", 1),
				"buttons": []map[string]string{{"type": "web_url", "url": link, "title": "Enter"}},
			}}}
		}
		body, _ = json.Marshal(call)
	}
	return body
}

// form is the form, and what becomes of it.
func (p *toy) form(w http.ResponseWriter, r *http.Request) {
	var form *toyForm
	p.mu.Lock()
	for _, each := range p.forms {
		if each.id == r.PathValue("link") {
			form = each
		}
	}
	used := form == nil || form.used
	if !used && r.Method == http.MethodPost {
		form.used = !p.endless
	}
	p.mu.Unlock()
	switch {
	case used:
		w.WriteHeader(http.StatusGone)
	case r.Method == http.MethodGet:
		http.SetCookie(w, &http.Cookie{Name: "toy", Value: "1"})
		_, _ = fmt.Fprintf(w, `<input type="hidden" name="proof" value="p"><input name="%s">`, form.kind)
	case r.FormValue("proof") != "p" || r.Header.Get("Cookie") != "toy=1" || r.FormValue(form.kind) == "":
		w.WriteHeader(http.StatusForbidden)
	default:
		w.WriteHeader(http.StatusSeeOther)
		w.(http.Flusher).Flush()
		p.resume(r, form)
	}
}

// resume tells the bot what was filled in.
func (p *toy) resume(r *http.Request, form *toyForm) {
	token := toyLike
	if form.kind == formExpiry.kind {
		token = toyToken(formExpiry)
		p.remember(formExpiry, token, true)
	} else {
		p.remember(formCard, token, true)
	}
	number := strings.TrimPrefix(form.id, "toylink")
	body := fmt.Sprintf(`{"object":"page","entry":[{"id":"%s","messaging":[{"sender":{"id":"%s"},"recipient":{"id":"%s"},"message":{"mid":"m_toy%s","text":"%s"}}]}]}`, pageID, form.person, pageID, number, token)
	if form.channel == platform.WhatsApp {
		body = fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"%s","changes":[{"field":"messages","value":{"messages":[{"from":"%s","id":"wamid.toy%s","type":"text","text":{"body":"%s"}}]}}]}]}`, businessID, form.person, number, token)
	}
	made := []byte(body)
	if p.change != nil {
		made = p.change(made)
	}
	p.deliver(r.Context(), made)
}

// withoutLinks takes the links out of an echo.
func (p *toy) withoutLinks(body []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := string(body)
	for _, form := range p.forms {
		text = strings.ReplaceAll(text, form.id, "[LINK]")
	}
	return []byte(text)
}

// joined holds the first half of a card back and gives the token with the other.
// The halves may come in one delivery.
func (p *toy) joined(body []byte) []byte {
	text := string(body)
	first, other := strings.Contains(text, firstHalf.text), strings.Contains(text, otherHalf.text)
	if first && !other {
		return nil
	}
	if other {
		token := toyToken(value{kind: "credit_card", text: firstHalf.text + otherHalf.text})
		text = strings.ReplaceAll(strings.ReplaceAll(text, firstHalf.text, "…"), otherHalf.text, token)
	}
	return []byte(text)
}
