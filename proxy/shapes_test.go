package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// Graph also takes JSON text where it wants an object: it is read as what it is.
func TestObjectsAsText(t *testing.T) {
	r := newRig(t)
	for _, test := range [][2]string{
		{
			`{"recipient":"{\"id\":\"` + anna + `\"}","message":"{\"text\":\"card ` + card + ` \\u0034111111111111111\",\"n\":` + digits + `}"}`,
			`{"recipient":"{\"id\":\"` + anna + `\"}","message":"{\"text\":\"card ***1111 ***1111\",\"n\":\"***1111\"}"}`,
		},
		{
			`{"recipient":{"id":"1"},"message":{"attachment":{"type":"template","payload":"{\"template_type\":\"button\",\"text\":\"` + card + `\"}"}}}`,
			`{"recipient":{"id":"1"},"message":{"attachment":{"type":"template","payload":"{\"template_type\":\"button\",\"text\":\"***1111\"}"}}}`,
		},
	} {
		before := len(r.platform.requests())
		if got := r.call("/shop/me/messages", test[0]); got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		} else if sent := r.platform.bodies()[before]; sent != test[1] {
			t.Errorf("\n got %s\nwant %s", sent, test[1])
		}
	}
	r.refused("names in another case", r.call("/shop/me/messages", `{"Recipient":{"id":"1"},"Message":{"text":"`+card+`"}}`), http.StatusBadRequest, "unlisted_value")
}

// Deliveries of odd shapes are passed on without what policy hides, or set
// aside whole; nothing in them is lost or shown.
func TestOddShapes(t *testing.T) {
	said := `"message":{"text":"` + card + `"}`
	for _, body := range []string{
		`{"object":"page","x":"` + card + `","entry":[{"id":"` + shopID + `","messaging":[{` + said + `}]}]}`,
		`{"object":"page","entry":{"id":"` + shopID + `","messaging":[{` + said + `}]}}`,
		`{"object":"page","entry":[{"id":"` + shopID + `","messaging":{` + said + `}}]}`,
		`{"object":"page","entry":[null,7,"` + card + `"]}`,
		`{"object":"page","entry":[[{` + said + `}]]}`,
		`{"object":"page","entry":"` + card + `"}`,
		`{"object":"page","entry":[{"id":"` + shopID + `","messaging":[null,"` + card + `",[{"text":"` + card + `"}]]}]}`,
		`{"object":"page","entry":[{"id":["` + shopID + `"],"messaging":[{` + said + `}]}]}`,
		`{"object":"page","entry":[{"messaging":[{"recipient":{"id":"` + shopID + `"},` + said + `}]}]}`,
		`{"object":"page","entry":[{"id":"` + shopID + `","messaging":[{"sender":{"id":{"a":"1"}},` + said + `}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"id":"` + lineBusiness + `","changes":[{"value":"` + card + `","field":"messages"}]}]}`,
		`{"object":"whatsapp_business_account","entry":[{"id":"` + lineBusiness + `","changes":"` + card + `"}]}`,
		`{"object":"whatsapp_business_account","entry":[{"id":"` + lineBusiness + `","messaging":[{"text":{"body":"` + card + `"}}]}]}`,
		`{"object":"page","field":"messages","value":{` + said + `}}`,
	} {
		r := newRig(t)
		if got := r.hook(body); got.status != http.StatusOK {
			t.Errorf("%s: answered %d", body, got.status)
		}
		passed, aside := strings.Join(r.bots["bot"].bodies(), ""), strings.Join(r.quarantined(), "")
		if strings.Contains(passed, card) || passed == "" && !strings.Contains(aside, card) {
			t.Errorf("%s: the bot got %s, quarantine holds %s", body, passed, aside)
		}
	}
}
