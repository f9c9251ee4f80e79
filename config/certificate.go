package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// pemMax bounds certificate files; a full set of public authorities is under
// 300 KiB.
const pemMax = 1 << 20

// Reloading is a certificate and its key, read again when a file changes.
type Reloading struct{ pair *watched[*tls.Certificate] }

// Certificate opens the certificate of a listener. The error says which file
// is wrong and what to do. Like secrets, the key must be its owner's only.
func Certificate(cert, key string) (*Reloading, error) {
	pair, err := watch(func() (*tls.Certificate, error) { return readPair(cert, key) }, cert, key)
	if err != nil {
		return nil, certificateError(cert, key, err)
	}
	return &Reloading{pair}, nil
}

// GetCertificate is for tls.Config. It keeps the last good certificate while
// the files are wrong, for example in the middle of a rotation.
func (r *Reloading) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	pair, _ := r.pair.get()
	return pair, nil
}

// Fault says why the files as they are now are not in use; nil when they are.
func (r *Reloading) Fault() error {
	_, err := r.pair.get()
	return err
}

// readPair never wraps what crypto/tls says about a key: it may speak of the
// key's content.
func readPair(cert, key string) (*tls.Certificate, error) {
	if err := private(key); err != nil {
		return nil, err
	}
	chain, err := readBounded(cert, pemMax)
	if err != nil {
		return nil, err
	}
	secret, err := readBounded(key, pemMax)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(chain, secret)
	if err != nil {
		return nil, fmt.Errorf("%s and %s are not a certificate and its key: both must be PEM and belong together", cert, key)
	}
	return &pair, nil
}

func certificateError(cert, key string, err error) error {
	for _, path := range []string{cert, key} {
		if _, statErr := readBounded(path, pemMax); statErr != nil {
			return fileError(path, statErr)
		}
	}
	return err
}

// Authorities is a set of client certificate authorities, read again when its
// file changes.
type Authorities struct{ pool *watched[*x509.CertPool] }

// ClientCA opens a PEM file of client certificate authorities.
func ClientCA(path string) (*Authorities, error) {
	pool, err := watch(func() (*x509.CertPool, error) { return readPool(path) }, path)
	if err != nil {
		return nil, fileError(path, err)
	}
	return &Authorities{pool}, nil
}

// Pool is the current set; it keeps the last good one while the file is wrong.
func (a *Authorities) Pool() *x509.CertPool {
	pool, _ := a.pool.get()
	return pool
}

// Fault says why the file as it is now is not in use; nil when it is.
func (a *Authorities) Fault() error {
	_, err := a.pool.get()
	return err
}

func readPool(path string) (*x509.CertPool, error) {
	content, err := readBounded(path, pemMax)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return pool, nil
}

// ErrNoTLS is the answer of Server for a listener without TLS.
var ErrNoTLS = errors.New("the listener has no tls")

// Server is the TLS configuration of a listener: TLS 1.2 or later, the
// certificate, and a client certificate from everybody when client_ca is set.
// Files are read again when they change. The error is ErrNoTLS for plain HTTP.
func (t TLS) Server() (*tls.Config, error) {
	if !t.On() {
		return nil, ErrNoTLS
	}
	certificate, err := Certificate(t.Cert, t.Key)
	if err != nil {
		return nil, err
	}
	server := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.GetCertificate, NextProtos: []string{"http/1.1"}}
	if t.ClientCA == "" {
		return server, nil
	}
	authorities, err := ClientCA(t.ClientCA)
	if err != nil {
		return nil, err
	}
	server.ClientAuth = tls.RequireAndVerifyClientCert
	server.ClientCAs = authorities.Pool()
	// A configuration per connection, because ClientCAs is a value.
	base := server.Clone()
	server.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		current := base.Clone()
		current.ClientCAs = authorities.Pool()
		return current, nil
	}
	return server, nil
}
