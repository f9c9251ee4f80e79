package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/elazarl/goproxy"

	privateca "github.com/piiproxy/piiproxy/authority"
)

// ways are the clients that a bot may have, by road and protocol.
func (s *roads) ways() map[string]*http.Client {
	return map[string]*http.Client{
		"names, HTTP/1.1": s.hosted(false), "names, HTTP/2": s.hosted(true),
		"proxy, HTTP/1.1": s.proxied(false, forwardToken), "proxy, HTTP/2": s.proxied(true, forwardToken),
	}
}

// A bot that believes it speaks with the platform is redacted like any other, on
// every road, and its credentials for the proxy end there.
func TestRoads(t *testing.T) {
	s := newRoads(t).open(patience)
	for way, c := range s.ways() {
		got, err := s.post(c, graphSend, "the card is "+card)
		if err != nil || got.status != http.StatusOK || !strings.Contains(got.body, "m_out1") {
			t.Errorf("%s: %v %d %s", way, err, got.status, got.body)
		}
	}
	for _, arrived := range s.platform.requests() {
		if strings.Contains(arrived.body, digits) || strings.Contains(arrived.body, card) || !strings.Contains(arrived.body, "the card is ") {
			t.Errorf("forwarded: %s", arrived.body)
		}
		if arrived.header.Get("Proxy-Authorization") != "" || arrived.header.Get("Authorization") != "Bearer "+shopToken || arrived.target != "/v23.0/"+shopID+"/messages" {
			t.Errorf("forwarded: %s %v", arrived.target, arrived.header)
		}
	}
	if n := len(s.platform.requests()); n != 4 {
		t.Errorf("%d requests arrived", n)
	}
}

// axios before 1 sends the whole URL in clear, and what it says in Host is not
// looked at (RFC 9112, 3.2.2).
func TestWholeURL(t *testing.T) {
	s := newRoads(t).open(patience)
	body := `{"recipient":{"id":"` + anna + `"},"message":{"text":"` + card + `"}}`
	request := func(target, host string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", target, host, credential, len(body), body)
	}
	for _, target := range []string{graphSend + "?access_token=" + shopToken, strings.Replace(graphSend, ".com/", ".com:443/", 1), strings.Replace(graphSend, "https://graph", "HTTPS://Graph", 1)} {
		if got, err := s.raw(request(target, "doesnt.matter")); err != nil || got.status != http.StatusOK {
			t.Errorf("%s: %v %d %s", target, err, got.status, got.body)
		}
	}
	for _, arrived := range s.platform.requests() {
		if strings.Contains(arrived.body, digits) || strings.Contains(arrived.body, card) || !strings.HasPrefix(arrived.target, "/v23.0/"+shopID+"/messages") {
			t.Errorf("forwarded: %s %s", arrived.target, arrived.body)
		}
	}
	if n := len(s.platform.requests()); n != 3 {
		t.Errorf("%d requests arrived", n)
	}
	for _, target := range []string{
		"http://" + graphHost + "/v23.0/me/messages", "https://" + graphHost + ":8443/v23.0/me/messages", "https://" + graphHost + "./v23.0/me/messages",
		"https://user@" + graphHost + "/v23.0/me/messages", "https://" + fileHost + "/v23.0/me/messages", "https://127.0.0.1/v23.0/me/messages",
		"https://evil.example/v23.0/me/messages", "ftp://" + graphHost + "/x", "https://" + graphHost, "https://" + graphHost + "?x=/y",
		"https:/" + graphHost + "/x", "/v23.0/me/messages", "https://" + graphHost + "@evil.example/x", "https://evil.example#@" + graphHost + "/x",
	} {
		got, err := s.raw(request(target, graphHost))
		if err != nil || got.status/100 != 4 {
			t.Errorf("%s: %v %d", target, err, got.status)
		}
	}
	if got, _ := s.raw(strings.Replace(request(graphSend, graphHost), credential, "", 1)); got.status != http.StatusProxyAuthRequired {
		t.Errorf("without credentials: %d", got.status)
	}
	// The bot's own listener takes no whole URL, as ever.
	if got := s.wire("bot", request(graphSend, graphHost)); len(got) != 1 || got[0] != "421 Misdirected Request" {
		t.Errorf("bot listener: %v", got)
	}
	if n := len(s.platform.requests()); n != 3 {
		t.Errorf("%d requests arrived", n)
	}
}

