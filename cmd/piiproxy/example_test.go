package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// externalForm builds and starts examples/external-form, and returns its address.
func externalForm(t *testing.T, piiproxy, token string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "external-form")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../examples/external-form").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0", "-piiproxy", piiproxy)
	command.Env = append(os.Environ(), "PIIPROXY_TOKEN="+token)
	said, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints lines
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if text := complaints.String(); strings.Contains(text, "canary") || strings.Contains(text, "4111") {
			t.Errorf("the example's log says %s", text)
		}
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("the example says %q (%v): %s", line, err, complaints.String())
	}
	return address
}

// page asks the example for a page; values are posted.
func page(t *testing.T, address string, values url.Values) reply {
	t.Helper()
	method, body := http.MethodGet, ""
	if values != nil {
		method, body = http.MethodPost, values.Encode()
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

// TestExternalForm: the bot asks, the link points at the customer's own server,
// which asks piiproxy for the fields and gives it the values; the chat goes on.
func TestExternalForm(t *testing.T) {
	var admin atomic.Pointer[url.URL] // known later: the configuration names the example
	gate := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(admin.Load()) }})
	t.Cleanup(gate.Close)
	address := externalForm(t, gate.URL, formToken)
	c := withCallers(t, `, form: {title: "Shop & Söhne", external: "`+address+`/secure/{id}"}`, "")
	admin.Store(&url.URL{Scheme: "http", Host: c.server.Addr("admin")})
	c.sends(askForCard)
	id := c.linkOf(address + "/secure/")
	form := address + "/secure/" + id

	for range 5 { // previews
		got := page(t, form, nil)
		if got.status != 200 || !strings.Contains(got.body, "<h1>Shop &amp; Söhne</h1>") || !strings.Contains(got.body, `name="credit_card"`) ||
			got.header.Get("Referrer-Policy") != "no-referrer" || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("the page: %d %v %s", got.status, got.header, got.body)
		}
	}
	if got := c.ask("public", "GET", "/c/"+id, ""); got.status != 404 {
		t.Errorf("piiproxy's own form for it: %d", got.status)
	}
	bad := page(t, form, url.Values{"credit_card": {"4111 1111 1111 1112"}, "card_expiry": {"12/39"}, "cvv": {"123"}})
	if bad.status != 422 || !strings.Contains(bad.body, "This is not a valid card number") || !strings.Contains(bad.body, "Tries left: 4") || strings.Contains(bad.body, "4111") {
		t.Errorf("wrong digits: %d %s", bad.status, bad.body)
	}
	right := url.Values{"credit_card": {chatCard}, "card_expiry": {"12/39"}, "cvv": {"123"}, "more": {"ignored"}}
	statuses := make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i] = page(t, form, right).status })
	}
	all.Wait()
	won := 0
	for _, status := range statuses {
		switch status {
		case 200:
			won++
		case 410:
		default:
			t.Errorf("answered %d", status)
		}
	}
	if won != 1 {
		t.Errorf("of %d who sent at once %d succeeded", len(statuses), won)
	}
	c.until("the bot's turn", func() bool { return len(c.bot.heard()) == 2 })
	if turn := c.bot.last(); !strings.Contains(turn, `"text":"411111`) || strings.Contains(turn, "4111111111111111") || strings.Contains(turn, chatCard) {
		t.Errorf("the bot got %s", turn)
	}
	for _, body := range c.platform.heard() {
		if strings.Contains(body, chatCard) || strings.Contains(body, "4111111111111111") || strings.Contains(body, "type your card") {
			t.Errorf("the platform got %s", body)
		}
	}
	if got := page(t, form, nil); got.status != 410 || strings.Contains(got.body, "<form") {
		t.Errorf("the page after: %d %s", got.status, got.body)
	}
	if got := page(t, address+"/secure/"+strings.Repeat("a", 26), nil); got.status != 404 {
		t.Errorf("a link that is none: %d %s", got.status, got.body)
	}
	c.saysOnlyNames(id)
}

// saysOnlyNames sees that log and audit have neither the id nor the value.
func (c *chat) saysOnlyNames(id string) {
	c.t.Helper()
	for _, text := range []string{c.audited(), c.log.String()} {
		if strings.Contains(text, id) || strings.Contains(text, "4111111111111111") || strings.Contains(text, chatCard) {
			c.t.Error("the log or the audit holds the link or the value")
		}
	}
}
