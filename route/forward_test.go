package route_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/route"
)

// leaks wants nothing that the bot gets to say a value.
func (r *rig) leaks(what string, got reply) {
	r.t.Helper()
	all := strings.ToLower(got.body + fmt.Sprint(got.header))
	for _, secret := range []string{"jane", "doe%40", "mill", "rissington", "5550123", "555-0123", "vendor key"} {
		if strings.Contains(all, secret) {
			r.t.Errorf("%s: the bot got %s of %d %v %s", what, secret, got.status, got.header, got.body)
		}
	}
}

// What was restored comes back as its token, in whatever place of an answer that is
// read, and in none that is not.
func TestAnswersSayTokens(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.route.Answer = route.Answer{Keep: pointers(t, "/id", "/items/*/sku"), Pass: []string{"application/pdf", "text/html"}}
	})
	mail, call, place := r.email(), r.token("shop", anna, "phone", phone, spelt), r.token("shop", anna, "address", where, where)
	body := `{"customer":{"email":"` + mail + `","phone":"` + call + `"},"card":"` + place + `"}`
	for _, test := range []struct{ what, kind, said, want string }{
		{"as it was", "application/json", `{"email":"jane.doe@corp.example"}`, `{"email":"` + mail + `"}`},
		{"in upper case", "application/json", `{"email":"JANE.DOE@CORP.EXAMPLE"}`, `{"email":"` + mail + `"}`},
		{"escaped", "application/json", `{"email":"jane.doe\u0040corp.example"}`, `{"email":"` + mail + `"}`},
		{"what no rule finds", "application/json", `{"to":"` + where + `"}`, `{"to":"` + place + `"}`},
		{"as the person wrote it", "application/json", `{"p":"` + spelt + `"}`, `{"p":"` + call + `"}`},
		{"among words", "application/json", `{"a":["to Behind the Mill, Little Rissington, now"]}`, `{"a":["to ` + place + `, now"]}`},
		{"in a document in a string", "application/json", `{"a":"{\"to\":\"` + where + `\"}"}`, `{"a":"{\"to\":\"` + place + `\"}"}`},
		{"in a kept place", "application/json", `{"id":"jane.doe@corp.example"}`, `{"id":"` + mail + `"}`},
		{"in a kept number", "application/json", `{"id":14155550123}`, `{"id":"` + call + `"}`},
		{"url-encoded in a link", "application/json", `{"next":"/c?to=behind%20the%20mill%2C%20Little%20Rissington"}`, `{"next":"[UNREADABLE]"}`},
		{"in base64", "application/json", `{"x":"YmVoaW5kIHRoZSBtaWxsLCBMaXR0bGUgUmlzc2luZ3Rvbg=="}`, `{"x":"[UNREADABLE]"}`},
		{"in base64, as rules read it", "application/json", `{"x":"amFuZS5kb2VAY29ycC5leGFtcGxl"}`, `{"x":"` + mail + `"}`},
		{"in text", "text/plain; charset=utf-8", "to " + where + "\n", "to " + place + "\n"},
		{"in a form", "application/x-www-form-urlencoded", "ok=1&to=behind+the+mill%2C+Little+Rissington", "ok=1&to=" + place},
		{"a new value", "application/json", `{"other":"new.one@corp.example"}`, ""},
		{"ids that are kept", "application/json", `{"id":"4111111111111111","items":[{"sku":4155550199}]}`, `{"id":"4111111111111111","items":[{"sku":4155550199}]}`},
		{"an empty answer", "text/html", "", ""},
	} {
		r.vendor.says(test.kind, test.said)
		got := r.order(body)
		r.passed(test.what, got)
		r.leaks(test.what, got)
		if test.want != "" && got.body != test.want {
			t.Errorf("%s: the bot got %s", test.what, got.body)
		}
	}
	for _, test := range []struct{ what, kind, said string }{
		{"in a name", "application/json", `{"jane.doe@corp.example":1}`},
		{"in a name that no rule finds", "application/json", `{"` + where + `":1}`},
		{"a card in a number", "application/json", `{"card":4111111111111111}`},
		{"in a page", "text/html", "<p>no such customer: jane.doe&#64;corp.example</p>"},
		{"a type that is not listed", "application/xml", "<a/>"},
		{"no type", "", "x"},
		{"a document that is none", "application/json", "<p>jane.doe@corp.example</p>"},
		{"another charset", "application/json; charset=utf-16", "{}"},
		{"a name in a form", "application/x-www-form-urlencoded", "jane.doe%40corp.example=1"},
		{"text that is none", "text/plain", "\xff\xfe"},
	} {
		r.vendor.says(test.kind, test.said)
		got := r.order(body)
		if r.vendor.heard(); got.reason() != "answer_unreadable" || got.status != http.StatusBadGateway {
			t.Errorf("%s: %d %s", test.what, got.status, got.body)
		}
		r.leaks(test.what, got)
	}
	r.vendor.says("application/pdf", "%PDF \x00\xff")
	if got := r.order(body); got.body != "%PDF \x00\xff" || got.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("a listed type: %d %v %q", got.status, got.header, got.body)
	}
}

