package config_test

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
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// authority signs certificates for tests.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, encode("CERTIFICATE", der)}
}

// issue makes a certificate for 127.0.0.1 with the given name, as PEM.
func (a authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	leaf := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &leaf.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(leaf)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der), encode("EC PRIVATE KEY", private)
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// serve answers TLS handshakes until the test ends.
func serve(t *testing.T, server *tls.Config) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.(*tls.Conn).Handshake()
			_, _ = connection.Write([]byte("hello"))
			_ = connection.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// served is the name in the server's certificate; empty when it sends no greeting.
func served(address string, client *tls.Config) string {
	connection, err := tls.Dial("tcp", address, client)
	if err != nil {
		return ""
	}
	defer func() { _ = connection.Close() }()
	if n, _ := connection.Read(make([]byte, 5)); n == 0 {
		return ""
	}
	return connection.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestCertificatesAreReadAgain(t *testing.T) {
	authority, folder := newAuthority(t), t.TempDir()
	files := config.TLS{Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem"), ClientCA: filepath.Join(folder, "ca.pem")}
	cert, key := authority.issue(t, "first")
	put(t, files.Cert, cert, 0o644)
	put(t, files.Key, key, 0o600)
	put(t, files.ClientCA, newAuthority(t).pem, 0o644)
	server, err := files.Server()
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, server)
	roots := x509.NewCertPool()
	roots.AddCert(authority.cert)
	mine, mineKey := authority.issue(t, "client")
	pair, err := tls.X509KeyPair([]byte(mine), []byte(mineKey))
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	if name := served(address, client); name != "" {
		t.Fatal("a client of another authority is let in")
	}
	put(t, files.ClientCA, authority.pem, 0o644)
	eventually(t, func() bool { return served(address, client) == "first" })
	if name := served(address, &tls.Config{RootCAs: roots}); name != "" {
		t.Error("a client without a certificate is let in")
	}

	put(t, files.Cert, "half a certificate", 0o644)
	if name := served(address, client); name != "first" {
		t.Error("a broken file ended the last good certificate")
	}
	cert, key = authority.issue(t, "second")
	put(t, files.Key, key, 0o600)
	put(t, files.Cert, cert, 0o644)
	eventually(t, func() bool { return served(address, client) == "second" })
}

func TestCertificatesThatAreRefused(t *testing.T) {
	authority, folder := newAuthority(t), t.TempDir()
	cert, key := authority.issue(t, "one")
	_, otherKey := authority.issue(t, "other")
	path := func(name string) string { return filepath.Join(folder, name) }
	put(t, path("cert"), cert, 0o644)
	put(t, path("key"), key, 0o600)
	put(t, path("other"), otherKey, 0o600)
	put(t, path("wide"), key, 0o640)
	put(t, path("junk"), "junk", 0o600)
	for name, test := range map[string]struct {
		files config.TLS
		want  string
	}{
		"no certificate": {config.TLS{Cert: path("none"), Key: path("key")}, "there is no file " + path("none")},
		"no key":         {config.TLS{Cert: path("cert"), Key: path("none")}, "there is no file " + path("none")},
		"other key":      {config.TLS{Cert: path("cert"), Key: path("other")}, "are not a certificate and its key"},
		"wide key":       {config.TLS{Cert: path("cert"), Key: path("wide")}, "run chmod 600 " + path("wide")},
		"junk":           {config.TLS{Cert: path("junk"), Key: path("key")}, "are not a certificate and its key"},
		"junk authority": {config.TLS{Cert: path("cert"), Key: path("key"), ClientCA: path("junk")}, "holds no certificate in PEM"},
		"no authority":   {config.TLS{Cert: path("cert"), Key: path("key"), ClientCA: path("none")}, "there is no file"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := test.files.Server(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := (config.TLS{}).Server(); !errors.Is(err, config.ErrNoTLS) {
		t.Errorf("plain HTTP: %v", err)
	}
}