// Whoever has no token learns nothing, not even which hosts there are.
func TestProxyCredential(t *testing.T) {
	s := newRoads(t).open(patience)
	for name, header := range map[string]string{
		"none": "", "wrong": "Proxy-Authorization: Basic " + basic("bot:"+forwardToken+"x") + "\r\n", "empty": "Proxy-Authorization: Basic " + basic("bot:") + "\r\n",
		"no user": "Proxy-Authorization: Basic " + basic(":") + "\r\n", "twice": credential + credential, "bearer": "Proxy-Authorization: Bearer " + forwardToken + "\r\n",
		"garbage": "Proxy-Authorization: Basic ====\r\n", "for the platform": "Authorization: Basic " + basic("bot:"+forwardToken) + "\r\n", "as the user": "Proxy-Authorization: Basic " + basic(forwardToken+":") + "\r\n",
	} {
		for _, host := range []string{graphHost, "other.example"} {
			got, err := s.raw("CONNECT " + host + ":443 HTTP/1.1\r\nHost: " + host + ":443\r\n" + header + "\r\n")
			if err != nil || got.status != http.StatusProxyAuthRequired || got.header.Get("Proxy-Authenticate") != `Basic realm="piiproxy"` {
				t.Errorf("%s, %s: %v %d", name, host, err, got.status)
				continue
			}
			s.refused(name, got, http.StatusProxyAuthRequired, "proxy_credential")
		}
	}
	for _, good := range []string{credential, "Proxy-Authorization: basic " + basic("anybody:another-token-that-is-taken-as-well") + "\r\n"} {
		if got, err := s.raw("CONNECT " + graphHost + ":443 HTTP/1.1\r\nHost: x\r\n" + good + "\r\n"); err != nil || got.status != http.StatusOK {
			t.Errorf("good credentials: %v %d", err, got.status)
		}
	}
}

// M2: the proxy leads to its listed hosts on 443 and dials nothing, whatever the
// target looks like. A decoy on this machine sees no connection.
func TestConnectElsewhere(t *testing.T) {
	s := newRoads(t).open(patience)
	decoy, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer decoy.Close()
	touched := make(chan struct{}, 1)
	go func() {
		if _, err := decoy.Accept(); err == nil {
			touched <- struct{}{}
		}
	}()
	_, port, _ := net.SplitHostPort(decoy.Addr().String())
	for _, target := range []string{
		graphHost + ":22", graphHost + ":80", graphHost + ":0443", graphHost + ":", graphHost + ".:443", "x." + graphHost + ":443", fileHost + ":443",
		"127.0.0.1:443", "127.0.0.1:" + port, "localhost:" + port, "[::1]:443", "[::ffff:127.0.0.1]:" + port, "[::ffff:7f00:1]:443", "2130706433:" + port, "0x7f000001:443", "0177.0.0.1:443",
		"10.0.0.1:443", "192.168.1.1:443", "169.254.169.254:443", "[fe80::1]:443", "[fd00::1]:443", "0.0.0.0:" + port, "[::]:443",
		"other.example:443", "user@" + graphHost + ":443", "user:pass@" + graphHost + ":443", graphHost + ":443@other.example:443", graphHost + ":443:443",
	} {
		got, err := s.raw("CONNECT " + target + " HTTP/1.1\r\nHost: " + graphHost + ":443\r\n" + credential + "\r\n")
		if err != nil || got.status != http.StatusForbidden && got.status != http.StatusBadRequest {
			t.Errorf("%s: %v %d", target, err, got.status)
		}
		if got.status == http.StatusForbidden {
			s.refused(target, got, http.StatusForbidden, "destination")
		}
	}
	for _, odd := range []string{
		"CONNECT / HTTP/1.1\r\nHost: x\r\n" + credential + "\r\n", "CONNECT /_goRPC_ HTTP/1.1\r\nHost: x\r\n" + credential + "\r\n",
		"CONNECT " + graphHost + ":443 HTTP/1.1\r\nHost: x\r\n" + credential + "Content-Length: 3\r\n\r\nabc",
		"CONNECT " + graphHost + ":443 HTTP/1.1\r\nHost: x\r\n" + credential + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"CONNECT https://" + graphHost + ":443/ HTTP/1.1\r\nHost: x\r\n" + credential + "\r\n",
	} {
		if got, err := s.raw(odd); err != nil || got.status/100 != 4 {
			t.Errorf("%q: %v %d", odd, err, got.status)
		}
	}
	select {
	case <-touched:
		t.Error("the decoy was dialled")
	default:
	}
	s.nothing(s.platform)
}