// A new value of an answer belongs to the person whose tokens the request had, so
// that the bot can use it in the chat; without a person it is hidden.
func TestNewValues(t *testing.T) {
	r := newRig(t)
	r.vendor.says("application/json", `{"email":"new.one@corp.example"}`)
	got := r.order(`{"customer":{"email":"` + r.email() + `"}}`)
	if want := r.token("shop", anna, "email", "new.one@corp.example", "x"); got.body != `{"email":"`+want+`"}` {
		t.Errorf("with a person: %s", got.body)
	}
	if got := r.ask("GET", "/customers/1", ""); got.body != `{"email":"[EMAIL]"}` {
		t.Errorf("with nobody: %s", got.body)
	}
}

// Errors of a vendor come through, redacted; with them goes no header that leads
// elsewhere or says a value.
func TestAnswerHeadersAndStatus(t *testing.T) {
	r := newRig(t)
	body := `{"customer":{"email":"` + r.email() + `"}}`
	r.vendor.answers(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/problem+json", "Location": "https://evil.example/jane.doe@corp.example", "Set-Cookie": "a=jane.doe@corp.example",
			"X-Request": "for jane.doe@corp.example", "Etag": `"jane.doe@corp.example"`, "X-Encoded": "jane.doe%40corp.example",
			"Link": "<https://evil.example>", "Retry-After": "7", "X-Request-Id": "r1", "Trailer": "X-Late", "Connection": "X-Hop", "X-Hop": "1",
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"detail":"jane.doe@corp.example is taken"}`)
		w.Header().Set("X-Late", "jane.doe@corp.example")
	})
	got := r.order(body)
	r.leaks("a vendor's error", got)
	if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, " is taken") || got.header.Get("Retry-After") != "7" || got.header.Get("X-Request-Id") != "r1" {
		t.Errorf("the bot got %d %v %s", got.status, got.header, got.body)
	}
	for _, name := range []string{"Location", "Set-Cookie", "Link", "Etag", "X-Encoded", "X-Late"} {
		if got.header.Get(name) != "" {
			t.Errorf("the bot got the header %s", name)
		}
	}
}

// Redirects are not followed, wherever they lead.
func TestRedirects(t *testing.T) {
	r := newRig(t)
	decoy := newVendor(t, (*httptest.Server).Start)
	body := `{"customer":{"email":"` + r.email() + `"}}`
	for _, to := range []string{decoy.URL, "/api/elsewhere", "//evil.example", "http://169.254.169.254/"} {
		for status := 301; status <= 308; status++ {
			if status > 303 && status < 307 {
				continue
			}
			r.vendor.answers(func(w http.ResponseWriter, request *http.Request) { http.Redirect(w, request, to, status) })
			got := r.order(body)
			if got.reason() != "redirect" || got.header.Get("Location") != "" {
				t.Errorf("%d to %s: %d %s", status, to, got.status, got.body)
			}
			if heard := r.vendor.heard(); len(heard) != 1 {
				t.Errorf("%d to %s: the vendor heard %d requests", status, to, len(heard))
			}
		}
	}
	if heard := decoy.heard(); len(heard) != 0 {
		t.Errorf("the decoy heard %v", heard)
	}
}

// What ends at piiproxy does not reach the vendor.
func TestHopHeaders(t *testing.T) {
	r := newRig(t)
	got := r.passed("headers", r.ask("GET", "/customers/1", "", "Cookie: a=b", "Range: bytes=0-1", "Accept-Encoding: br", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Forwarded-Host: evil.example", "Te: trailers", "X-Api-Key: mine", "Idempotency-Key: k1"))
	for _, name := range []string{"Cookie", "Range", "X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "Te"} {
		if got.header.Get(name) != "" {
			t.Errorf("the vendor got %s", name)
		}
	}
	if got.header.Get("Accept-Encoding") != "gzip" || got.header.Get("X-Api-Key") != "vendor key" || got.header.Get("Idempotency-Key") != "k1" {
		t.Errorf("the vendor got %v", got.header)
	}
}

func zipped(text string) string {
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	_, _ = io.WriteString(to, text)
	_ = to.Close()
	return out.String()
}

// Every fault of a vendor is an answer of ours that says nothing of it.
func TestVendorFaults(t *testing.T) {
	r := newRig(t, func(r *rig) {
		r.limits.Header, r.limits.Total, r.limits.Payload.Bytes = 300*time.Millisecond, 600*time.Millisecond, 64<<10
	})
	body := `{"customer":{"email":"` + r.email() + `"}}`
	coded := func(coding, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", coding)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, test := range []struct {
		what, reason string
		answer       http.HandlerFunc
	}{
		{"hangs", "upstream_timeout", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"hangs in the body", "upstream_timeout", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"email":"jane.doe@corp.example"`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
		{"resets", "upstream_unavailable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"cuts the answer", "answer_truncated", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"email":"jane.doe@corp.example"}`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"says the value in a page", "answer_unreadable", func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = fmt.Fprintf(w, "<h1>500</h1><pre>%s</pre>", raw)
		}},
		{"too much", "answer_too_large", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, strings.Repeat("a", 130<<10))
		}},
		{"a bomb", "answer_too_large", coded("gzip", zipped(strings.Repeat("a", 8<<20)))},
		{"brotli", "answer_unreadable", coded("br", "\x0b\x02\x80{}\x03")},
		{"mislabelled", "answer_truncated", coded("gzip", "{}")},
		{"upgrades", "answer_unreadable", func(w http.ResponseWriter, _ *http.Request) {
			connection, buffer, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = buffer.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
				_ = buffer.Flush()
				_ = connection.Close()
			}
		}},
	} {
		r.vendor.answers(test.answer)
		got := r.order(body)
		if got.reason() != test.reason || got.status != http.StatusBadGateway {
			t.Errorf("%s: %d %s, want %s", test.what, got.status, got.body, test.reason)
		}
		r.leaks(test.what, got)
	}
	r.vendor.answers(coded("gzip", zipped(`{"a":"jane.doe@corp.example"}`)))
	if got := r.order(body); got.status != http.StatusOK || got.header.Get("Content-Encoding") != "" {
		t.Errorf("gzip: %d %v %s", got.status, got.header, got.body)
	}
	if failed, done := strings.Count(r.audited(), "upstream_")+strings.Count(r.audited(), "answer_"), strings.Count(r.audited(), "\n"); failed != 10 || done != 21 {
		t.Errorf("%d of %d lines of the audit say that it failed", failed, done)
	}
	if strings.Contains(r.logs.String(), "jane") || strings.Contains(r.logs.String(), r.vendor.URL) {
		t.Errorf("the log says %s", r.logs)
	}
	r.vendor.Close()
	if got := r.order(body); got.reason() != "upstream_dial" || got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("down: %d %s", got.status, got.body)
	}
}

