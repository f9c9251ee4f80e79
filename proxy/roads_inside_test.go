package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// HTTP/2 has two places for a host; both must be the connection's.
func TestTwoHostsInHTTP2(t *testing.T) {
	s := newRoads(t).open(patience)
	for name, c := range map[string]struct {
		fields [][2]string
		status string
	}{
		"same":    {[][2]string{{":authority", graphHost}, {"host", graphHost}}, "401"}, // no account: it got through
		"host":    {[][2]string{{":authority", graphHost}, {"host", gramHost}}, "421"},
		"other":   {[][2]string{{":authority", gramHost}, {"host", graphHost}}, "421"},
		"alone":   {[][2]string{{"host", gramHost}}, "421"},
		"nowhere": {nil, "400"},
	} {
		h := s.h2()
		h.request(1, append([][2]string{{":method", "GET"}, {":scheme", "https"}, {":path", "/v23.0/me"}}, c.fields...))
		if got := h.status(1); got != c.status && (c.status != "400" || got != "reset" && got != "421") {
			t.Errorf("%s: %s, want %s", name, got, c.status)
		}
	}
	s.nothing(s.platform)
}

// h2 is a hand-made HTTP/2 client in a tunnel.
type h2 struct {
	t      *testing.T
	framer *http2.Framer
	conn   *tls.Conn
}

func (s *roads) h2() *h2 {
	s.t.Helper()
	in := s.inside("h2")
	_, err := io.WriteString(in, http2.ClientPreface)
	s.must(err)
	h := &h2{s.t, http2.NewFramer(in, in), in}
	h.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	s.must(h.framer.WriteSettings())
	return h
}

func (h *h2) request(stream uint32, fields [][2]string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	_ = h.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
}

