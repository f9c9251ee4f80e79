package proxy_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	privateca "github.com/piiproxy/piiproxy/authority"
	"github.com/piiproxy/piiproxy/internal/nameserver"
)

// In a tunnel to port 443 a request that names another port, or spells the host as
// an address, is for another place.
func TestPortsDiffer(t *testing.T) {
	s := newRoads(t).open(patience)
	body := strings.Replace(hello, "hello", "hello "+email, 1)
	ask := func(host string) reply {
		in := s.inside()
		_, err := fmt.Fprintf(in, "POST /v23.0/%s/messages HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", shopID, host, shopToken, len(body), body)
		s.must(err)
		got, err := answered(in)
		s.must(err)
		return got
	}
	for _, host := range []string{graphHost + ":8443", graphHost + ":80", graphHost + ":", graphHost + ":0443", graphHost + ":443:443", "[" + graphHost + "]:443", "[" + graphHost + "]"} {
		s.refused(host, ask(host), http.StatusMisdirectedRequest, "host_differs")
	}
	s.nothing(s.platform)
	for _, host := range []string{graphHost, graphHost + ":443", "GRAPH.Facebook.com"} {
		if got := ask(host); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", host, got.status, got.body)
		}
	}
	if n := len(s.platform.requests()); n != 3 {
		t.Errorf("%d requests arrived", n)
	}
}

