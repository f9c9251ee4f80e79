package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/piiproxy/piiproxy/config"
)

// adminClient calls the admin listener. With TLS it trusts the listener's own
// certificate file and nothing else: commands run where the file is.
func adminClient(endpoint config.Endpoint) (*http.Client, string, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: nil}}
	host := reachable(endpoint.Addr)
	if !endpoint.TLS.On() {
		return client, "http://" + host, nil
	}
	if endpoint.TLS.ClientCA != "" {
		return nil, "", errors.New("listen.admin asks for client certificates, which this command has none of; call the admin API with one (docs/operate.md)")
	}
	pem, err := os.ReadFile(endpoint.TLS.Cert)
	if err != nil {
		return nil, "", errors.New("listen.admin.tls.cert cannot be read")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client.Transport = &http.Transport{Proxy: nil, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return client, "https://" + host, nil
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
