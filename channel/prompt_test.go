package channel

import (
	"fmt"
	"strings"
	"testing"
)

func TestPrompts(t *testing.T) {
	tests := []struct{ channel, body, want string }{
		{"messenger", `{"recipient":{"id":"1"},"message":{"text":"a","quick_replies":[{"title":"x"}]}}`, "a"},
		{"messenger", `{"recipient":{"id":"1"},"message":{"attachment":{"type":"template","payload":{"template_type":"generic","elements":[{"title":"a","subtitle":"b","buttons":[{"title":"x"}]},{"title":"c"}]}}}}`, "a:swap_layout b:swap_layout c:swap_layout"},
		{"messenger", `{"recipient":{"id":"1"},"message":"{\"attachment\":\"{\\\"payload\\\":{\\\"text\\\":\\\"a\\\"}}\"}"}`, "a:swap_nested"},
		{"messenger", `{"recipient":{"id":"1"},"sender_action":"typing_on"}`, ""},
		{"messenger", `{"greeting":[{"text":"x"}]}`, ""},
		{"messenger", `7`, ""},
		{"whatsapp", `{"to":"16505551234","type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"a"},"body":{"text":"b"},"footer":{"text":"c"},"action":{"buttons":[{"reply":{"title":"x"}}]}}}`, "a b c"},
		{"whatsapp", `{"to":"16505551234","type":"document","document":{"caption":"a","filename":"x"}}`, "a"},
		{"whatsapp", `{"to":"16505551234","type":"template","template":{"components":[{"parameters":[{"text":"a"}],"cards":[{"components":[{"parameters":[{"text":"b"}]}]}]}]}}`, "a:swap_template b:swap_template"},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		var got []string
		for _, text := range c.Prompts(parse(t, test.body)) {
			got = append(got, strings.TrimSuffix(text.Text+":"+text.Reason, ":"))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q", test.body, got)
		}
	}
}

func TestWordless(t *testing.T) {
	interactive := func(kind string) string {
		return `{"to":"16505551234","type":"interactive","interactive":{"type":"` + kind + `"}}`
	}
	tests := []struct{ channel, body, want string }{
		{"messenger", `{"recipient":{"id":"1"},"message":{"text":"a","quick_replies":[{"content_type":"user_email"},{"content_type":"text"},{"content_type":"user_phone_number"},{"content_type":"location"}]}}`, "email phone geo"},
		{"instagram", `{"recipient":{"id":"1"},"message":{"text":"a","quick_replies":[{"content_type":"user_email"}]}}`, "email"},
		{"messenger", `{"recipient":{"comment_id":"1"},"message":{"text":"a","quick_replies":[{"content_type":"user_email"}]}}`, "email:swap_recipient"},
		{"messenger", `{"recipient":{"id":"1"},"message":"{\"text\":\"a\",\"quick_replies\":[{\"content_type\":\"user_email\"}]}"}`, "email:swap_nested"},
		{"messenger", `{"recipient":{"id":"1"},"message":{"text":"a","quick_replies":[7,null,"user_email"]}}`, ""},
		{"whatsapp", interactive("request_contact_info"), "phone"},
		{"whatsapp", interactive("address_message"), "address"},
		{"whatsapp", interactive("location_request_message"), "geo"},
		{"whatsapp", interactive("button"), ""},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		var got []string
		for _, request := range c.Wordless(parse(t, test.body)) {
			got = append(got, strings.TrimSuffix(fmt.Sprint(request.Kind, ":", request.Reason), ":"))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q", test.body, got)
		}
	}
}
