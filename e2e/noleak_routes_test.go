package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// routes has a vendor get values, and say them again in every way that it can.
func (a *aviary) routes() {
	echoes := map[string]struct {
		kind  string
		spell func(string) string
	}{
		"JSON":                   {"application/json", func(s string) string { return fmt.Sprintf(`{"to":%q,"all":"sent to %s"}`, s, s) }},
		"JSON in a string":       {"application/json", func(s string) string { return fmt.Sprintf(`{"log":"{\"to\":\"%s\"}"}`, s) }},
		"a link":                 {"application/json", func(s string) string { return `{"next":"/c?q=` + url.QueryEscape(s) + `"}` }},
		"base64":                 {"application/json", func(s string) string { return `{"x":"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"}` }},
		"a name":                 {"application/json", func(s string) string { return fmt.Sprintf(`{%q:1}`, s) }},
		"a page":                 {"text/html", func(s string) string { return "<pre>" + s + "</pre>" }},
		"text":                   {"text/plain", func(s string) string { return "no such customer: " + strings.ToUpper(s) }},
		"a form":                 {"application/x-www-form-urlencoded", func(s string) string { return "to=" + url.QueryEscape(s) }},
		"JSON that is none":      {"application/json", func(s string) string { return s }},
		"a type that nobody has": {"application/x-what", func(s string) string { return s }},
	}
	for name, echo := range echoes {
		value := a.flock.hatch("a route, answered as "+name, anEmail, false)
		token := emailToken.FindString(a.hears(anna, "mail "+value))
		for _, status := range []int{http.StatusOK, http.StatusInternalServerError} {
			a.vendor.answers(func(w http.ResponseWriter, _ []byte) {
				w.Header().Set("Content-Type", echo.kind)
				w.Header().Set("X-Echo", value)
				w.Header().Set("Location", "/"+value)
				w.WriteHeader(status)
				_, _ = w.Write([]byte(echo.spell(value)))
			})
			reply := a.vends("/v2/orders", `{"customer":{"email":"`+token+`"}}`)
			if got := a.vendor.heard(); len(got) != 1 || !strings.Contains(string(got[0].Body), strings.Split(value, "@")[0]) {
				a.Errorf("%s: the vendor did not get the value", name)
			}
			for _, leak := range rig.Find("the bot, by a route that answers as "+name, fmt.Append(nil, reply.Header, string(reply.Body)), a.flock.closed()) {
				a.Error(leak)
			}
		}
		a.vendor.answers(func(http.ResponseWriter, []byte) { panic(http.ErrAbortHandler) })
		a.vends("/v2/orders", `{"customer":{"email":"`+token+`"}}`)
		a.vendor.heard()
		for _, body := range []string{`{"name":"` + token + `"}`, `{"` + token + `":1}`, `{"customer":{"email":"` + token + `"}`} {
			if reply := a.vends("/v2/orders?q="+a.flock.hatch("a route's query", aWord, true), body); reply.Status != http.StatusBadRequest {
				a.Errorf("%s: %d %s", name, reply.Status, reply.Body)
			}
		}
	}
}

// vends posts to the route as the bot does.
func (a *aviary) vends(target, body string) rig.Reply {
	request, err := http.NewRequestWithContext(a.Context(), http.MethodPost, "http://"+a.proxy.BotSide()+"/route/orders"+target, strings.NewReader(body))
	if err != nil {
		return rig.Reply{Err: err}
	}
	request.Header.Set("Authorization", "Bearer "+routeToken)
	request.Header.Set("Content-Type", "application/json")
	reply := rig.Do(http.DefaultClient, request)
	a.keep(reply)
	return reply
}