// A hello may come byte by byte, in mixed case, and from a client that tries to
// hide its name; one with a dot at the end or with two names is none.
func TestOddHellos(t *testing.T) {
	s := newRoads(t).open(patience)
	for name, in := range map[string]*tls.Conn{
		"byte by byte": tls.Client(trickle{s.tunnel(graphHost)}, &tls.Config{RootCAs: s.roots, ServerName: graphHost}),
		"mixed case":   tls.Client(s.tunnel("Graph.FACEBOOK.com"), &tls.Config{RootCAs: s.roots, ServerName: "GRAPH.facebook.COM"}),
	} {
		if err := in.Handshake(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err := fmt.Fprintf(in, "GET /v23.0/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", shopID, graphHost, shopToken)
		s.must(err)
		if got, err := answered(in); err != nil || got.status != http.StatusOK {
			t.Errorf("%s: %v %d", name, err, got.status)
		}
	}
	before := len(s.platform.requests())
	for _, name := range []string{graphHost + "!", "[" + graphHost, graphHost + "\x00"} {
		raw := helloFor(t, graphHost+strings.Repeat("x", len(name)-len(graphHost)))
		at := strings.Index(string(raw), graphHost)
		copy(raw[at:], name)
		if strings.HasSuffix(name, "!") {
			raw[at+len(graphHost)] = '.'
		}
		for way, to := range map[string]net.Conn{"tunnel": s.tunnel(graphHost), "names": s.dial("names")} {
			_, err := to.Write(raw)
			s.must(err)
			record := make([]byte, 1)
			if n, _ := io.ReadFull(to, record); n == 1 && record[0] != 21 { // an alert (RFC 8446, 5.1)
				t.Errorf("%s: a hello for %q is answered with a record of type %d", way, name, record[0])
			}
		}
	}
	if n := len(s.platform.requests()); n != before {
		t.Errorf("%d requests arrived", n-before)
	}
}

// trickle writes byte by byte.
type trickle struct{ net.Conn }

// Write implements net.Conn.
func (t trickle) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := t.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// helloFor is the first record of a client.
func helloFor(t *testing.T, name string) []byte {
	t.Helper()
	here, there := net.Pipe()
	defer there.Close()
	go func() { _ = tls.Client(here, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake() }()
	defer here.Close()
	head := make([]byte, 5)
	if _, err := io.ReadFull(there, head); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(there, rest); err != nil {
		t.Fatal(err)
	}
	return slices.Concat(head, rest)
}

func (s *roads) dial(listener string) net.Conn {
	connection, err := net.Dial("tcp", s.address[listener])
	s.must(err)
	s.t.Cleanup(func() { _ = connection.Close() })
	s.must(connection.SetDeadline(time.Now().Add(15 * time.Second)))
	return connection
}

// What a whole URL may hide, and what may hide behind a request with one, comes to
// nothing; credentials of the proxy and names of hosts reach neither platform nor log.
func TestOddWholeURLs(t *testing.T) {
	s := newRoads(t).open(patience)
	good := "https://" + graphHost + "/v23.0/" + shopID + "/messages"
	post := func(target, lines, body string) string {
		return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + credential + "Authorization: Bearer " + shopToken + "\r\nContent-Type: application/json\r\n" + lines + "\r\n" + body
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(hello))
	for name, stream := range map[string]string{
		"fragment":         post(good+"#x", length, hello),
		"fragment as host": post("https://"+graphHost+"/#@other.example/", length, hello),
		"two slashes":      post("https://"+graphHost+"//other.example/v23.0/me/messages", length, hello),
		"backslash":        post("https://"+graphHost+`/\other.example/v23.0/me/messages`, length, hello),
		"URL in the URL":   post("https://"+graphHost+"/https://other.example/", length, hello),
		"line end":         post("https://"+graphHost+"%0d%0aHost:other.example/v23.0/me", length, hello),
		"port twice":       post("https://"+graphHost+":443:443/v23.0/me", length, hello),
		"port 80":          post("https://"+graphHost+":80/v23.0/me", length, hello),
		"userinfo":         post("https://bot:"+forwardToken+"@"+graphHost+"/v23.0/me/messages", length, hello),
		"bracket":          post("https://["+graphHost+"]/v23.0/me/messages", length, hello),
		"percent":          post("https://graph%2efacebook.com/v23.0/me/messages", length, hello),
		"http":             post("http://"+graphHost+":443/v23.0/me/messages", length, hello),
		"upgrade":          post(good, "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"+length, hello),
		"two lengths":      post(good, length+"Content-Length: 3\r\n", hello),
		"PUT":              strings.Replace(post(good, length, hello), "POST", "PUT", 1),
	} {
		if got, err := s.raw(stream); err != nil || got.status/100 != 4 {
			t.Errorf("%s: %v %d %s", name, err, got.status, got.body)
		}
	}
	s.nothing(s.platform)
	got, err := s.raw(post(good, "Connection: authorization, x-a\r\nProxy-Connection: keep-alive\r\nX-A: b\r\n"+length, hello))
	if err != nil || got.status != http.StatusOK {
		t.Errorf("a good one: %v %d %s", err, got.status, got.body)
	}
	arrived := s.only(s.platform)
	if arrived.header.Get("Authorization") != "Bearer "+shopToken {
		t.Errorf("forwarded: %v", arrived.header)
	}
	sent := fmt.Sprint(arrived.header, arrived.target, arrived.body)
	for _, secret := range []string{forwardToken, basic("bot:" + forwardToken), "other.example"} {
		if strings.Contains(sent, secret) || strings.Contains(s.logged.String(), secret) {
			t.Errorf("%s reached the platform or the log", secret)
		}
	}
}

// A machine that trusts the authority (as it should not) has no loop either.
func TestTrustedLoop(t *testing.T) {
	const alone = "PIIPROXY_TEST_ALONE" // the system's authorities are read once in a process
	if os.Getenv(alone) == "" {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTrustedLoop$", "-test.count=1", "-test.v")
		command.Env = append(os.Environ(), alone+"=1")
		if said, err := command.CombinedOutput(); err != nil || !strings.Contains(string(said), "--- PASS: TestTrustedLoop") {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	s := newRoads(t)
	t.Setenv("SSL_CERT_FILE", filepath.Join(s.folder, privateca.CertificateFile))
	leaf, err := s.ca.Issuer(time.Now).Leaf(graphHost)
	s.must(err)
	ourselves := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came back") }))
	ourselves.TLS = &tls.Config{Certificates: []tls.Certificate{*leaf}}
	ourselves.StartTLS()
	defer ourselves.Close()
	address := ourselves.Listener.Addr().String()
	trusting, err := tls.Dial("tcp", address, &tls.Config{ServerName: graphHost})
	if err != nil {
		t.Fatalf("this machine does not trust the authority: %v", err)
	}
	_ = trusting.Close()
	_, port, _ := net.SplitHostPort(address)
	s.plan.graph = "https://" + graphHost + ":" + port
	s.plan.fetch.Hosts, s.plan.fetch.Resolver = []string{graphHost + ":" + port}, nameserver.Resolver(t, "127.0.0.1")
	s.restart()
	s.refused("trusted", s.send(anna, "hi"), http.StatusLoopDetected, "loop")
}

// Whoever opens tunnels and never speaks holds them for the time of a handshake,
// and no goroutine or descriptor longer.
func TestSilentTunnels(t *testing.T) {
	s := newRoads(t)
	s.tunnels = 200
	s.open(brisk)
	for range s.tunnels {
		connection := s.dial("forward")
		_, err := io.WriteString(connection, "CONNECT "+graphHost+":443 HTTP/1.1\r\nHost: x\r\n"+credential+"\r\n")
		s.must(err)
	}
	s.until("tunnels are given back", func() bool { return s.counter("piiproxy_tunnels") == 0 })
	if got, err := s.post(s.proxied(true, forwardToken), graphSend, "hi"); err != nil || got.status != http.StatusOK {
		t.Errorf("a good client: %v %d", err, got.status)
	}
}