// status is that of a stream's answer, or how it ended.
func (h *h2) status(stream uint32) string {
	for {
		frame, err := h.framer.ReadFrame()
		if err != nil {
			return "closed"
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if frame.StreamID == stream {
				return frame.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if frame.StreamID == stream {
				return "reset"
			}
		}
	}
}

// M3: the limits of the bot listener hold inside a tunnel, too.
func TestLimitsInsideTunnels(t *testing.T) {
	s := newRoads(t)
	s.tunnels = 3
	s.open(brisk)
	t.Run("slow CONNECT", func(t *testing.T) {
		connection, err := net.Dial("tcp", s.address["forward"])
		s.must(err)
		defer connection.Close()
		_, err = io.WriteString(connection, "CONNECT "+graphHost+":443 HTTP/1.1\r\nHost: ")
		s.must(err)
		ended(t, connection)
	})
	t.Run("no handshake", func(t *testing.T) { ended(t, s.tunnel(graphHost)) })
	t.Run("slow header", func(t *testing.T) {
		in := s.inside()
		_, err := io.WriteString(in, "POST /v23.0/me/messages HTTP/1.1\r\nHost: "+graphHost+"\r\nX-A: ")
		s.must(err)
		ended(t, in)
	})
	t.Run("huge header", func(t *testing.T) {
		in := s.inside()
		_, err := io.WriteString(in, "POST /v23.0/me/messages HTTP/1.1\r\nHost: "+graphHost+"\r\nX-A: ")
		s.must(err)
		go func() { _, _ = io.Copy(in, io.LimitReader(as{}, 300<<20)) }()
		if got, err := answered(in); err != nil || got.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%v %d", err, got.status)
		}
	})
	t.Run("upgrade", func(t *testing.T) {
		in := s.inside()
		_, err := io.WriteString(in, "GET /v23.0/me HTTP/1.1\r\nHost: "+graphHost+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
		s.must(err)
		got, err := answered(in)
		s.must(err)
		s.refused("websocket", got, http.StatusBadRequest, "upgrade")
	})
	// M4: HTTP/2 without having agreed on it, in the tunnel and before it.
	t.Run("prior knowledge", func(t *testing.T) {
		for _, to := range []io.ReadWriter{s.inside("http/1.1"), s.plainForward()} {
			_, err := io.WriteString(to, http2.ClientPreface)
			s.must(err)
			if got, err := answered(to); err == nil && got.status/100 != 4 {
				t.Errorf("answered %d", got.status)
			}
		}
	})
	s.until("tunnels are given back", func() bool { return s.counter("piiproxy_tunnels") == 0 })
	t.Run("too many", func(t *testing.T) {
		for range s.tunnels {
			s.inside()
		}
		got, err := s.raw("CONNECT " + graphHost + ":443 HTTP/1.1\r\nHost: x\r\n" + credential + "\r\n")
		s.must(err)
		s.refused("one more", got, http.StatusServiceUnavailable, "tunnels")
	})
	s.nothing(s.platform)
}

func (s *roads) plainForward() net.Conn {
	connection, err := net.Dial("tcp", s.address["forward"])
	s.must(err)
	s.t.Cleanup(func() { _ = connection.Close() })
	s.must(connection.SetDeadline(time.Now().Add(15 * time.Second)))
	return connection
}

// ended wants that a connection is closed from the other side before its own
// deadline.
func ended(t *testing.T, connection net.Conn) {
	t.Helper()
	_ = connection.SetReadDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.Copy(io.Discard, connection); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Error("still open")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// as is a long word.
type as struct{}

// Read implements io.Reader.
func (as) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

// A client that opens streams and takes them back at once does not keep others
// from being served, inside a tunnel as outside.
func TestRapidResetInTunnel(t *testing.T) {
	s := newRoads(t).open(patience)
	h := s.h2()
	go func() { _, _ = io.Copy(io.Discard, h.conn) }()
	for stream := uint32(1); stream < 20_000; stream += 2 {
		h.request(stream, [][2]string{{":method", "GET"}, {":scheme", "https"}, {":path", "/v23.0/" + shopID}, {":authority", graphHost}})
		if h.framer.WriteRSTStream(stream, http2.ErrCodeCancel) != nil {
			break // the server has had enough
		}
	}
	good := s.proxied(true, forwardToken)
	for range 20 {
		if got, err := s.post(good, graphSend, "hi"); err != nil || got.status != http.StatusOK {
			t.Fatalf("a good client: %v %d", err, got.status)
		}
	}
}

// A client may send its hello with the CONNECT, without waiting for the answer.
func TestEagerTunnel(t *testing.T) {
	s := newRoads(t).open(patience)
	connection := s.plainForward()
	in := tls.Client(&eager{Conn: connection, head: "CONNECT " + graphHost + ":443 HTTP/1.1\r\nHost: x\r\n" + credential + "\r\n", answer: len("HTTP/1.1 200 Connection established\r\n\r\n")},
		&tls.Config{RootCAs: s.roots, ServerName: graphHost})
	if err := in.Handshake(); err != nil {
		t.Fatal(err)
	}
	body := strings.Replace(hello, "hello", "eager "+email, 1)
	_, err := fmt.Fprintf(in, "POST /v23.0/%s/messages HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", shopID, graphHost, len(body), body)
	s.must(err)
	if got, err := answered(in); err != nil || got.status != http.StatusOK {
		t.Errorf("%v %d", err, got.status)
	}
	if arrived := s.only(s.platform); strings.Contains(arrived.body, email) || !strings.Contains(arrived.body, "eager ") {
		t.Errorf("forwarded: %s", arrived.body)
	}
}

// eager writes a head together with the first bytes, and skips the answer to it.
type eager struct {
	net.Conn
	head   string
	answer int
}

// Write implements net.Conn.
func (e *eager) Write(b []byte) (int, error) {
	if e.head == "" {
		return e.Conn.Write(b)
	}
	_, err := e.Conn.Write(append([]byte(e.head), b...))
	e.head = ""
	return len(b), err
}

// Read implements net.Conn.
func (e *eager) Read(b []byte) (int, error) {
	if e.answer > 0 {
		if _, err := io.ReadFull(e.Conn, make([]byte, e.answer)); err != nil {
			return 0, err
		}
		e.answer = 0
	}
	return e.Conn.Read(b)
}
