package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// TestDoubtfulRegistration: a registration in a text that only lenient readers of
// JSON can read is refused.
func TestDoubtfulRegistration(t *testing.T) {
	r := newRig(t)
	for _, text := range []string{
		`{"override_callback_uri":"https://bot.example/",}`, `{'override_callback_uri':'https://bot.example/',}`,
		`{"override_callback_uri":"https://bot.example/"/* */}`, "\ufeff" + `{"callback_url":"https://bot.example/"}`,
		`/**/{"callback_url":"https://bot.example/"}`, `{"a":"{callback_url:'https://bot.example/',}"}`,
	} {
		quoted, _ := json.Marshal(text)
		for _, target := range []string{"/shop/v23.0/1/subscriptions", "/" + lineBusiness + "/subscribed_apps"} {
			for _, got := range []reply{
				r.call(target, `{"object":"page","note":`+string(quoted)+`}`),
				r.ask("bot", "POST", target, "object=page&note="+url.QueryEscape(text), formal),
			} {
				r.refused(target+" "+text, got, http.StatusForbidden, "registration")
			}
		}
	}
	r.nothing(r.platform)
	if got := r.call("/"+lineBusiness+"/message_templates", `{"name":"a","language":"en","category":"UTILITY","components":[{"type":"BODY","text":"{{1}}, your callback_url is set"}]}`); got.status != http.StatusOK {
		t.Errorf("words: %d %s", got.status, got.body)
	}
}

// TestTokensOfTwoAccounts: a call that names two accounts is judged by neither's
// policy.
func TestTokensOfTwoAccounts(t *testing.T) {
	r := newRig(t)
	r.platform.batches()
	const message = `"recipient":{"id":"` + anna + `"},"message":{"text":"hello"}`
	r.refused("header and body", r.call("/v23.0/me/messages", `{"access_token":"`+gramToken+`",`+message+`}`, "Authorization: Bearer "+shopToken), http.StatusUnauthorized, "account_unknown")
	r.refused("header and query", r.call("/v23.0/me/messages?access_token="+gramToken, "{"+message+"}", "Authorization: OAuth "+shopToken), http.StatusUnauthorized, "account_unknown")
	item := `{"method":"POST","relative_url":"me/messages","access_token":"` + gramToken + `","body":"access_token=` + shopToken + `&message=%7B%22text%22%3A%22hello%22%7D&recipient=%7B%22id%22%3A%22` + anna + `%22%7D"}`
	r.refused("an item", r.call("/shop/", `{"batch":[`+item+`]}`), http.StatusUnauthorized, "account_unknown")
	r.nothing(r.platform)
	if got := r.call("/v23.0/me/messages", `{"access_token":"`+shopToken+`",`+message+`}`, "Authorization: Bearer "+shopToken); got.status != http.StatusOK {
		t.Errorf("one account twice: %d %s", got.status, got.body)
	}
}
