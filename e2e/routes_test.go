package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// routeToken is what the bot takes for the vendor's key.
const routeToken = "rt_live_9Qm2xV7kT0bWzE4s"

// shopwork is a vendor: it answers with what it was asked.
type shopwork struct {
	*httptest.Server
	mu       sync.Mutex
	requests []rig.Call
	answer   func(w http.ResponseWriter, body []byte)
}

func newShopwork(t testing.TB) *shopwork {
	v := &shopwork{}
	v.Server = httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(func() {
		v.CloseClientConnections()
		v.Close()
	})
	return v
}

func (v *shopwork) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.requests = append(v.requests, rig.Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Body: body})
	answer := v.answer
	v.mu.Unlock()
	if answer != nil {
		answer(w, body)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":"o_1","got":%q,"to":%q}`, body, r.Header.Get("X-Customer-Email"))
}

// heard gives the requests so far, and forgets them.
func (v *shopwork) heard() []rig.Call {
	v.mu.Lock()
	defer v.mu.Unlock()
	requests := v.requests
	v.requests = nil
	return requests
}

func (v *shopwork) answers(answer func(w http.ResponseWriter, body []byte)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = answer
}

// routed is the configuration of the route to it.
func (v *shopwork) routed() string {
	hash := sha256.Sum256([]byte(routeToken))
	return fmt.Sprintf(`[{name: orders, purpose: order-lookup, upstream: {url: "%s/api", headers: {X-Api-Key: "${SHOPWORK_KEY}"}},
    caller: {token_sha256: %s}, allow: ["GET /customers/*", "POST /v2/orders"],
    restore: {accounts: [shop], kinds: [email, credit_card], fields: {json: [/customer/email, /card], form: [email], headers: [X-Customer-Email]}}}]`,
		v.URL, hex.EncodeToString(hash[:]))
}

// answered is what axios made of an answer.
type answered struct {
	Status  int
	Headers map[string]any
	Data    json.RawMessage
}

func (a answered) reason() string {
	var body struct{ Reason string }
	_ = json.Unmarshal(a.Data, &body)
	return body.Reason
}

// axios has an unmodified HTTP client send requests to the route.
func (d *desk) axios(requests ...rig.Object) []answered {
	d.Helper()
	command := exec.CommandContext(d.Context(), "node", "vendor.mjs")
	command.Dir = "bots"
	command.Env = append(os.Environ(), "VENDOR_URL=http://"+d.proxy.BotSide()+"/route/orders", "VENDOR_KEY="+routeToken, "REQUESTS="+string(rig.Marshal(requests)), "NODE_NO_WARNINGS=1")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		d.Fatalf("vendor.mjs: %v: %s", err, complaints.Bytes())
	}
	var all []answered
	for decoder := json.NewDecoder(bytes.NewReader(output)); decoder.More(); {
		var a answered
		if err := decoder.Decode(&a); err != nil {
			d.Fatal(err)
		}
		all = append(all, a)
	}
	if len(all) != len(requests) {
		d.Fatalf("%d answers to %d requests", len(all), len(requests))
	}
	return all
}

// TestRoute: an unmodified HTTP client library posts a token in an allowed field,
// and the vendor gets the value; in any other field, header, query or nested
// encoding it is refused.
func TestRoute(t *testing.T) {
	vendor := newShopwork(t)
	d := newDesk(t, func(s *rig.Setup) {
		s.Routes, s.Environ = vendor.routed(), []string{"SHOPWORK_KEY=sk_vendor_51Hx"}
	})
	words := d.hears(anna, said)
	mail, paid := emailToken.FindString(words), cardToken.FindString(words)
	if mail == "" || paid == "" {
		t.Fatalf("the bot saw %s", words)
	}
	for _, test := range []struct {
		name    string
		request rig.Object
		want    string // in what the vendor gets
	}{
		{"JSON", rig.Object{"method": "post", "url": "/v2/orders", "data": rig.Object{"customer": rig.Object{"email": mail}, "n": 1}}, `{"customer":{"email":"` + strings.ReplaceAll(email, "@", `\u0040`) + `"},"n":1}`},
		{"two kinds", rig.Object{"method": "post", "url": "/v2/orders", "data": rig.Object{"card": paid, "customer": rig.Object{"email": strings.ToUpper(mail)}}}, `{"card":"` + strings.ReplaceAll(card, " ", "")},
		{"a form", rig.Object{"method": "post", "url": "/v2/orders", "form": rig.Object{"email": mail, "a": "b c"}}, "email=" + strings.ReplaceAll(email, "@", "%40")},
		{"a header", rig.Object{"method": "get", "url": "/customers/42", "headers": rig.Object{"X-Customer-Email": mail}}, email},
	} {
		got := d.axios(test.request)[0]
		heard := vendor.heard()
		if got.Status != http.StatusOK || len(heard) != 1 {
			t.Fatalf("%s: %d %s, the vendor heard %d requests", test.name, got.Status, got.Data, len(heard))
		}
		if all := string(heard[0].Body) + heard[0].Header.Get("X-Customer-Email"); !strings.Contains(all, test.want) || !strings.HasPrefix(heard[0].Path, "/api/") {
			t.Errorf("%s: the vendor got %s %s", test.name, heard[0].Path, all)
		}
		if heard[0].Header.Get("X-Api-Key") != "sk_vendor_51Hx" || heard[0].Header.Get("Authorization") != "" {
			t.Errorf("%s: the vendor got %v", test.name, heard[0].Header)
		}
		valueless(t, test.name+": the bot", got.Data, email, card)
	}
	refused := map[string]rig.Object{
		"another field":                      {"method": "post", "url": "/v2/orders", "data": rig.Object{"name": mail}},
		"another field, beside a listed one": {"method": "post", "url": "/v2/orders", "data": rig.Object{"customer": rig.Object{"email": mail}, "name": mail}},
		"a form's field":                     {"method": "post", "url": "/v2/orders", "form": rig.Object{"name": mail}},
		"a header":                           {"method": "get", "url": "/customers/42", "headers": rig.Object{"X-Name": mail}},
		"a cookie":                           {"method": "get", "url": "/customers/42", "headers": rig.Object{"Cookie": "a=" + mail}},
		"the query":                          {"method": "get", "url": "/customers/42", "params": rig.Object{"email": mail}},
		"the path":                           {"method": "get", "url": "/customers/" + mail},
		"JSON in a string":                   {"method": "post", "url": "/v2/orders", "data": rig.Object{"customer": rig.Object{"email": `{"a":"` + mail + `"}`}}},
		"an encoding":                        {"method": "post", "url": "/v2/orders", "data": rig.Object{"name": hex.EncodeToString([]byte(mail))}},
	}
	var names []string
	var requests []rig.Object
	for name, request := range refused {
		names, requests = append(names, name), append(requests, request)
	}
	for i, got := range d.axios(requests...) {
		if got.Status != http.StatusBadRequest || got.reason() != "route_place" {
			t.Errorf("%s: %d %s", names[i], got.Status, got.Data)
		}
	}
	if heard := vendor.heard(); len(heard) != 0 {
		t.Errorf("the vendor heard %d requests that are refused", len(heard))
	}
	if report := d.order(d.proxy.File, "", "routes"); !strings.Contains(report, "json:/customer/email") || !strings.Contains(report, "credit_card") {
		t.Errorf("piiproxy routes prints\n%s", report)
	}
	valueless(t, "the log", d.proxy.Logs(), mail, email, routeToken, "sk_vendor")
}

