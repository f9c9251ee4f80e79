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
	endless  bool // its links work again and again

	mu    sync.Mutex
	rows  []Row
	forms []*toyForm
}

var toyValues = []value{seedCard, seedExpiry, fourthCard, maria, mobile, britain, germany, social, home, birthday, secret}

func startToy(t *testing.T, hides bool, change func([]byte) []byte) Start {
	return func(_ context.Context, s Settings) (Proxy, error) {
		return openToy(t, s, hides, change), nil
	}
}

func openToy(t *testing.T, s Settings, hides bool, change func([]byte) []byte) *toy {
	p := &toy{settings: s, hides: hides && s.Enforce, change: change}
	mux := http.NewServeMux()
	mux.HandleFunc("/webhook/", p.webhook)
	mux.HandleFunc("/c/{link}", p.form)
	p.public = &httptest.Server{Listener: s.Public, Config: &http.Server{Handler: mux}}
	p.public.Start()
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

func (p *toy) WebhookURL(app string) string { return p.settings.PublicURL + "/webhook/" + app }
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
	if p.hides {
		body = p.joined(body)
	}
	if len(body) > 0 {
		w.WriteHeader(p.deliver(r.Context(), p.inbound(body)))
	}
}

// deliver signs a body and posts it to the bot.
func (p *toy) deliver(ctx context.Context, body []byte) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.settings.BotWebhookURL, bytes.NewReader(body))
	if err != nil {
		return http.StatusServiceUnavailable
	}
	mac := hmac.New(sha256.New, []byte(p.settings.AppSecret))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return http.StatusServiceUnavailable
	}
	_ = answer.Body.Close()
	return answer.StatusCode
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
				p.remember(v, toyToken(v), false)
			}
		}
		if quoted := []byte(`"` + lastOfCard.text + `"`); bytes.Contains(body, quoted) {
			body = bytes.ReplaceAll(body, quoted, []byte(`"`+toyToken(lastOfCard)+`"`))
			p.remember(lastOfCard, toyToken(lastOfCard), false)
		}
		body = p.withoutLinks(body)
	}
	if p.change != nil {
		body = p.change(body)
	}
	return body
}

func (p *toy) remember(v value, token string, form bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row := Row{Kind: v.kind, Token: token, Form: form, Expires: time.Now().Add(720 * time.Hour)}
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
	body = bytes.ReplaceAll(body, []byte(toyLike), []byte("•••• 1881"))
	body = p.swap(body)
	for _, v := range append(slices.Clone(toyValues), lastOfCard, formExpiry) {
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
