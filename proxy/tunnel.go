package proxy

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Forward is a proxy for bots that honour HTTPS_PROXY and cannot be told another
// address. It opens tunnels (CONNECT, RFC 9110, 9.3.6) to the hosts that an
// interception has, on port 443, which end right here: the connection inside is
// served under the limits of the bot listener. No byte goes anywhere else.
//
// Old clients (axios before 1) send no CONNECT but the whole URL in clear
// (RFC 9112, 3.2.2); those requests are taken as if they had come in a tunnel.
type Forward struct {
	proxy  *Proxy
	inner  *Interception
	tokens func() []string
	slots  chan struct{} // one for each tunnel
	opened chan *tunnel
	closed chan struct{}
	close  sync.Once
}

// Forward makes a proxy to what is intercepted. A caller shows one of the tokens;
// at most tunnels are open at once.
func (p *Proxy) Forward(inner *Interception, tokens func() []string, tunnels int) *Forward {
	return &Forward{
		proxy: p, inner: inner, tokens: tokens, slots: make(chan struct{}, tunnels),
		opened: make(chan *tunnel), closed: make(chan struct{}),
	}
}

// Listeners are the proxy's own, and that of the connections inside its tunnels.
func (f *Forward) Listeners(addr string, own *tls.Config) []Listener {
	return []Listener{
		{Name: "forward", Addr: addr, TLS: own, Handler: f},
		{Name: "tunnels", Socket: (*tunnels)(f), TLS: f.inner.TLS(), Handler: http.HandlerFunc(f.inside)},
	}
}

// ServeHTTP judges who asks before it judges for what.
func (f *Forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !f.known(r.Header["Proxy-Authorization"]):
		w.Header().Set("Proxy-Authenticate", `Basic realm="piiproxy"`)
		f.proxy.turnAway(w, refuseProxyCredential)
	case r.Method == http.MethodConnect:
		f.connect(w, r)
	default:
		f.whole(w, r)
	}
}

// known says that a request shows a token, as the password of Basic credentials
// (RFC 7617). Every token is compared, in a time that tells nothing.
func (f *Forward) known(credentials []string) bool {
	if len(credentials) != 1 {
		return false
	}
	_, shown, ok := (&http.Request{Header: http.Header{"Authorization": credentials}}).BasicAuth()
	sum, found := sha256.Sum256([]byte(shown)), 0
	for _, token := range f.tokens() {
		own := sha256.Sum256([]byte(token))
		if token != "" {
			found |= subtle.ConstantTimeCompare(sum[:], own[:])
		}
	}
	return ok && found == 1
}

// connectPatience is how long a client may take to hear that its tunnel is open.
const connectPatience = 5 * time.Second

// connect opens a tunnel. The target is compared as it was written: another port,
// an address in any of its spellings, user information, a dot at the end are all
// something that is not listed.
func (f *Forward) connect(w http.ResponseWriter, r *http.Request) {
	host, port443 := strings.CutSuffix(strings.ToLower(r.RequestURI), ":443")
	if !port443 || !f.inner.hosts[host] || r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		f.proxy.turnAway(w, refuseDestination)
		return
	}
	select {
	case f.slots <- struct{}{}:
	default:
		f.proxy.turnAway(w, refuseTunnels)
		return
	}
	free := sync.OnceFunc(func() { <-f.slots; f.proxy.config.Metrics.tunnels.Dec() })
	f.proxy.config.Metrics.tunnels.Inc()
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, which is not offered
		free()
		f.proxy.turnAway(w, refuseDestination)
		return
	}
	t := &tunnel{Conn: connection, host: host, free: free}
	if n := buffered.Reader.Buffered(); n > 0 { // the client did not wait
		t.early, _ = buffered.Peek(n)
	}
	_ = connection.SetDeadline(time.Now().Add(connectPatience))
	if _, err := io.WriteString(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = t.Close()
		return
	}
	_ = connection.SetDeadline(time.Time{})
	select {
	case f.opened <- t:
	case <-f.closed:
		_ = t.Close()
	}
}

// inside takes a request in a tunnel, which is to port 443; the hosts file leads
// here whatever port the bot thinks of.
func (f *Forward) inside(w http.ResponseWriter, r *http.Request) {
	if _, port, named := strings.Cut(r.Host, ":"); named && port != "443" {
		f.proxy.turnAway(w, refuseHostDiffers)
		return
	}
	f.inner.ServeHTTP(w, r)
}

// whole takes a request with a whole URL. A Host header beside it means nothing
// and is gone already (RFC 9112, 3.2.2).
func (f *Forward) whole(w http.ResponseWriter, r *http.Request) {
	const scheme = "https://"
	if len(r.RequestURI) < len(scheme) || !strings.EqualFold(r.RequestURI[:len(scheme)], scheme) {
		f.proxy.turnAway(w, refuseDestination)
		return
	}
	place := r.RequestURI[len(scheme):]
	slash := strings.IndexByte(place, '/')
	if slash < 0 {
		f.proxy.turnAway(w, refuseDestination)
		return
	}
	host, target := strings.TrimSuffix(strings.ToLower(place[:slash]), ":443"), place[slash:]
	inside, err := url.ParseRequestURI(target)
	if err != nil || !f.inner.hosts[host] {
		f.proxy.turnAway(w, refuseDestination)
		return
	}
	r = r.WithContext(r.Context()) // a copy
	r.URL, r.RequestURI, r.Host = inside, target, host
	// What the client speaks to is https, by its URL: pages and files that the
	// answer names must be, too.
	r.TLS = &tls.ConnectionState{ServerName: host}
	f.inner.ServeHTTP(w, r)
}

// tunnel is the connection inside a CONNECT. It remembers to where.
type tunnel struct {
	net.Conn
	host  string
	early []byte // came with the CONNECT
	free  func()
}

// Read implements net.Conn.
func (t *tunnel) Read(b []byte) (int, error) {
	if len(t.early) > 0 {
		n := copy(b, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	return t.Conn.Read(b)
}

// Close implements net.Conn.
func (t *tunnel) Close() error {
	t.free()
	return t.Conn.Close()
}

// tunnels is a forward proxy as what a server accepts connections from.
type tunnels Forward

// Accept implements net.Listener.
func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case opened := <-t.opened:
		return opened, nil
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (t *tunnels) Close() error {
	(*Forward)(t).close.Do(func() { close(t.closed) })
	return nil
}

// Addr implements net.Listener. Tunnels have no address of their own.
func (*tunnels) Addr() net.Addr { return &net.UnixAddr{Name: "tunnels", Net: "tunnel"} }
