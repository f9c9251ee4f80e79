package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// announced opens connections that announce a body and send a part of it.
func (r *rig) announced(n int, listener, target, part string, length int, headers ...string) (open []net.Conn) {
	r.t.Helper()
	head := "POST " + target + " HTTP/1.1\r\nHost: piiproxy\r\nContent-Type: application/json\r\n"
	for _, line := range headers {
		head += line + "\r\n"
	}
	for range n {
		connection, err := net.Dial("tcp", r.address[listener])
		r.must(err)
		r.t.Cleanup(func() { _ = connection.Close() })
		_, err = io.WriteString(connection, fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, length, part))
		r.must(err)
		open = append(open, connection)
	}
	return open
}

// served wants that signed webhooks and bot calls go through.
func (r *rig) served(when string) {
	r.t.Helper()
	long := strings.Repeat("a", 3000)
	if got := r.hook(page(entry(shopID, text(shopID, anna, long)))); got.status != http.StatusOK {
		r.t.Errorf("%s: a signed webhook is answered %d", when, got.status)
	}
	if got := r.call("/shop/me/messages", sent(anna, long)); got.status != http.StatusOK {
		r.t.Errorf("%s: a call is answered %d %s", when, got.status, got.body)
	}
}

// Strangers who announce bodies and send a byte of each keep nobody out: neither
// without a signature, nor with one that is none, nor as a bot.
func TestAnnouncedBodies(t *testing.T) {
	const full = 4 << 20
	signed := "X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)
	for _, test := range []struct {
		name, listener, target string
		headers                []string
	}{
		{"unknown app", "public", "/webhook/nobody", nil},
		{"no signature", "public", "/webhook/main", nil},
		{"unknown app, signed", "public", "/webhook/nobody", []string{signed}},
		{"wrong signature", "public", "/webhook/main", []string{signed}},
		{"bot", "bot", "/shop/me/messages", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			open := r.announced(200, test.listener, test.target, "{", full, test.headers...)
			for _, rest := range []int{60 << 10, 1 << 10} { // what room promises of full size would leave
				open = append(open, r.announced(100, test.listener, test.target, "{", rest, test.headers...)...)
			}
			for range 20 { // some heads may still be on their way
				r.served("while they wait")
				time.Sleep(10 * time.Millisecond)
			}
			for _, connection := range open {
				_ = connection.Close()
			}
			r.served("when they are gone")
		})
	}
}

// Who has no signature is answered before the body comes, as to a wrong one.
func TestUnsignedIsNotRead(t *testing.T) {
	r := newRig(t)
	for _, target := range []string{"/webhook/main", "/webhook/nobody"} {
		connection := r.announced(1, "public", target, "{", 4<<20)[0]
		status := make([]byte, len("HTTP/1.1 401"))
		if _, err := io.ReadFull(connection, status); err != nil || string(status) != "HTTP/1.1 401" {
			t.Errorf("%s: answered %q, %v", target, status, err)
		}
	}
}

// A full gate answers 503, on its own listener only, and room comes back.
func TestFullGate(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Payload.Bytes, p.limits.Admission.Held = 4096, 4*4096 })
	var open []net.Conn
	body := page(entry(shopID, text(shopID, anna, strings.Repeat("a", 3500))))
	// One by one: bodies that are read at once push each other out when it is full.
	r.until("overload", func() bool {
		open = append(open, r.announced(1, "public", "/webhook/main", strings.Repeat("x", 4000), 4001, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64))...)
		return r.hook(body).status == http.StatusServiceUnavailable && r.counter(`piiproxy_refused_total{reason="overload"}`) > 0
	})
	if got := r.counter(`piiproxy_refused_total{reason="overload"}`); got == 0 {
		t.Error("overload is not counted")
	}
	if got := r.call("/shop/me/messages", sent(anna, strings.Repeat("a", 3500))); got.status != http.StatusOK {
		t.Errorf("a call, which has a gate of its own: answered %d", got.status)
	}
	for _, connection := range open {
		_ = connection.Close()
	}
	r.until("room again", func() bool { return r.hook(body).status == http.StatusOK })
}
