package rig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate is one that the public listener shows for the length of a test.
type certificate struct {
	file, key string
	pin       string // base64 of the SHA-256 of its public key (RFC 7469, 2.4)
}

// Secure gives the public listener TLS, before Start: browsers keep the cookies
// of a form for no other.
func (p *Proxy) Secure(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(PublicOrigin, "https://")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	c := &certificate{file: filepath.Join(p.Dir, "cert.pem"), key: filepath.Join(p.Dir, "key.pem"), pin: base64.StdEncoding.EncodeToString(sum[:])}
	for file, block := range map[string]*pem.Block{c.file: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.certificate = c
}

// listen is the public listener as the configuration has it.
func (p *Proxy) listen() string {
	if p.certificate == nil {
		return fmt.Sprintf("%q", p.public)
	}
	return fmt.Sprintf("{addr: %q, tls: {cert: %q, key: %q}}", p.public, p.certificate.file, p.certificate.key)
}
