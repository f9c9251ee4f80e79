package proxy

import (
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/authority"
)

// Interception ends connections that bots mean for the platform: bots whose base
// URL is fixed, and whose traffic the hosts file or a proxy setting leads here.
// Each connection is for one of the listed hosts, and each request in it for that
// same host (threats.md M2); from there on it is a call like any other.
type Interception struct {
	proxy  *Proxy
	hosts  map[string]bool
	issuer *authority.Issuer
	calls  http.Handler
}

// Intercept takes connections to these hosts under certificates of an authority,
// which must cover them; none means all that it covers.
func (p *Proxy) Intercept(ca *authority.Authority, hosts []string) (*Interception, error) {
	if len(hosts) == 0 {
		hosts = ca.Names()
	}
	i := &Interception{proxy: p, hosts: map[string]bool{}, issuer: ca.Issuer(p.config.Now), calls: p.Bot()}
	for _, host := range hosts {
		if !ca.Covers(host) {
			return nil, errors.New("the CA does not cover " + host + ": make another one in a new folder with --name for each host")
		}
		i.hosts[host] = true
	}
	return i, nil
}

// errServerName ends handshakes; its text goes nowhere.
var errServerName = errors.New("the connection is for no host that is served here")

// TLS is the configuration of connections that come in. HTTP/2 is offered because
// clients speak it with the platform; it is inspected like HTTP/1.1.
func (i *Interception) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		// Here and not where the certificate is chosen, because none is chosen for
		// a session that is resumed.
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if t, tunnelled := hello.Conn.(*tunnel); i.hosts[strings.ToLower(hello.ServerName)] && (!tunnelled || t.host == strings.ToLower(hello.ServerName)) {
				return nil, nil // go on with this one
			}
			i.proxy.turned(reasonServerName)
			return nil, errServerName
		},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return i.issuer.Leaf(strings.ToLower(hello.ServerName))
		},
	}
}

// ServeHTTP lets requests through that are for the host of their connection.
func (i *Interception) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !i.samePlace(r) {
		i.proxy.turnAway(w, refuseHostDiffers)
		return
	}
	i.calls.ServeHTTP(w, r)
}

// samePlace says that a request names the host that its connection is to, once.
// HTTP/2 has room for two: :authority and Host (RFC 9113, 8.3.1).
func (i *Interception) samePlace(r *http.Request) bool {
	if r.TLS == nil {
		return false
	}
	name := strings.ToLower(r.TLS.ServerName)
	same := func(host string) bool { return withoutPort(host) == name }
	return i.hosts[name] && same(r.Host) && !slices.ContainsFunc(r.Header["Host"], func(host string) bool { return !same(host) })
}

// withoutPort is a Host header's name in lower case, else as it stands: a dot at
// the end or brackets around it make it another name here.
func withoutPort(host string) string {
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 {
		host = host[:colon]
	}
	return strings.ToLower(host)
}

// turnAway refuses a request before the door.
func (p *Proxy) turnAway(w http.ResponseWriter, f Refusal) {
	trace := newTrace()
	w.Header().Set("Connection", "close")
	p.config.Metrics.refuse(f.Reason)
	p.config.Log.Warn("", doorFields(f, trace)...)
	graphRefusal(w, f, trace)
}

// reasonServerName is that of connections that end in their handshake.
const reasonServerName = "server_name"

// turned counts and logs a connection that nobody could be told about.
func (p *Proxy) turned(reason string) {
	p.config.Metrics.refuse(reason)
	p.config.Log.Warn("", doorFields(Refusal{Reason: reason}, newTrace())...)
}
