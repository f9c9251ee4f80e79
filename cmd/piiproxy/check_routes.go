package main

import (
	"crypto/tls"
	"net"

	"github.com/piiproxy/piiproxy/config"
)

// vendor connects to a route's vendor, with the route's certificate and
// authorities, and asks it for nothing: a request could do something there.
func (l *live) vendor(key string, r *config.Route) {
	upstream, err := upstreamOf(&r.Upstream)
	if err != nil {
		l.complain(key, "%v", err)
		return
	}
	host, port := upstream.Base.Hostname(), upstream.Base.Port()
	dialer := &net.Dialer{Timeout: livePatience}
	if upstream.Base.Scheme == "http" {
		l.connected(key, r, func() (net.Conn, error) {
			return dialer.DialContext(l.context, "tcp", net.JoinHostPort(host, orPort(port, "80")))
		})
		return
	}
	secure := &tls.Dialer{NetDialer: dialer, Config: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: upstream.Authorities, ServerName: host}}
	if upstream.Certificate != nil {
		secure.Config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return upstream.Certificate() }
	}
	l.connected(key, r, func() (net.Conn, error) {
		return secure.DialContext(l.context, "tcp", net.JoinHostPort(host, orPort(port, "443")))
	})
}

func (l *live) connected(key string, r *config.Route, dial func() (net.Conn, error)) {
	connection, err := dial()
	if err != nil {
		l.complain(key+".upstream.url", "the vendor %s", cause(err))
		return
	}
	if secure, ok := connection.(*tls.Conn); ok {
		state := secure.ConnectionState()
		l.expiry(key+".upstream.url", &state)
	}
	_ = connection.Close() // nothing was sent
	l.report.note("live "+r.Name, "the vendor can be reached")
}

func orPort(port, standard string) string {
	if port == "" {
		return standard
	}
	return port
}
