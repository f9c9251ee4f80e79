package proxy_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
)

// seen is a request that a peer got.
type seen struct {
	method, target, host, body string
	header                     http.Header
	chunked                    bool
}

// peer is a platform or a bot: a real server that keeps what it gets.
type peer struct {
	url    string
	server *httptest.Server
	mu     sync.Mutex
	got    []seen
	answer http.HandlerFunc
}

func newPeer(t *testing.T, answer http.HandlerFunc) *peer {
	p := &peer{answer: answer}
	p.server = httptest.NewServer(p)
	p.url = p.server.URL
	t.Cleanup(p.server.Close)
	return p
}

// ServeHTTP implements http.Handler.
func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender gave up
	}
	p.mu.Lock()
	p.got = append(p.got, seen{r.Method, r.RequestURI, r.Host, string(body), r.Header.Clone(), len(r.TransferEncoding) > 0})
	answer := p.answer
	p.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer(w, r)
}

// answers sets how the peer answers from now on.
func (p *peer) answers(answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// says makes the peer give one fixed answer.
func (p *peer) says(status int, contentType, body string) {
	p.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// requests gives what has come so far.
func (p *peer) requests() []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]seen(nil), p.got...)
}

// bodies gives the bodies that have come so far.
func (p *peer) bodies() []string {
	var bodies []string
	for _, s := range p.requests() {
		bodies = append(bodies, s.body)
	}
	return bodies
}

func botAnswer(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

// graphAnswer answers as the platform does to a send.
func graphAnswer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if strings.Contains(r.URL.Path, lineID) {
		_, _ = io.WriteString(w, `{"messaging_product":"whatsapp","contacts":[{"input":"`+annaPhone+`","wa_id":"`+annaPhone+`"}],"messages":[{"id":"wamid.out1"}]}`)
		return
	}
	_, _ = io.WriteString(w, `{"recipient_id":"`+anna+`","message_id":"m_out1"}`)
}

// client is every caller of the tests: it follows and unpacks nothing.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 32},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       30 * time.Second,
}

// reply is an answer that a caller got.
type reply struct {
	status int
	body   string
	header http.Header
}

// ask sends a request to a listener. Headers are "Name: value".
func (r *rig) ask(listener, method, target, body string, headers ...string) reply {
	r.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, "http://"+r.address[listener]+target, strings.NewReader(body))
	r.must(err)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			request.Host = value
			continue
		}
		request.Header.Add(name, value)
	}
	response, err := client.Do(request)
	r.must(err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	r.must(err)
	return reply{response.StatusCode, string(got), response.Header}
}

// hook delivers a webhook as Meta does, signed with both headers.
func (r *rig) hook(body string) reply {
	r.t.Helper()
	return r.ask("public", "POST", "/webhook/main", body, "Content-Type: application/json",
		"X-Hub-Signature-256: "+sign256(appSecret, body), "X-Hub-Signature: "+sign1(appSecret, body), "User-Agent: facebookexternalua")
}

// call makes a Graph call of the shop's bot.
func (r *rig) call(target, body string, headers ...string) reply {
	r.t.Helper()
	return r.ask("bot", "POST", target, body, append([]string{"Content-Type: application/json"}, headers...)...)
}

// send is a Messenger message of the shop to a person.
func (r *rig) send(person, text string) reply {
	r.t.Helper()
	return r.call("/shop/v23.0/me/messages", `{"recipient":{"id":"`+person+`"},"message":{"text":"`+text+`"}}`)
}

func sign256(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func sign1(secret, body string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

// until polls until a condition holds.
func (r *rig) until(what string, holds func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s: did not come about", what)
		}
	}
}

// only gives the single request a peer has got.
func (r *rig) only(p *peer) seen {
	r.t.Helper()
	got := p.requests()
	if len(got) != 1 {
		r.t.Fatalf("got %d requests, want 1", len(got))
	}
	return got[0]
}

// nothing wants that a peer has got nothing.
func (r *rig) nothing(p *peer) {
	r.t.Helper()
	if got := p.requests(); len(got) != 0 {
		r.t.Errorf("%d requests were forwarded, the first: %s %s", len(got), got[0].method, got[0].target)
	}
}

// reasons are the reasons and events of all log lines so far.
func (r *rig) reasons() string {
	var all []string
	for _, line := range r.logs.All() {
		fields := line.ContextMap()
		all = append(all, fmt.Sprint(fields["event"], ":", fields["reason"]))
	}
	return strings.Join(all, " ")
}

// lines gives the fields of all log lines of an event so far.
func (r *rig) lines(event string) (lines []map[string]any) {
	for _, line := range r.logs.All() {
		if fields := line.ContextMap(); fields["event"] == event {
			lines = append(lines, fields)
		}
	}
	return lines
}

// refused wants a Graph-shaped refusal with a reason, that the log has too
// under the same request id.
func (r *rig) refused(what string, got reply, status int, reason string) {
	r.t.Helper()
	shape := graphShape(got.body)
	if got.status != status || shape.Type != "PiiproxyException" || !strings.HasSuffix(shape.Message, "("+reason+")") {
		r.t.Errorf("%s: got %d %s, want %d with reason %s", what, got.status, got.body, status, reason)
		return
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json; charset=UTF-8" {
		r.t.Errorf("%s: Content-Type is %q", what, kind)
	}
	found := false
	r.until(what+": log line", func() bool {
		for _, line := range r.logs.All() {
			fields := line.ContextMap()
			found = found || fields["request_id"] == shape.Trace && fields["reason"] == reason
		}
		return found
	})
}

// counter reads one metric with its labels, as in `piiproxy_refused_total{reason="x"}`.
func (r *rig) counter(series string) float64 {
	r.t.Helper()
	text := r.ask("ops", "GET", "/metrics", "").body
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), series+" "); ok {
			var f float64
			_, err := fmt.Sscan(value, &f)
			r.must(err)
			return f
		}
	}
	return 0
}

// operations is what the admin API may do, as cmd/piiproxy wires it.
type operations struct{ proxy *proxy.Proxy }

// SetMode implements console.Operations.
func (o operations) SetMode(ctx context.Context, order console.ModeOrder) error {
	mode, err := rules.ParseMode(order.Mode)
	if err != nil {
		return err
	}
	return o.proxy.Break(ctx, proxy.BreakGlass{
		Account: order.Account, Mode: mode, For: order.For, All: order.All, Reason: order.Reason, Source: console.SourceOf(ctx), Actor: order.Actor,
	})
}

// ConversationHash implements console.Operations.
func (o operations) ConversationHash(account, id, actor, source string) (string, error) {
	return o.proxy.ConversationHash(account, id, actor, source)
}
