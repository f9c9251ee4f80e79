package proxy_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// breaksOff makes a peer answer the first request on each connection and read the
// next one whole, and then close the connection without an answer: as a server does
// that dies while it works. It gives the number of those.
func breaksOff(p *peer, answer http.HandlerFunc) *atomic.Int64 {
	unanswered := &atomic.Int64{}
	seen := map[string]bool{}
	p.answers(func(w http.ResponseWriter, q *http.Request) {
		p.mu.Lock()
		again := seen[q.RemoteAddr]
		seen[q.RemoteAddr] = true
		p.mu.Unlock()
		if again {
			unanswered.Add(1)
			panic(http.ErrAbortHandler)
		}
		answer(w, q)
	})
	return unanswered
}

// A call that changes something is sent once, also when the kept connection that it
// was written to ends without an answer. A read may be asked again.
func TestRetryOfCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, target, body string
	}{
		{"a send", "POST", "/shop/v23.0/me/messages", hello},
		{"a send in a query", "GET", "/shop/v23.0/me/messages?method=post&recipient=%7B%22id%22%3A%22" + anna + "%22%7D&message=%7B%22text%22%3A%22hi%22%7D", ""},
		{"a call without a body", "POST", "/shop/v23.0/me/subscribed_apps?subscribed_fields=messages", ""},
		{"a deletion", "DELETE", "/shop/v23.0/me/messenger_profile", `{"fields":["greeting"]}`},
		{"a deletion without a body", "DELETE", "/shop/v23.0/1234567", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			unanswered := breaksOff(r.platform, graphAnswer)
			ask := func() reply {
				return r.ask("bot", test.method, test.target, test.body, "Content-Type: application/json",
					"Idempotency-Key: k1", "X-Idempotency-Key: k1") // net/http would send those again
			}
			if got := ask(); got.status != http.StatusOK {
				t.Fatalf("answered %d %s", got.status, got.body)
			}
			got := ask()
			r.refused("broken off", got, http.StatusBadGateway, "upstream_unavailable")
			if *graphShape(got.body).Transient {
				t.Error("a call that may have arrived is called transient")
			}
			if n := unanswered.Load(); n != 1 || len(r.platform.requests()) != 2 {
				t.Errorf("sent %d times", len(r.platform.requests())-1)
			}
		})
	}
}

// The same for batches, however they are carried, and for files, be they held or
// streamed.
func TestRetryOfBatchesAndFiles(t *testing.T) {
	t.Parallel()
	list := listed(writes(anna, "hello"))
	file := func(size int) string {
		return "--b\r\nContent-Disposition: form-data; name=\"recipient\"\r\n\r\n{\"id\":\"" + anna + "\"}\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n{\"attachment\":{\"type\":\"image\",\"payload\":{}}}\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"a.gif\"\r\nContent-Type: image/gif\r\n\r\nGIF89a" + strings.Repeat("\x00", size) + "\r\n--b--\r\n"
	}
	const multipart = "Content-Type: multipart/form-data; boundary=b"
	for _, test := range []struct{ name, method, target, body, kind string }{
		{"a batch in a form", "POST", "/shop/", "batch=" + escape(list), formal},
		{"a batch in a query", "POST", "/shop/?batch=" + escape(list), "", formal},
		{"a batch in a query of a read", "GET", "/shop/?method=post&batch=" + escape(list), "", formal},
		{"a small file", "POST", "/shop/v23.0/me/messages", file(10), multipart},
		{"a large file", "POST", "/shop/v23.0/me/messages", file(1 << 20), multipart},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, func(p *plan) { p.limits.Media = 4 << 20 })
			unanswered := breaksOff(r.platform, graphAnswer)
			ask := func() reply {
				return r.ask("bot", test.method, test.target, test.body, test.kind, "Idempotency-Key: k1", "X-Idempotency-Key: k1")
			}
			r.send(anna, "hello") // the connection is kept
			if got := ask(); got.status == http.StatusOK || unanswered.Load() != 1 {
				t.Errorf("answered %d %s after %d calls without an answer", got.status, got.body, unanswered.Load())
			}
			if got := len(r.platform.requests()); got != 2 {
				t.Errorf("sent %d times", got-1)
			}
		})
	}
}

// The same over HTTP/2, where the platform resets the stream.
func TestRetryOverHTTP2(t *testing.T) {
	t.Parallel()
	platform := securePlatform(t, func(*x509.Certificate) {}, &tls.Config{NextProtos: []string{"h2"}})
	r := newRig(t, func(p *plan) { p.graph = platform.url })
	unanswered := breaksOff(platform, func(w http.ResponseWriter, q *http.Request) {
		if q.ProtoMajor != 2 {
			t.Error("not HTTP/2")
		}
		graphAnswer(w, q)
	})
	if got := r.send(anna, "hello"); got.status != http.StatusOK {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	got := r.send(anna, "hello")
	r.refused("reset", got, http.StatusBadGateway, "upstream_unavailable")
	if n := unanswered.Load(); n != 1 || len(platform.requests()) != 2 {
		t.Errorf("sent %d times", len(platform.requests())-1)
	}
}

// A webhook that the bot may have is not sent again by piiproxy: the platform hears
// of it, and does.
func TestRetryOfWebhooks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unanswered := breaksOff(r.bots["bot"], botAnswer)
	hook := func() int { return r.hook(page(entry(shopID, text(shopID, anna, "hi")))).status }
	if a, b := hook(), hook(); a != http.StatusOK || b != http.StatusServiceUnavailable {
		t.Errorf("answered %d %d", a, b)
	}
	if n := unanswered.Load(); n != 1 || len(r.bots["bot"].requests()) != 2 {
		t.Errorf("sent %d times", len(r.bots["bot"].requests())-1)
	}
}

// A connection that the platform closed while it was idle costs the bot nothing:
// nothing was written to it.
func TestRetryOnIdleConnection(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	idle, gone := make(chan struct{}), make(chan struct{})
	r.platform.answers(func(w http.ResponseWriter, q *http.Request) {
		answer := httptest.NewRecorder()
		graphAnswer(answer, q)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", answer.Body.Len(), answer.Body)
		go func() {
			<-idle
			_ = connection.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, connection) // until piiproxy has closed its end, too
			_ = connection.Close()
			gone <- struct{}{}
		}()
	})
	for range 5 {
		if got := r.send(anna, "hello"); got.status != http.StatusOK {
			t.Errorf("answered %d %s", got.status, got.body)
		}
		idle <- struct{}{}
		<-gone
	}
	if got := len(r.platform.requests()); got != 5 {
		t.Errorf("sent %d times, want 5", got)
	}
}

// What ends before the call could be written is told apart from what comes later:
// nothing was sent, so the bot may send it again.
func TestRetryIsSafe(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	go func() {
		for {
			connection, err := silent.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, connection) }()
		}
	}()
	for reason, change := range map[string]func(*plan){
		"upstream_dial":         func(p *plan) { p.graph = "http://127.0.0.1:1" },
		"upstream_dial_timeout": func(p *plan) { p.limits.Upstream.Dial = time.Nanosecond },
		"upstream_tls_timeout": func(p *plan) {
			p.graph, p.limits.Upstream.TLS = "https://"+silent.Addr().String(), 50*time.Millisecond
		},
	} {
		r := newRig(t, change)
		got := r.send(anna, "hello")
		r.refused(reason, got, http.StatusServiceUnavailable, reason)
		if !*graphShape(got.body).Transient || strings.Contains(got.body, "may have") {
			t.Errorf("%s: %s", reason, got.body)
		}
	}
}
