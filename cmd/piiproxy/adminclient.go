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
	if endpoint.TLS.ClientCA != "" {
		return nil, "", errors.New("listen.admin asks for client certificates, which this command has none of; call the admin API with one (docs/operate.md)")
	}
	trusted, err := pinned(endpoint.TLS.Cert)
	if err != nil {
		return nil, "", err
	}
	client.Transport = &http.Transport{Proxy: nil, TLSClientConfig: trusted}
	return client, "https://" + host, nil
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
