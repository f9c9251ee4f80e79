// Package nameserver is a DNS server for tests: it says what it is told to.
package nameserver

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Resolver asks a server that answers questions for addresses with these, one
// after another, and with the last one from then on, whatever the name.
func Resolver(t testing.TB, answers ...string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go serve(socket, answers, served)
	t.Cleanup(func() {
		_ = socket.Close()
		<-served
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// serve answers until the socket is closed.
func serve(socket net.PacketConn, answers []string, done chan<- struct{}) {
	defer close(done)
	buffer := make([]byte, 1500)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if body := record(m.Questions[0].Type, netip.MustParseAddr(answers[0])); body != nil {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: m.Questions[0].Class}, Body: body}}
			answers = answers[min(1, len(answers)-1):]
		}
		if packed, err := m.Pack(); err == nil {
			_, _ = socket.WriteTo(packed, from)
		}
	}
}

// record is an address as a record of the type that is asked for; nil when it is
// none.
func record(asked dnsmessage.Type, a netip.Addr) dnsmessage.ResourceBody {
	switch {
	case asked == dnsmessage.TypeA && a.Is4():
		return &dnsmessage.AResource{A: a.As4()}
	case asked == dnsmessage.TypeAAAA && a.Is6():
		return &dnsmessage.AAAAResource{AAAA: a.As16()}
	}
	return nil
}
