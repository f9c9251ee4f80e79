package rig

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Call is one request that the platform received.
type Call struct {
	Method string
	Path   string
	Query  url.Values
	Host   string
	Header http.Header
	Body   []byte
}

// JSON is the call's body; the test fails when it is not one JSON object.
func (c Call) JSON(t testing.TB) Object {
	t.Helper()
	var object Object
	if err := json.Unmarshal(c.Body, &object); err != nil {
		t.Fatalf("the platform got a body that is no JSON object: %v", err)
	}
	return object
}

// Platform plays Meta: it takes Graph calls and sends webhooks.
type Platform struct {
	URL string

	server  *httptest.Server
	sockets *Sockets
	client  *http.Client
	mu      sync.Mutex
	calls   []Call
	answer  func(http.ResponseWriter, *http.Request, Call) bool
}

// NewPlatform starts a platform that speaks HTTP on loopback.
func NewPlatform(t testing.TB) *Platform { return startPlatform(t, nil) }

// NewTLSPlatform starts a platform that speaks HTTPS with certificate.
func NewTLSPlatform(t testing.TB, certificate tls.Certificate) *Platform {
	return startPlatform(t, &certificate)
}

func startPlatform(t testing.TB, certificate *tls.Certificate) *Platform {
	p := &Platform{client: &http.Client{
		Timeout: 60 * time.Second,
		// Whom it delivers to is not what a test looks at.
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.sockets = &Sockets{Listener: p.server.Listener}
	p.server.Listener = p.sockets
	// A client that refuses the certificate is what some tests are about.
	p.server.Config.ErrorLog = quiet
	if certificate == nil {
		p.server.Start()
	} else {
		p.server.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		p.server.StartTLS()
	}
	p.URL = p.server.URL
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// Answer replaces the platform's answers while it returns true; nil restores
// them.
func (p *Platform) Answer(answer func(http.ResponseWriter, *http.Request, Call) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// Patience is how long the platform waits for the answer to a delivery. Set it
// before the first one.
func (p *Platform) Patience(d time.Duration) { p.client.Timeout = d }

// Calls are all calls so far, in the order they arrived.
func (p *Platform) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call(nil), p.calls...)
}

// Sockets tells what reached the platform below HTTP.
func (p *Platform) Sockets() *Sockets { return p.sockets }

func (p *Platform) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away: there was no whole call
	}
	call := Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Host: r.Host, Header: r.Header.Clone(), Body: body}
	p.mu.Lock()
	p.calls = append(p.calls, call)
	answer := p.answer
	p.mu.Unlock()
	if answer != nil && answer(w, r, call) {
		return
	}
	p.reply(w, r, p.usual(call))
}

// reply writes a Graph answer, gzipped for those who ask, as Meta does.
func (p *Platform) reply(w http.ResponseWriter, r *http.Request, answer Object) {
	body := Marshal(answer)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Facebook-Api-Version", "v23.0")
	w.Header().Set("X-Fb-Rev", "1024")
	w.Header().Set("X-App-Usage", `{"call_count":28,"total_time":25,"total_cputime":25}`)
	status := http.StatusOK
	if _, failed := answer["error"]; failed {
		status = http.StatusBadRequest
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		_, _ = writer.Write(body)
		_ = writer.Close()
		body = packed.Bytes()
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// usual is what Meta answers to a call that it accepts.
func (p *Platform) usual(call Call) Object {
	var body Object
	if len(call.Body) > 0 && json.Unmarshal(call.Body, &body) != nil {
		body = Object{}
	}
	switch {
	case call.Method == http.MethodGet:
		return Object{"id": strings.TrimPrefix(call.Path, "/")}
	case body["status"] == "read":
		return Object{"success": true}
	case body["messaging_product"] == "whatsapp":
		to, _ := body["to"].(string)
		return Object{
			"messaging_product": "whatsapp",
			"contacts":          List{Object{"input": to, "wa_id": digits(to)}},
			"messages":          List{Object{"id": NewID("wamid.OUT")}},
		}
	case body["recipient"] != nil && body["sender_action"] != nil:
		return Object{"recipient_id": path(body, "recipient", "id")}
	case body["recipient"] != nil:
		return Object{"recipient_id": path(body, "recipient", "id"), "message_id": NewID("m_OUT")}
	default:
		return Object{"success": true}
	}
}

func path(object Object, names ...string) any {
	var value any = object
	for _, name := range names {
		inner, ok := value.(Object)
		if !ok {
			return ""
		}
		value = inner[name]
	}
	return value
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// Sockets counts what arrives at a listener below HTTP: a byte that was sent
// to a server that must hear nothing cannot hide from it.
type Sockets struct {
	net.Listener
	accepted atomic.Int64
	bytes    atomic.Int64
}

// Accepted is the number of connections so far.
func (s *Sockets) Accepted() int64 { return s.accepted.Load() }

// Bytes is the number of bytes that arrived so far.
func (s *Sockets) Bytes() int64 { return s.bytes.Load() }

// Accept counts the connection.
func (s *Sockets) Accept() (net.Conn, error) {
	connection, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.accepted.Add(1)
	return &countedConn{Conn: connection, bytes: &s.bytes}, nil
}

type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c *countedConn) Read(buffer []byte) (int, error) {
	n, err := c.Conn.Read(buffer)
	c.bytes.Add(int64(n))
	return n, err
}
