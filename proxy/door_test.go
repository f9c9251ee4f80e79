package proxy_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// hostile is a byte stream that tries something. Times is how often the
// platform may get the send in it: 0, or up to 1.
type hostile struct {
	name, stream string
	times        int
}

// request writes a POST of the shop's bot: lines are put before the blank one.
func request(line, body string, lines ...string) string {
	head := append([]string{line, "Host: piiproxy", "Authorization: Bearer " + shopToken, "Content-Type: application/json"}, lines...)
	return strings.Join(head, "\r\n") + "\r\n\r\n" + body
}

const sendLine = "POST /shop/v23.0/me/messages HTTP/1.1"

// post is a send with its true length and more header lines.
func post(line string, lines ...string) string {
	return request(line, hello, append(lines, fmt.Sprint("Content-Length: ", len(hello)))...)
}

// targets are requests that want to be sent elsewhere (threats.md O1, O2, O7, O10).
func targets(decoy string) []hostile {
	line := func(target string) string { return post("POST " + target + " HTTP/1.1") }
	return []hostile{
		{"absolute form", line("http://" + decoy + "/v23.0/me/messages"), 0},
		{"absolute form, https", line("https://" + decoy + "/v23.0/me/messages"), 0},
		{"absolute form, own address", line("http://piiproxy/shop/v23.0/me/messages"), 0},
		{"absolute form, userinfo", line("http://piiproxy@" + decoy + "/shop/v23.0/me/messages"), 0},
		{"another scheme", line("ftp://" + decoy + "/x"), 0},
		{"CONNECT", "CONNECT " + decoy + " HTTP/1.1\r\nHost: " + decoy + "\r\n\r\n", 0},
		{"CONNECT with a path", post("CONNECT /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"two slashes", line("//" + decoy + "/v23.0/me/messages"), 0},
		{"backslash", line(`/\` + decoy + "/v23.0/me/messages"), 0},
		{"backslash later", line(`/shop\..\me/messages`), 0},
		{"no slash", line("shop/v23.0/me/messages"), 0},
		{"authority", line(decoy), 0},
		{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: piiproxy\r\n\r\n", 0},
		{"fragment", line("/shop/v23.0/me/messages#@" + decoy), 0},
		{"user in the prefix", line("/shop@" + decoy + "/v23.0/me/messages"), 1},
		{"host in the prefix", line("/shop." + decoy + "/v23.0/me/messages"), 1},
		{"port in the prefix", line("/shop:80@x/v23.0/me/messages"), 1},
		{"dots", line("/shop/../" + decoy + "/messages"), 0},
		{"encoded dots", line("/shop/%2e%2e/me/messages"), 0},
		{"encoded slash", line("/shop/v23.0%2fme/messages"), 0},
		{"encoded backslash", line("/shop/v23.0/me%5cmessages"), 0},
		{"encoded NUL", line("/shop/v23.0/me%00/messages"), 0},
		{"encoded line end", line("/shop/v23.0/me%0d%0aHost:%20" + decoy + "/messages"), 0},
		{"encoded twice", line("/shop/v23.0/%252e%252e/messages"), 0},
		{"empty segment", line("/shop//me/messages"), 0},
		{"bad percent", line("/shop/v23.0/%zz/messages"), 0},
		{"long target", line("/shop/v23.0/me/messages?x=" + strings.Repeat("a", 8<<10)), 0},
		{"method in the query", line("/shop/v23.0/me/messages?method=delete"), 0},
		{"TRACE", post("TRACE /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"OPTIONS", post("OPTIONS /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"PUT", post("PUT /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"PATCH", post("PATCH /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"lower-case method", post("post /shop/v23.0/me/messages HTTP/1.1"), 0},
		{"method override", post(sendLine, "X-HTTP-Method-Override: DELETE"), 0},
		{"method override 2", post(sendLine, "X-Method-Override: DELETE"), 0},
		{"method override 3", post(sendLine, "x-http-method: DELETE"), 0},
		{"method override 4", post(sendLine, "X_HTTP_Method-Override: DELETE"), 0},
		{"WebSocket", post(sendLine, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 0},
		{"h2c", post(sendLine, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), 0},
		{"upgrade without a protocol", post(sendLine, "Connection: keep-alive, uPgRaDe"), 0},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
		{"foreign Host", strings.Replace(post(sendLine), "Host: piiproxy", "Host: "+decoy, 1), 1},
		{"X-Forwarded-Host", post(sendLine, "X-Forwarded-Host: "+decoy, "X-Original-URL: http://"+decoy+"/", "Forwarded: host="+decoy, "X-Rewrite-URL: //"+decoy), 1},
		{"Connection takes headers away", post(sendLine, "Connection: authorization, content-type, host, content-length, close"), 1},
		{"headers of a hop", post(sendLine, "TE: trailers", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5", "Trailer: X"), 1},
	}
}

// decoy is a server that nobody may talk to.
func decoy(t *testing.T) (address string, touched *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	touched = new(atomic.Int64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			touched.Add(1)
			_ = connection.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String(), touched
}

// The platform sees only strict requests that the proxy meant to send; a
// decoy sees nothing, whichever listener is tried.
func TestHostileStreams(t *testing.T) {
	address, touched := decoy(t)
	platform := newUpstream(t)
	r := newRig(t, func(p *plan) { p.graph = platform.url })
	host := strings.TrimPrefix(platform.url, "http://")
	tries := append(targets(address), smuggling(address)...)
	if len(tries) < 60 {
		t.Fatalf("only %d streams", len(tries))
	}
	for _, try := range tries {
		statuses := r.wire("bot", try.stream)
		raw, torn := platform.take()
		if len(torn) > 0 || len(raw) > try.times {
			t.Errorf("%s: the platform got %q and %q", try.name, raw, torn)
		}
		for _, got := range raw {
			if err := wellFormed(got, host); err != nil {
				t.Errorf("%s: %v", try.name, err)
			}
		}
		if len(raw) == 0 {
			for _, status := range statuses {
				if status < "4" && !strings.HasPrefix(status, "100 ") {
					t.Errorf("%s: answered %q without the platform", try.name, statuses)
				}
			}
		}
		if len(statuses) > 1 {
			t.Errorf("%s: one request was taken for %d: %q", try.name, len(statuses), statuses)
		}
		for _, status := range r.wire("public", strings.ReplaceAll(try.stream, "/shop/v23.0/me/messages", "/webhook/main")) {
			if status < "4" && !strings.HasPrefix(status, "30") {
				t.Errorf("public, %s: answered %s", try.name, status)
			}
		}
	}
	if n := touched.Load(); n > 0 {
		t.Errorf("%d connections reached the decoy", n)
	}
	r.nothing(r.bots["bot"])
	statuses := r.wire("bot", post(sendLine))
	if raw, _ := platform.take(); len(raw) != 1 || len(statuses) != 1 || statuses[0] != "200 OK" {
		t.Errorf("a plain request: answered %v, the platform got %q", statuses, raw)
	}
}

// The head of a request is bounded.
func TestHeadBounds(t *testing.T) {
	r := newRig(t)
	many := make([]string, 120)
	for i := range many {
		many[i] = fmt.Sprintf("X-%d: y", i)
	}
	same := make([]string, 120)
	for i := range same {
		same[i] = "X-Same: y"
	}
	for name, test := range map[string]struct {
		stream string
		want   string
	}{
		"many headers":          {post(sendLine, many...), "431"},
		"one header many times": {post(sendLine, same...), "431"},
		"a long header":         {post(sendLine, "X-Long: "+strings.Repeat("a", 64<<10)), "431"},
		"a long target":         {post("POST /shop/me?x=" + strings.Repeat("a", 9<<10) + " HTTP/1.1"), "414"},
		"a long target of ours": {post("POST /shop/me/messages?x=" + strings.Repeat("a", 7<<10) + " HTTP/1.1"), "200"},
		"a hundred headers":     {post(sendLine, many[:90]...), "200"},
	} {
		if got := r.wire("bot", test.stream); len(got) != 1 || !strings.HasPrefix(got[0], test.want) {
			t.Errorf("%s: answered %v, want %s", name, got, test.want)
		}
	}
}
