// Package authority is a private certificate authority for the few host names
// of the platform that a bot has built in. It promises that whoever steals its
// key can impersonate those hosts only, toward the bots that trust it only: the
// certificate has critical name constraints (RFC 5280, 4.2.1.10), permits server
// authentication only, signs no other authority, and its key is of one
// installation. Leaves live at most a week, each with a key of its own that is
// never written anywhere.
package authority

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The files in a folder of an authority. The certificate is public: bots read it.
const (
	CertificateFile = "ca.pem"
	KeyFile         = "ca.key"
)

// lifetime of an authority. Long enough that nobody is surprised every year,
// short enough that the rotation of docs/roads.md is not forgotten.
const lifetime = 3 * 365 * 24 * time.Hour

// skew is how far behind a bot's clock may be.
const skew = time.Hour

// fileMax bounds what is read: both files are under 2 KiB.
const fileMax = 64 << 10

// Authority is an opened certificate authority. It is read-only.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// Make writes a new authority into a folder, for exactly these host names, and
// opens it. The folder is made if need be. Nothing is ever overwritten: an
// authority that is there already is an error.
//
// By RFC 5280 a permitted name permits the names below it as well; what is below
// the platform's hosts is the platform's, and no leaf is ever made for it.
func Make(folder string, names []string, now time.Time) (*Authority, error) {
	names, err := checkNames(names)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("making %s: %w", folder, err)
	}
	for _, name := range []string{KeyFile, CertificateFile} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return nil, fmt.Errorf("%s is there already and is not overwritten: bots trust it; to change it make another one in a new folder (docs/roads.md, rotation)", filepath.Join(folder, name))
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template(names, now), template(names, now), key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, errors.New("the new key cannot be written down")
	}
	if err := write(filepath.Join(folder, KeyFile), 0o600, "PRIVATE KEY", private); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(folder, CertificateFile), 0o644, "CERTIFICATE", certificate); err != nil {
		return nil, err
	}
	return Open(folder, now)
}

// template is the certificate of an authority. It tells bots' operators what it
// is; the date tells two of them apart in a trust store.
func template(names []string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"piiproxy"}, CommonName: "piiproxy private CA " + now.UTC().Format("2006-01-02")},
		NotBefore:   now.Add(-skew),
		NotAfter:    now.Add(lifetime),
		KeyUsage:    x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         names,
		ExcludedIPRanges:            everyAddress(),
	}
}

// everyAddress is all of IPv4 and IPv6: names without a constraint of their type
// are unconstrained (RFC 5280, 4.2.1.10).
func everyAddress() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
		{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
	}
}

// write writes a PEM file that is not there yet, and sees it to the disk.
func write(path string, mode os.FileMode, kind string, content []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pem.Encode(file, &pem.Block{Type: kind, Bytes: content}); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return file.Sync()
}

// ErrNone says that a folder holds no authority.
var ErrNone = errors.New("there is no CA")

// Open opens the authority in a folder. What could do more harm than one that
// Make made is refused: a key that others can read, a published one, a
// certificate without critical name constraints or over its time.
func Open(folder string, now time.Time) (*Authority, error) {
	path := filepath.Join(folder, CertificateFile)
	chain, err := read(path, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s: piiproxy ca init --out %s makes one", ErrNone, folder, folder)
	}
	if err != nil {
		return nil, err
	}
	secret, err := read(filepath.Join(folder, KeyFile), 0o077)
	if err != nil {
		return nil, err
	}
	// What crypto/tls says of a key may speak of its content.
	pair, err := tls.X509KeyPair(chain, secret)
	if err != nil {
		return nil, fmt.Errorf("%s and %s are not a certificate and its key: both must be PEM and belong together", CertificateFile, filepath.Join(folder, KeyFile))
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s cannot sign", filepath.Join(folder, KeyFile))
	}
	if err := harmless(pair.Leaf, now); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Authority{pair.Leaf, key}, nil
}

