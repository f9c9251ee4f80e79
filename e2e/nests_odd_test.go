package e2e

import (
	"net/http"
	"strings"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// structural are bad bodies with the value where the platform's ids and names
// of fields stand, and nobody's words: those are reported, not hidden.
var structural = map[string]bool{"value as a key": true, "unknown object": true, "foreign account": true}

// badBodies are signed deliveries, and sends, that cannot be read. What they
// hold must not turn up in the complaint about them.
func (a *aviary) badBodies() {
	for name, body := range map[string]func(value string) string{
		"cut off":         func(v string) string { return `{"object":"page","entry":[{"id":"` + v },
		"duplicate keys":  func(v string) string { return `{"object":"page","` + v + `":1,"` + v + `":2}` },
		"trailing data":   func(v string) string { return `{"object":"page","entry":[]} ` + v },
		"invalid UTF-8":   func(v string) string { return "{\"object\":\"page\",\"x\":\"\xff" + v + "\"}" },
		"bad escape":      func(v string) string { return `{"object":"page","x":"\q` + v + `"}` },
		"bad number":      func(v string) string { return `{"object":"page","x":` + v + `}` },
		"unknown object":  func(v string) string { return `{"object":"` + v + `","entry":[]}` },
		"wrong shape":     func(v string) string { return `{"object":"page","entry":{"` + v + `":"` + v + `"}}` },
		"value as a key":  func(v string) string { return `{"object":"page","entry":[{"id":"` + page + `","` + v + `":1}]}` },
		"foreign account": func(v string) string { return string(rig.Page(rig.PageEntry(v, rig.Text(v, v, "m_"+v, "I am "+v)))) },
		"too deep":        func(v string) string { return strings.Repeat(`{"a":`, 80) + `"` + v + `"` + strings.Repeat("}", 80) },
		"not JSON":        func(v string) string { return v },
	} {
		for kindName, kind := range map[string]kind{"e-mail": anEmail, "card": aCard, "word": aWord} {
			place := "bad body, " + name + ", " + kindName
			hooked := []byte(body(a.flock.hatch(place, kind, structural[name])))
			a.keep(a.platform.Deliver(a.Context(), a.webhook(), mainApp, hooked))
			sent := []byte(body(a.flock.hatch("send, "+place, kind, structural[name] || kindName == "word")))
			a.keep(a.proxy.Send(a.Context(), shopSend, shopToken, sent))
		}
	}
}

// oddRequests carry canaries where no message belongs: in paths, queries and
// headers of both listeners.
func (a *aviary) oddRequests() {
	odd := func(place string, make kind, build func(value string) (method, address string, header http.Header, body string)) {
		value := a.flock.hatch("odd request, "+place, make, true)
		method, address, header, body := build(value)
		request, err := http.NewRequestWithContext(a.Context(), method, address, strings.NewReader(body))
		if err != nil {
			a.Errorf("%s: %v", place, err)
			return
		}
		if header != nil {
			request.Header = header
		}
		a.keep(rig.Do(http.DefaultClient, request))
	}
	public, bot := "http://"+a.proxy.Public(), "http://"+a.proxy.BotSide()
	for side, base := range map[string]string{"public": public, "bot": bot} {
		odd(side+", path", aWord, func(v string) (string, string, http.Header, string) {
			return "POST", base + "/" + v + "/" + v, nil, "{}"
		})
		odd(side+", dots in the path", aWord, func(v string) (string, string, http.Header, string) { return "POST", base + "/%2e%2e/" + v, nil, "{}" })
		odd(side+", query", aWord, func(v string) (string, string, http.Header, string) { return "GET", base + "/x?y=" + v, nil, "" })
		odd(side+", header", aWord, func(v string) (string, string, http.Header, string) {
			return "POST", base + "/x", http.Header{"User-Agent": {v}, "Cookie": {v}, "Referer": {v}, "X-Request-Id": {v}, "Content-Type": {v}}, "{}"
		})
		odd(side+", authorization", aWord, func(v string) (string, string, http.Header, string) {
			return "POST", base + "/me/messages", http.Header{"Authorization": {"Bearer " + v}, "Content-Type": {"application/json"}}, "{}"
		})
		odd(side+", method", aWord, func(v string) (string, string, http.Header, string) { return v, base + "/x", nil, "" })
		odd(side+", coding", aWord, func(v string) (string, string, http.Header, string) {
			return "POST", base + "/shop/me/messages", http.Header{"Content-Encoding": {v}, "Content-Type": {"application/json"}}, "{}"
		})
	}
	odd("handshake token", aWord, func(v string) (string, string, http.Header, string) {
		return "GET", a.webhook() + "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + v, nil, ""
	})
	odd("handshake challenge", aWord, func(v string) (string, string, http.Header, string) {
		return "GET", a.webhook() + "?hub.mode=subscribe&hub.verify_token=x&hub.challenge=" + v, nil, ""
	})
	odd("app", aWord, func(v string) (string, string, http.Header, string) {
		return "POST", public + "/webhook/" + v, nil, "{}"
	})
	odd("form", anEmail, func(v string) (string, string, http.Header, string) {
		return "POST", bot + shopSend, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "message=%7B%22text%22%3A%22" + v + "%22%7D"
	})
}
