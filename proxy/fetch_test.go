package proxy_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/internal/nameserver"
	"github.com/piiproxy/piiproxy/rules"
)

// withFiles gives a rig a host of files beside its platform.
func withFiles(t *testing.T, change ...func(*plan)) (*rig, *peer) {
	t.Helper()
	files := newPeer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte(anyPicture))
	})
	r := newRig(t, append([]func(*plan){func(p *plan) { p.fetch.Hosts = []string{strings.TrimPrefix(files.url, "http://")} }}, change...)...)
	return r, files
}

// stringAt is the string at a path of members and elements of a JSON text.
func stringAt(t *testing.T, text string, path ...any) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			members, _ := value.(map[string]any)
			value = members[step]
		case int:
			elements, _ := value.([]any)
			if step >= len(elements) {
				t.Fatalf("no element %d: %s", step, text)
			}
			value = elements[step]
		}
	}
	found, _ := value.(string)
	return found
}

// follow fetches a URL of piiproxy's as a client would: as it stands, but for the
// host where that is only a name.
func (r *rig) follow(link string, headers ...string) reply {
	r.t.Helper()
	u := r.parse(link)
	if !strings.HasPrefix(u.Path, "/fetch/") && !strings.Contains(u.Path, "/fetch/") {
		r.t.Fatalf("%q is no ticket", link)
	}
	return r.ask("bot", "GET", u.RequestURI(), "", headers...)
}

const secondPage = "/v23.0/" + shopID + "/conversations?fields=messages%7Bmessage%7D&limit=25&access_token=" + shopToken + "&after=QVFI" + digits

// The next page of a history comes through piiproxy although the client fetches its
// URL as it stands: redacted, with the token that the platform wrote into the URL,
// which the bot does not even see.
func TestPagesAreFollowed(t *testing.T) {
	r := newRig(t)
	page := func(words, next string) string {
		return `{"data":[{"messages":{"data":[{"id":"m_1","message":"` + words + `"}]},"id":"t_1"}],"paging":{"cursors":{"after":"QVFI"},"next":"` + next + `"}}`
	}
	for name, host := range map[string]string{"as configured": r.platform.url, "the platform's name": "https://graph.facebook.com"} {
		next := strings.ReplaceAll(host+secondPage, "/", `\/`)
		r.platform.says(200, "application/json", page("hi", next))
		got := r.ask("bot", "GET", "/shop/v23.0/me/conversations?fields=messages{message}&access_token="+shopToken, "")
		link := stringAt(t, got.body, "paging", "next")
		if got.status != 200 || !strings.HasPrefix(link, "http://"+r.address["bot"]+"/shop/fetch/") || strings.Contains(got.body, shopToken) {
			t.Fatalf("%s: %d %s", name, got.status, got.body)
		}
		if want := page("hi", strings.ReplaceAll(link, "/", `\/`)); got.body != want {
			t.Errorf("%s: other bytes changed:\n got %s\nwant %s", name, got.body, want)
		}
		before := len(r.platform.requests())
		r.platform.says(200, "application/json", page("my card is "+card, next))
		got = r.follow(link)
		if sent := r.platform.requests()[before]; sent.method != "GET" || sent.target != secondPage || sent.body != "" {
			t.Errorf("%s: the platform was asked %s %s", name, sent.method, sent.target)
		}
		again := stringAt(t, got.body, "paging", "next")
		if want := page("my card is [CREDIT_CARD]", strings.ReplaceAll(again, "/", `\/`)); got.status != 200 || got.body != want || !strings.Contains(again, "/shop/fetch/") {
			t.Errorf("%s: the second page: %d %s", name, got.status, got.body)
		}
	}
	if line := r.lines("fetch"); len(line) != 2 || line[0]["account"] != "shop" || fmt.Sprint(line[0]["status"]) != "200" {
		t.Errorf("logged %v", line)
	}
}

