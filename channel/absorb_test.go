package channel

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

func TestReferences(t *testing.T) {
	tests := []struct{ channel, method, path, body, want, answer string }{
		{"whatsapp", "POST", "/v23.0/600/messages", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.1"}`, "message:600 read:wamid.1", `{"success":true}`},
		{"whatsapp", "POST", "/600/messages", `{"messaging_product":"whatsapp","status":"read","message_id":"wamid.1","typing_indicator":{"type":"text"}}`, "message:600 typing:wamid.1", `{"success":true}`},
		{"whatsapp", "POST", "/600/messages", `{"messaging_product":"whatsapp","to":"+1 650 555 1234","type":"reaction","reaction":{"message_id":"wamid.1","emoji":"\ud83d\udc4d"}}`, "message:600 reaction:wamid.1", `{"messaging_product":"whatsapp","contacts":[{"input":"+1 650 555 1234","wa_id":"16505551234"}],"messages":[{"id":"NEW"}]}`},
		{"whatsapp", "POST", "/600/messages", `{"messaging_product":"whatsapp","recipient":"US.1349","type":"reaction","reaction":{"message_id":"wamid.1","emoji":""}}`, "message:600 reaction:wamid.1", `{"messaging_product":"whatsapp","contacts":[{"input":"US.1349","user_id":"US.1349"}],"messages":[{"id":"NEW"}]}`},
		{"whatsapp", "POST", "/600/messages", `{"to":"16505551234","context":{"message_id":"wamid.1"},"type":"text","text":{"body":"x"}}`, "message:600 reply:wamid.1", ""},
		{"whatsapp", "POST", "/600/messages", `{"status":"delivered","message_id":"wamid.1"}`, "message:600", ""},
		{"messenger", "POST", "/me/messages", `{"recipient":{"id":"7001"},"sender_action":"react","payload":{"message_id":"m_1","reaction":"love"}}`, "reaction:m_1", `{"recipient_id":"7001"}`},
		{"instagram", "POST", "/me/messages", `{"recipient":{"id":8001},"sender_action":"unreact","payload":{"message_id":"m_1"}}`, "reaction:m_1", `{"recipient_id":"8001"}`},
		{"messenger", "POST", "/me/messages", `{"recipient":{"id":"7001"},"sender_action":"typing_on"}`, "", ""},
		{"messenger", "POST", "/100/messages", `{"recipient":{"id":"7001"},"message":{"text":"x","reply_to":{"mid":"m_2"}},"reply_to":{"mid":"m_1"}}`, "message:100 reply:m_1 reply:m_2", ""},
		{"messenger", "POST", "/me/messages", `{"recipient":{"id":"7001"},"message":"{\"text\":\"x\",\"reply_to\":{\"mid\":\"m_2\"}}"}`, "reply:m_2", ""},
		{"messenger", "GET", "/v23.0/m_1", "", "message:m_1", `{"id":"m_1"}`},
		{"messenger", "DELETE", "/m_1", "", "message:m_1", `{"success":true}`},
		{"messenger", "GET", "/m_1/attachments", "", "message:m_1", `{"data":[]}`},
		{"messenger", "POST", "/", `7`, "", ""},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		call, err := ParseCall(test.method, test.path)
		if err != nil {
			t.Fatal(err)
		}
		var d *payload.Document
		if test.body != "" {
			d = parse(t, test.body)
		}
		var got []string
		for _, r := range c.References(d, call) {
			got = append(got, fmt.Sprint(r.Kind, ":", r.ID))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s %s: %q", test.path, test.body, got)
		}
		if test.answer == "" {
			continue
		}
		if answer := string(c.AbsorbedAnswer(call, d, "NEW")); answer != test.answer {
			t.Errorf("%s %s: %s", test.path, test.body, answer)
		}
	}
	c, _ := ByName("whatsapp")
	call, _ := ParseCall(http.MethodPost, "/600/messages")
	d := parse(t, tests[2].body)
	answer := c.Answer(parse(t, string(c.AbsorbedAnswer(call, d, "NEW"))))
	if len(answer.IDs) != 1 || answer.IDs[0] != "NEW" {
		t.Errorf("our answer reads %+v", answer)
	}
}

func TestDetach(t *testing.T) {
	tests := []struct{ channel, before, after string }{
		{"whatsapp", `{"to":"1650555123", "context" : {"message_id":"OURS"}, "type":"text","text":{"body":"x"}}`, `{"to":"1650555123", "type":"text","text":{"body":"x"}}`},
		{"whatsapp", `{"to":"1650555123","type":"text","text":{"body":"x"},"context":{"message_id":"OURS"}}`, `{"to":"1650555123","type":"text","text":{"body":"x"}}`},
		{"whatsapp", `{"context":{"message_id":"wamid.1"},"to":"1650555123"}`, `{"context":{"message_id":"wamid.1"},"to":"1650555123"}`},
		{"messenger", `{"reply_to":{"mid":"OURS"},"recipient":{"id":"7001"},"message":{"reply_to":{"mid":"OURS"},"text":"x"}}`, `{"recipient":{"id":"7001"},"message":{"text":"x"}}`},
		{"messenger", `{"message":{"text":"x","reply_to":{"mid":"OURS"}},"reply_to":{"mid":"OURS"}}`, `{"message":{"text":"x"}}`},
		{"messenger", `{"message":{"text":"x"},"reply_to":"{\"mid\":\"OURS\"}"}`, `{"message":{"text":"x"}}`},
		{"messenger", `{"message":"{ \"text\":\"x\", \"reply_to\":{\"mid\":\"OURS\"} }"}`, `{"message":"{ \"text\":\"x\" }"}`},
		{"messenger", `7`, `7`},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		got, err := c.Detach(parse(t, test.before), func(id string) bool { return id == "OURS" })
		if err != nil || string(got) != test.after {
			t.Errorf("%s: %s, %v", test.before, got, err)
		}
	}
}