// The vendor must be who it says, and gets our certificate where it asks.
func TestVendorTLS(t *testing.T) {
	for _, test := range []struct {
		what, reason string
		trusts       bool
		setup        func(*httptest.Server)
		url          func(string) string
	}{
		{"trusted", "", true, func(*httptest.Server) {}, nil},
		{"not trusted", "upstream_certificate", false, func(*httptest.Server) {}, nil},
		{"another name", "upstream_certificate", true, func(*httptest.Server) {}, func(u string) string { return strings.Replace(u, "127.0.0.1", "localhost", 1) }},
		{"an old version", "upstream_unavailable", true, func(s *httptest.Server) {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		}, nil},
		{"asks for a certificate", "", true, func(s *httptest.Server) { s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert} }, nil},
	} {
		t.Run(test.what, func(t *testing.T) {
			secure := newVendor(t, func(s *httptest.Server) {
				test.setup(s)
				s.StartTLS()
			})
			r := newRig(t, func(r *rig) {
				address := secure.URL
				if test.url != nil {
					address = test.url(address)
				}
				r.route.Upstream.Base, _ = url.Parse(address)
				if test.trusts {
					r.route.Upstream.Authorities = x509.NewCertPool()
					r.route.Upstream.Authorities.AddCert(secure.Certificate())
				}
				r.route.Upstream.Certificate = func() (*tls.Certificate, error) { return &secure.TLS.Certificates[0], nil }
			})
			got := r.order(`{"customer":{"email":"` + r.email() + `"}}`)
			if got.reason() != test.reason {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			if heard := secure.heard(); (len(heard) == 1) != (test.reason == "") {
				t.Errorf("the vendor heard %d requests", len(heard))
			}
		})
	}
}