// A page leads where the bot reached piiproxy, or where the configuration says.
func TestPageAddress(t *testing.T) {
	for _, test := range []struct{ configured, target, host, want string }{
		{"", "/shop/v23.0/me/conversations", "", "http://ADDR/shop/fetch/"},
		{"", "/v23.0/" + shopID + "/conversations", "", "http://ADDR/fetch/"},
		{"", "/v23.0/" + shopID + "/conversations", "graph.facebook.com", "http://graph.facebook.com/fetch/"},
		{"https://gateway.internal/pii", "/shop/v23.0/me/conversations", "x", "https://gateway.internal/pii/shop/fetch/"},
		{"https://gateway.internal/pii", "/" + shopID + "/conversations", "x", "https://gateway.internal/pii/fetch/"},
	} {
		r := newRig(t, func(p *plan) { p.fetch.URL = test.configured })
		r.platform.says(200, "application/json", `{"data":[],"paging":{"previous":"`+r.platform.url+secondPage+`"}}`)
		headers := []string{}
		if test.host != "" {
			headers = append(headers, "Host: "+test.host)
		}
		got := r.ask("bot", "GET", test.target, "", headers...)
		link := stringAt(t, got.body, "paging", "previous")
		if want := strings.Replace(test.want, "ADDR", r.address["bot"], 1); !strings.HasPrefix(link, want) {
			t.Errorf("%+v: got %s", test, link)
			continue
		}
		if got := r.follow(link, headers...); got.status != 200 {
			t.Errorf("%+v: answered %d %s", test, got.status, got.body)
		}
	}
}

// Whatever is not a ticket that holds is the same refusal, and asks nobody.
func TestTicketsThatDoNotHold(t *testing.T) {
	r := newRig(t)
	link := r.pageTicket()
	path := r.parse(link).Path
	sealed := path[strings.LastIndexByte(path, '/')+1:]
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	r.must(err)
	before := len(r.platform.requests())
	bad := map[string]string{
		"empty": "/fetch/", "short": "/fetch/AgE", "word": "/fetch/hello", "no base64": "/fetch/" + sealed[:40] + "=" + sealed[41:], "padded": path + "=", "longer": path + "A",
		"cut": path[:len(path)-4], "another account": "/gram/fetch/" + sealed, "of an id": "/" + gramID + "/fetch/" + sealed, "line end": path + "%0A", "slashes": path + "//", "deeper": path + "/x",
		"spelled": strings.Replace(path, "fetch/", "fetch/%41", 1),
	}
	for i := 0; i < len(raw); i += 7 {
		altered := append([]byte(nil), raw...)
		altered[i] ^= 1 << (i % 8)
		bad[fmt.Sprint("byte ", i)] = "/fetch/" + base64.RawURLEncoding.EncodeToString(altered)
	}
	for name, target := range bad {
		r.refused(name, r.ask("bot", "GET", target, ""), http.StatusNotFound, "fetch_url")
	}
	r.clock.advance(time.Hour + time.Minute)
	r.refused("expired", r.follow(link), http.StatusNotFound, "fetch_url")
	for _, method := range []string{"POST", "DELETE"} {
		r.refused(method, r.ask("bot", method, path, `{}`, "Content-Type: application/json"), http.StatusMethodNotAllowed, "method")
	}
	if got := len(r.platform.requests()); got != before {
		t.Errorf("%d requests went to the platform", got-before)
	}
	r.clock.advance(-time.Hour - time.Minute)
	if got := r.follow(link); got.status != 200 {
		t.Errorf("the same one, unaltered and in time: %d %s", got.status, got.body)
	}
	if got := r.ask("bot", "GET", "/v23.0/fetch/"+sealed+"/?access_token=other&after=x", ""); got.status != 200 {
		t.Errorf("with what clients add: %d %s", got.status, got.body)
	}
}

// A link among the data of an answer may be anybody's. As a page it reads, and
// sends and deletes nothing in the bot's name.
func TestPagesOnlyRead(t *testing.T) {
	r := newRig(t)
	for _, query := range []string{
		"method=post&message=%7B%22text%22%3A%22my+card+is+" + digits + "%22%7D", "a=b&method=delete", "METHOD=delete", "%6dethod=post", "a=b;method=post", "_method=delete", "method", "%zz=1",
	} {
		r.platform.says(200, "application/json", `{"data":[],"paging":{"next":"`+r.platform.url+`/v23.0/me/messages?`+query+`"}}`)
		link := stringAt(t, r.ask("bot", "GET", "/shop/v23.0/me/conversations", "").body, "paging", "next")
		before := len(r.platform.requests())
		r.refused(query, r.follow(link), http.StatusNotFound, "fetch_url")
		if got := len(r.platform.requests()); got != before {
			t.Errorf("%s: the platform was asked", query)
		}
	}
	r.platform.says(200, "application/json", `{"data":[],"paging":{"next":"`+r.platform.url+secondPage+`&method=get&pretty=0"}}`)
	link := stringAt(t, r.ask("bot", "GET", "/shop/v23.0/me/conversations", "").body, "paging", "next")
	if got := r.follow(link); got.status != 200 {
		t.Errorf("as an SDK pages: %d %s", got.status, got.body)
	}
}

