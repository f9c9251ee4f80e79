package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/demo/bot"
)

// toy is a proxy for the tests of the demo itself. It passes everything on as
// it is or, when it hides, knows the script's values by heart. What change does
// to a webhook body makes it err in one way, so that a check can be seen to
// fail.
type toy struct {
	settings Settings
	public   *httptest.Server
	graph    *httptest.Server
	hides    bool
	change   func(body []byte) []byte
	sealed   func(v value) string

	mu   sync.Mutex
	rows []Row
}

var toyValues = []value{seedCard, seedExpiry, fourthCard, maria, mobile, britain, germany, social, home, birthday, secret}

func startToy(t *testing.T, hides bool, change func([]byte) []byte) Start {
	return func(_ context.Context, s Settings) (Proxy, error) {
		return openToy(t, s, hides, change), nil
	}
}

func openToy(t *testing.T, s Settings, hides bool, change func([]byte) []byte) *toy {
	p := &toy{settings: s, hides: hides && s.Enforce, change: change}
	p.public = httptest.NewServer(http.HandlerFunc(p.webhook))
	target, err := url.Parse(s.GraphURL)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		body, _ := io.ReadAll(r.In.Body)
		body = p.outbound(body)
		r.SetURL(target)
		r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}}
	p.graph = httptest.NewServer(forward)
	return p
}

func (p *toy) WebhookURL(app string) string { return p.public.URL + "/webhook/" + app }
func (p *toy) BotURL() string               { return p.graph.URL }

func (p *toy) Vault(context.Context) ([]Row, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.rows), nil
}

func (p *toy) Close() error {
	p.public.Close()
	p.graph.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return nil
}

func (p *toy) webhook(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.URL.Query().Get("hub.verify_token") != p.settings.VerifyToken {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
		return
	}
	body, _ := io.ReadAll(r.Body)
	changed := p.inbound(body)
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, p.settings.BotWebhookURL, bytes.NewReader(changed))
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	request.Header = r.Header.Clone()
	if !bytes.Equal(body, changed) {
		mac := hmac.New(sha256.New, []byte(p.settings.AppSecret))
		mac.Write(changed)
		request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer answer.Body.Close()
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

func toyToken(v value) string {
	return fmt.Sprintf("pii_%s_%s", strings.ReplaceAll(v.kind, "_", ""), strings.Map(func(char rune) rune {
		return 'a' + char%26
	}, (squeeze(v.text) + strings.Repeat("q", 26))[:26]))
}

func toyWire(text string) string {
	return strings.NewReplacer("@", `\u0040`, "/", `\/`).Replace(text)
}

func (p *toy) inbound(body []byte) []byte {
	if p.hides {
		for _, v := range toyValues {
			wire := []byte(toyWire(v.text))
			if bytes.Contains(body, wire) {
				body = bytes.ReplaceAll(body, wire, []byte(toyToken(v)))
				p.remember(v)
			}
		}
	}
	if p.change != nil {
		body = p.change(body)
	}
	return body
}

func (p *toy) remember(v value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row := Row{Kind: v.kind, Token: toyToken(v), Expires: time.Now().Add(720 * time.Hour)}
	mask := sha256.Sum256([]byte(v.text))
	row.Sealed = hex.EncodeToString(mask[:])
	if p.sealed != nil {
		row.Sealed = p.sealed(v)
	}
	if !slices.ContainsFunc(p.rows, func(known Row) bool { return known.Token == row.Token }) {
		p.rows = append(p.rows, row)
	}
}

func (p *toy) outbound(body []byte) []byte {
	if !p.hides {
		return body
	}
	for _, v := range toyValues {
		shown := "[" + strings.ToUpper(v.kind) + "]"
		if v.restored {
			shown = v.text
		} else if v.kind == "credit_card" {
			shown = "•••• " + v.text[len(v.text)-4:]
		}
		body = bytes.ReplaceAll(body, []byte(toyToken(v)), []byte(shown))
	}
	body = bytes.ReplaceAll(body, []byte(bot.OldOrder.Card), []byte("•••• 4444"))
	return bytes.ReplaceAll(body, []byte(bot.OldOrder.Email), []byte("j•••@example.org"))
}