// read reads a bounded file. forbidden are mode bits that it may not have.
func read(path string, forbidden os.FileMode) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	about, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if mode := about.Mode().Perm(); mode&forbidden != 0 {
		return nil, fmt.Errorf("%s has mode %04o, so others can read or change it: run chmod 600 %s (in Kubernetes set defaultMode: 0400, in Compose mode: 0400); if it was so for long, make a new CA", path, mode, path)
	}
	content, err := io.ReadAll(io.LimitReader(file, fileMax+1))
	if err == nil && len(content) > fileMax {
		err = errors.New("is it the right file? it is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return content, nil
}

// harmless refuses a certificate that could vouch for more than some hosts.
func harmless(c *x509.Certificate, now time.Time) error {
	switch {
	case Published(c):
		return errors.New("this CA's key is published with a proxy's source code, so that anybody can impersonate the platform toward whoever trusts it: take it out of every trust store and make one of your own with piiproxy ca init")
	case !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage&x509.KeyUsageCertSign == 0:
		return errors.New("this is no certificate of a CA: make one with piiproxy ca init")
	case !c.PermittedDNSDomainsCritical || len(c.PermittedDNSDomains) == 0:
		return errors.New("this CA has no critical name constraints, so whoever gets its key can impersonate every host: make one with piiproxy ca init")
	case slices.ContainsFunc(c.PermittedDNSDomains, broad):
		return errors.New("this CA's name constraints permit more than full host names, such as a whole domain: make one with piiproxy ca init")
	case !c.MaxPathLenZero:
		return errors.New("this CA may sign other CAs: make one that may not with piiproxy ca init")
	case !slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) || len(c.UnknownExtKeyUsage) > 0:
		return errors.New("this CA may sign for more than TLS servers: make one that may not with piiproxy ca init")
	case !excludesAddresses(c):
		return errors.New("this CA may sign for IP addresses: make one that excludes them with piiproxy ca init")
	case now.Before(c.NotBefore):
		return fmt.Errorf("this CA is not valid before %s: look at the clock", c.NotBefore.UTC().Format(time.DateOnly))
	case now.After(c.NotAfter):
		return fmt.Errorf("this CA ended on %s: make another one in a new folder, have bots trust it, and name it here (docs/roads.md, rotation)", c.NotAfter.UTC().Format(time.DateOnly))
	}
	return nil
}

// broad says that a constraint is none that Make writes: an empty one permits every
// host, and one with a dot in front or a single label a whole domain.
func broad(constraint string) bool { return CheckName(constraint) != nil }

func excludesAddresses(c *x509.Certificate) bool {
	for _, all := range everyAddress() {
		excluded := func(n *net.IPNet) bool { return n.IP.Equal(all.IP) && bytes.Equal(n.Mask, all.Mask) }
		if !slices.ContainsFunc(c.ExcludedIPRanges, excluded) {
			return false
		}
	}
	return true
}

// publishedKeys are SHA-256 sums of the SubjectPublicKeyInfo of authorities whose
// private keys anybody can download: goproxy's (a test in proxy compares).
var publishedKeys = []string{"c012de113a81789eb5c392c0580156bbc281f9f93e07f08cafa3329672e6993b"}

// Published says that the private key of a certificate is known to everybody.
func Published(c *x509.Certificate) bool {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return slices.Contains(publishedKeys, fmt.Sprintf("%x", sum))
}

// Names are the host names that the authority vouches for, in the order of its
// certificate.
func (a *Authority) Names() []string { return slices.Clone(a.certificate.PermittedDNSDomains) }

// Covers says whether the authority is for a host; names below its names are not.
func (a *Authority) Covers(name string) bool {
	return slices.Contains(a.certificate.PermittedDNSDomains, name)
}

// Ends is when bots stop believing the authority.
func (a *Authority) Ends() time.Time { return a.certificate.NotAfter }

// Fingerprint is the SHA-256 of the certificate in hex, as openssl x509
// -fingerprint -sha256 prints it without colons.
func (a *Authority) Fingerprint() string {
	return fmt.Sprintf("%x", sha256.Sum256(a.certificate.Raw))
}

// Signed says that a certificate is one of the authority's leaves: a server that
// shows it is this piiproxy, or another one with the same authority.
func (a *Authority) Signed(leaf *x509.Certificate) bool {
	return bytes.Equal(leaf.AuthorityKeyId, a.certificate.SubjectKeyId) && leaf.CheckSignatureFrom(a.certificate) == nil
}
