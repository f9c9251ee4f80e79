package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// answerOn replaces the platform's answers to messages by bytes on the wire.
func (d *desk) answerOn(write func(net.Conn)) {
	d.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return false
		}
		defer connection.Close()
		write(connection)
		return true
	})
}

// An answer of the platform that is cut short becomes an error, never half a
// success: the bot would take it for whole.
func TestTruncatedAnswer(t *testing.T) {
	d := newDesk(t, nil)
	const half = `{"recipient_id":"` + anna + `","message_`
	for name, answer := range map[string]string{
		"shorter than its length": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 120\r\n\r\n" + half,
		"a chunk cut off":         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + half,
		"no last chunk":           fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(half), half),
		"gzip cut off":            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xab\x56",
	} {
		t.Run(name, func(t *testing.T) {
			d.T = t
			d.answerOn(func(c net.Conn) { _, _ = c.Write([]byte(answer)) })
			d.graphError(d.says(anna, "hello"), http.StatusBadGateway, 2)
		})
	}
	d.T = t
}

// A platform that hangs up, hangs or cannot be reached gives an error that
// the bot's SDK understands.
func TestPlatformDown(t *testing.T) {
	d := newDesk(t, func(s *rig.Setup) { s.Upstream = time.Second })
	d.answerOn(func(net.Conn) {})
	d.downAnswer("it hangs up")
	hold := make(chan struct{})
	d.platform.Answer(func(_ http.ResponseWriter, r *http.Request, _ rig.Call) bool {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		return true
	})
	d.downAnswer("it hangs")
	close(hold)

	nobody := newDesk(t, func(s *rig.Setup) { s.Accounts[0].Graph = "http://127.0.0.1:9" })
	nobody.downAnswer("nobody listens")
}

func (d *desk) downAnswer(how string) {
	d.Helper()
	reply := d.says(anna, "hello")
	if reply.Status != http.StatusBadGateway && reply.Status != http.StatusServiceUnavailable && reply.Status != http.StatusGatewayTimeout {
		d.Errorf("%s: want 502, 503 or 504, got %d (error: %v)", how, reply.Status, reply.Err)
		return
	}
	d.graphError(reply, reply.Status, 2)
}

// Errors of the platform reach the bot as they are.
func TestPlatformErrors(t *testing.T) {
	d := newDesk(t, nil)
	const answer = `{"error":{"message":"(#10) This message is sent outside of allowed window.","type":"OAuthException","code":10,"error_subcode":2018278,"fbtrace_id":"BLBz\/WZt8dN"}}`
	d.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.Header().Set("WWW-Authenticate", `OAuth "Facebook Platform" "invalid_request" "x"`)
		w.Header().Set("X-App-Usage", `{"call_count":28}`)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(answer))
		return true
	})
	reply := d.says(anna, "hello")
	if reply.Status != http.StatusBadRequest || string(reply.Body) != answer {
		t.Errorf("got %d %s", reply.Status, reply.Body)
	}
	for _, header := range []string{"Www-Authenticate", "X-App-Usage"} {
		if reply.Header.Get(header) == "" {
			t.Errorf("the bot did not get %s", header)
		}
	}
}

// A platform whose certificate nobody vouches for hears nothing.
func TestUntrustedCertificate(t *testing.T) {
	certificate, _ := selfSigned(t, "127.0.0.1", time.Now().Add(time.Hour))
	expired, _ := selfSigned(t, "127.0.0.1", time.Now().Add(-time.Minute))
	for name, c := range map[string]tls.Certificate{"self-signed": certificate, "expired": expired} {
		platform := rig.NewTLSPlatform(t, c)
		d := newDesk(t, func(s *rig.Setup) { s.Accounts[0].Graph = platform.URL })
		reply := d.says(anna, "hello")
		if reply.Status/100 != 5 {
			t.Errorf("%s: want an error, got %d", name, reply.Status)
			continue
		}
		d.graphError(reply, reply.Status, 2)
		if calls := platform.Calls(); len(calls) != 0 {
			t.Errorf("%s: the platform got %d calls", name, len(calls))
		}
	}
}

// A platform whose certificate is vouched for is served over TLS; a wrong
// name is not.
func TestTrustedCertificate(t *testing.T) {
	for name, right := range map[string]bool{"127.0.0.1": true, "127.0.0.2": false} {
		certificate, authority := selfSigned(t, name, time.Now().Add(time.Hour))
		platform := rig.NewTLSPlatform(t, certificate)
		d := newDesk(t, func(s *rig.Setup) {
			s.Accounts[0].Graph = platform.URL
			s.Environ = []string{"SSL_CERT_FILE=" + authority}
		})
		reply := d.says(anna, "hello")
		if got := reply.Status == http.StatusOK; got != right {
			t.Errorf("certificate for %s: got %d %s", name, reply.Status, reply.Body)
		}
		if len(platform.Calls()) > 0 != right {
			t.Errorf("certificate for %s: the platform got %d calls", name, len(platform.Calls()))
		}
	}
}

// selfSigned makes a certificate for an address and the file that vouches for
// it.
func selfSigned(t *testing.T, address string, until time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a platform of a test"},
		NotBefore: until.Add(-2 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// What the platform answers to a send is what the bot gets: id, member order,
// escapes; packed or not.
func TestAnswerIsUntouched(t *testing.T) {
	d := newDesk(t, nil)
	reply := d.says(anna, "hello")
	var answer struct {
		Recipient string `json:"recipient_id"`
		Message   string `json:"message_id"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil || answer.Recipient != anna || answer.Message == "" {
		t.Errorf("got %d %s (error: %v)", reply.Status, reply.Body, err)
	}
	if got := reply.Header.Get("Facebook-Api-Version"); got != "v23.0" {
		t.Errorf("the bot did not get the platform's headers")
	}
}
