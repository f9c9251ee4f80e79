package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
)

// served is a whole piiproxy serve on ports of its own, and the commands beside it.
type served struct {
	t           *testing.T
	file        string
	public, ops string
	bot         *httptest.Server
	mu          sync.Mutex
	got         []string
	stop        func()
}

func newServed(t *testing.T) *served {
	s := &served{t: t, file: filepath.Join(t.TempDir(), "piiproxy.yaml")}
	s.bot = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.got = append(s.got, string(body))
	}))
	t.Cleanup(s.bot.Close)
	t.Setenv("APP_SECRET", appSecret)
	t.Setenv("VERIFY_TOKEN", verifyToken)
	s.configure("")
	s.command(exitFine, "keys", "init", "-c", s.file)
	return s
}

// configure writes a configuration; account is one more line of accounts.
func (s *served) configure(account string) {
	s.t.Helper()
	var ports []any
	for range 4 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		ports = append(ports, listener.Addr().String())
		_ = listener.Close()
	}
	s.public, s.ops = ports[0].(string), ports[3].(string)
	text := fmt.Sprintf("listen: {public: %q, bot: %q, admin: %q, ops: %q}\n", ports...) +
		"public_url: https://chat.example.com\n" +
		"apps: [{name: main, app_secret: \"${APP_SECRET}\", verify_token: \"${VERIFY_TOKEN}\"}]\naccounts:\n" +
		"  - {name: shop, app: main, channel: messenger, id: \"1906385232743451\", bot_url: " + s.bot.URL + ", regions: [US]}\n" + account
	if err := os.WriteFile(s.file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	var out bytes.Buffer
	go func() { done <- run(ctx, []string{"serve", "-c", s.file}, nil, io.Discard, &out) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if code := <-done; code != exitFine {
			s.t.Errorf("serve ended with %d: %s", code, out.String())
		}
	})
	s.t.Cleanup(s.stop)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if len(done) > 0 {
			s.stop()
			s.t.FailNow()
		}
		if answer, err := http.Get("http://" + s.ops + "/readyz"); err == nil {
			_ = answer.Body.Close()
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("serve does not come up")
		}
	}
}

// command runs a command and gives what it prints.
func (s *served) command(code int, args ...string) string {
	s.t.Helper()
	var out, problem bytes.Buffer
	if got := run(context.Background(), args, strings.NewReader(""), &out, &problem); got != code {
		s.t.Errorf("%v ended with %d, want %d: %s%s", args, got, code, out.String(), problem.String())
	}
	return out.String() + problem.String()
}

// hook delivers a text for a page.
func (s *served) hook(page, words string) {
	s.t.Helper()
	body := `{"object":"page","entry":[{"id":"` + page + `","time":1,"messaging":[{"sender":{"id":"7301558493021174"},"recipient":{"id":"` + page +
		`"},"timestamp":1,"message":{"mid":"m_` + words[:1] + `","text":"` + words + `"}}]}]}`
	request, err := http.NewRequest(http.MethodPost, "http://"+s.public+"/webhook/main", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(body))
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("delivering: %v %v", answer, err)
	}
	_ = answer.Body.Close()
}

// TestQuarantineCommands lists, puts back and drops, beside a serve and without one.
// Nothing that is printed or written into the audit holds a word of a message.
func TestQuarantineCommands(t *testing.T) {
	s := newServed(t)
	s.start()
	said := ""
	quarantine := func(code int, args ...string) string {
		t.Helper()
		out := s.command(code, append(append([]string{"quarantine"}, args...), "-c", s.file)...)
		said += out
		return out
	}
	if out := quarantine(exitFine, "list"); out != "nothing is in quarantine\n" {
		t.Errorf("listed %s", out)
	}
	for _, words := range []string{"a canary 4111 1111 1111 1111", "b canary", "c canary"} {
		s.hook("2006385232743452", words)
	}
	out := quarantine(exitFine, "list")
	ids := regexp.MustCompile(`(?m)^([a-z2-7]{16})  account_unknown  main  -  `).FindAllStringSubmatch(out, -1)
	if len(ids) != 3 || !strings.Contains(out, "\n3 account_unknown\n") {
		t.Fatalf("listed %s", out)
	}
	for _, args := range [][]string{{"list"}, {"retry", "--all"}, {"drop"}} {
		if out := quarantine(exitFine, append(args, "--reason", "outbox_expired")...); out != "nothing is in quarantine\n" {
			t.Errorf("%v said %s", args, out)
		}
	}
	if out := quarantine(exitFound, "retry", ids[0][1]); !strings.Contains(out, ids[0][1]+" stays: account_unknown") {
		t.Errorf("said %s", out)
	}
	quarantine(exitFailed, "retry")
	quarantine(exitFailed, "retry", ids[0][1], "--all")
	quarantine(exitFailed, "retry", "nothing")
	quarantine(exitFailed, "drop")
	quarantine(exitFailed, "drop", ids[2][1]) // nobody says yes
	if out := quarantine(exitFine, "drop", ids[2][1], "--yes"); out != "1 dropped\n" {
		t.Errorf("said %s", out)
	}
	s.stop()

	if out := quarantine(exitFine, "list"); !strings.Contains(out, "\n2 account_unknown\n") {
		t.Errorf("without a serve: listed %s", out)
	}
	if out := quarantine(exitFailed, "retry", "--all"); !strings.Contains(out, "start it first") {
		t.Errorf("without a serve: said %s", out)
	}
	s.configure("  - {name: new, app: main, channel: messenger, id: \"2006385232743452\", bot_url: " + s.bot.URL + ", regions: [US]}\n")
	s.start()
	if out := quarantine(exitFine, "retry", "--all", "--reason", "account_unknown"); strings.Count(out, "on its way\n") != 2 {
		t.Errorf("said %s", out)
	}
	if got := strings.Join(s.got, "\n"); len(s.got) != 2 || strings.Contains(got, "4111") || strings.Index(got, "a canary pii_creditcard_") > strings.Index(got, "b canary") {
		t.Errorf("the bot got %s", got)
	}
	s.hook("3006385232743453", "d canary")
	s.stop()
	if out := quarantine(exitFine, "drop", "--reason", "account_unknown", "--yes"); out != "1 dropped\n" {
		t.Errorf("without a serve: said %s", out)
	}
	trail, err := os.ReadFile(filepath.Join(filepath.Dir(s.file), "data", "audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{`"action":"quarantine list"`, `"action":"quarantine retry"`, `"action":"quarantine drop"`} {
		if !strings.Contains(string(trail), action) {
			t.Errorf("the audit has no %s", action)
		}
	}
	if strings.Contains(string(trail)+said, "canary") || strings.Contains(string(trail)+said, "7301558493021174") {
		t.Error("words of a message, or a user id, came out")
	}
}

// What cannot be written into the audit log is not done.
func TestQuarantineWithoutAudit(t *testing.T) {
	retried := 0
	desk := quarantineDesk{audit: full{}, retry: func(context.Context, string) (string, error) {
		retried++
		return "", nil
	}}
	order := console.QuarantineOrder{ID: "abcdefgh234567ab", Actor: "test"}
	_, list := desk.List(t.Context(), order)
	_, retry := desk.Retry(t.Context(), order)
	_, drop := desk.Drop(t.Context(), order) // it has no store to drop it from
	if list == nil || retry == nil || drop == nil || retried != 0 {
		t.Errorf("said %v, %v, %v; put back %d times", list, retry, drop, retried)
	}
}
