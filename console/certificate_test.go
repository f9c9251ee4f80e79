package console_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
)

// authority signs client certificates.
type authority struct {
	t           *testing.T
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	issued      int64
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "clients"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// signs makes a new certificate of a key.
func (a *authority) signs(key *ecdsa.PrivateKey) tls.Certificate {
	a.t.Helper()
	a.issued++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(100 + a.issued), Subject: pkix.Name{CommonName: "caller"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func pinOf(t *testing.T, key *ecdsa.PrivateKey) [sha256.Size]byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(der)
}

// anyLinks answers who asked.
type anyLinks struct{ console.Links }

// Read implements console.Links.
func (anyLinks) Read(_ context.Context, who console.Who, _ string) (console.LinkFacts, error) {
	return console.LinkFacts{Account: who.Actor()}, nil
}

// A caller is known by the key of its certificate, also of a renewed one; who has a
// token, too, must show both; and a certificate of the authority alone is nobody.
func TestClientCertificates(t *testing.T) {
	const token, alone = "ppx_token-of-both-aaaaaaaaaaaa", "ppx_token-alone-bbbbbbbbbbbbbb"
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	ca, pinned, both, other := newAuthority(t), newKey(t), newKey(t), newKey(t)
	access := console.Access{Keys: set, Callers: []console.Caller{
		{Name: "pinned", Certificate: pinOf(t, pinned), Scopes: []string{"links"}},
		{Name: "both", Certificate: pinOf(t, both), Token: sha256.Sum256([]byte(token)), Scopes: []string{"links"}},
		{Name: "token", Token: sha256.Sum256([]byte(alone)), Scopes: []string{"links"}},
		{Name: "nothing", Scopes: []string{"links"}},
	}}
	server := httptest.NewUnstartedServer(console.Handler(access, console.Desks{Links: anyLinks{}}))
	clients := x509.NewCertPool()
	clients.AddCert(ca.certificate)
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	for _, try := range []struct {
		name  string
		key   *ecdsa.PrivateKey
		token string
		want  string
	}{
		{"its certificate", pinned, "", "caller:pinned"},
		{"a renewed one", pinned, "", "caller:pinned"},
		{"a certificate of another key", other, "", ""},
		{"no certificate", nil, "", ""},
		{"an empty token", nil, "-", ""},
		{"both", both, token, "caller:both"},
		{"of both the certificate alone", both, "", ""},
		{"of both the token alone", nil, token, ""},
		{"of both the token, under another's certificate", pinned, token, ""},
		{"a token that is enough", nil, alone, "caller:token"},
		{"a token that is enough, and any certificate", other, alone, "caller:token"},
	} {
		client := server.Client()
		transport := client.Transport.(*http.Transport).Clone()
		if try.key != nil {
			transport.TLSClientConfig.Certificates = []tls.Certificate{ca.signs(try.key)}
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1/links/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if try.token != "" {
			request.Header.Set("Authorization", "Bearer "+strings.TrimPrefix(try.token, "-"))
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		got := bodyOf(t, response)
		transport.CloseIdleConnections()
		if try.want == "" && response.StatusCode != 401 || try.want != "" && !strings.Contains(got, `"account":"`+try.want+`"`) {
			t.Errorf("%s: %d %s", try.name, response.StatusCode, got)
		}
	}
}

func bodyOf(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
