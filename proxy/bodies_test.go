package proxy_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"
)

// Bodies that are not strict JSON in UTF-8 get a clear answer of Graph's
// shape; nothing of them is forwarded.
func TestOtherBodies(t *testing.T) {
	r := newRig(t)
	form := "recipient=%7B%22id%22%3A%221%22%7D&message=%7B%22text%22%3A%22" + digits + "%22%7D"
	multipart := "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n{\"text\":\"" + digits + "\"}\r\n--b--\r\n"
	utf16le := func(text string) string {
		var out bytes.Buffer
		_ = binary.Write(&out, binary.LittleEndian, utf16.Encode([]rune(text)))
		return out.String()
	}
	const send = "/shop/v23.0/me/messages"
	for _, test := range []struct {
		name, target, contentType, body string
		status                          int
		reason                          string
	}{
		{"form as JSON", send, "application/json", form, 400, "parse_syntax"},
		{"JSON as a form", send, "application/x-www-form-urlencoded", hello, 400, "parse_name"},
		{"JSON as a form, & and =", send, "application/x-www-form-urlencoded", strings.Replace(hello, "hello", "a&b=c", 1), 400, "parse_name"},
		{"form, no type", send, "", form, 415, "media_type"},
		{"form as text", send, "text/plain", form, 415, "media_type"},
		{"parts of a mail", send, "multipart/mixed; boundary=b", multipart, 400, "parse_boundary"},
		{"plain text", send, "text/plain", hello, 415, "media_type"},
		{"octets", send, "application/octet-stream", hello, 415, "media_type"},
		{"no type", send, "", hello, 415, "media_type"},
		{"broken type", send, "application/json; charset", hello, 415, "media_type"},
		{"two types in one", send, "application/json, text/plain", hello, 415, "media_type"},
		{"JSON lines", send, "application/x-ndjson", hello, 415, "media_type"},
		{"UTF-16", send, "application/json; charset=utf-16", utf16le(hello), 415, "charset"},
		{"UTF-16, charset not said", send, "application/json", utf16le(hello), 400, "parse_syntax"},
		{"UTF-7", send, "application/json; charset=utf-7", hello, 415, "charset"},
		{"latin1", send, "application/json; charset=iso-8859-1", strings.Replace(hello, "hello", "héllo", 1), 415, "charset"},
		{"latin1 in a form", send, "application/x-www-form-urlencoded; charset=latin1", "a=%C3%A9", 415, "charset"},
		{"ASCII that is none", send, "application/json; charset=us-ascii", strings.Replace(hello, "hello", "héllo", 1), 415, "charset"},
		{"UTF-16 in a form", send, "application/x-www-form-urlencoded; charset=utf-16", form, 415, "charset"},
		{"EBCDIC", send, "application/json; charset=ibm037", hello, 415, "charset"},
		{"two charsets", send, "application/json; charset=utf-8; charset=utf-16", hello, 415, "media_type"},
		{"batch without a method", send, "application/json", `{"batch":[{"relative_url":"me/messages"}]}`, 400, "batch"},
		{"batch as text", send, "application/json", `{"batch":"[]"}`, 400, "batch"},
		{"batch at the root", "/shop/", "application/json", `[{"method":"GET"}]`, 400, "batch"},
		{"batch at the version", "/shop/v23.0", "application/json", `{"a":1}`, 400, "batch"},
		{"batch as a form", "/shop/v23.0/", "application/x-www-form-urlencoded", "batch=[]", 400, "batch"},
		{"batch without a body", "/shop/", "", "", 400, "batch"},
		{"half JSON", send, "application/json", hello[:20], 400, "parse_syntax"},
		{"duplicate name", send, "application/json", `{"a":"x","a":"` + card + `"}`, 400, "parse_duplicate_key"},
		{"duplicate name, escaped", send, "application/json", `{"text":"x","\u0074ext":"` + card + `"}`, 400, "parse_duplicate_key"},
		{"trailing", send, "application/json", hello + "x", 400, "parse_trailing_data"},
		{"comment", send, "application/json", "{/* " + card + " */}", 400, "parse_syntax"},
		{"not UTF-8", send, "application/json", "{\"a\":\"\xe9\"}", 400, "parse_invalid_utf8"},
		{"deep", send, "application/json", strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), 400, "parse_too_deep"},
		{"long number", send, "application/json", `{"a":` + strings.Repeat("1", 100) + `}`, 400, "parse_number_too_long"},
		{"encrypted", "/shop/v23.0/1/messages_encrypted", "application/octet-stream", "x", 415, "media_type"},
	} {
		headers := []string{"Authorization: Bearer " + shopToken}
		if test.contentType != "" {
			headers = append(headers, "Content-Type: "+test.contentType)
		}
		got := r.ask("bot", "POST", test.target, test.body, headers...)
		r.refused(test.name, got, test.status, test.reason)
		if strings.Contains(got.body, digits) || strings.Contains(got.body, card) {
			t.Errorf("%s: the answer quotes the body", test.name)
		}
	}
	got := r.ask("bot", "POST", send, hello, "Content-Type: application/json", "Content-Type: text/plain")
	r.refused("two Content-Types", got, 415, "media_type")
	r.nothing(r.platform)
}

