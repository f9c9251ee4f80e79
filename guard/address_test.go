package guard_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/guard"
	"github.com/piiproxy/piiproxy/internal/nameserver"
)

// A name of the platform that leads inside is not dialled, whatever form the
// address has, and also when it led outside a moment ago.
func TestDialRefusesInside(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3",
		"192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2002:808:808::1",
		"2001::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "5f00::1",
	} {
		g := guard.New(guard.Config{Resolver: nameserver.Resolver(t, address)})
		_, err := g.DialContext(net.Dialer{Timeout: 2 * time.Second})(t.Context(), "tcp", "lookaside.fbsbx.com:443")
		var operation *net.OpError
		if !errors.Is(err, guard.ErrAddress) || !errors.As(err, &operation) || operation.Op != "dial" {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Only port 443 of the platform's names is dialled, and nothing else.
func TestDialRefusesElsewhere(t *testing.T) {
	g := guard.New(guard.Config{Resolver: nameserver.Resolver(t, "127.0.0.1")})
	for _, address := range []string{
		"lookaside.fbsbx.com:80", "lookaside.fbsbx.com:22", "example.com:443", "127.0.0.1:443", "[::1]:443", "[::ffff:127.0.0.1]:443", "2130706433:443", "0x7f000001:443", "0177.0.0.1:443", "lookaside.fbsbx.com", "",
	} {
		if _, err := g.DialContext(net.Dialer{})(t.Context(), "tcp", address); !errors.Is(err, guard.ErrTarget) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A name that is public when it is looked at and loopback when it is dialled
// reaches nobody: a server on this machine is there and sees nothing.
func TestRebinding(t *testing.T) {
	reached := false
	decoy := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer decoy.Close()
	resolver := nameserver.Resolver(t, "157.240.1.1", "127.0.0.1")
	_, port, _ := net.SplitHostPort(decoy.Listener.Addr().String())
	if found, err := resolver.LookupNetIP(t.Context(), "ip4", "lookaside.fbsbx.com"); err != nil || found[0].String() != "157.240.1.1" {
		t.Fatalf("before: %v %v", found, err)
	}
	// The platform's name with the decoy's port is dialled only where the operator
	// vouches for it; then it does arrive, which shows that the decoy can be reached.
	open := guard.New(guard.Config{Resolver: resolver, Hosts: []string{"lookaside.fbsbx.com:" + port}})
	connection, err := open.DialContext(net.Dialer{})(t.Context(), "tcp", "lookaside.fbsbx.com:"+port)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	closed := guard.New(guard.Config{Resolver: resolver})
	client := &http.Client{Transport: &http.Transport{DialContext: closed.DialContext(net.Dialer{})}}
	response, err := client.Get("https://lookaside.fbsbx.com/")
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, guard.ErrAddress) || reached {
		t.Errorf("%v, reached: %v", err, reached)
	}
}

// The operator's own API address is their choice; the platform's own name is not
// trusted to lead inside, unless it is listed with its port.
func TestOperatorsChoice(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	own, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(guard.Config{Graph: []*url.URL{own, {Scheme: "https", Host: "graph.facebook.com"}}, Resolver: nameserver.Resolver(t, "127.0.0.1")})
	connection, err := g.DialContext(net.Dialer{})(t.Context(), "tcp", own.Host)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	dial := g.DialContext(net.Dialer{Timeout: time.Second})
	if _, err := dial(t.Context(), "tcp", "Graph.Facebook.com:443"); !errors.Is(err, guard.ErrAddress) {
		t.Errorf("the platform's name that leads inside: %v", err)
	}
	g = guard.New(guard.Config{Hosts: []string{"graph.facebook.com:443"}, Resolver: nameserver.Resolver(t, "127.0.0.1")})
	if _, err := g.DialContext(net.Dialer{Timeout: time.Second})(t.Context(), "tcp", "graph.facebook.com:443"); errors.Is(err, guard.ErrAddress) || errors.Is(err, guard.ErrTarget) {
		t.Errorf("listed: %v", err)
	}
}
