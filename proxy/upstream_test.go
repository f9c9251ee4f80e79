package proxy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority is a certificate authority that this process trusts, as if the
// machine did: its certificate is in SSL_CERT_FILE before anybody looks.
var authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "piiproxy-authority")
	if err != nil {
		log.Fatal(err)
	}
	authority.certificate, authority.key = certificate(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })
	file := filepath.Join(folder, "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.certificate.Raw}), 0o600); err != nil {
		log.Fatal(err)
	}
	_ = os.Setenv("SSL_CERT_FILE", file)
	_ = os.Setenv("SSL_CERT_DIR", folder)
	_ = os.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // must be ignored (threats.md O12)
	_ = os.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// certificate makes a certificate for 127.0.0.1, signed by the authority, or
// by itself while there is none.
func certificate(change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "piiproxy test"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	change(template)
	parent, signer := authority.certificate, authority.key
	if parent == nil || template.IsCA {
		parent, signer = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		log.Fatal(err)
	}
	return parsed, key
}

// securePlatform is a platform behind TLS.
func securePlatform(t *testing.T, change func(*x509.Certificate), settings *tls.Config) *peer {
	t.Helper()
	leaf, key := certificate(change)
	p := &peer{answer: graphAnswer}
	p.server = httptest.NewUnstartedServer(p)
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	settings.Certificates = []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}
	p.server.TLS = settings
	p.server.StartTLS()
	p.url = p.server.URL
	t.Cleanup(p.server.Close)
	return p
}

// The platform must show a certificate that the machine trusts, over TLS 1.2
// or later; else it gets nothing and the bot gets an error of Graph's shape.
func TestUpstreamTLS(t *testing.T) {
	old := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}
	for _, test := range []struct {
		name     string
		change   func(*x509.Certificate)
		settings *tls.Config
		reason   string
	}{
		{"trusted", func(*x509.Certificate) {}, &tls.Config{}, ""},
		{"trusted, TLS 1.2", func(*x509.Certificate) {}, &tls.Config{MaxVersion: tls.VersionTLS12}, ""},
		{"self-signed", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, &tls.Config{}, "upstream_certificate"},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, &tls.Config{}, "upstream_certificate"},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, &tls.Config{}, "upstream_certificate"},
		{"wrong name", func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"graph.example"} }, &tls.Config{}, "upstream_certificate"},
		{"not for servers", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, &tls.Config{}, "upstream_certificate"},
		{"TLS 1.0", func(*x509.Certificate) {}, old, "upstream_unavailable"},
	} {
		platform := securePlatform(t, test.change, test.settings)
		r := newRig(t, func(p *plan) { p.graph = platform.url })
		got := r.call("/shop/me/messages", hello)
		if test.reason == "" {
			if got.status != http.StatusOK || r.only(platform).body != hello {
				t.Errorf("%s: answered %d %s", test.name, got.status, got.body)
			}
			continue
		}
		r.refused(test.name, got, http.StatusBadGateway, test.reason)
		r.nothing(platform)
	}
}

// A platform that cannot be reached: the bot learns whether it may try again.
func TestUpstreamDown(t *testing.T) {
	r := newRig(t)
	r.platform.server.Close()
	got := r.call("/shop/me/messages", hello)
	r.refused("down", got, http.StatusServiceUnavailable, "upstream_dial")
	if shape := graphShape(got.body); shape.Code != 2 || !*shape.Transient || got.header.Get("Retry-After") == "" {
		t.Errorf("answered %v %s", got.header, got.body)
	}
}

// A platform that hangs up, hangs, or babbles.
func TestUpstreamFaults(t *testing.T) {
	hijack := func(bytes string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, bytes)
				_ = connection.Close()
			}
		}
	}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		reason string
	}{
		{"hangs up", hijack(""), "upstream_unavailable"},
		{"hangs", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, "upstream_header_timeout"},
		{"no HTTP", hijack("SSH-2.0-OpenSSH_9.6\r\n"), "upstream_unavailable"},
		{"a body cut short", hijack(head + "Content-Length: 100\r\n\r\n{\"message_id\":\"m\"}"), "answer_truncated"},
		{"chunks cut short", hijack(head + "Transfer-Encoding: chunked\r\n\r\n12\r\n{\"message_id\":\"m\"}\r\n"), "answer_truncated"},
		{"a chunk cut short", hijack(head + "Transfer-Encoding: chunked\r\n\r\n50\r\n{\"message_id\":\"m\"}"), "answer_truncated"},
		{"a body that hangs", hijackOpen(head + "Content-Length: 100\r\n\r\n{"), "upstream_timeout"},
		{"switches protocols", hijack("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"), "answer_unreadable"},
		{"two lengths", hijack(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), "upstream_unavailable"},
	} {
		r := newRig(t, func(p *plan) { p.limits.Upstream.Header, p.limits.Upstream.Total = time.Second, 2*time.Second })
		r.platform.answers(test.answer)
		got := r.call("/shop/me/messages", hello)
		r.refused(test.name, got, http.StatusBadGateway, test.reason)
		if shape := graphShape(got.body); shape.Code != 2 {
			t.Errorf("%s: code %d", test.name, shape.Code)
		}
	}
}

// hijackOpen answers with bytes and then waits until the other side has gone.
func hijackOpen(bytes string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(connection, bytes)
			_, _ = io.Copy(io.Discard, connection)
			_ = connection.Close()
		}
	}
}

// Redirects of the platform are not followed and take nothing with them.
func TestUpstreamRedirects(t *testing.T) {
	r := newRig(t)
	decoy := newPeer(t, graphAnswer)
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
		for _, location := range []string{decoy.url + "/v23.0/me/messages", "https://evil.example/", "/v23.0/other", r.platform.url} {
			r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location)
				w.WriteHeader(status)
			})
			before := len(r.platform.requests())
			got := r.call("/shop/me/messages?access_token="+shopToken, hello)
			r.refused(location, got, http.StatusBadGateway, "redirect")
			if got.header.Get("Location") != "" || len(r.platform.requests()) != before+1 {
				t.Errorf("%d to %s: %v", status, location, got.header)
			}
		}
	}
	r.nothing(decoy)
}
