package channel

import (
	"errors"
	"strings"
	"testing"
)

func TestSay(t *testing.T) {
	const page = `{"account":"100","sender":"7001","recipient":"100"}`
	const wa = `{"account":"500","metadata":{"phone_number_id":"600"},"from":"16505551234","from_user_id":"US.1349"}`
	b := &Button{"Open", "https://chat.example.com/c/x"}
	const url = `"https:\/\/chat.example.com\/c\/x"`
	tests := []struct {
		channel, envelope string
		button            *Button
		path, body        string
	}{
		{"messenger", page, nil, "/me/messages", `{"recipient":{"id":"7001"},"messaging_type":"RESPONSE","message":{"text":"Danke sch\u00f6n"}}`},
		{"messenger", page, b, "/me/messages", `{"recipient":{"id":"7001"},"messaging_type":"RESPONSE","message":{"attachment":{"type":"template","payload":{"template_type":"button","text":"Danke sch\u00f6n","buttons":[{"type":"web_url","url":` + url + `,"title":"Open","webview_height_ratio":"tall","webview_share_button":"hide"}]}}}}`},
		{"instagram", `{"account":9,"sender":8001,"recipient":9}`, b, "/me/messages", `{"recipient":{"id":8001},"messaging_type":"RESPONSE","message":{"attachment":{"type":"template","payload":{"template_type":"button","text":"Danke sch\u00f6n","buttons":[{"type":"web_url","url":` + url + `,"title":"Open"}]}}}}`},
		{"whatsapp", wa, nil, "/600/messages", `{"messaging_product":"whatsapp","recipient_type":"individual","to":"16505551234","type":"text","text":{"preview_url":false,"body":"Danke sch\u00f6n"}}`},
		{"whatsapp", wa, b, "/600/messages", `{"messaging_product":"whatsapp","recipient_type":"individual","to":"16505551234","type":"interactive","interactive":{"type":"cta_url","body":{"text":"Danke sch\u00f6n"},"action":{"name":"cta_url","parameters":{"display_text":"Open","url":` + url + `}}}}`},
		{"whatsapp", `{"account":"500","metadata":{"phone_number_id":600},"from_user_id":"US.1349"}`, nil, "/600/messages", `{"messaging_product":"whatsapp","recipient_type":"individual","recipient":"US.1349","type":"text","text":{"preview_url":false,"body":"Danke sch\u00f6n"}}`},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		got, err := c.Say([]byte(test.envelope), " Danke schön\n", test.button, "")
		if err != nil || got.Path != test.path || string(got.Body) != test.body {
			t.Errorf("%s: %s %s, %v", test.channel, got.Path, got.Body, err)
			continue
		}
		if send := c.Send(parse(t, string(got.Body))); !send.Person.Known() || !send.Message {
			t.Errorf("%s: for %+v", got.Body, send)
		}
		call, err := ParseCall("POST", got.Path)
		if err != nil || call.Kind != CallSend {
			t.Errorf("%s: %+v, %v", got.Path, call, err)
		}
	}
}

func TestSayRefuses(t *testing.T) {
	const page = `{"account":"100","sender":"7001","recipient":"100"}`
	long := "One. " + strings.Repeat("x", 4096)
	tests := []struct {
		channel, envelope, text string
		button                  *Button
		want                    error
	}{
		{"messenger", `{}`, "hi", nil, ErrEnvelope},
		{"messenger", `x`, "hi", nil, ErrEnvelope},
		{"whatsapp", page, "hi", nil, ErrEnvelope},
		{"whatsapp", `{"metadata":{"phone_number_id":"600"}}`, "hi", nil, ErrEnvelope},
		{"messenger", page, " ", nil, ErrWording},
		{"messenger", page, strings.Repeat("x", 2001), nil, ErrWording},
		{"messenger", page, "hi", &Button{"", "https://x"}, ErrWording},
		{"messenger", page, "hi", &Button{strings.Repeat("x", 21), "https://x"}, ErrWording},
		{"messenger", page, "hi", &Button{"x", ""}, ErrWording},
		{"messenger", page, long, nil, nil},
		{"instagram", page, long, nil, nil},
		{"messenger", page, strings.Repeat("x", 2000), nil, nil},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		got, err := c.Say([]byte(test.envelope), test.text, test.button, "")
		if !errors.Is(err, test.want) || err == nil && strings.Contains(test.text, "One.") && !strings.Contains(string(got.Body), `"text":"One."`) {
			t.Errorf("%s %.40s %.20s: %.100s, %v", test.channel, test.envelope, test.text, got.Body, err)
		}
	}
}
