package channel

import (
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

func TestUnsent(t *testing.T) {
	page := func(event string) string {
		return `{"object":"page","entry":[{"id":"100","messaging":[` + event + `]}]}`
	}
	waba := func(message string) string {
		return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"9"},"messages":[` + message + `]}}]}]}`
	}
	for name, test := range map[string]struct{ channel, body, want string }{
		"taken back":             {"messenger", page(`{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m_1","is_deleted":true}}`), "m_1"},
		"a message":              {"messenger", page(`{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m_1","text":"x"}}`), ""},
		"not deleted":            {"messenger", page(`{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"m_1","is_deleted":false}}`), ""},
		"by the account":         {"messenger", page(`{"sender":{"id":"100"},"recipient":{"id":"7001"},"message":{"mid":"m_1","is_echo":true,"is_deleted":true}}`), ""},
		"instagram":              {"instagram", `{"object":"instagram","entry":[{"id":"100","messaging":[{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"aWdf","is_deleted":true}}]}]}`, "aWdf"},
		"instagram, in a change": {"instagram", `{"object":"instagram","entry":[{"id":"100","changes":[{"field":"messages","value":{"sender":{"id":"7001"},"recipient":{"id":"100"},"message":{"mid":"aWdf","is_deleted":true}}}]}]}`, "aWdf"},
		"whatsapp":               {"whatsapp", waba(`{"from":"491511234567","id":"wamid.2","type":"revoke","revoke":{"original_message_id":"wamid.1"}}`), "wamid.1"},
		"whatsapp, an edit":      {"whatsapp", waba(`{"from":"491511234567","id":"wamid.2","type":"edit","edit":{"original_message_id":"wamid.1"}}`), ""},
	} {
		d, err := payload.Parse([]byte(test.body), payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		c, _ := ByName(test.channel)
		parts, err := c.Delivery(d)
		if err != nil || len(parts) == 0 {
			t.Fatalf("%s: %d parts, %v", name, len(parts), err)
		}
		if got := c.Unsent(d, parts[len(parts)-1]); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
