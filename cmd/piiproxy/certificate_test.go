package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/client"
	"github.com/piiproxy/piiproxy/config"
)

// issuer is an authority of client certificates and of the listener's own.
type issuer struct {
	t           *testing.T
	folder      string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newIssuer(t *testing.T, folder string) *issuer {
	t.Helper()
	i := &issuer{t: t, folder: folder, key: freshKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &i.key.PublicKey, i.key)
	if err != nil {
		t.Fatal(err)
	}
	if i.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	i.write("authority.pem", "CERTIFICATE", der)
	return i
}

// freshKey is a key that nobody has yet.
func freshKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *issuer) write(name, kind string, der []byte) string {
	i.t.Helper()
	path := filepath.Join(i.folder, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return path
}

// issue writes a certificate of a key and the key.
func (i *issuer) issue(name string, key *ecdsa.PrivateKey) (pair tls.Certificate, certificate, private string) {
	i.t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		i.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, i.certificate, &key.PublicKey, i.key)
	if err != nil {
		i.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		i.t.Fatal(err)
	}
	certificate, private = i.write(name+".pem", "CERTIFICATE", append([]byte{}, der...)), i.write(name+".key", "EC PRIVATE KEY", secret)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, certificate, private
}

// TestClientCertificate: a caller that has a certificate and no token reveals through
// serve, also with a renewed one; one of another key is nobody, none does not get as
// far; and restore goes by its certificate where the listener asks for one.
func TestClientCertificate(t *testing.T) {
	folder := t.TempDir()
	authority, key := newIssuer(t, folder), freshKey(t)
	_, cert, private := authority.issue("listener", freshKey(t))
	pair, file, fileKey := authority.issue("caller", key)
	renewed, _, _ := authority.issue("renewed", key)
	other, _, _ := authority.issue("other", freshKey(t))
	var printed, errs strings.Builder
	if code := run(t.Context(), []string{"callers", "cert", file}, strings.NewReader(""), &printed, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	plain := newChat(t, "", "")
	text, err := os.ReadFile(plain.settings.File())
	if err != nil {
		t.Fatal(err)
	}
	admin := `admin: {addr: "127.0.0.1:0", tls: {cert: ` + cert + `, key: ` + private + `, client_ca: ` + filepath.Join(folder, "authority.pem") + `}}`
	yaml := strings.Replace(string(text), `admin: "127.0.0.1:0"`, admin, 1) + `callers:
  - name: pinned
` + printed.String() + `    scopes: [reveal]
    accounts: [shop]
    kinds: [all]
    level: full
    purposes: [support]
  - {name: first, token_sha256: ` + hashOf(firstToken) + `, scopes: [restore], accounts: [shop], kinds: [all]}
  - {name: second, token_sha256: ` + hashOf(secondToken) + `, scopes: [restore], accounts: [shop], kinds: [all]}
`
	if err := os.WriteFile(filepath.Join(folder, "piiproxy.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load(filepath.Join(folder, "piiproxy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := &chat{t: t, platform: plain.platform, bot: newWire(t), log: &lines{}, folder: folder}
	for i := range settings.Accounts {
		settings.Accounts[i].BotURL = c.bot.URL
	}
	c.serve(settings)
	c.says("my mail is " + chatMail)
	token := strings.Fields(strings.SplitAfter(c.bot.last(), "my mail is ")[1])[0][:len("pii_email_")+26]
	roots := x509.NewCertPool()
	roots.AddCert(authority.certificate)
	ask := func(certificates ...tls.Certificate) ([]client.Value, error) {
		of, err := client.New(client.Config{
			URL: "https://" + c.server.Addr("admin"), Token: "ppx_nobody-and-long-enough-to-count",
			TLS: &tls.Config{RootCAs: roots, Certificates: certificates, MinVersion: tls.VersionTLS12},
		})
		if len(certificates) > 0 {
			of, err = client.New(client.Config{URL: "https://" + c.server.Addr("admin"), TLS: &tls.Config{RootCAs: roots, Certificates: certificates, MinVersion: tls.VersionTLS12}})
		}
		if err != nil {
			t.Fatal(err)
		}
		defer of.Close()
		return of.Reveal(t.Context(), client.Question{Tokens: []string{token}, Purpose: "support"})
	}
	for name, certificate := range map[string]tls.Certificate{"its certificate": pair, "a renewed one": renewed} {
		if values, err := ask(certificate); err != nil || values[0].Text != chatMail {
			t.Errorf("%s: %v", name, err)
		}
	}
	var refused *client.Error
	if _, err := ask(other); !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("a certificate of another key: %v", err)
	}
	if _, err := ask(); err == nil || errors.As(err, &refused) && refused.Status != 401 {
		t.Errorf("no certificate: %v", err)
	}
	if log := c.audited(); strings.Count(log, `"actor":"caller:pinned","action":"reveal"`) != 2 {
		t.Errorf("the audit: %s", log)
	}
	t.Setenv("PIIPROXY_TOKEN_FIRST", firstToken)
	t.Setenv("PIIPROXY_TOKEN_SECOND", secondToken)
	in := filepath.Join(folder, "dump.txt")
	if err := os.WriteFile(in, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--in", in, "--caller", "first", "--caller", "second"}
	if code, out, _ := c.restoring(t, args...); code != exitFailed || out != "" {
		t.Errorf("restore without a certificate: %d %s", code, out)
	}
	t.Setenv("PIIPROXY_CLIENT_CERT", file)
	t.Setenv("PIIPROXY_CLIENT_KEY", fileKey)
	if code, out, errs := c.restoring(t, args...); code != exitFine || out != chatMail {
		t.Errorf("restore with a certificate: %d %s %s", code, out, errs)
	}
}
