package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// order runs a command beside the running serve, in an environment that holds
// none of the secrets that the configuration refers to.
func (d *desk) order(file, input string, arguments ...string) string {
	d.Helper()
	command := exec.CommandContext(d.Context(), rig.Binary(), append(arguments, "-c", file)...)
	command.Dir, command.Env = d.proxy.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.proxy.Dir}
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		d.Fatalf("piiproxy %s: %v\n%s", arguments[0], err, output)
	}
	return string(output)
}

// Operators' commands need the key set and nothing else: no secret of an app or
// an account has to be in their environment.
func TestOrdersWithoutSecrets(t *testing.T) {
	d := newDesk(t, nil)
	if got := unveiled(d.hears(anna, said)); strings.Contains(got, email) {
		t.Fatalf("before: the bot saw %s", got)
	}
	hash := d.order(d.proxy.File, anna+"\n", "conversation", "shop", "-")
	if !regexp.MustCompile(`^[a-z2-7]{16}\n$`).MatchString(hash) || !strings.Contains(string(d.proxy.Logs()), strings.TrimSpace(hash)) {
		t.Errorf("piiproxy conversation printed %q, which the log does not have", hash)
	}
	d.order(d.proxy.File, "", "mode", "shop", "shadow", "--for", "10m", "--reason", "INC-1")
	if got := d.hears(anna, said); !strings.Contains(got, email) || strings.Contains(got, card) {
		t.Errorf("in shadow mode the bot saw %s", got)
	}
	d.order(d.proxy.File, "", "mode", "shop", "enforce", "--for", "10m", "--reason", "INC-1 is over")
	if got := d.hears(anna, said); strings.Contains(got, email) {
		t.Errorf("in enforce mode the bot saw %s", got)
	}
	valueless(t, "the log", d.proxy.Logs(), anna)
}

// tap stands between a command and the admin listener and keeps what it hears.
type tap struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   [][]byte
}

// heard gives the only order that the tap has heard.
func (w *tap) heard(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.requests) != 1 {
		t.Fatalf("%d orders were heard, want 1", len(w.requests))
	}
	return w.requests[0], w.bodies[0]
}

// again sends an order to an address as it was heard.
func again(t *testing.T, address string, heard *http.Request, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), heard.Method, "http://"+address+heard.URL.Path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = heard.Header.Clone()
	reply := rig.Do(http.DefaultClient, request)
	if reply.Err != nil {
		t.Fatalf("the admin listener does not answer: %v", reply.Err)
	}
	return reply.Status
}

// adminAddress is the address of the admin listener in the configuration.
var adminAddress = regexp.MustCompile(`admin: "(127\.0\.0\.1:\d+)"`)

// An order that somebody caught on its way can be neither sent again nor changed.
func TestCaughtOrder(t *testing.T) {
	d := newDesk(t, nil)
	config, err := os.ReadFile(d.proxy.File)
	if err != nil {
		t.Fatal(err)
	}
	admin := adminAddress.FindSubmatch(config)
	if admin == nil {
		t.Fatal("the configuration has no admin listener")
	}
	address, wire := string(admin[1]), &tap{}
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		wire.mu.Lock()
		wire.requests, wire.bodies = append(wire.requests, r.Clone(r.Context())), append(wire.bodies, body)
		wire.mu.Unlock()
		w.WriteHeader(again(t, address, r, body))
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(between.Close)
	tapped := filepath.Join(d.proxy.Dir, "tapped.yaml")
	config = bytes.Replace(config, admin[1], []byte(between.Listener.Addr().String()), 1)
	if err := os.WriteFile(tapped, config, 0o600); err != nil {
		t.Fatal(err)
	}
	d.order(tapped, "", "mode", "shop", "off", "--for", "10m", "--reason", "INC-2", "--all")
	if got := d.hears(anna, said); !strings.Contains(got, card) {
		t.Fatalf("the order does not hold: the bot saw %s", got)
	}
	d.order(d.proxy.File, "", "mode", "shop", "enforce", "--for", "10m", "--reason", "INC-2 is over")
	request, body := wire.heard(t)
	for name, sent := range map[string][]byte{"as it was": body, "for another account": bytes.Replace(body, []byte("shop"), []byte("line"), 1)} {
		if status := again(t, address, request, sent); status != http.StatusUnauthorized {
			t.Errorf("a caught order, %s: answered %d, want 401", name, status)
		}
	}
	other := request.Clone(t.Context())
	other.URL.Path = "/v1/conversation"
	if status := again(t, address, other, body); status != http.StatusUnauthorized {
		t.Errorf("a caught order, to another path: answered %d, want 401", status)
	}
	if got := d.hears(anna, said); strings.Contains(got, card) || strings.Contains(got, email) {
		t.Errorf("after the order was sent again the bot saw %s", got)
	}
}
