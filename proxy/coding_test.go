package proxy_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// A call that is packed once is read, and goes on as it is judged.
func TestGzip(t *testing.T) {
	r := newRig(t)
	for _, test := range []struct{ header, body, want string }{
		{"Content-Type: application/json", hello, hello},
		{"Content-Type: application/json", sent(anna, card), sent(anna, "***1111")},
		{asForm, "recipient={'id':'" + anna + "'}&message=" + digits, "recipient=%7B%22id%22%3A%22" + anna + "%22%7D&message=%2A%2A%2A1111"},
	} {
		packed := string(zipped([]byte(test.body)))
		chunks := fmt.Sprintf("POST /shop/me/messages HTTP/1.1\r\nHost: piiproxy\r\nTransfer-Encoding: chunked\r\nContent-Encoding: GZIP\r\n%s\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", test.header, len(packed), packed)
		for how, status := range map[string]func() string{
			"by length": func() string {
				return fmt.Sprint(r.ask("bot", "POST", "/shop/me/messages", packed, test.header, "Content-Encoding: gzip").status)
			},
			"in chunks": func() string { return r.wire("bot", chunks)[0][:3] },
		} {
			before := len(r.platform.requests())
			if got := status(); got != "200" {
				t.Errorf("%s, %s: answered %s, %s", how, test.body, got, r.reasons())
				continue
			}
			seen := r.platform.requests()[before]
			if seen.body != test.want || seen.header.Get("Content-Encoding") != "" || seen.header.Get("Content-Length") != fmt.Sprint(len(test.want)) {
				t.Errorf("%s: the platform got %s %v", how, seen.body, seen.header)
			}
		}
	}
}

// What does not unpack whole, or to more than one member, is refused.
func TestGzipRefused(t *testing.T) {
	r := newRig(t)
	packed := string(zipped([]byte(hello)))
	broken := func(at int) string {
		out := []byte(packed)
		out[len(out)+at] ^= 1
		return string(out)
	}
	for name, body := range map[string]string{
		"plain": hello, "cut off": packed[:len(packed)-9], "without its end": packed[:len(packed)-8], "head only": packed[:10], "half a head": packed[:5],
		"checksum": broken(-6), "length": broken(-2), "a byte behind": packed + "x", "zeros behind": packed + "\x00\x00", "two members": packed + packed,
		"an empty member behind": packed + string(zipped(nil)), "zlib": "\x78\x9c\x03\x00\x00\x00\x00\x01",
	} {
		r.refused(name, r.call("/shop/me/messages", body, "Content-Encoding: gzip"), http.StatusBadRequest, "gzip")
	}
	twice := string(zipped([]byte(packed)))
	r.refused("twice", r.call("/shop/me/messages", twice, "Content-Encoding: gzip"), http.StatusBadRequest, "parse_invalid_utf8")
	r.refused("nothing in it", r.call("/shop/me/messages", string(zipped(nil)), "Content-Encoding: gzip"), http.StatusBadRequest, "parse_empty")
	r.nothing(r.platform)
}

// bomb is n bytes of white space, packed.
func bomb(n int) string {
	var packed bytes.Buffer
	to, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	spaces := bytes.Repeat([]byte{' '}, 1<<16)
	for range n >> 16 {
		_, _ = to.Write(spaces)
	}
	_ = to.Close()
	return packed.String()
}

// A bomb is answered before it has cost anything.
func TestGzipBomb(t *testing.T) {
	r := newRig(t)
	huge := bomb(1 << 26)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 4 {
		r.refused("a bomb", r.call("/shop/me/messages", huge, "Content-Encoding: gzip"), http.StatusRequestEntityTooLarge, "unpacked_ratio")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("four bombs took %d MiB", grown>>20)
	}
	// Within the ratio, and too much all the same.
	r = newRig(t, func(p *plan) { p.limits.Bodies.Unpacked = 1 << 20; p.limits.Bodies.Ratio = 1 << 20 })
	r.refused("2 MiB", r.call("/shop/me/messages", bomb(2<<20), "Content-Encoding: gzip"), http.StatusRequestEntityTooLarge, "unpacked_too_large")
	if got := r.call("/shop/me/messages", string(zipped([]byte(hello+strings.Repeat(" ", 1<<19)))), "Content-Encoding: gzip"); got.status != http.StatusOK {
		t.Errorf("half a MiB: answered %d %s", got.status, got.body)
	}
	r = newRig(t, func(p *plan) { p.limits.Payload.Bytes = 1 << 10 })
	r.refused("packed too large", r.call("/shop/me/messages", strings.Repeat("x", 1<<11), "Content-Encoding: gzip"), http.StatusRequestEntityTooLarge, "too_large")
	r.nothing(r.platform)
}
