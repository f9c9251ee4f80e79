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
	"sync"
	"testing"
	"time"
)

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
	r.must(r.desk.Close()) // a kept connection could break after the request was written
	r.vendor.Close()
	if got := r.order(body); got.reason() != "upstream_dial" || got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("down: %d %s", got.status, got.body)
	}
}

// A vendor that breaks off and is gone when net/http asks it again may have the
// request: the answer does not say that it has not.
func TestGoneBetween(t *testing.T) {
	r := newRig(t)
	headers := []string{"X-Customer-Email: " + r.email()}
	r.passed("a connection to keep", r.ask("GET", "/customers/1", "", headers...))
	r.vendor.answers(func(w http.ResponseWriter, _ *http.Request) {
		_ = r.vendor.Listener.Close()
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	})
	got := r.ask("GET", "/customers/1", "", headers...)
	if len(r.vendor.heard()) != 1 || got.status != http.StatusBadGateway || got.reason() != "upstream_unavailable" {
		t.Errorf("%d %s", got.status, got.body)
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

// What the vendor may have is not sent again, although the bot's key would let
// net/http do it: the vendor may not know the key, and the audit has one sending.
func TestSentOnce(t *testing.T) {
	r := newRig(t)
	asked := map[string]bool{}
	var mu sync.Mutex
	r.vendor.answers(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		again := asked[q.RemoteAddr]
		asked[q.RemoteAddr] = true
		mu.Unlock()
		if again {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{}`)
	})
	body := `{"customer":{"email":"` + r.email() + `"}}`
	order := func() reply {
		return r.ask("POST", "/v2/orders", body, "Idempotency-Key: k1", "X-Idempotency-Key: k1")
	}
	if got := order(); got.status != http.StatusOK {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	if got := order(); got.reason() != "upstream_unavailable" || got.status != http.StatusBadGateway {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	heard := r.vendor.heard()
	if len(heard) != 2 || heard[1].header.Get("Idempotency-Key") != "k1" {
		t.Errorf("the vendor heard %d requests", len(heard))
	}
}
