package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/proxy"
)

// lookups gives every account its own graph, so that a call shows whose it was
// by what the platform got: the accounts differ in what their policy hides.
func lookups(p *plan) {
	p.accounts = []account{
		{name: "shop", channel: "messenger", id: "1001", token: shopToken, host: "shop-bot.internal", app: "main", bot: "bot"},
		{name: "line", channel: "whatsapp", id: "2001", business: "3001", token: lineToken, host: "line-bot.internal", app: "main", bot: "bot"},
		{name: "east", channel: "whatsapp", id: "2002", business: "3002", app: "main", bot: "bot"},
		{name: "west", channel: "whatsapp", id: "2003", business: "3002", app: "main", bot: "bot"},
	}
}

// accountOf is the account that the last log line names, or the reason.
func (r *rig) accountOf() string {
	lines := r.logs.All()
	fields := lines[len(lines)-1].ContextMap()
	if name, ok := fields["account"].(string); ok {
		return name
	}
	return fields["reason"].(string)
}

// The account of a call is found by host, first segment, an id in the path,
// the token, in this order, and never guessed.
func TestAccountOfCall(t *testing.T) {
	r := newRig(t, lookups)
	const none = "account_unknown"
	for _, test := range []struct {
		name, target string
		headers      []string
		body         string
		want, path   string
	}{
		{"host", "/v23.0/me/messages", []string{"Host: shop-bot.internal"}, hello, "shop", "/v23.0/me/messages"},
		{"host, port and case", "/v23.0/me/messages", []string{"Host: SHOP-bot.Internal:8081"}, hello, "shop", "/v23.0/me/messages"},
		{"host with a dot", "/v23.0/me/messages", []string{"Host: shop-bot.internal."}, hello, "shop", "/v23.0/me/messages"},
		{"host before prefix", "/v23.0/line/messages", []string{"Host: shop-bot.internal"}, hello, "shop", "/v23.0/line/messages"},
		{"host before id and token", "/v23.0/2001/messages", []string{"Host: shop-bot.internal", "Authorization: Bearer " + lineToken}, hello, "shop", "/v23.0/2001/messages"},
		{"prefix", "/shop/v23.0/me/messages", nil, hello, "shop", "/v23.0/me/messages"},
		{"prefix without version", "/shop/me/messages", nil, hello, "shop", "/me/messages"},
		{"prefix before id", "/east/v23.0/2003/messages", nil, hello, "east", "/v23.0/2003/messages"},
		{"prefix is exact", "/shopper/v23.0/me/messages", nil, hello, none, ""},
		{"prefix in another case", "/Shop/v23.0/me/messages", nil, hello, none, ""},
		{"id", "/v23.0/1001/messages", nil, hello, "shop", "/v23.0/1001/messages"},
		{"id without version", "/2002/messages", nil, hello, "east", "/2002/messages"},
		{"business of one account", "/v23.0/3001/message_templates", nil, `{"name":"x"}`, "line", "/v23.0/3001/message_templates"},
		{"business of two accounts", "/v23.0/3002/message_templates", nil, `{"name":"x"}`, none, ""},
		{"business of two accounts, token", "/v23.0/3002/message_templates", []string{"Authorization: Bearer " + lineToken}, `{"name":"x"}`, "line", "/v23.0/3002/message_templates"},
		{"token in the query", "/me/messages?access_token=" + shopToken, nil, hello, "shop", "/me/messages?access_token=" + shopToken},
		{"Bearer", "/me/messages", []string{"Authorization: Bearer " + lineToken}, hello, "line", "/me/messages"},
		{"bearer", "/me/messages", []string{"Authorization: bearer  " + lineToken}, hello, "line", "/me/messages"},
		{"OAuth", "/me/messages", []string{"Authorization: OAuth " + shopToken}, hello, "shop", "/me/messages"},
		{"Basic", "/me/messages", []string{"Authorization: Basic " + shopToken}, hello, none, ""},
		{"token in the body", "/me/messages", nil, strings.Replace(hello, "{", `{"access_token":"`+shopToken+`",`, 1), "shop", "/me/messages"},
		{"token in the body, escaped", "/me/messages", nil, strings.Replace(hello, "{", `{"access\u005ftoken":"\u0045`+shopToken[1:]+`",`, 1), "shop", "/me/messages"},
		{"unknown token", "/me/messages", []string{"Authorization: Bearer x"}, hello, none, ""},
		{"empty token", "/me/messages?access_token=", []string{"Authorization: Bearer "}, hello, none, ""},
		{"nothing", "/me/messages", nil, hello, none, ""},
	} {
		before := len(r.platform.requests())
		got := r.call(test.target, test.body, test.headers...)
		if account := r.accountOf(); account != test.want {
			t.Errorf("%s: taken for %s, want %s", test.name, account, test.want)
			continue
		}
		if test.want == none {
			r.refused(test.name, got, http.StatusUnauthorized, none)
			if code := graphShape(got.body).Code; code != 190 || len(r.platform.requests()) != before {
				t.Errorf("%s: code %d", test.name, code)
			}
			continue
		}
		if sent := r.platform.requests()[before:]; got.status != http.StatusOK || len(sent) != 1 || sent[0].target != test.path || sent[0].host != strings.TrimPrefix(r.platform.url, "http://") {
			t.Errorf("%s: answered %d, the platform got %v", test.name, got.status, sent)
		}
	}
}

// A process with one account needs no way to find it.
func TestOnlyAccount(t *testing.T) {
	r := newRig(t, func(p *plan) { p.accounts = p.accounts[:1] })
	for _, headers := range [][]string{nil, {"Authorization: Bearer someone else's"}} {
		if got := r.call("/v23.0/me/messages", hello, headers...); got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	}
}

// The platform's base address may have a path of its own.
func TestGraphWithPath(t *testing.T) {
	r := newRig(t)
	r.plan.graph = r.platform.url + "/base/"
	r.restart()
	for target, want := range map[string]string{
		"/shop/v23.0/me/messages":    "/base/v23.0/me/messages",
		"/shop/v23.0/a%20b/messages": "",
		"/shop/v23.0/me/messages/":   "/base/v23.0/me/messages/",
	} {
		before := len(r.platform.requests())
		r.call(target, hello)
		got := r.platform.requests()[before:]
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0].target != want) {
			t.Errorf("%s went to %v, want %s", target, got, want)
		}
	}
}

// Accounts that cannot be told apart are an error.
func TestTenantsApart(t *testing.T) {
	fb, _ := channel.ByName("messenger")
	app := &proxy.App{Name: "main"}
	for name, pair := range map[string][2]*proxy.Account{
		"name": {{Name: "a", ID: "1"}, {Name: "a", ID: "2"}},
		"id":   {{Name: "a", ID: "1"}, {Name: "b", ID: "1"}},
		"host": {{Name: "a", Host: "bot.internal"}, {Name: "b", Host: "BOT.internal"}},
	} {
		for _, a := range pair {
			a.App, a.Channel = app, fb
		}
		if _, err := proxy.NewTenants([]*proxy.App{app}, pair[:], nil); err == nil || !strings.Contains(err.Error(), "cannot be told apart") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