// pageTicket is the ticket of a page of the shop's.
func (r *rig) pageTicket() string {
	r.t.Helper()
	r.platform.says(200, "application/json", `{"data":[],"paging":{"next":"`+r.platform.url+secondPage+`"}}`)
	return stringAt(r.t, r.ask("bot", "GET", "/shop/v23.0/me/conversations", "").body, "paging", "next")
}

// A file's URL becomes a ticket in the platform's answer and in webhooks, and the
// ticket gives the file, with the caller's token.
func TestFilesAreFetched(t *testing.T) {
	r, files := withFiles(t)
	original := files.url + "/whatsapp_business/attachments/?mid=1&ext=2&hash=ARB" + digits
	r.platform.says(200, "application/json", `{"url":"`+original+`","mime_type":"image\/jpeg","sha256":"ab","file_size":5,"id":"77","messaging_product":"whatsapp"}`)
	answer := r.ask("bot", "GET", "/line/v23.0/77", "", "Authorization: Bearer "+lineToken)
	r.hook(`{"object":"page","entry":[{"id":"` + shopID + `","messaging":[{"sender":{"id":"` + anna + `"},"recipient":{"id":"` + shopID + `"},"message":{"mid":"m_1","attachments":[{"type":"image","payload":{"url":"` + original + `"}}]}}]}]}`)
	r.hook(`{"object":"whatsapp_business_account","entry":[{"id":"` + lineBusiness + `","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"` + lineID + `"},"messages":[{"from":"` + annaPhone + `","id":"wamid.1","type":"image","image":{"id":"77","url":"` + original + `"}}]}}]}]}`)
	bodies := r.bots["bot"].bodies()
	for name, link := range map[string]string{
		"answer":    stringAt(t, answer.body, "url"),
		"messenger": stringAt(t, bodies[0], "entry", 0, "messaging", 0, "message", "attachments", 0, "payload", "url"),
		"whatsapp":  stringAt(t, bodies[1], "entry", 0, "changes", 0, "value", "messages", 0, "image", "url"),
	} {
		if base := "http://bot-listener.example:8081/fetch/"; name != "answer" && !strings.HasPrefix(link, base) {
			t.Errorf("%s: %s does not lead to %s", name, link, base)
		}
		before := len(files.requests())
		got := r.follow(link, "Authorization: Bearer "+lineToken, "Range: bytes=0-3", "If-Range: x", "Cookie: a=b", "User-Agent: Googlebot", "Accept-Encoding: br")
		if got.status != 200 || got.body != anyPicture || got.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s: answered %d %q", name, got.status, got.body)
			continue
		}
		sent := files.requests()[before]
		if files.url+sent.target != original || sent.header.Get("Authorization") != "Bearer "+lineToken || sent.header.Get("User-Agent") != "Googlebot" {
			t.Errorf("%s: asked for %s with %v", name, sent.target, sent.header)
		}
		for _, not := range []string{"Range", "If-Range", "Cookie"} {
			if sent.header.Get(not) != "" {
				t.Errorf("%s: %s went on", name, not)
			}
		}
	}
}

// Policy says whether a file comes in, and whether its URL is ours at all.
func TestFilesByPolicy(t *testing.T) {
	answer := func(to string) string { return `{"url":"` + to + `","mime_type":"image/jpeg","id":"77"}` }
	r, files := withFiles(t, func(p *plan) { p.media.Inbound = map[string]string{"default": "block"} })
	r.platform.says(200, "application/json", answer(files.url+"/1"))
	link := stringAt(t, r.ask("bot", "GET", "/line/v23.0/77", "").body, "url")
	r.refused("blocked", r.follow(link), http.StatusForbidden, "media_blocked")
	r, files = withFiles(t, func(p *plan) { p.media.Direct = true })
	r.platform.says(200, "application/json", answer(files.url+"/1"))
	if got := r.ask("bot", "GET", "/line/v23.0/77", ""); got.body != answer(files.url+"/1") {
		t.Errorf("directly: %s", got.body)
	}
	if link := r.pageTicket(); !strings.Contains(link, "/fetch/") {
		t.Errorf("a page leads round piiproxy: %s", link)
	}
	for _, mode := range []rules.Mode{rules.Shadow, rules.Off} {
		r, files = withFiles(t, func(p *plan) { p.accounts[2].mode = mode })
		r.platform.says(200, "application/json", answer(files.url+"/1"))
		if got := r.ask("bot", "GET", "/line/v23.0/77", ""); got.body != answer(files.url+"/1") {
			t.Errorf("%v: %s", mode, got.body)
		}
	}
}

