package proxy_test

import (
	"net/http"
	"testing"
)

// A parameter's name can carry a message, too: brackets, dots and spaces are
// folded by some parsers, and a name may hold a value itself.
func TestQueryNames(t *testing.T) {
	r := newRig(t)
	for _, query := range []string{
		"recipient[id]=x", "recipient%5Bid%5D=x", "message[text]=hello", "message%5btext%5d=hello", "callback_url[]=x", "callback.url=x",
		"callback%20url=x", "callback+url=x", "messag%C3%A9=x", "=x", digits, digits + "=x", "a" + digits + "=x",
		"jane.doe%40corp.example=x", "jane.doe@corp.example", "fields=id&recipient[id]=x", "fields=id&" + digits,
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			body := ""
			if method == "POST" {
				body = hello
			}
			got := r.ask("bot", method, "/shop/v23.0/me/messages?"+query, body, "Content-Type: application/json")
			r.refused(method+" "+query, got, http.StatusBadRequest, "query")
		}
	}
	r.nothing(r.platform)
	for _, query := range []string{
		"fields=id,name,messages.limit(5){message}&access_token=" + shopToken + "&limit=5",
		"fields=first_name,last_name&appsecret_proof=0f&appsecret_time=1700000000", "metric=page_impressions&date_format=U&__paging_token=x",
	} {
		before := len(r.platform.requests())
		if got := r.ask("bot", "GET", "/shop/v23.0/me/conversations?"+query, ""); got.status != http.StatusOK {
			t.Errorf("%s: answered %d %s", query, got.status, got.body)
		} else if got := r.platform.requests()[before].target; got != "/v23.0/me/conversations?"+query {
			t.Errorf("the platform got %s", got)
		}
	}
}
