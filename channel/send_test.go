package channel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSend(t *testing.T) {
	tests := []struct {
		channel, body string
		person        string
		message       bool
		group         bool
	}{
		{"messenger", `{"recipient":{"id":"7001"},"message":{"text":"hi"}}`, "psid:7001", true, false},
		{"messenger", `{"recipient":{"id":7001},"message":{"text":"hi"}}`, "psid:7001", true, false},
		{"messenger", `{"recipient":"{\"id\":\"7001\"}","message":"{\"text\":\"hi\"}"}`, "psid:7001", true, false},
		{"instagram", `{"recipient":{"id":"8001"},"message":{"text":"hi"}}`, "igsid:8001", true, false},
		{"messenger", `{"recipient":{"id":"7001"},"sender_action":"typing_on"}`, "psid:7001", false, false},
		{"messenger", `{"recipient":{"id":"7001"},"target_app_id":"1","metadata":"x"}`, "psid:7001", false, false},
		{"messenger", `{"recipient":{"user_ref":"r"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"comment_id":"1_2"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"post_id":"1_2"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"one_time_notif_token":"1"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"notification_messages_token":"1"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"phone_number":"+1(650)555-1234"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"id":"7001","user_ref":"r"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"user_ref":"r","id":"7001"},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"id":""},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{"id":{"id":"1"}},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":{},"message":{}}`, "", true, false},
		{"messenger", `{"recipient":"7001","message":{}}`, "", true, false},
		{"messenger", `{"recipient":"{id:7001}","message":{}}`, "", true, false},
		{"messenger", `{"recipient":null,"message":{}}`, "", true, false},
		{"messenger", `{"message":{"attachment":{"type":"image"}}}`, "", false, false},
		{"messenger", `{"greeting":[]}`, "", false, false},
		{"messenger", `[]`, "", false, false},
		{"whatsapp", `{"to":"16505551234","type":"text"}`, "wa:16505551234", true, false},
		{"whatsapp", `{"to":"+1 (650) 555-1234"}`, "wa:16505551234", true, false},
		{"whatsapp", `{"to":16505551234}`, "wa:16505551234", true, false},
		{"whatsapp", `{"to":"US.13491208655302741918"}`, "bsuid:US.13491208655302741918", true, false},
		{"whatsapp", `{"recipient":"US.ENT.118"}`, "bsuid:US.ENT.118", true, false},
		{"whatsapp", `{"to":"","recipient":"US.1349"}`, "bsuid:US.1349", true, false},
		{"whatsapp", `{"to":"16505551234","recipient":"US.1349"}`, "wa:16505551234", true, false},
		{"whatsapp", `{"to":"who knows","recipient":"US.1349"}`, "", true, false},
		{"whatsapp", `{"recipient_type":"group","to":"Y2FwaV9ncm91cA"}`, "", true, true},
		{"whatsapp", `{"recipient_type":"group","to":"16505551234"}`, "", true, true},
		{"whatsapp", `{"recipient_type":"individual","to":"16505551234"}`, "wa:16505551234", true, false},
		{"whatsapp", `{"to":"１６５０５５５１２３４"}`, "", true, false},
		{"whatsapp", `{"to":"1650"}`, "", true, false},
		{"whatsapp", `{"to":"us.1349"}`, "", true, false},
		{"whatsapp", `{"to":["16505551234"]}`, "", true, false},
		{"whatsapp", `{"status":"read","message_id":"wamid.1"}`, "", false, false},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		send := c.Send(parse(t, test.body))
		if got := strings.Join(send.Person.Aliases, ","); got != test.person || send.Message != test.message || send.Group != test.group {
			t.Errorf("%s %s: %+v", test.channel, test.body, send)
		}
	}
}

func TestAnswer(t *testing.T) {
	tests := []struct {
		channel, body string
		ids           []string
		aliases       [][2]string
	}{
		{"messenger", `{"recipient_id":"7001","message_id":"m1"}`, []string{"m1"}, nil},
		{"messenger", `{"recipient_id":"7001"}`, nil, nil},
		{"whatsapp", `{"contacts":[{"input":"+16505551234","wa_id":"16505551234"}],"messages":[{"id":"wamid.1"}]}`, []string{"wamid.1"}, nil},
		{
			"whatsapp", `{"contacts":[{"input":"5511998765432","wa_id":"551198765432","user_id":"BR.1"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}`,
			[]string{"wamid.1"},
			[][2]string{{"wa:5511998765432", "wa:551198765432"}, {"wa:5511998765432", "bsuid:BR.1"}},
		},
		{"whatsapp", `{"contacts":[{"input":"US.1349","user_id":"US.1349"}]}`, nil, nil},
		{"whatsapp", `{"contacts":[{"input":"GROUP","wa_id":"GROUP"}]}`, nil, nil},
		{"whatsapp", `{"contacts":{"input":"1"},"messages":[7,{"id":{}}]}`, nil, nil},
		{"whatsapp", `{"error":{"code":131047}}`, nil, nil},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		answer := c.Answer(parse(t, test.body))
		if !slices.Equal(answer.IDs, test.ids) || !slices.Equal(answer.Aliases, test.aliases) {
			t.Errorf("%s: %+v", test.body, answer)
		}
	}
}

func TestParameter(t *testing.T) {
	const body = `{"template":{"components":[
		{"type":"header","parameters":[{"type":"text","text":"Ann"},{"type":"text","text":"Ann"}]},
		{"type":"body","parameters":[{"type":"text","text":"123456"},{"type":"text","text":"Ann"}]},
		{"type":"BUTTON","sub_type":"URL","index":"0","parameters":[{"type":"text","text":"123456"}]},
		{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"orders/7"}]},
		{"type":"button","sub_type":"quick_reply","parameters":[{"type":"payload","text":"x"}]}]}}`
	c, _ := ByName("whatsapp")
	d := parse(t, body)
	var got []string
	for i := range d.Nodes {
		if d.Name(i) == "text" {
			p := c.Parameter(d, i)
			line := fmt.Sprintf("%s suffix=%v twins=%d", d.Text(i), p.Suffix, len(p.Twins))
			got = append(got, line)
		}
	}
	want := []string{
		"Ann suffix=false twins=0", "Ann suffix=false twins=0", "123456 suffix=false twins=1", "Ann suffix=false twins=0",
		"123456 suffix=true twins=1", "orders/7 suffix=true twins=0", "x suffix=false twins=0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if p := c.Parameter(d, 0); p.Suffix || p.Twins != nil {
		t.Error("the root is a parameter")
	}
}

func TestPersonOf(t *testing.T) {
	tests := []struct{ channel, id, want string }{
		{"messenger", "7001", "psid:7001"},
		{"instagram", "8001", "igsid:8001"},
		{"messenger", "me", ""},
		{"messenger", "", ""},
		{"whatsapp", "+1 (650) 555-1234", "wa:16505551234"},
		{"whatsapp", "US.13491208655302741918", "bsuid:US.13491208655302741918"},
		{"whatsapp", "US.ENT.118", "bsuid:US.ENT.118"},
		{"whatsapp", "name", ""},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		if got := strings.Join(c.PersonOf(test.id).Aliases, ","); got != test.want {
			t.Errorf("%s %q: %q", test.channel, test.id, got)
		}
	}
}
