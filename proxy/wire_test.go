package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// wire writes bytes to a listener and gives the status lines that come back.
func (r *rig) wire(listener, stream string) []string {
	r.t.Helper()
	return r.raw(listener, stream, (*net.TCPConn).CloseWrite)
}

// halfSent writes bytes to a listener, sends no more and does not say so.
func (r *rig) halfSent(listener, stream string) []string {
	r.t.Helper()
	return r.raw(listener, stream, func(*net.TCPConn) error { return nil })
}

func (r *rig) raw(listener, stream string, end func(*net.TCPConn) error) []string {
	r.t.Helper()
	connection, err := net.Dial("tcp", r.address[listener])
	r.must(err)
	defer connection.Close()
	r.must(connection.SetDeadline(time.Now().Add(15 * time.Second)))
	_, err = io.WriteString(connection, stream)
	if err == nil {
		err = end(connection.(*net.TCPConn))
	}
	var statuses []string
	from := bufio.NewReader(connection)
	for err == nil {
		var response *http.Response
		if response, err = http.ReadResponse(from, nil); err == nil {
			statuses = append(statuses, response.Status)
			_, err = io.Copy(io.Discard, response.Body)
		}
	}
	return statuses
}

// upstream is a platform that keeps the very bytes it gets.
type upstream struct {
	url  string
	mu   sync.Mutex
	raw  []string // one a request
	torn []string // what was no whole request
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{url: "http://" + listener.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { u.serve(connection) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	return u
}

func (u *upstream) serve(connection net.Conn) {
	defer connection.Close()
	var raw bytes.Buffer
	from := bufio.NewReaderSize(io.TeeReader(oneByte{connection}, &raw), 16)
	for {
		request, err := http.ReadRequest(from)
		if err == nil {
			_, err = io.Copy(io.Discard, request.Body)
		}
		u.mu.Lock()
		if err == nil {
			u.raw = append(u.raw, raw.String())
		} else if raw.Len() > 0 {
			u.torn = append(u.torn, raw.String())
		}
		u.mu.Unlock()
		if err != nil {
			return
		}
		raw.Reset()
		answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
		if request.Method != http.MethodHead {
			answer += `{"result":true}`
		}
		_, _ = io.WriteString(connection, answer)
	}
}

// oneByte reads a byte at a time, so that a request's bytes end where it ends.
type oneByte struct{ io.Reader }

// Read implements io.Reader.
func (b oneByte) Read(p []byte) (int, error) { return b.Reader.Read(p[:1]) }

// take gives what came since the last time.
func (u *upstream) take() (raw, torn []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	raw, torn = u.raw, u.torn
	u.raw, u.torn = nil, nil
	return raw, torn
}

// strict is a request head of RFC 9112 with nothing to argue about; a value may
// have characters over 0x7f (RFC 9110, 5.5).
var strict = regexp.MustCompile("^(GET|POST|DELETE|HEAD) /[!-~]* HTTP/1\\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\x00-\x08\x0a-\x1f\x7f]*\r\n)+\r\n")

// wellFormed says what is wrong with the bytes of a forwarded request.
func (c caller) wellFormed(raw, host string) error {
	head := strict.FindString(raw)
	lower := strings.ToLower(head)
	switch {
	case head == "":
		return fmt.Errorf("not a strict request head: %q", raw)
	case strings.Count(lower, "\r\nhost: ") != 1 || !strings.Contains(lower, "\r\nhost: "+host+"\r\n"):
		return fmt.Errorf("wrong Host: %q", head)
	case strings.Contains(lower, "\r\ntransfer-encoding:") || strings.Contains(lower, "\r\ncontent-encoding:"):
		return fmt.Errorf("a body in a coding: %q", head)
	case strings.Contains(lower, "smuggled") && !strings.Contains(lower, "\r\nuser-agent: a%0d%0ax-smuggled:"):
		return fmt.Errorf("smuggled: %q", head)
	case !strings.Contains(lower, "\r\n"+strings.ToLower(c.proof)+"\r\n"):
		return fmt.Errorf("no credentials: %q", head)
	}
	for line := range strings.SplitSeq(lower, "\r\n") {
		if name, _, header := strings.Cut(line, ":"); header && strings.Count(lower, "\r\n"+name+":") > 1 {
			return fmt.Errorf("%s is there twice: %q", name, head)
		}
	}
	for _, name := range []string{
		"connection", "upgrade", "te", "trailer", "keep-alive", "proxy-connection", "proxy-authorization", "x-forwarded-host", "x-original-url", "forwarded",
		"expect", "range", "if-range", "via", "max-forwards", "cookie", "proxy", "http2-settings", "sec-websocket-key", "x-a", "x-c", "content_length", "transfer_encoding",
	} {
		if strings.Contains(lower, "\r\n"+name+":") {
			return fmt.Errorf("%s was forwarded: %q", name, head)
		}
	}
	return c.wellFramed(head, raw[len(head):])
}

// wellFramed says what is wrong with the body behind a head: it is the caller's,
// of the length that is told.
func (c caller) wellFramed(head, body string) error {
	told := regexp.MustCompile("\r\n(?i:content-length): ([0-9]+)\r\n").FindStringSubmatch(head)
	switch {
	case body != "" && body != c.body:
		return fmt.Errorf("another body: %q", body)
	case body != "" && (told == nil || told[1] != strconv.Itoa(len(body))):
		return fmt.Errorf("the length is not told: %q", head)
	case body == "" && told != nil && told[1] != "0":
		return fmt.Errorf("a length without a body: %q", head)
	}
	return nil
}

// hello is the body of every harmless send.
const hello = `{"recipient":{"id":"` + anna + `"},"message":{"text":"hello"}}`

// newUpstreamHandler is a platform that does not wait for whole bodies.
func newUpstreamHandler(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