// A route stands behind the same door as Graph: what is not plain is refused before
// anything is read, in the route's own shape. PUT and PATCH are for routes only.
func TestRouteDoor(t *testing.T) {
	vendor := newShopwork(t)
	d := newDesk(t, func(s *rig.Setup) {
		s.Routes = strings.Replace(vendor.routed(), `"POST /v2/orders"`, `"POST /v2/orders", "PUT /v2/orders", "PATCH /v2/orders"`, 1)
		s.Environ = []string{"SHOPWORK_KEY=sk_vendor_51Hx6uYw"}
	})
	for _, test := range []struct {
		method, target, body, header string
		status                       int
		reason                       string
	}{
		{"PUT", "/route/orders/v2/orders", "{}", "", 200, ""},
		{"PATCH", "/route/orders/v2/orders", "{}", "", 200, ""},
		{"DELETE", "/route/orders/v2/orders", "", "", 403, "route_not_allowed"},
		{"OPTIONS", "/route/orders/v2/orders", "", "", 405, "method"},
		{"TRACE", "/route/orders/v2/orders", "", "", 405, "method"},
		{"POST", "/route/orders/v2/orders", "{}", "X-HTTP-Method-Override: DELETE", 405, "method"},
		{"POST", "/route/orders/v2/orders", "{}", "Upgrade: websocket", 400, "upgrade"},
		{"POST", "/route/orders/v2/orders", "{}", "Content-Encoding: gzip", 415, "content_coding"},
		{"POST", "/route/orders/v2/orders", `{"a":"` + strings.Repeat("a", 5<<20) + `"}`, "", 413, "too_large"},
		{"POST", "/route/orders/v2/../v2/orders", "{}", "", 421, "target"},
		{"POST", "/route/orders/v2%2forders", "{}", "", 421, "target"},
		{"POST", "/%72oute/orders/v2/orders", "{}", "", 421, "target"},
		{"POST", "/route/shop/v2/orders", "{}", "", 404, "route_unknown"},
		{"POST", "/route/orders/v2/orders", "{}", "Authorization: Bearer " + shopToken, 401, "route_credential"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+d.proxy.BotSide()+test.target, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.URL.Opaque = test.target // as it stands here
		request.Header.Set("Authorization", "Bearer "+routeToken)
		request.Header.Set("Content-Type", "application/json")
		if name, value, ok := strings.Cut(test.header, ": "); ok {
			request.Header.Set(name, value)
		}
		reply := rig.Do(http.DefaultClient, request)
		var said struct{ Error, Reason, Request_id string }
		_ = json.Unmarshal(reply.Body, &said)
		what := test.method + " " + test.target + " " + test.header
		if reply.Err != nil || reply.Status != test.status || said.Reason != test.reason {
			t.Errorf("%s: %d %s (error: %v)", what, reply.Status, reply.Body, reply.Err)
		}
		if heard := vendor.heard(); (len(heard) == 1) != (test.status == 200) {
			t.Errorf("%s: the vendor heard %d requests", what, len(heard))
		}
	}
	reply := d.proxy.Send(t.Context(), "/shop/v23.0/me", "", nil)
	if strings.Contains(string(reply.Body), "route_") {
		t.Errorf("a call of Graph: %d %s", reply.Status, reply.Body)
	}
}