// Of compressed requests only gzip is read, once, and only of calls.
func TestRequestCodings(t *testing.T) {
	r := newRig(t)
	packed := string(zipped([]byte(hello)))
	for _, coding := range []string{"br", "zstd", "deflate", "compress", "x-gzip", "gzip, gzip", "identity, gzip"} {
		for name, body := range map[string]string{"packed": packed, "plain": hello} {
			got := r.call("/shop/me/messages", body, "Content-Encoding: "+coding)
			r.refused(coding+", "+name, got, http.StatusUnsupportedMediaType, "content_coding")
		}
	}
	r.refused("two headers", r.call("/shop/me/messages", packed, "Content-Encoding: identity", "Content-Encoding: gzip"),
		http.StatusUnsupportedMediaType, "content_coding")
	if got := r.hookEncoded(packed); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("webhook: answered %d", got.status)
	}
	r.nothing(r.platform)
	r.nothing(r.bots["bot"])
	if got := r.call("/shop/me/messages", hello, "Content-Encoding: identity"); got.status != http.StatusOK {
		t.Errorf("identity: answered %d", got.status)
	}
}

func (r *rig) hookEncoded(body string) reply {
	r.t.Helper()
	return r.deliver("main", body, "X-Hub-Signature-256: "+sign256(appSecret, body), "Content-Encoding: gzip")
}

// Bodies over the bound are refused, told or not; those at it are read.
func TestBodySize(t *testing.T) {
	r := newRig(t, func(p *plan) { p.limits.Payload.Bytes = 64 << 10; p.limits.Payload.StringBytes = 64 << 10 })
	body := func(size int) string {
		frame := sent(anna, "")
		return sent(anna, strings.Repeat("a", size-len(frame)))
	}
	for _, test := range []struct {
		size int
		ok   bool
	}{{64 << 10, true}, {64<<10 + 1, false}, {1 << 20, false}} {
		got := r.call("/shop/me/messages", body(test.size))
		if test.ok && got.status != http.StatusOK {
			t.Errorf("%d bytes: answered %d %s", test.size, got.status, got.body)
		} else if !test.ok {
			r.refused(fmt.Sprint(test.size, " bytes"), got, http.StatusRequestEntityTooLarge, "too_large")
		}
		chunks := request(sendLine, fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", test.size, body(test.size)), "Transfer-Encoding: chunked")
		if got := r.wire("bot", chunks); len(got) != 1 || strings.HasPrefix(got[0], "200") != test.ok {
			t.Errorf("%d bytes in chunks: answered %v, %s", test.size, got, r.reasons())
		}
	}
	if n := len(r.platform.requests()); n != 2 {
		t.Errorf("the platform got %d, want 2", n)
	}
	big := page(entry(shopID, text(shopID, anna, strings.Repeat("a", 64<<10))))
	if got := r.hook(big); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("webhook: answered %d", got.status)
	}
	r.nothing(r.bots["bot"])
}

// A body that ends early is none.
func TestTruncatedBody(t *testing.T) {
	r := newRig(t)
	for name, stream := range map[string]string{
		"by length": request(sendLine, hello, fmt.Sprint("Content-Length: ", len(hello)+1)),
		"by chunks": request(sendLine, fmt.Sprintf("%x\r\n%s\r\n", len(hello), hello), "Transfer-Encoding: chunked"),
	} {
		if got := r.wire("bot", stream); len(got) != 1 || !strings.HasPrefix(got[0], "400") {
			t.Errorf("%s: answered %v", name, got)
		}
	}
	r.nothing(r.platform)
}

// A webhook that is not declared as JSON is refused although it is signed.
func TestWebhookTypes(t *testing.T) {
	r := newRig(t)
	body := page(entry(shopID, text(shopID, anna, "hi")))
	for contentType, want := range map[string]int{
		"application/json": 200, "application/json; charset=UTF-8": 200, "text/plain": 415, "": 415,
		"application/json; charset=utf-16": 415, "application/x-www-form-urlencoded": 415,
	} {
		got := r.ask("public", "POST", "/webhook/main", body, "X-Hub-Signature-256: "+sign256(appSecret, body), "Content-Type: "+contentType)
		if got.status != want {
			t.Errorf("%q: answered %d, want %d", contentType, got.status, want)
		}
	}
}