// M2: one host for CONNECT, SNI, Host and URL, in every pair that can differ, on
// either road.
func TestHostsDiffer(t *testing.T) {
	s := newRoads(t).open(patience)
	const send = "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	for _, name := range []string{gramHost, "other.example", "", "localhost", "x." + graphHost} {
		in := tls.Client(s.tunnel(graphHost), &tls.Config{InsecureSkipVerify: true, ServerName: name})
		if err := in.Handshake(); err == nil {
			t.Errorf("a tunnel to %s took the name %q", graphHost, name)
		}
		if name == gramHost {
			continue // is one of the bot listener's
		}
		if direct, err := tls.Dial("tcp", s.address["names"], &tls.Config{InsecureSkipVerify: true, ServerName: name}); err == nil {
			_ = direct.Close()
			t.Errorf("the bot listener took the name %q", name)
		}
	}
	s.until("logged", func() bool { return strings.Count(s.reasons(), "refused:server_name") == 9 })
	for _, host := range []string{gramHost, "other.example", "127.0.0.1", graphHost + ".", "x." + graphHost, gramHost + ":443", "localhost"} {
		in := s.inside()
		_, err := fmt.Fprintf(in, send, "/v23.0/me/messages", host)
		s.must(err)
		got, err := answered(in)
		s.must(err)
		s.refused("tunnel, Host "+host, got, http.StatusMisdirectedRequest, "host_differs")
		for way, c := range s.ways() {
			got, err := s.post(c, graphSend, "hi", func(r *http.Request) { r.Host = host })
			s.must(err)
			s.refused(way+", Host "+host, got, http.StatusMisdirectedRequest, "host_differs")
		}
	}
	for _, target := range []string{"https://" + gramHost + "/v23.0/me/messages", "https://" + graphHost + "/v23.0/me/messages", "http://127.0.0.1/", "//" + gramHost + "/x"} {
		in := s.inside()
		_, err := fmt.Fprintf(in, send, target, graphHost)
		s.must(err)
		if got, err := answered(in); err != nil || got.status != http.StatusMisdirectedRequest {
			t.Errorf("in a tunnel, URL %s: %v %d", target, err, got.status)
		}
	}
	in := s.inside()
	_, err := io.WriteString(in, "CONNECT "+graphHost+":443 HTTP/1.1\r\nHost: "+graphHost+":443\r\n"+credential+"\r\n")
	s.must(err)
	if got, err := answered(in); err != nil || got.status != http.StatusMisdirectedRequest {
		t.Errorf("CONNECT in a tunnel: %v %d", err, got.status)
	}
	s.nothing(s.platform)
}

