package channel

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/payload"
)

var resumeAt = time.UnixMilli(1758000001711)

// resumed learns from the last part of a delivery that teaches anything.
func learn(t *testing.T, c *Channel, d *payload.Document) []byte {
	t.Helper()
	parts, err := c.Delivery(d)
	if err != nil {
		return nil
	}
	var last []byte
	for _, part := range parts {
		if envelope, ok := c.LearnEnvelope(d, part); ok {
			last = envelope
		}
	}
	return last
}

func TestResume(t *testing.T) {
	const words = "Karte: pii_x @ 50% \u00e9\U0001F600/\"<"
	const wordsText = `Karte: pii_x \u0040 50\u0025 \u00e9\ud83d\ude00\/\"\u003C`
	contact := `{"profile":{"name":"[PERSON]","username":"n"},"wa_id":"16505551234","user_id":"US.1349"}`
	tests := []struct{ name, channel, body, want string }{
		{
			"text", "messenger", page(`{"id":"100","time":1,"messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"timestamp":5,"message":{"mid":"m1","text":"4111"}}]}`),
			`{"object":"page","entry":[{"time":1758000001711,"id":"100","messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"timestamp":1758000001711,"message":{"mid":"ID","text":"` + wordsText + `"}}]}]}`,
		},
		{
			"numbers", "messenger", page(`{"id":100,"messaging":[{"sender":{"id":10158612345678901234},"recipient":{"id":100},"postback":{"payload":"x"}}]}`),
			`{"object":"page","entry":[{"time":1758000001711,"id":100,"messaging":[{"sender":{"id":10158612345678901234},"recipient":{"id":100},"timestamp":1758000001711,"message":{"mid":"ID","text":"` + wordsText + `"}}]}]}`,
		},
		{
			"no recipient", "messenger", page(`{"id":"100","messaging":[{"sender":{"id":"7001"},"read":{"watermark":1}}]}`),
			`{"object":"page","entry":[{"time":1758000001711,"id":"100","messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"timestamp":1758000001711,"message":{"mid":"ID","text":"` + wordsText + `"}}]}]}`,
		},
		{
			"instagram", "instagram", `{"object":"instagram","entry":[{"id":"900","time":1,"messaging":[{"sender":{"id":"8001"},"recipient":{"id":"900"},"message":{"mid":"x"}}]}]}`,
			`{"object":"instagram","entry":[{"time":1758000001711,"id":"900","messaging":[{"sender":{"id":"8001"},"recipient":{"id":"900"},"timestamp":1758000001711,"message":{"mid":"ID","text":"` + wordsText + `"}}]}]}`,
		},
		{
			"instagram in changes", "instagram", `{"object":"instagram","entry":[{"id":"900","changes":[{"field":"messages","value":{"sender":{"id":"8001"},"recipient":{"id":"900"},"timestamp":"1","message":{"mid":"x","text":"hi"}}}]}]}`,
			`{"object":"instagram","entry":[{"id":"900","time":1758000001,"changes":[{"field":"messages","value":{"sender":{"id":"8001"},"recipient":{"id":"900"},"timestamp":"1758000001","message":{"mid":"ID","text":"` + wordsText + `"}}}]}]}`,
		},
		{
			"whatsapp", "whatsapp", whatsApp("messages", `"contacts":[{"wa_id":"16505559999"}, `+strings.Replace(contact, ":", " : ", 1)+`],"messages":[{"from":"16505551234","from_user_id":"US.1349","id":"wamid.1","timestamp":"1","type":"image","image":{"caption":"x"}}]`),
			`{"object":"whatsapp_business_account","entry":[{"id":"500","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"600"},"contacts":[` + contact + `],"messages":[{"from":"16505551234","from_user_id":"US.1349","id":"ID","timestamp":"1758000001","text":{"body":"` + wordsText + `"},"type":"text"}]},"field":"messages"}]}]}`,
		},
		{
			"whatsapp, no number", "whatsapp", whatsApp("messages", `"contacts":[{"profile":{"name":"Zoë 😀"},"user_id":"US.1349"}],"messages":[{"from_user_id":"US.1349","id":"wamid.1","type":"text"}]`),
			`{"object":"whatsapp_business_account","entry":[{"id":"500","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"600"},"contacts":[{"profile":{"name":"Zo\u00eb \ud83d\ude00"},"user_id":"US.1349"}],"messages":[{"from_user_id":"US.1349","id":"ID","timestamp":"1758000001","text":{"body":"` + wordsText + `"},"type":"text"}]},"field":"messages"}]}]}`,
		},
		{
			"whatsapp, no contact", "whatsapp", whatsApp("messages", `"messages":[{"from":"16505551234","id":"wamid.1","type":"text"}]`),
			`{"object":"whatsapp_business_account","entry":[{"id":"500","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"600"},"messages":[{"from":"16505551234","id":"ID","timestamp":"1758000001","text":{"body":"` + wordsText + `"},"type":"text"}]},"field":"messages"}]}]}`,
		},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		d := parse(t, test.body)
		envelope := learn(t, c, d)
		got, err := c.Resume(envelope, words, "ID", resumeAt)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", test.name, err, got, test.want)
			continue
		}
		checkResumed(t, c, got, words)
		if again := learn(t, c, parse(t, string(got))); !bytes.Equal(again, envelope) {
			t.Errorf("%s: a resumed message teaches %s, not %s", test.name, again, envelope)
		}
	}
}

