package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

// taken is what the API passed on. It is no stand-in for the proxy: what the
// orders do is tested there.
type taken struct {
	modes  []console.ModeOrder
	hashes [][3]string
	fail   error
}

// SetMode implements console.Operations.
func (o *taken) SetMode(_ context.Context, order console.ModeOrder) error {
	o.modes = append(o.modes, order)
	return o.fail
}

// ConversationHash implements console.Operations.
func (o *taken) ConversationHash(account, id, actor, _ string) (string, error) {
	o.hashes = append(o.hashes, [3]string{account, id, actor})
	return "abcdefgh234567ab", o.fail
}

func serve(t *testing.T) (url string, set *keys.Set, operations *taken) {
	t.Helper()
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	operations = &taken{}
	server := httptest.NewServer(console.Handler(console.Access{Keys: set}, console.Desks{Operations: operations}))
	t.Cleanup(server.Close)
	return server.URL, set, operations
}

func post(t *testing.T, method, url, body string, header http.Header) (int, string, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer), response.Header
}

// signed posts an order as the commands do.
func signed(t *testing.T, set *keys.Set, method, url, body, contentType string) (int, string, http.Header) {
	t.Helper()
	return post(t, method, url, body, header(t, set, method, url, body, contentType, time.Now()))
}

func header(t *testing.T, set *keys.Set, method, url, body, contentType string, now time.Time) http.Header {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	console.Authorize(request, []byte(body), set, now)
	request.Header.Set("Content-Type", contentType)
	return request.Header
}

const (
	mode         = `{"account":"shop","mode":"shadow","for":1800000000000,"reason":"r","all":true,"actor":"a"}`
	conversation = `{"account":"shop","id":" 123\n","actor":"a"}`
)

// Orders reach the operations as they were given.
func TestOrders(t *testing.T) {
	url, set, operations := serve(t)
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		if status, answer, _ := signed(t, set, "POST", url+"/v1/mode", mode, contentType); status != 200 || answer != "{}\n" {
			t.Errorf("mode: %d %s", status, answer)
		}
	}
	want := console.ModeOrder{Account: "shop", Mode: "shadow", For: 30 * time.Minute, Reason: "r", All: true, Actor: "a"}
	if len(operations.modes) != 2 || operations.modes[0] != want {
		t.Errorf("got %+v", operations.modes)
	}
	status, answer, _ := signed(t, set, "POST", url+"/v1/conversation", conversation, "application/json")
	if status != 200 || answer != "{\"conversation\":\"abcdefgh234567ab\"}\n" || operations.hashes[0] != [3]string{"shop", "123", "a"} {
		t.Errorf("conversation: %d %s %v", status, answer, operations.hashes)
	}
}

// Nobody gets in without a signature over the very order, and nobody learns what
// is behind it.
func TestUnauthorized(t *testing.T) {
	url, set, operations := serve(t)
	others, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good := header(t, set, "POST", url+"/v1/mode", mode, "application/json", now).Get("Authorization")
	for name, authorization := range map[string]string{
		"none": "", "scheme alone": "Piiproxy-Command ", "another scheme": "Bearer" + strings.TrimPrefix(good, "Piiproxy-Command"),
		"cut":               good[:len(good)-1],
		"longer":            good + "0",
		"other keys":        header(t, others, "POST", url+"/v1/mode", mode, "", now).Get("Authorization"),
		"another body":      header(t, set, "POST", url+"/v1/mode", mode+" ", "", now).Get("Authorization"),
		"another path":      header(t, set, "POST", url+"/v1/conversation", mode, "", now).Get("Authorization"),
		"another method":    header(t, set, "PUT", url+"/v1/mode", mode, "", now).Get("Authorization"),
		"two minutes old":   header(t, set, "POST", url+"/v1/mode", mode, "", now.Add(-2*time.Minute)).Get("Authorization"),
		"from the future":   header(t, set, "POST", url+"/v1/mode", mode, "", now.Add(2*time.Minute)).Get("Authorization"),
		"time is no number": strings.Replace(good, "Piiproxy-Command 1", "Piiproxy-Command x", 1),
	} {
		status, answer, got := post(t, "POST", url+"/v1/mode", mode, http.Header{"Content-Type": {"application/json"}, "Authorization": {authorization}})
		if status != 401 || !strings.HasPrefix(answer, `{"error":"`) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if got.Get("Cache-Control") != "no-store" || got.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", name, got)
		}
	}
	if len(operations.modes) > 0 {
		t.Error("an order was carried out")
	}
	caught := http.Header{"Content-Type": {"application/json"}, "Authorization": {good}}
	if status, _, _ := post(t, "POST", url+"/v1/mode", mode, caught); status != 200 {
		t.Errorf("the order itself: %d", status)
	}
	if status, _, _ := post(t, "POST", url+"/v1/mode", mode, caught); status != 401 || len(operations.modes) != 1 {
		t.Errorf("sent again: %d, carried out %d times", status, len(operations.modes))
	}
}

// Orders are strict: a form cannot be one, so no page can send one, and what
// is misspelled is not half obeyed.
func TestStrictOrders(t *testing.T) {
	url, set, operations := serve(t)
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json;", "text/json", "json"} {
		want := 415
		if contentType == "application/json;" {
			want = 200
		}
		if status, answer, _ := signed(t, set, "POST", url+"/v1/mode", mode, contentType); status != want {
			t.Errorf("%q: %d %s", contentType, status, answer)
		}
	}
	operations.modes = nil
	for _, body := range []string{
		"", "null x", "[]", `"x"`, `{"acount":"shop"}`, mode + mode, mode + "x", mode[:20], `{"account":7}`, `{"for":"30m"}`,
	} {
		if status, answer, _ := signed(t, set, "POST", url+"/v1/mode", body, "application/json"); status != 400 || strings.Contains(answer, "acount") {
			t.Errorf("%.40s: %d %s", body, status, answer)
		}
	}
	for method, want := range map[string]int{"GET": 405, "PUT": 405, "DELETE": 405} {
		if status, _, _ := signed(t, set, method, url+"/v1/mode", mode, "application/json"); status != want {
			t.Errorf("%s: %d", method, status)
		}
	}
	if len(operations.modes) > 0 {
		t.Errorf("carried out: %+v", operations.modes)
	}
}

// What an operation says is for the operator.
func TestFailedOrder(t *testing.T) {
	url, set, operations := serve(t)
	operations.fail = errors.New(`no account has this "name"`)
	for target, body := range map[string]string{"/v1/mode": mode, "/v1/conversation": conversation} {
		status, answer, _ := signed(t, set, "POST", url+target, body, "application/json")
		var problem console.Problem
		if err := json.Unmarshal([]byte(answer), &problem); err != nil || status != 422 || problem.Error != operations.fail.Error() {
			t.Errorf("%s: %d %s", target, status, answer)
		}
		if strings.Contains(answer, "abcdefgh") {
			t.Errorf("%s: answered beside the error: %s", target, answer)
		}
	}
}

// Of one order that is sent many times at once, one counts.
func TestReplayAtOnce(t *testing.T) {
	url, set, operations := serve(t)
	caught := header(t, set, "POST", url+"/v1/mode", mode, "application/json", time.Now())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, answer, _ := post(t, "POST", url+"/v1/mode", mode, caught.Clone()); status != 200 && status != 401 {
				t.Errorf("%d %s", status, answer)
			}
		})
	}
	all.Wait()
	if len(operations.modes) != 1 {
		t.Errorf("carried out %d times", len(operations.modes))
	}
}
