package authority_test

// What whoever has the key of an authority can do with it, and who believes them.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/authority"
)

// What the stolen key could sign is worth nothing: Go and OpenSSL believe it for
// the listed hosts only, whatever the certificate says of itself.
func TestConstraints(t *testing.T) {
	_, folder := made(t, "graph.facebook.com")
	for name, hostile := range map[string]struct {
		change func(*x509.Certificate)
		good   bool
	}{
		"listed":     {func(c *x509.Certificate) { c.DNSNames = []string{"graph.facebook.com"} }, true},
		"other":      {func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} }, false},
		"both":       {func(c *x509.Certificate) { c.DNSNames = []string{"graph.facebook.com", "other.example"} }, false},
		"above":      {func(c *x509.Certificate) { c.DNSNames = []string{"facebook.com"} }, false},
		"look-alike": {func(c *x509.Certificate) { c.DNSNames = []string{"evilgraph.facebook.com"} }, false},
		"wildcard":   {func(c *x509.Certificate) { c.DNSNames = []string{"*.facebook.com"} }, false},
		"address":    {func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} }, false},
		"address 6":  {func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv6loopback} }, false},
		"client":     {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			leaf, _ := forge(t, folder, hostile.change)
			roots := x509.NewCertPool()
			roots.AddCert(certificateIn(t, folder))
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots})
			if (err == nil) != hostile.good {
				t.Errorf("Go: %v", err)
			}
			path := filepath.Join(t.TempDir(), "leaf.pem")
			if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), 0o600); err != nil {
				t.Fatal(err)
			}
			said, err := exec.Command("openssl", "verify", "-purpose", "sslserver", "-CAfile", filepath.Join(folder, authority.CertificateFile), path).CombinedOutput()
			if (err == nil) != hostile.good {
				t.Errorf("openssl: %v: %s", err, said)
			}
		})
	}
}

// A host in the common name alone is constrained as well, where anybody reads it
// there at all.
func TestCommonNameAlone(t *testing.T) {
	_, folder := made(t, "graph.facebook.com")
	leaf, _ := forge(t, folder, func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "other.example"} })
	roots := x509.NewCertPool()
	roots.AddCert(certificateIn(t, folder))
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "other.example"}); err == nil {
		t.Error("Go believes it")
	}
	path := filepath.Join(t.TempDir(), "leaf.pem")
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), 0o600))
	if said, err := exec.Command("openssl", "verify", "-purpose", "sslserver", "-verify_hostname", "other.example", "-CAfile", filepath.Join(folder, authority.CertificateFile), path).CombinedOutput(); err == nil {
		t.Errorf("openssl believes it: %s", said)
	}
}

func TestNoAuthorityBelow(t *testing.T) {
	_, folder := made(t, "graph.facebook.com")
	middle, stolen := forge(t, folder, func(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign })
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := sign(t, middle, stolen, &x509.Certificate{DNSNames: []string{"graph.facebook.com"}}, key)
	roots, middles := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(certificateIn(t, folder))
	middles.AddCert(middle)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: middles}); err == nil {
		t.Error("an authority below the authority is believed")
	}
}

// forge signs what an attacker with the stolen key would, for a key of their own.
func forge(t *testing.T, folder string, change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, authority.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	stolen, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wanted := &x509.Certificate{
		Subject: pkix.Name{Organization: []string{"evil"}}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	change(wanted)
	return sign(t, certificateIn(t, folder), stolen.(*ecdsa.PrivateKey), wanted, key), key
}

func sign(t *testing.T, parent *x509.Certificate, with *ecdsa.PrivateKey, wanted *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	wanted.NotBefore, wanted.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, wanted, parent, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func certificateIn(t *testing.T, folder string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, authority.CertificateFile))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(content)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sameKey(a, b *x509.Certificate) bool {
	return string(a.RawSubjectPublicKeyInfo) == string(b.RawSubjectPublicKeyInfo)
}
