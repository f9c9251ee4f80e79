package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"sync"
	"time"
)

// A leaf is valid for leafLifetime from the moment it is made, and skew before: a
// week at most. It is made anew when less than renewBefore of it is left.
const (
	leafLifetime = 6 * 24 * time.Hour
	renewBefore  = leafLifetime / 2
)

// Issuer makes leaves and keeps them, in memory only, until they are made anew.
// It is safe for concurrent use.
type Issuer struct {
	authority *Authority
	now       func() time.Time

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// Issuer gives leaves in the name of the authority.
func (a *Authority) Issuer(now func() time.Time) *Issuer {
	return &Issuer{authority: a, now: now, leaves: map[string]*tls.Certificate{}}
}

// Leaf is a certificate for a host that the authority covers, with a key that
// no other leaf has.
func (i *Issuer) Leaf(name string) (*tls.Certificate, error) {
	if !i.authority.Covers(name) {
		return nil, fmt.Errorf("the CA does not cover this host")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if leaf := i.leaves[name]; leaf != nil && (now.Add(renewBefore).Before(leaf.Leaf.NotAfter) || leaf.Leaf.NotAfter.Equal(i.authority.Ends())) {
		return leaf, nil // none made now would be good for longer
	}
	leaf, err := i.authority.sign(name, now)
	if err != nil {
		return nil, err
	}
	i.leaves[name] = leaf
	return leaf, nil
}

// sign makes a leaf. It ends with the authority at the latest.
func (a *Authority) sign(name string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	ends := now.Add(leafLifetime)
	if ends.After(a.Ends()) {
		ends = a.Ends()
	}
	leaf := &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		DNSNames:  []string{name},
		NotBefore: now.Add(-skew), NotAfter: ends,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	// Bots trust the authority itself, which therefore is not sent along.
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: parsed}, nil
}
