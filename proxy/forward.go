package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/elazarl/goproxy"

	"github.com/piiproxy/piiproxy/guard"
)

// forwarder sends calls to the platform through goproxy, used in reverse: its
// own door is never reached, its transport, logger and error texts are ours.
type forwarder struct {
	proxy     *goproxy.ProxyHttpServer
	transport *http.Transport
	deadlines *deadlines
}

func newForwarder(p *Proxy) *forwarder {
	limits := p.config.Limits.Upstream
	transport := &http.Transport{
		Proxy:                  nil, // HTTP(S)_PROXY is ignored (threats.md O12)
		DialContext:            p.guard.DialContext(net.Dialer{Timeout: limits.Dial, KeepAlive: 30 * time.Second}),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, VerifyConnection: p.notOurselves},
		TLSHandshakeTimeout:    limits.TLS,
		ResponseHeaderTimeout:  limits.Header,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        75 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
	}
	proxy := goproxy.NewProxyHttpServer()
	proxy.Tr = transport
	proxy.Logger = silent{} // it prints URLs, which hold access tokens
	proxy.KeepDestinationHeaders = true
	proxy.OnResponse().DoFunc(func(response *http.Response, ctx *goproxy.ProxyCtx) *http.Response {
		x, ok := ctx.Req.Context().Value(exchangeKey{}).(*exchange)
		if !ok {
			return canned(ctx.Req, refuseInternal, "")
		}
		x.record.waited = p.config.Now().Sub(x.sent)
		return p.answer(response, ctx.Error, ctx.Req, x)
	})
	return &forwarder{proxy: proxy, transport: transport, deadlines: newDeadlines(limits.Total)}
}

func (f *forwarder) close() error {
	f.deadlines.close()
	f.transport.CloseIdleConnections()
	return nil
}

// serve forwards a request whose body has been set to an address.
func (f *forwarder) serve(w http.ResponseWriter, r *http.Request, to *url.URL) {
	// Trailers came after everything that was judged, and nobody has judged them.
	r.URL, r.Host, r.Close, r.Trailer = to, to.Host, false, nil
	passHeaders(r.Header)
	plainAgent(r.Header)
	f.proxy.ServeHTTP(w, r)
}

// setBody replaces a request's body, and its length with it. net/http knows this
// type of body: it sends head and body in one write, and, when a kept connection
// turns out to be closed before a byte was written, sends them on another.
func setBody(r *http.Request, body []byte) {
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.TransferEncoding = nil
	delete(r.Header, "Content-Length") // the transport writes its own
}

// replaceBody replaces an answer's body. goproxy takes the old length out, and
// exchange.lengthen puts the new one in.
func replaceBody(response *http.Response, body []byte) {
	response.Body = &plainBody{*bytes.NewReader(body)}
	response.ContentLength = int64(len(body))
	response.TransferEncoding = nil
}

// plainBody is a body in memory that can be copied in one write.
type plainBody struct{ bytes.Reader }

// Close implements io.Closer.
func (*plainBody) Close() error { return nil }

// canned is a refusal as an answer of the platform.
func canned(r *http.Request, f Refusal, trace string) *http.Response {
	response := &http.Response{
		StatusCode: f.Status, Status: http.StatusText(f.Status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Request: r, Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"}, "X-Content-Type-Options": {"nosniff"}},
	}
	if f.again() {
		response.Header.Set("Retry-After", "1")
	}
	replaceBody(response, f.body(trace))
	return response
}

// unreachable says what kept a call from the platform. The error's text holds
// the URL and is never shown.
func unreachable(ctx context.Context, err error) Refusal {
	var certificate *tls.CertificateVerificationError
	var operation *net.OpError
	var timeout net.Error
	slow := errors.As(err, &timeout) && timeout.Timeout()
	switch {
	case errors.Is(err, guard.ErrAddress), errors.Is(err, guard.ErrTarget):
		return refuseAddress
	case errors.As(err, &certificate):
		return refuseTLS
	case errors.As(err, &operation) && operation.Op == "dial":
		if slow {
			return refuseDialTime
		}
		return refuseDial
	case slow && ctx.Err() != nil:
		return refuseLate
	case errors.Is(err, context.DeadlineExceeded): // net/http calls a head that does not come so, too
		return refuseSilent
	case slow && operation == nil: // of net/http's own errors the one that is left
		return refuseTLSTime
	}
	return refuseUpstream
}

// unsent says that the platform has nothing of the call: it ended before there was
// a connection to write it to.
func (f Refusal) unsent() bool {
	switch f.Reason {
	case refuseDial.Reason, refuseDialTime.Reason, refuseTLSTime.Reason, refuseTLS.Reason, refuseGraphOpen.Reason, refuseAddress.Reason, refuseLoop.Reason:
		return true
	}
	return false
}

// silent swallows goproxy's log.
type silent struct{}

// Printf implements goproxy.Logger.
func (silent) Printf(string, ...any) {}
