package proxy_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/proxy"
)

var patience = proxy.Timeouts{Header: 5 * time.Second, Read: 5 * time.Second, Write: 10 * time.Second, Idle: 5 * time.Second, MaxHeaderBytes: 32 << 10}

// An address that is taken is an error that says which key to change, and
// opens none of the others.
func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	_, err = proxy.Listen(t.Context(), []proxy.Listener{{Name: "public", Addr: address}, {Name: "bot", Addr: taken.Addr().String()}}, patience, zap.NewNop())
	if err == nil || !strings.Contains(err.Error(), "listen.bot: "+taken.Addr().String()+" is in use by another process") {
		t.Errorf("got %v", err)
	}
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the first listener was left open: %v", err)
	}
	_ = again.Close()
	if _, err := proxy.Listen(t.Context(), []proxy.Listener{{Name: "ops", Addr: "nowhere"}}, patience, zap.NewNop()); err == nil || !strings.HasPrefix(err.Error(), "listen.ops: ") {
		t.Errorf("got %v", err)
	}
}

// What net/http says of a connection is an event without its text.
func TestConnectionErrors(t *testing.T) {
	r := newRig(t)
	leaf, key := certificate(func(*x509.Certificate) {})
	own := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}}
	server, err := proxy.Listen(t.Context(), []proxy.Listener{{Name: "public", Addr: "127.0.0.1:0", TLS: own, Handler: r.proxy.Public()}}, patience, zap.New(r.core()))
	r.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	connection, err := net.Dial("tcp", server.Addr("public"))
	r.must(err)
	_, _ = io.WriteString(connection, "GET /zebraquartz HTTP/1.1\r\nHost: zebraquartz\r\n\r\n")
	_, _ = io.Copy(io.Discard, connection)
	_ = connection.Close()
	r.until("logged", func() bool { return len(r.lines("connection_error")) == 1 })
	if line := r.lines("connection_error")[0]; line["listener"] != "public" || len(line) != 2 {
		t.Errorf("got %v", line)
	}
	secure := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: nil, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trusted()}}}
	body := page(entry(shopID, text(shopID, anna, "hi")))
	request, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+server.Addr("public")+"/webhook/main", strings.NewReader(body))
	r.must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Hub-Signature-256", sign256(appSecret, body))
	response, err := secure.Do(request)
	r.must(err)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || r.only(r.bots["bot"]).body != body {
		t.Errorf("over TLS: %s", response.Status)
	}
	secure.CloseIdleConnections()
	cancel()
	r.must(<-done)
}

func trusted() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(authority.certificate)
	return pool
}

// A process that is told to stop finishes what it has begun and takes nothing
// more.
func TestDrain(t *testing.T) {
	r := newRig(t)
	release, arrived := make(chan struct{}), make(chan struct{})
	r.bots["bot"].answers(func(http.ResponseWriter, *http.Request) { close(arrived); <-release })
	server, err := proxy.Listen(t.Context(), []proxy.Listener{{Name: "public", Addr: "127.0.0.1:0", Handler: r.proxy.Public()}}, patience, zap.NewNop())
	r.must(err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	r.address["public"] = server.Addr("public")
	answered := make(chan int, 1)
	go func() { answered <- r.hook(page(entry(shopID, text(shopID, anna, "hi")))).status }()
	<-arrived
	cancel()
	r.until("nothing more is taken", func() bool {
		connection, err := net.Dial("tcp", server.Addr("public"))
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	select {
	case <-done:
		t.Error("the server ended while a message was under way")
	default:
	}
	close(release)
	if got := <-answered; got != http.StatusOK {
		t.Errorf("the message under way: answered %d", got)
	}
	r.must(<-done)
}
