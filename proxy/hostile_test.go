package proxy_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// hostile is a byte stream that tries something, and how many requests of it
// the other side must get: those that a strict reader finds in it and the proxy
// means to send.
type hostile struct {
	name, stream string
	want         int
}

// caller is who writes to a listener, and what the request is that it may make.
type caller struct {
	listener, target, body string
	credentials            []string // header lines that let the body in
	proof                  string   // the header line that the other side gets for them
	second                 string   // a request that would be served, were a rest taken for one
}

const sendLine = "POST /shop/v23.0/me/messages HTTP/1.1"

// request writes a POST of the shop's bot: lines are put before the blank one.
func request(line, body string, lines ...string) string {
	return theBot("").request(line, body, lines...)
}

// post is a send with its true length and more header lines.
func post(line string, lines ...string) string { return theBot("").post(line, lines...) }

// theBot is the shop's bot, at the bot listener.
func theBot(decoy string) caller {
	return caller{
		listener: "bot", target: "/shop/v23.0/me/messages", body: hello, credentials: []string{"Authorization: Bearer " + shopToken},
		proof:  "Authorization: Bearer " + shopToken,
		second: "GET /shop/v23.0/smuggled HTTP/1.1\r\nHost: " + decoy + "\r\nAuthorization: Bearer " + shopToken + "\r\n\r\n",
	}
}

// theWebhook is the platform, with a delivery that is signed.
func theWebhook(decoy string) caller {
	body := page(entry(shopID, text(shopID, anna, "hello")))
	smuggled := page(entry(shopID, text(shopID, bert, "smuggled")))
	c := caller{listener: "public", target: "/webhook/main", body: body, credentials: []string{"X-Hub-Signature-256: " + sign256(appSecret, body)}}
	c.proof = "X-Hub-Signature-256: " + sign256("secret of bot", body)
	c.second = fmt.Sprintf("POST /webhook/main HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nX-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n%s",
		decoy, sign256(appSecret, smuggled), len(smuggled), smuggled)
	return c
}

// line is the request line of what the caller may ask.
func (c caller) line() string { return "POST " + c.target + " HTTP/1.1" }

// request writes a request: lines are put before the blank one.
func (c caller) request(line, body string, lines ...string) string {
	head := append([]string{line, "Host: piiproxy"}, c.credentials...)
	head = append(append(head, "Content-Type: application/json"), lines...)
	return strings.Join(head, "\r\n") + "\r\n\r\n" + body
}

// length is the body's true length as a header line.
func (c caller) length() string { return fmt.Sprint("Content-Length: ", len(c.body)) }

// post is the good request with its true length and more header lines.
func (c caller) post(line string, lines ...string) string {
	return c.request(line, c.body, append(lines, c.length())...)
}

// with is the good request with its body and other header lines, but no length.
func (c caller) with(lines ...string) string { return c.request(c.line(), c.body, lines...) }

// chunked is a request whose body is what stands on the wire as chunks.
func (c caller) chunked(chunks string, lines ...string) string {
	return c.request(c.line(), chunks, append(lines, "Transfer-Encoding: chunked")...)
}

// chunks is the good body as one chunk with its end.
func (c caller) chunks() string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(c.body), c.body) }

// without is the good request without the header line that has a prefix.
func (c caller) without(prefix string, lines ...string) string {
	var kept []string
	head, body, _ := strings.Cut(c.post(c.line(), lines...), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if !strings.HasPrefix(line, prefix) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\r\n") + "\r\n\r\n" + body
}

// pick is what is right for the bot listener, and for the public one.
func (c caller) pick(bot, public int) int {
	if c.listener == "bot" {
		return bot
	}
	return public
}

// streams is everything that is tried as one caller.
func (c caller) streams(decoy string) (all []hostile) {
	for _, group := range [][]hostile{
		c.targets(decoy), c.methods(), c.upgrades(), c.hops(decoy), c.versions(), c.protocols(), c.lengths(), c.codings(), c.zero(), c.chunkSizes(),
		c.chunkEnds(), c.trailers(), c.heads(), c.values(), c.doubles(decoy), c.hosts(decoy), c.expects(), c.pipelines(), c.floods(),
	} {
		all = append(all, group...)
	}
	return all
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

// The platform and the bot get only strict requests that the proxy meant to
// send, whatever comes in at either listener: no leftover is served as a second
// request, and a decoy sees nothing.
func TestHostileStreams(t *testing.T) {
	for _, side := range []struct {
		name   string
		caller func(decoy string) caller
	}{{"bot", theBot}, {"webhook", theWebhook}} {
		t.Run(side.name, func(t *testing.T) {
			address, touched := decoy(t)
			peer := newUpstream(t)
			r := newRig(t, func(p *plan) { p.graph, p.botURL = peer.url, peer.url })
			c := side.caller(address)
			tries := c.streams(address)
			distinct(t, tries)
			for _, try := range tries {
				c.try(r, peer, try)
			}
			if n := touched.Load(); n > 0 {
				t.Errorf("%d connections reached the decoy", n)
			}
			c.try(r, peer, hostile{"a plain request", c.post(c.line()), 1})
			t.Logf("%d streams", len(tries))
		})
	}
}

// distinct wants as many different streams as are promised.
func distinct(t *testing.T, tries []hostile) {
	t.Helper()
	names, streams := map[string]bool{}, map[string]string{}
	for _, try := range tries {
		if names[try.name] || streams[try.stream] != "" {
			t.Errorf("%s: is there twice (%s)", try.name, streams[try.stream])
		}
		names[try.name], streams[try.stream] = true, try.name
	}
	if len(streams) < 200 {
		t.Errorf("only %d streams", len(streams))
	}
}

// try writes one stream and looks at what the peer got of it, and at the answers.
func (c caller) try(r *rig, peer *upstream, try hostile) {
	r.t.Helper()
	statuses := r.wire(c.listener, try.stream)
	raw, torn := peer.take()
	if len(torn) > 0 || len(raw) != try.want {
		r.t.Errorf("%s: %d requests arrived, want %d: %q and torn %q; answered %q", try.name, len(raw), try.want, raw, torn, statuses)
	}
	for _, got := range raw {
		if err := c.wellFormed(got, strings.TrimPrefix(peer.url, "http://")); err != nil {
			r.t.Errorf("%s: %v", try.name, err)
		}
	}
	served := 0
	for i, status := range statuses {
		switch {
		case strings.HasPrefix(status, "100 "), i > 0 && status == "400 Bad Request": // what is left over is no request
		case status < "4" && try.want == 0 && !strings.HasPrefix(status, "307 "): // to the same path, written shorter
			r.t.Errorf("%s: answered %q though nothing was sent on", try.name, statuses)
		default:
			served++
		}
	}
	if served > max(1, try.want) {
		r.t.Errorf("%s: taken for %d requests: %q", try.name, served, statuses)
	}
}
