package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

// order posts an order to the admin API.
func (r *rig) order(target, body string, headers ...string) reply {
	r.t.Helper()
	return r.ask("admin", "POST", target, body, append([]string{"Content-Type: application/json", "Authorization: " + signedBy(r.keys, target, body)}, headers...)...)
}

// signedBy is the authorization of an order under a key set.
func signedBy(set *keys.Set, target, body string) string {
	request := httptest.NewRequest(http.MethodPost, target, nil)
	console.Authorize(request, []byte(body), set, time.Now())
	return request.Header.Get("Authorization")
}

// An operator with the key set changes a mode: it holds, and it is audited.
func TestAdminMode(t *testing.T) {
	r := newRig(t)
	matches(t, "before", glassClosed, r.glassWords())
	const half = `{"account":"shop","mode":"shadow","for":1800000000000,"reason":"incident 4711","all":true,"actor":"root@host"}`
	if got := r.order("/v1/mode", half); got.status != 200 || strings.TrimSpace(got.body) != "{}" {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	matches(t, "after", glassGone, r.glassWords())
	log, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	for _, want := range []string{`"actor":"root@host"`, `"action":"mode"`, `"account":"shop"`, `"reason":"shadow all for 30m0s: incident 4711"`, `"source":"127.0.0.1"`, `"result":"done"`} {
		if !strings.Contains(string(log), want) {
			t.Errorf("the audit log has no %s", want)
		}
	}
	if lines := r.lines("break_glass"); len(lines) != 1 || lines[0]["mode"] != "shadow" || lines[0]["all"] != true {
		t.Errorf("the alarm says %v", lines)
	}
	for name, body := range map[string]string{
		"no account": strings.Replace(half, "shop", "nobody", 1), "no mode": strings.Replace(half, "shadow", "dark", 1),
		"too long": strings.Replace(half, "1800000000000", "90000000000000", 1), "no time": strings.Replace(half, "1800000000000", "0", 1),
		"no reason": strings.Replace(half, "incident 4711", "", 1),
	} {
		if got := r.order("/v1/mode", body); got.status != 422 || !strings.Contains(got.body, `{"error":"`) {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
}

// An operator asks for the hash that logs show for a person; that is audited
// without the person's id.
func TestAdminConversation(t *testing.T) {
	r := newRig(t)
	r.hook(page(entry(shopID, text(shopID, anna, "hello"))))
	r.hook(waba(change(lineID, waText(annaPhone, "hello"))))
	for _, test := range []struct{ account, id, alias string }{
		{"shop", anna, "psid:" + anna},
		{"shop", " " + anna + "\n", "psid:" + anna},
		{"line", annaPhone, "wa:" + annaPhone},
		{"line", "+1 (555) 123-0001", "wa:" + annaPhone},
		{"gram", "123", "igsid:123"},
		{"line", "US.13491208655302741918", "bsuid:US.13491208655302741918"},
	} {
		body, err := json.Marshal(console.HashOrder{Account: test.account, ID: test.id, Actor: "tester"})
		r.must(err)
		got := r.order("/v1/conversation", string(body))
		if want := `{"conversation":"` + r.book.Hash(test.account, test.alias) + `"}`; got.status != 200 || strings.TrimSpace(got.body) != want {
			t.Errorf("%s %s: answered %d %s", test.account, test.id, got.status, got.body)
		}
	}
	if hash := r.lines("webhook")[0]["conversation"]; hash != r.book.Hash("shop", "psid:"+anna) {
		t.Errorf("the log says %v", hash)
	}
	for _, body := range []string{
		`{"account":"nobody","id":"1","actor":"a"}`, `{"account":"shop","id":"anna","actor":"a"}`, `{"account":"shop","id":"","actor":"a"}`,
		`{"account":"shop","id":"` + anna + `"}`,
	} {
		if got := r.order("/v1/conversation", body); got.status != 422 || strings.Contains(got.body, anna) {
			t.Errorf("%s: answered %d %s", body, got.status, got.body)
		}
	}
	r.stop()
	log, err := os.ReadFile(r.folder + "/audit.jsonl")
	r.must(err)
	if strings.Contains(string(log), anna) || strings.Contains(string(log), annaPhone) || strings.Count(string(log), `"action":"conversation"`) != 6 {
		t.Errorf("the audit log says %s", log)
	}
}

// The admin listener serves nobody without the key set, and the other
// listeners take no orders at all.
func TestAdminIsClosed(t *testing.T) {
	r := newRig(t)
	others, err := keys.Ephemeral()
	r.must(err)
	const off = `{"account":"shop","mode":"off","for":60000000000,"reason":"r","all":true,"actor":"a"}`
	for _, target := range []string{"/v1/mode", "/v1/conversation", "/", "/metrics", "/webhook/main"} {
		for name, credentials := range map[string]string{
			"nothing": "", "bearer": "Bearer x", "another key set": signedBy(others, target, off), "another order": signedBy(r.keys, target, off+" "),
			"another path": signedBy(r.keys, "/v1/other", off),
		} {
			got := r.ask("admin", "POST", target, off, "Content-Type: application/json", "Authorization: "+credentials)
			if got.status != 401 {
				t.Errorf("%s with %s: %d", target, name, got.status)
			}
		}
	}
	for _, listener := range []string{"public", "bot", "ops"} {
		r.ask(listener, "POST", "/v1/mode", off, "Content-Type: application/json", "Authorization: "+signedBy(r.keys, "/v1/mode", off))
	}
	matches(t, "still", glassClosed, r.glassWords())
	taken := signedBy(r.keys, "/v1/mode", off)
	for i, want := range []int{200, 401} {
		if got := r.ask("admin", "POST", "/v1/mode", off, "Content-Type: application/json", "Authorization: "+taken); got.status != want {
			t.Errorf("the same order, time %d: %d", i+1, got.status)
		}
	}
}
