package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// intrusion is a request that tries to make piiproxy talk to somebody else.
type intrusion struct {
	name, text string
	// harmless requests may be served, by the configured platform: they name
	// somebody else where piiproxy must not look.
	harmless bool
}

func intrusions(decoy, own string) []intrusion {
	const body = `{"recipient":{"id":"` + anna + `"},"message":{"text":"hello"}}`
	post := func(target, host string, headers ...string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s",
			target, host, shopToken, strings.Join(append(headers, ""), "\r\n"), len(body), body)
	}
	const send = "/shop/v23.0/me/messages"
	return []intrusion{
		{name: "absolute form", text: post("http://"+decoy+"/v23.0/me/messages", own)},
		{name: "absolute form, own host", text: post("http://"+own+send, own)},
		{name: "absolute form, https", text: post("https://"+decoy+send, decoy)},
		{name: "absolute form with user", text: post("http://"+own+"@"+decoy+send, own)},
		{name: "CONNECT", text: "CONNECT " + decoy + " HTTP/1.1\r\nHost: " + decoy + "\r\n\r\n"},
		{name: "CONNECT to a name", text: "CONNECT graph.facebook.com:443 HTTP/1.1\r\nHost: graph.facebook.com:443\r\n\r\n"},
		{name: "two slashes", text: post("//"+decoy+"/v23.0/me/messages", own)},
		{name: "backslashes", text: post(`/\`+decoy+"/v23.0/me/messages", own)},
		{name: "no slash", text: post("me/messages", own)},
		{name: "asterisk", text: "OPTIONS * HTTP/1.1\r\nHost: " + own + "\r\n\r\n"},
		{name: "TRACE", text: "TRACE / HTTP/1.1\r\nHost: " + own + "\r\n\r\n"},
		{name: "user in the account's prefix", text: post("/shop@"+decoy+"/v23.0/me/messages", own), harmless: true},
		{name: "host in the account's prefix", text: post("/shop."+decoy+"/v23.0/me/messages", own), harmless: true},
		{name: "dots", text: post("/shop/../"+decoy+"/me/messages", own)},
		{name: "encoded dots", text: post("/shop/%2e%2e/%2e%2e/me/messages", own)},
		{name: "encoded slash", text: post("/shop/v23.0%2fme/messages", own)},
		{name: "encoded NUL", text: post("/shop/v23.0/me%00/messages", own)},
		{name: "WebSocket", text: strings.Replace(post(send, own, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), "POST", "GET", 1)},
		{name: "h2c upgrade", text: post(send, own, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")},
		{name: "HTTP/2 preface", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{name: "length and chunks", text: strings.Replace(post(send, own, "Transfer-Encoding: chunked"), body, "0\r\n\r\nGET http://"+decoy+"/ HTTP/1.1\r\nHost: "+decoy+"\r\n\r\n", 1), harmless: true},
		{name: "two lengths", text: post(send, own, "Content-Length: 5")},
		{name: "folded header", text: post(send, own, "X-A: b\r\n "+decoy), harmless: true},
		{name: "method override", text: post(send+"?method=patch", own)},
		{name: "method override header", text: post(send, own, "X-HTTP-Method-Override: DELETE")},
		{name: "foreign Host", text: post(send, decoy), harmless: true},
		{name: "X-Forwarded-Host", text: post(send, own, "X-Forwarded-Host: "+decoy, "X-Original-URL: http://"+decoy+"/"), harmless: true},
		{name: "Forwarded", text: post(send, own, "Forwarded: host="+decoy), harmless: true},
		{name: "Connection takes headers away", text: post(send, own, "Connection: authorization, close"), harmless: true},
	}
}

// elsewhere is a redirect that leaves piiproxy.
var elsewhere = regexp.MustCompile(`(?im)^location:\s*(//|[a-z]+:|[/\\]\\)`)

// No request makes piiproxy an open proxy, and none is upgraded.
func TestDoor(t *testing.T) {
	decoy := rig.NewDecoy(t)
	d := newDesk(t, nil)
	for listener, address := range map[string]string{"bot": d.proxy.BotSide(), "public": d.proxy.Public()} {
		for _, try := range intrusions(decoy.Address, address) {
			before := len(d.platform.Calls())
			status, answer := rig.Wire(address, try.text)
			got := len(d.platform.Calls()) - before
			switch {
			case strings.Contains(answer, "internal service"):
				t.Errorf("%s listener, %s: the decoy's answer came back", listener, try.name)
			case status == http.StatusSwitchingProtocols || strings.Contains(answer, "HTTP/2"):
				t.Errorf("%s listener, %s: the connection was upgraded", listener, try.name)
			case elsewhere.MatchString(answer):
				t.Errorf("%s listener, %s: redirected to another host", listener, try.name)
			case !try.harmless && (status != 0 && status < 300 || got > 0):
				t.Errorf("%s listener, %s: want a refusal, got %d and %d calls at the platform", listener, try.name, status, got)
			case try.harmless && status < 400 && got != 1:
				t.Errorf("%s listener, %s: answered %d without a call at the platform", listener, try.name, status)
			}
		}
	}
	if !decoy.Untouched() {
		t.Error("something connected to the decoy")
	}
	for _, call := range d.platform.Calls() {
		if call.Host != strings.TrimPrefix(d.platform.URL, "http://") {
			t.Errorf("the platform got the Host %s, want its own", call.Host)
		}
		if call.Header.Get("Authorization") != "Bearer "+shopToken {
			t.Error("a Connection header took the bot's credentials away")
		}
	}
}

// Redirects of the platform are not followed and take nothing with them.
func TestRedirect(t *testing.T) {
	decoy := rig.NewDecoy(t)
	d := newDesk(t, nil)
	for _, status := range []int{301, 302, 303, 307, 308} {
		d.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
			w.Header().Set("Location", "http://"+decoy.Address+"/v23.0/me/messages?access_token="+shopToken)
			w.WriteHeader(status)
			return true
		})
		reply := d.says(anna, "hello")
		d.graphError(reply, http.StatusBadGateway, 2)
		if reply.Header.Get("Location") != "" {
			t.Errorf("%d: the Location came back to the bot", status)
		}
	}
	if !decoy.Untouched() {
		t.Error("the redirect was followed")
	}
}

// Bodies that this version cannot read are refused in a shape that SDKs know.
func TestOtherBodies(t *testing.T) {
	d := newDesk(t, nil)
	const form = "recipient=%7B%22id%22%3A%22" + anna + "%22%7D&message=%7B%22text%22%3A%22call+" + clearAddress + "%22%7D"
	send := func(target, kind, body string) rig.Reply {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.proxy.BotSide()+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+shopToken)
		if kind != "" {
			request.Header.Set("Content-Type", kind)
		}
		return rig.Do(http.DefaultClient, request)
	}
	const messages = "/shop/v23.0/me/messages"
	for name, reply := range map[string]rig.Reply{
		"form in JSON":   send(messages, "application/json", form),
		"form, twice":    send(messages, "application/x-www-form-urlencoded", form+"&"+form),
		"query and form": send(messages+"?"+form, "application/x-www-form-urlencoded", form),
		"parts, twice":   send(messages, "multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n{\"text\":\""+clearAddress+"\"}\r\n", 2)+"--b--\r\n"),
		"batch leaves":   send("/shop/v23.0/", "application/json", `{"batch":[{"method":"POST","relative_url":"https://graph.facebook.com/me/messages","body":"`+form+`"}]}`),
		"text":           send(messages, "text/plain", `{"message":{"text":"`+clearAddress+`"}}`),
		"no type":        send(messages, "", `{"message":{"text":"`+clearAddress+`"}}`),
		"UTF-16":         send(messages, "application/json; charset=utf-16", `{"message":{"text":"`+clearAddress+`"}}`),
		"duplicate keys": send(messages, "application/json", `{"message":{"text":"a"},"message":{"text":"`+clearAddress+`"}}`),
		"trailing data":  send(messages, "application/json", `{"message":{"text":"a"}}{"message":{"text":"`+clearAddress+`"}}`),
		"invalid UTF-8":  send(messages, "application/json", "{\"message\":{\"text\":\"\xff"+clearAddress+"\"}}"),
		"too deep":       send(messages, "application/json", strings.Repeat(`{"a":`, 70)+"1"+strings.Repeat("}", 70)),
		"no JSON":        send(messages, "application/json", "hello "+clearAddress),
	} {
		if reply.Status < 400 || reply.Status > 499 {
			t.Errorf("%s: want a refusal, got %d %s (error: %v)", name, reply.Status, reply.Body, reply.Err)
			continue
		}
		d.graphError(reply, reply.Status, 100)
		valueless(t, "the error about "+name, reply.Body, clearAddress)
	}
	if calls := d.platform.Calls(); len(calls) != 0 {
		t.Errorf("the platform got %d calls", len(calls))
	}
}
