package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/elazarl/goproxy"
)

// serve is what a child process of the bench does: serve KIND ADDRESS
// [UPSTREAM].
func serve(ctx context.Context, arguments []string) error {
	if len(arguments) < 2 {
		return errors.New("serve: want KIND ADDRESS [UPSTREAM]; the bench starts its children itself")
	}
	kind, address := arguments[0], arguments[1]
	if kind == "upstream" {
		return serveUpstream(ctx, address)
	}
	if len(arguments) < 3 {
		return errors.New("serve: a proxy needs an upstream")
	}
	handler, err := proxyHandler(kind, arguments[2])
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// proxyHandler makes the contenders that are Go libraries, as their manuals
// do and with one transport for all.
func proxyHandler(kind, upstream string) (http.Handler, error) {
	transport := &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512, IdleConnTimeout: 90 * time.Second}
	target := &url.URL{Scheme: "http", Host: upstream}
	reverse := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // wrk hangs up when its time is over
	}
	switch kind {
	case "reverseproxy":
		return reverse, nil
	case "reverseproxy-pool":
		reverse.BufferPool = &buffers{sync.Pool{New: func() any { return new([32 << 10]byte) }}}
		return reverse, nil
	case "goproxy":
		proxy := goproxy.NewProxyHttpServer()
		proxy.Tr = transport
		proxy.Logger = log.New(io.Discard, "", 0)
		proxy.NonproxyHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Scheme, r.URL.Host, r.Host = target.Scheme, target.Host, target.Host
			proxy.ServeHTTP(w, r)
		})
		return proxy, nil
	}
	return nil, fmt.Errorf("serve: no such kind: %s", kind)
}

// buffers is the pool that ReverseProxy copies through.
type buffers struct{ pool sync.Pool }

// Get takes a buffer.
func (b *buffers) Get() []byte { return b.pool.Get().(*[32 << 10]byte)[:] }

// Put gives a buffer back.
func (b *buffers) Put(buffer []byte) { b.pool.Put((*[32 << 10]byte)(buffer)) }