// Hosts of files say in their own way that there is none.
func TestFilesThatAreGone(t *testing.T) {
	r, files := withFiles(t)
	r.platform.says(200, "application/json", `{"url":"`+files.url+`/1"}`)
	link := stringAt(t, r.ask("bot", "GET", "/line/v23.0/77", "").body, "url")
	for _, test := range []struct {
		status     int
		kind, body string
		want       int
		reason     string
	}{
		{403, "text/plain", "URL signature expired for " + card, 404, "file_unavailable"},
		{404, "text/html", "<html>", 404, "file_unavailable"},
		{500, "text/html", "<html>", 502, "answer_unreadable"},
		{301, "text/html", "", 502, "redirect"},
	} {
		files.says(test.status, test.kind, test.body)
		r.refused(test.kind, r.follow(link), test.want, test.reason)
	}
	files.says(401, "application/json", `{"error":{"message":"bad token for `+card+`","code":190}}`)
	if got := r.follow(link); got.status != 401 || got.body != `{"error":{"message":"bad token for [CREDIT_CARD]","code":190}}` {
		t.Errorf("an error in JSON: %d %s", got.status, got.body)
	}
}

// A redirect to a file leads to a ticket for it; one to anywhere else is refused,
// and none is followed here.
func TestRedirectToFile(t *testing.T) {
	r, files := withFiles(t)
	to := func(location string) {
		r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusFound)
			_, _ = w.Write([]byte("<a href=" + location + ">here</a>"))
		})
	}
	to(files.url + "/picture")
	got := r.ask("bot", "GET", "/shop/v23.0/1234567/picture", "")
	if got.status != http.StatusFound || got.body != "" || len(files.requests()) != 0 {
		t.Fatalf("answered %d %q", got.status, got.body)
	}
	if got := r.follow(got.header.Get("Location")); got.status != 200 || files.requests()[0].target != "/picture" {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	for _, elsewhere := range []string{
		"https://example.com/", r.platform.url + "/v23.0/me", "/v23.0/me", "http://lookaside.fbsbx.com/1", "https://lookaside.fbsbx.com:8443/1", "https://127.0.0.1/1", "https://u@lookaside.fbsbx.com/1",
		"//example.com/", "ftp://lookaside.fbsbx.com/", "%zz", "",
	} {
		to(elsewhere)
		r.refused(elsewhere, r.ask("bot", "GET", "/shop/v23.0/1234567/picture", ""), http.StatusBadGateway, "redirect")
	}
	to(files.url + "/picture")
	r.refused("a call that changes something", r.call("/shop/me/messages", hello), http.StatusBadGateway, "redirect")
}