// checkResumed: one message of one person, in ASCII, that is a strict document.
func checkResumed(t *testing.T, c *Channel, raw []byte, text string) Part {
	t.Helper()
	d, err := payload.Parse(raw, payload.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil || compact.Len() != len(raw) {
		t.Errorf("%s is not compact", raw)
	}
	for _, b := range raw {
		if b >= 0x80 || b < ' ' {
			t.Fatalf("%q is not ASCII", raw)
		}
	}
	parts, err := c.Delivery(d)
	if err != nil {
		t.Fatal(err)
	}
	part := parts[len(parts)-1]
	said := d.At(part.Root, "text", "body")
	if c.Name() != WhatsApp {
		event := part.Element
		if value := d.Child(event, "value"); value >= 0 {
			event = value
		}
		said = d.At(event, "message", "text")
	}
	if said < 0 || d.Text(said) != text || !slices.Equal(part.IDs, []string{"ID"}) || !part.Person.Known() || part.Echo {
		t.Errorf("%s: %+v", raw, part)
	}
	return part
}

func TestLearnEnvelopeNot(t *testing.T) {
	tests := []struct{ channel, body string }{
		{"messenger", page(`{"id":"100","messaging":[{"sender":{"id":"100"},"recipient":{"id":"7001"},"message":{"is_echo":true,"mid":"m"}}]}`)},
		{"messenger", page(`{"id":"100","standby":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m"}}]}`)},
		{"messenger", page(`{"id":"100","messaging":[{"sender":{"user_ref":"r"},"message":{"mid":"m"}}]}`)},
		{"messenger", page(`{"id":"100","changes":[{"field":"feed","value":{"from":{"id":"7001"},"message":"hi"}}]}`)},
		{"messenger", page(``)},
		{"whatsapp", whatsApp("messages", `"statuses":[{"id":"wamid.1","recipient_id":"16505551234"}]`)},
		{"whatsapp", whatsApp("messages", `"contacts":[{"wa_id":"16505551234"}]`)},
		{"whatsapp", whatsApp("messages", `"messages":[{"from":"16505551234","group_id":"G","id":"wamid.1"}]`)},
		{"whatsapp", whatsApp("messages", `"messages":[{"from":"16505551234","type":"system","id":"wamid.1"}]`)},
		{"whatsapp", whatsApp("smb_message_echoes", `"message_echoes":[{"to":"16505551234","id":"wamid.1"}]`)},
		{"whatsapp", whatsApp("standby", `"messages":[{"from":"16505551234","id":"wamid.1"}]`)},
		{"whatsapp", `{"entry":[{"id":"500","changes":[{"field":"messages","value":{"messages":[{"from":"16505551234"}]}}]}]}`},
		{"whatsapp", whatsApp("messages", `"contacts":[{"wa_id":"16505551234","profile":{"name":"`+strings.Repeat("x", 8<<10)+`"}}],"messages":[{"from":"16505551234"}]`)},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		if got := learn(t, c, parse(t, test.body)); got != nil {
			t.Errorf("%.200s: %.200s", test.body, got)
		}
	}
}

func TestConfiguredEnvelope(t *testing.T) {
	ids := Configured{Account: "600", Business: "500", Number: "15550001111"}
	tests := []struct {
		channel string
		ids     Configured
		aliases string
		ok      bool
	}{
		{"messenger", ids, "psid:7001", true},
		{"instagram", ids, "igsid:8001", true},
		{"whatsapp", ids, "wa:16505551234", true},
		{"whatsapp", ids, "wa:16505551234,bsuid:US.1349,bsuid:US.ENT.118", true},
		{"whatsapp", ids, "bsuid:US.1349", true},
		{"messenger", Configured{}, "psid:7001", false},
		{"messenger", ids, "igsid:7001", false},
		{"whatsapp", Configured{Account: "600", Number: "15550001111"}, "wa:16505551234", false},
		{"whatsapp", ids, "group:G/wa:16505551234", false},
		{"whatsapp", ids, "", false},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		envelope, ok := c.ConfiguredEnvelope(test.ids, newPerson("", strings.Split(test.aliases, ",")...))
		if ok != test.ok {
			t.Errorf("%s %s: %v", test.channel, test.aliases, ok)
		}
		if !ok {
			continue
		}
		raw, err := c.Resume(envelope, "hi", "ID", resumeAt)
		if err != nil {
			t.Errorf("%s: %v", test.aliases, err)
			continue
		}
		part := checkResumed(t, c, raw, "hi")
		if strings.Join(part.Person.Aliases, ",") != test.aliases || part.Account != "600" {
			t.Errorf("%s: %+v", test.aliases, part)
		}
		if again := learn(t, c, parse(t, string(raw))); !bytes.Equal(again, envelope) {
			t.Errorf("%s: teaches %s, not %s", test.aliases, again, envelope)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	good := `{"account":"1","sender":"2","recipient":"1"}`
	tests := []struct{ channel, envelope, text, id string }{
		{"messenger", good, "", "ID"},
		{"messenger", good, "hi", ""},
		{"whatsapp", good, "hi", "ID"},
		{"messenger", ``, "hi", "ID"},
		{"messenger", `[]`, "hi", "ID"},
		{"messenger", `{}`, "hi", "ID"},
		{"messenger", good + strings.Repeat(" ", maxEnvelope), "hi", "ID"},
		{"whatsapp", `{"account":"1","metadata":{}}`, "hi", "ID"},
		{"whatsapp", `{"metadata":{},"from":"2"}`, "hi", "ID"},
	}
	for _, test := range tests {
		c, _ := ByName(test.channel)
		if _, err := c.Resume([]byte(test.envelope), test.text, test.id, resumeAt); !errors.Is(err, ErrEnvelope) {
			t.Errorf("%.60s: %v", test.envelope, err)
		}
	}
}

// FuzzResume: whatever a delivery taught, the message that is built from it is
// of the same account and person and teaches the same.
func FuzzResume(f *testing.F) {
	f.Add([]byte(page(`{"id":"100","time":1,"messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m1"}}]}`)), "hi")
	f.Add([]byte(`{"entry":[{"id":900,"changes":[{"field":"messages","value":{"sender":{"id":"8001"},"recipient":{"id":"900"},"message":{}}}]}]}`), "é\"")
	f.Add([]byte(whatsApp("messages", `"contacts":[{"profile":{"name":"Zoë"}, "wa_id":"16505551234","user_id":"US.1349"}],"messages":[{"from":"16505551234","id":"wamid.1"}]`)), "\u2028")
	f.Add([]byte(whatsApp("messages", `"contacts":[{"user_id":"US.1349","parent_user_id":"US.ENT.118"}],"messages":[{"from_user_id":"US.1349","from_parent_user_id":"US.ENT.118"}]`)), "x")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		d, err := payload.Parse(raw, payload.DefaultLimits())
		if err != nil || text == "" {
			return
		}
		for _, c := range channels() {
			parts, _ := c.Delivery(d)
			for _, part := range parts {
				envelope, ok := c.LearnEnvelope(d, part)
				if !ok {
					continue
				}
				out, err := c.Resume(envelope, text, "ID", resumeAt)
				if err != nil {
					t.Fatalf("%s: %v", envelope, err)
				}
				again := checkResumed(t, c, out, string([]rune(text)))
				if again.Account != part.Account || again.Business != part.Business || !slices.Contains(part.Person.Aliases, again.Person.Aliases[0]) {
					t.Fatalf("%+v became %+v", part, again)
				}
			}
		}
	})
}
