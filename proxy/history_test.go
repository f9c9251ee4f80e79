package proxy_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/conversation"
)

// said is a message of a history.
func said(id, from, to, words string) string {
	return `{"id":"` + id + `","message":"` + words + `","from":{"name":"X","id":"` + from + `"},"to":{"data":[{"id":"` + to + `"}]}}`
}

// thread is a conversation of a history.
func thread(snippet string, people []string, messages ...string) string {
	var participants []string
	for _, id := range people {
		participants = append(participants, `{"name":"X","id":"`+id+`"}`)
	}
	return `{"id":"t_1","snippet":"` + snippet + `","participants":{"data":[` + strings.Join(participants, ",") + `]},"messages":{"data":[` + strings.Join(messages, ",") + `]}}`
}

// A history tells of a chat as the webhooks did: the person's values are the same
// tokens, also where the account repeats them, and new ones are the person's, too.
func TestHistoryOfOnePerson(t *testing.T) {
	r := newRig(t)
	token := r.says("first", "write to "+email)
	token = token[strings.Index(token, "pii_"):]
	r.send(anna, "We write to "+token)
	body := func(own, again, fresh string) string {
		return `{"data":[` + thread("write to "+own, []string{anna, shopID},
			said("m_1", anna, shopID, "write to "+own), said("m_2", shopID, anna, "We write to "+again), said("m_3", anna, shopID, "or to "+fresh)) + `]}`
	}
	r.platform.says(200, "application/json", body(email, email, "second@corp.example"))
	got := r.ask("bot", "GET", "/shop/v23.0/me/conversations?fields=snippet,participants,messages{message,from,to}", "")
	tokens := matches(t, "history", body(token, token, "{email}"), got.body)
	if value, err := r.value("shop", "psid:"+anna, tokens[len(tokens)-1]); err != nil || value.Text != "second@corp.example" {
		t.Errorf("the new one: %v %v", value, err)
	}
	if sent := r.sentText(anna, "I mean "+tokens[len(tokens)-1]); !strings.Contains(sent, `I mean second\u0040corp.example`) {
		t.Errorf("the bot's answer became %s", sent)
	}
}

// Where it is not one person for certain, nothing becomes a token, and nobody
// becomes known by being read about.
func TestHistoryOfNobody(t *testing.T) {
	r := newRig(t)
	r.says("first", "hello")
	words := "write to " + email
	for name, body := range map[string]func(words string) string{
		"a stranger": func(w string) string { return thread(w, []string{bert, shopID}, said("m_1", bert, shopID, w)) },
		"two people": func(w string) string { return thread(w, []string{anna, bert, shopID}, said("m_1", anna, bert, w)) },
		"without ids": func(w string) string {
			return `{"id":"t_1","snippet":"` + w + `","messages":{"data":[{"id":"m_1","message":"` + w + `"}]}}`
		},
		"no sender": func(w string) string {
			return `{"id":"m_1","message":"` + w + `","to":{"data":[{"id":"` + anna + `"}]}}`
		},
		"the account": func(w string) string { return said("m_1", shopID, shopID, w) },
	} {
		r.platform.says(200, "application/json", `{"data":[`+body(words)+`]}`)
		got := r.ask("bot", "GET", "/shop/v23.0/me/conversations", "")
		if want := `{"data":[` + body("write to [EMAIL]") + `]}`; got.status != http.StatusOK || got.body != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got.body, want)
		}
	}
	if _, err := r.book.Find(t.Context(), "shop", []string{"psid:" + bert}); !errors.Is(err, conversation.ErrUnknown) {
		t.Errorf("a stranger got a chat: %v", err)
	}
}