// A bot that forwards a picture by the URL that it got sends the platform's own.
func TestTicketsGoBack(t *testing.T) {
	r, files := withFiles(t)
	original := files.url + "/v/t1/1.jpg?oh=" + digits + "&oe=5F"
	r.hook(`{"object":"page","entry":[{"id":"` + shopID + `","messaging":[{"sender":{"id":"` + anna + `"},"recipient":{"id":"` + shopID + `"},"message":{"mid":"m_1","attachments":[{"type":"image","payload":{"url":"` + original + `"}}]}}]}]}`)
	link := stringAt(t, r.bots["bot"].bodies()[0], "entry", 0, "messaging", 0, "message", "attachments", 0, "payload", "url")
	forward := func(account, link string) reply {
		return r.call("/"+account+"/me/messages", `{"recipient":{"id":"`+anna+`"},"message":{"attachment":{"type":"image","payload":{"url":"`+link+`","is_reusable":true}}}}`)
	}
	if got := forward("shop", link); got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	want := `{"recipient":{"id":"` + anna + `"},"message":{"attachment":{"type":"image","payload":{"url":"` + strings.ReplaceAll(original, "/", `\/`) + `","is_reusable":true}}}}`
	if sent := r.only(r.platform).body; sent != want {
		t.Errorf("the platform got %s", sent)
	}
	page, altered := r.pageTicket(), link[:len(link)-9]+"AAAAAAAAA"
	before := len(r.platform.requests())
	r.refused("another account", forward("gram", link), 400, "fetch_url_foreign")
	r.refused("altered", forward("shop", altered), 400, "fetch_url_foreign")
	r.refused("a page", forward("shop", page), 400, "fetch_url_foreign")
	r.clock.advance(25 * time.Hour)
	r.refused("expired", forward("shop", link), 400, "fetch_url_expired")
	if got := len(r.platform.requests()); got != before {
		t.Errorf("%d calls were forwarded", got-before)
	}
	for _, other := range []string{"https://shop.example/fetch/1234", "https://shop.example/fetch/", "https://shop.example/a.jpg", "https://shop.example/fetch/" + strings.Repeat("Q", 200), "%zz/fetch/x"} {
		if got := forward("shop", other); got.status != 200 {
			t.Errorf("%s: answered %d %s", other, got.status, got.body)
		}
	}
}

// What is sealed into a ticket still has to be the platform's when it is fetched:
// a name that leads inside, another port, another scheme.
func TestFetchIsGuarded(t *testing.T) {
	r := newRig(t, func(p *plan) { p.fetch.Resolver = nameserver.Resolver(t, "127.0.0.1") })
	answer := func(link string) string { return `{"url":"` + link + `"}` }
	for link, reason := range map[string]string{
		"https://lookaside.fbsbx.com/1": "address_refused", "https://scontent.xx.fbcdn.net/1": "address_refused",
		"http://lookaside.fbsbx.com/1": "fetch_url", "https://lookaside.fbsbx.com:8443/1": "fetch_url", "https://u:p@lookaside.fbsbx.com/1": "fetch_url",
		"https://lookaside.fbsbx.com./1": "fetch_url", "https:lookaside.fbsbx.com/1": "fetch_url", "https://lookaside%2efbsbx.com/1": "fetch_url",
	} {
		r.platform.says(200, "application/json", answer(link))
		got := r.ask("bot", "GET", "/line/v23.0/77", "")
		status := map[string]int{"address_refused": 502, "fetch_url": 404}[reason]
		r.refused(link, r.follow(stringAt(t, got.body, "url"), "Authorization: Bearer "+lineToken), status, reason)
	}
	for _, link := range []string{
		"https://example.com/1", "https://l.facebook.com/l.php?u=https%3A%2F%2Fx", "https://www.facebook.com/reel/1", "https://2130706433/", "https://0x7f000001/", "https://[::ffff:7f00:1]/", "http://169.254.169.254/",
	} {
		r.platform.says(200, "application/json", answer(link))
		if got := r.ask("bot", "GET", "/line/v23.0/77", ""); got.body != answer(link) {
			t.Errorf("%s became %s", link, got.body)
		}
	}
}

// A bot whose traffic for hosts of files is led to piiproxy asks under their name.
func TestFileUnderItsOwnName(t *testing.T) {
	r := newRig(t)
	got := r.ask("bot", "GET", "/whatsapp_business/attachments/?mid=1", "", "Host: lookaside.fbsbx.com")
	r.refused("nobody's", got, http.StatusNotFound, "fetch_url")
	if got := r.follow(r.pageTicket(), "Host: lookaside.fbsbx.com"); got.status != http.StatusOK {
		t.Errorf("a ticket under such a name: %d %s", got.status, got.body)
	}
	r = newRig(t, func(p *plan) { p.fetch.Resolver = nameserver.Resolver(t, "127.0.0.1") })
	got = r.ask("bot", "GET", "/whatsapp_business/attachments/?mid=1", "", "Host: lookaside.fbsbx.com", "Authorization: Bearer "+lineToken)
	r.refused("the platform's name leads inside", got, http.StatusBadGateway, "address_refused")
	if line := r.lines("fetch"); len(line) == 0 || line[len(line)-1]["account"] != "line" {
		t.Errorf("logged %v", line)
	}
}
