package proxy_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	privateca "github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/proxy"
)

const (
	graphHost    = "graph.facebook.com"
	gramHost     = "graph.instagram.com"
	fileHost     = "lookaside.fbsbx.com" // that the proxy does not lead to
	forwardToken = "6f1c2a9b07e4d5c8e6a0b1c2d3e4f506"
	graphSend    = "https://" + graphHost + "/v23.0/" + shopID + "/messages"
)

// roads are a rig with the ways for bots whose base URL is fixed: "names", the bot
// listener under the platform's names, and "forward", the proxy.
type roads struct {
	*rig
	ca      *privateca.Authority
	roots   *x509.CertPool
	folder  string
	tunnels int
	end     func()
}

func newRoads(t *testing.T, change ...func(*plan)) *roads {
	t.Helper()
	s := &roads{folder: filepath.Join(t.TempDir(), "ca"), tunnels: 20, roots: x509.NewCertPool()}
	ca, err := privateca.Make(s.folder, []string{graphHost, gramHost, fileHost}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.ca = ca
	content, err := os.ReadFile(filepath.Join(s.folder, privateca.CertificateFile))
	if err != nil || !s.roots.AppendCertsFromPEM(content) {
		t.Fatal("no certificate", err)
	}
	s.rig = newRig(t, append([]func(*plan){func(p *plan) { p.authorities = append(p.authorities, ca) }}, change...)...)
	return s
}

// open starts the listeners. Connections have little time, so that a test that
// waits for one to be cut off is short.
func (s *roads) open(timeouts proxy.Timeouts) *roads {
	s.t.Helper()
	names, err := s.proxy.Intercept(s.ca, nil)
	s.must(err)
	inner, err := s.proxy.Intercept(s.ca, []string{graphHost, gramHost})
	s.must(err)
	listeners := append([]proxy.Listener{{Name: "names", Addr: "127.0.0.1:0", TLS: names.TLS(), Handler: names}},
		s.proxy.Forward(inner, func() []string { return []string{"", "another-token-that-is-taken-as-well", forwardToken} }, s.tunnels).Listeners("127.0.0.1:0", nil)...)
	server, err := proxy.Listen(s.t.Context(), listeners, timeouts, zap.NewNop())
	s.must(err)
	s.address["names"], s.address["forward"] = server.Addr("names"), server.Addr("forward")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	s.end = func() { cancel(); s.check(<-done) }
	s.t.Cleanup(func() { s.end(); cancel() })
	return s
}

var brisk = proxy.Timeouts{Header: 2 * time.Second, Read: 20 * time.Second, Write: 20 * time.Second, Idle: 20 * time.Second, MaxHeaderBytes: 32 << 10}

// hosted is a client whose hosts file leads the platform's names here.
func (s *roads) hosted(h2 bool) *http.Client {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: h2, DisableCompression: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.address["names"])
		},
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: client.CheckRedirect}
}

// proxied is a client with HTTPS_PROXY=http://user:TOKEN@address.
func (s *roads) proxied(h2 bool, token string) *http.Client {
	through := &url.URL{Scheme: "http", User: url.UserPassword("bot", token), Host: s.address["forward"]}
	transport := &http.Transport{Proxy: http.ProxyURL(through), TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: h2, DisableCompression: true}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: client.CheckRedirect}
}

// post sends a message of the shop to Anna.
func (s *roads) post(c *http.Client, target, text string, change ...func(*http.Request)) (reply, error) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), "POST", target, strings.NewReader(`{"recipient":{"id":"`+anna+`"},"message":{"text":"`+text+`"}}`))
	s.must(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+shopToken)
	for _, c := range change {
		c(request)
	}
	response, err := c.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	s.must(err)
	return reply{response.StatusCode, string(got), response.Header}, nil
}

// raw writes bytes to the forward proxy and gives the first answer.
func (s *roads) raw(stream string) (reply, error) {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address["forward"])
	s.must(err)
	defer connection.Close()
	s.must(connection.SetDeadline(time.Now().Add(15 * time.Second)))
	_, _ = io.WriteString(connection, stream)
	method, _, _ := strings.Cut(stream, " ")
	return answeredTo(method, connection)
}

func answered(from io.Reader) (reply, error) { return answeredTo("", from) }

// answeredTo reads an answer; that to a CONNECT has no body.
func answeredTo(method string, from io.Reader) (reply, error) {
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil || method == http.MethodConnect && response.StatusCode == http.StatusOK {
		return reply{status: status(response)}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, string(body), response.Header}, err
}

// credential is the header line of a client that knows the token.
var credential = "Proxy-Authorization: Basic " + basic("bot:"+forwardToken) + "\r\n"

func basic(text string) string {
	request := &http.Request{Header: http.Header{}}
	user, password, _ := strings.Cut(text, ":")
	request.SetBasicAuth(user, password)
	return strings.TrimPrefix(request.Header.Get("Authorization"), "Basic ")
}

// tunnel opens one and gives the connection inside, before TLS.
func (s *roads) tunnel(host string) net.Conn {
	s.t.Helper()
	connection, err := net.Dial("tcp", s.address["forward"])
	s.must(err)
	s.t.Cleanup(func() { _ = connection.Close() })
	s.must(connection.SetDeadline(time.Now().Add(15 * time.Second)))
	_, err = fmt.Fprintf(connection, "CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n%s\r\n", host, host, credential)
	s.must(err)
	head := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
	if _, err := io.ReadFull(connection, head); err != nil || !strings.HasPrefix(string(head), "HTTP/1.1 200 ") {
		s.t.Fatalf("no tunnel: %q %v", head, err)
	}
	return connection
}

// inside speaks TLS in a tunnel to the platform's API.
func (s *roads) inside(protocols ...string) *tls.Conn {
	s.t.Helper()
	connection := tls.Client(s.tunnel(graphHost), &tls.Config{RootCAs: s.roots, ServerName: graphHost, NextProtos: protocols})
	s.must(connection.Handshake())
	return connection
}

// certificate is the authority's.
func (s *roads) certificate() *x509.Certificate {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.folder, privateca.CertificateFile))
	s.must(err)
	block, _ := pem.Decode(content)
	c, err := x509.ParseCertificate(block.Bytes)
	s.must(err)
	return c
}

func status(response *http.Response) int {
	if response == nil {
		return 0
	}
	return response.StatusCode
}
