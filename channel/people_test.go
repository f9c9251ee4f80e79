package channel

import (
	"slices"
	"testing"

	"github.com/piiproxy/piiproxy/payload"
)

// TestPeopleIn: whoever Delivery finds in a body is found without reading it as a
// delivery, in parts of it and in what is no JSON.
func TestPeopleIn(t *testing.T) {
	bodies := map[string]string{
		"messenger": `{"object":"page","entry":[{"id":"100200300","messaging":[{"sender":{"id":"7001234567890123"},"recipient":{"id":"100200300"},"message":{"mid":"m","text":"hi"}}]}]}`,
		"whatsapp":  `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"value":{"metadata":{"phone_number_id":"9"},"messages":[{"from":"491511234567","from_user_id":"DE.13491208655302741918","group_id":"Y2FwaV9ncm91cA==","id":"wamid.1","type":"text","text":{"body":"x"}}]},"field":"messages"}]}]}`,
	}
	for name, body := range bodies {
		ch, _ := ByName(name)
		d, err := payload.Parse([]byte(body), payload.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		parts, err := ch.Delivery(d)
		if err != nil {
			t.Fatal(err)
		}
		found, people := ch.PeopleIn([]byte("no JSON: "+body[1:])), 0
		for _, part := range parts {
			for _, alias := range part.Person.Aliases {
				people++
				if !slices.Contains(found, alias) {
					t.Errorf("%s: an alias of the form %.3s… is missed", name, alias)
				}
			}
		}
		if people == 0 {
			t.Errorf("%s: there is nobody to find", name)
		}
	}
}
