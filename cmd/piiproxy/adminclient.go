package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// adminTimeout is how long an order may take: reloading runs every example of
// every rule.
const adminTimeout = time.Minute

// adminClient calls the admin listener. With TLS it trusts the listener's own
// certificate file and nothing else: commands run where the file is.
func adminClient(endpoint config.Endpoint) (*http.Client, string, error) {
	client := &http.Client{Timeout: adminTimeout, Transport: &http.Transport{Proxy: nil}}
	host := reachable(endpoint.Addr)
	if !endpoint.TLS.On() {
		return client, "http://" + host, nil
	}
	trusted, err := pinned(endpoint.TLS.Cert)
	if err != nil {
		return nil, "", err
	}
	if endpoint.TLS.ClientCA != "" {
		if trusted.Certificates, err = ownCertificate(); err != nil {
			return nil, "", err
		}
	}
	client.Transport = &http.Transport{Proxy: nil, TLSClientConfig: trusted}
	return client, "https://" + host, nil
}

// ownCertificate is what commands show to a listener that asks for a certificate. It
// lets them as far as the door: their orders are signed all the same.
func ownCertificate() ([]tls.Certificate, error) {
	cert, key := os.Getenv("PIIPROXY_CLIENT_CERT"), os.Getenv("PIIPROXY_CLIENT_KEY")
	if cert == "" || key == "" {
		return nil, errors.New("listen.admin asks for client certificates: set PIIPROXY_CLIENT_CERT and PIIPROXY_CLIENT_KEY to the files of one (PEM)")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil { // it may speak of the key's content
		return nil, errors.New("PIIPROXY_CLIENT_CERT and PIIPROXY_CLIENT_KEY are not a certificate and its key: both must be PEM and belong together")
	}
	return []tls.Certificate{pair}, nil
}

// pinned trusts the certificates of a file, under the name that the first one
// has: the address to call is the configuration's and need not be in it.
func pinned(path string) (*tls.Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.New("listen.admin.tls.cert cannot be read")
	}
	pool := x509.NewCertPool()
	block, _ := pem.Decode(content)
	if block == nil || !pool.AppendCertsFromPEM(content) {
		return nil, errors.New("listen.admin.tls.cert holds no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("listen.admin.tls.cert holds no certificate")
	}
	trusted := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	switch {
	case len(certificate.DNSNames) > 0:
		trusted.ServerName = certificate.DNSNames[0]
	case len(certificate.IPAddresses) > 0:
		trusted.ServerName = certificate.IPAddresses[0].String()
	}
	return trusted, nil
}

// reachable turns an address to listen on into one to call.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
