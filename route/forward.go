package route

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// newTransport connects to one vendor: verified TLS of version 1.2 or later, no
// proxy of the environment (threats.md O12), gzip and no other coding.
func newTransport(u Upstream, limits Limits) *http.Transport {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: u.Authorities}
	if u.Certificate != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return u.Certificate() }
	}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            (&net.Dialer{Timeout: limits.Dial, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    limits.TLS,
		ResponseHeaderTimeout:  limits.Header,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        75 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
	}
}

// dropped are headers that end here: of the connection, of proxies, of cookies, and
// those that would let an answer come in pieces or in a coding that is not read.
var dropped = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding",
	"Upgrade", "Accept-Encoding", "Content-Length", "Content-Encoding", "Expect", "Range", "If-Range", "Cookie", "Forwarded", "Via", "X-Real-Ip",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Original-Url", "X-Rewrite-Url",
}

// outgoing makes the request for the vendor. Scheme, host and base path come from
// the configuration only.
func (r *served) outgoing(ctx context.Context, from *http.Request, path string, h http.Header, body []byte) *http.Request {
	for _, name := range dropped {
		h.Del(name)
	}
	if r.Token != nil {
		h.Del(r.Credential)
	}
	for name, value := range r.Upstream.Headers {
		h.Set(name, value())
	}
	if _, named := h["User-Agent"]; !named {
		h["User-Agent"] = []string{""} // net/http's own says what we are made of
	}
	sentOnce(h)
	out := &http.Request{
		Method: from.Method, URL: target(r.Upstream.Base, path, from.URL.RawQuery), Host: r.Upstream.Base.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
	}
	if len(body) > 0 {
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	} else {
		h.Del("Content-Type")
	}
	return out.WithContext(ctx)
}

// sentOnce spells the keys by which net/http takes any request for one that it may
// send again on its own, when a connection breaks, as it does not look for them. What
// may have arrived is the bot's to send again: it knows what its key is good for.
func sentOnce(h http.Header) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		if values, ok := h[name]; ok {
			delete(h, name)
			h[strings.ToLower(name)] = values
		}
	}
}

func target(base *url.URL, path, query string) *url.URL {
	u := *base
	decoded, err := url.PathUnescape(path)
	if err != nil {
		decoded = path
	}
	u.Path, u.RawPath = strings.TrimSuffix(base.Path, "/")+decoded, strings.TrimSuffix(base.EscapedPath(), "/")+path
	u.RawQuery, u.User, u.Fragment = query, nil, ""
	return &u
}

// unreachable says what kept a request from the vendor. The error's text holds the
// URL and is never shown.
func unreachable(err error) *Refusal {
	var certificate *tls.CertificateVerificationError
	var operation *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &certificate):
		return &refuseTLS
	case errors.As(err, &operation) && operation.Op == "dial":
		return &refuseDial
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &refuseSlow
	}
	return &refuseUpstream
}
