package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/vault"
)

// The people and values of the chats.
const (
	chatPage = "1906385232743451"
	chatAnna = "7301558493021174"
	chatCard = "4111 1111 1111 1111"
)

// wire is a server that keeps what it was sent, and answers like the platform.
type wire struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.bodies = append(w.bodies, string(body))
		to.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(to, `{"recipient_id":%q,"message_id":"m_platform_%d"}`, chatAnna, len(w.bodies))
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.bodies...)
}

// last is the latest body.
func (w *wire) last() string {
	all := w.heard()
	if len(all) == 0 {
		return ""
	}
	return strings.ReplaceAll(all[len(all)-1], `\/`, "/")
}

// chat is the whole of piiproxy, as serve makes it from a configuration, between
// a platform and a bot.
type chat struct {
	*service
	t             *testing.T
	platform, bot *wire
	server        *proxy.Server
	log           *lines
	folder        string
	shared        *keys.Set // of several instances; nil: its own
}

// newChat writes a configuration of one page account, with more keys for the
// account and more for the file.
func newChat(t *testing.T, account, more string) *chat {
	t.Helper()
	return newChatUnder(t, nil, account, more)
}

// newChatUnder is newChat with a key set that several share.
func newChatUnder(t *testing.T, shared *keys.Set, account, more string) *chat {
	t.Helper()
	t.Setenv("APP_SECRET", appSecret)
	t.Setenv("VERIFY_TOKEN", verifyToken)
	t.Setenv("ACCESS_TOKEN", accessToken)
	c := &chat{t: t, platform: newWire(t), bot: newWire(t), log: &lines{}, folder: t.TempDir(), shared: shared}
	file := filepath.Join(c.folder, "piiproxy.yaml")
	text := fmt.Sprintf(`listen: {public: "127.0.0.1:0", bot: "127.0.0.1:0", admin: "127.0.0.1:0", ops: "127.0.0.1:0"}
public_url: https://chat.example.com
apps: [{name: main, app_secret: "${APP_SECRET}", verify_token: "${VERIFY_TOKEN}"}]
accounts:
  - {name: shop, app: main, channel: messenger, id: "%s", access_token: "${ACCESS_TOKEN}", bot_url: %s, graph_url: %s, regions: [US]%s}
  - {name: other, app: main, channel: messenger, id: "9", bot_url: %s, graph_url: %s, regions: [US]}
%s`, chatPage, c.bot.URL, c.platform.URL, account, c.bot.URL, c.platform.URL, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	c.serve(settings)
	return c
}

func (c *chat) serve(settings *config.Config) {
	c.t.Helper()
	set, err := c.shared, error(nil)
	if set == nil {
		set, err = keys.Ephemeral()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.t.Context()))
	c.service, err = assemble(ctx, settings, set, newLog(c.log, settings.Log), func(v *vault.Vault) redact.Vault { return v })
	if err != nil {
		cancel()
		c.t.Fatal(err)
	}
	listeners, err := c.listeners()
	if err != nil {
		c.t.Fatal(err)
	}
	if c.server, err = proxy.Listen(ctx, listeners, timeoutsOf(settings.Limits.Server), c.service.log); err != nil {
		c.t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		if err := c.server.Serve(ctx); err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(func() {
		cancel()
		done.Wait()
		if err := c.close(); err != nil {
			c.t.Error(err)
		}
	})
}

// reply is an answer of one of the listeners.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to a listener; a header is "Name: value".
func (c *chat) ask(listener, method, path, body string, headers ...string) reply {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.server.Addr(listener)+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

// says lets the person write something.
func (c *chat) says(words string) {
	c.t.Helper()
	body := fmt.Sprintf(`{"object":"page","entry":[{"id":%q,"time":1,"messaging":[{"sender":{"id":%q},"recipient":{"id":%q},"timestamp":%d,"message":{"mid":"m_%d","text":%q}}]}]}`,
		chatPage, chatAnna, chatPage, time.Now().UnixMilli(), time.Now().UnixNano(), words)
	header := http.Header{}
	channel.Sign(appSecret, []byte(body), header)
	got := c.ask("public", "POST", "/webhook/main", body, "Content-Type: application/json",
		"X-Hub-Signature-256: "+header.Get("X-Hub-Signature-256"), "X-Hub-Signature: "+header.Get("X-Hub-Signature"))
	if got.status != http.StatusOK {
		c.t.Fatalf("the webhook: %d %s", got.status, got.body)
	}
}

// sends lets the bot write something.
func (c *chat) sends(words string) reply {
	c.t.Helper()
	return c.ask("bot", "POST", "/shop/v23.0/me/messages", fmt.Sprintf(`{"recipient":{"id":%q},"message":{"text":%q}}`, chatAnna, words),
		"Content-Type: application/json", "Authorization: Bearer "+accessToken)
}

// until waits for what must happen.
func (c *chat) until(what string, holds func() bool) {
	c.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if holds() {
			return
		}
	}
	c.t.Fatalf("%s did not happen; the platform has %q, the bot %q", what, c.platform.heard(), c.bot.heard())
}

// audited is the audit log.
func (c *chat) audited() string {
	c.t.Helper()
	log, err := os.ReadFile(c.settings.AuditPath())
	if err != nil {
		c.t.Fatal(err)
	}
	return string(log)
}

// linkOf finds the id of the link in what the platform got last.
func (c *chat) linkOf(before string) string {
	c.t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(before) + `([a-z2-7]{26})`).FindStringSubmatch(c.platform.last())
	if found == nil {
		c.t.Fatalf("no link in %s", c.platform.last())
	}
	return found[1]
}