// M1: what a client sees is of our own authority, never of the one whose key is in
// goproxy's repository.
func TestPublicAuthority(t *testing.T) {
	known, err := x509.ParseCertificate(goproxy.GoproxyCa.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if !privateca.Published(known) {
		t.Error("goproxy's authority is not known as published")
	}
	s := newRoads(t).open(patience)
	direct, err := tls.Dial("tcp", s.address["names"], &tls.Config{InsecureSkipVerify: true, ServerName: graphHost})
	s.must(err)
	defer direct.Close()
	for way, state := range map[string]tls.ConnectionState{"tunnel": s.inside().ConnectionState(), "names": direct.ConnectionState()} {
		for _, c := range state.PeerCertificates {
			if c.CheckSignatureFrom(known) == nil || bytes.Equal(c.RawSubjectPublicKeyInfo, known.RawSubjectPublicKeyInfo) || privateca.Published(c) {
				t.Errorf("%s: a certificate of goproxy's authority", way)
			}
		}
		if leaf := state.PeerCertificates[0]; leaf.CheckSignatureFrom(s.certificate()) != nil || !s.ca.Signed(leaf) || leaf.NotAfter.Sub(leaf.NotBefore) > 7*24*time.Hour {
			t.Errorf("%s: not a leaf of ours for a week", way)
		}
	}
	// A client that trusts goproxy's authority, and no other, gets nowhere.
	roots := x509.NewCertPool()
	roots.AddCert(known)
	in := tls.Client(s.tunnel(graphHost), &tls.Config{RootCAs: roots, ServerName: graphHost})
	var unknown x509.UnknownAuthorityError
	if err := in.Handshake(); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

// The platform's name leads back here: nothing is sent in circles.
func TestLoop(t *testing.T) {
	s := newRoads(t, func(p *plan) { p.graph = "https://" + graphHost })
	leaf, err := s.ca.Issuer(time.Now).Leaf(graphHost)
	s.must(err)
	ourselves := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came back") }))
	ourselves.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}}
	ourselves.StartTLS()
	defer ourselves.Close()
	s.plan.graph = ourselves.URL
	s.restart()
	s.refused("untrusted", s.send(anna, "hi"), http.StatusLoopDetected, "loop")
}

// A process that is told to stop finishes what runs in its tunnels.
func TestDrainTunnels(t *testing.T) {
	s := newRoads(t).open(patience)
	release, arrived := make(chan struct{}), make(chan struct{})
	s.platform.answers(func(w http.ResponseWriter, r *http.Request) { close(arrived); <-release; graphAnswer(w, r) })
	answers := make(chan string, 1)
	go func() {
		got, err := s.post(s.proxied(false, forwardToken), graphSend, "hi")
		answers <- fmt.Sprint(got.status, err)
	}()
	<-arrived
	ended := make(chan struct{})
	go func() { s.end(); close(ended) }()
	s.until("nothing more is taken", func() bool {
		connection, err := net.Dial("tcp", s.address["forward"])
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	select {
	case <-ended:
		t.Error("the server ended while a call was under way")
	default:
	}
	close(release)
	if got := <-answers; got != "200 <nil>" {
		t.Errorf("the call under way: %s", got)
	}
	<-ended
	s.end = func() {}
}

// A file's own URL comes through when the hosts file leads its host here: it is a
// fetch of the account whose token it shows.
func TestFileHost(t *testing.T) {
	s := newRoads(t, func(p *plan) {
		p.fetch.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
	}).open(patience)
	request, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+fileHost+"/whatsapp_business/attachments/?mid=1", nil)
	s.must(err)
	request.Header.Set("Authorization", "Bearer "+lineToken)
	response, err := s.hosted(false).Do(request)
	s.must(err)
	_ = response.Body.Close()
	s.until("logged", func() bool { return len(s.lines("fetch")) == 1 })
	if line := s.lines("fetch")[0]; line["account"] != "line" || line["reason"] != "upstream_dial" {
		t.Errorf("got %v", line)
	}
}
