//go:build linux

package pgtest

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Fault is what a Between does to the bytes of its connections.
type Fault int

// The faults of a network and of a server that stands still.
const (
	// None passes everything on.
	None Fault = iota
	// Hang keeps bytes back, both ways and on new connections, until the fault
	// ends; then they go on.
	Hang
	// HalfOpen throws bytes away without closing: a connection that was used
	// meanwhile never answers again.
	HalfOpen
	// Reset breaks connections, and new ones at once.
	Reset
	// Slow lets a fifth of a second pass before each piece.
	Slow
)

// Between is a proxy between a store and its server that can be made faulty.
type Between struct {
	listener net.Listener
	target   string
	all      sync.WaitGroup

	mutex   sync.Mutex
	fault   Fault
	changed chan struct{} // closed when the fault changes
	pairs   map[net.Conn]net.Conn
	closed  bool
}

// NewBetween stands before the server until the test ends.
func NewBetween(t testing.TB, s *Server) *Between {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("starting the fault proxy: %v", err)
	}
	b := &Between{listener: listener, target: s.Address(), changed: make(chan struct{}), pairs: map[net.Conn]net.Conn{}}
	b.all.Go(b.accept)
	t.Cleanup(func() {
		b.mutex.Lock()
		b.closed = true
		b.mutex.Unlock()
		_ = listener.Close() // was open until now
		b.Set(Reset)
		b.all.Wait()
	})
	return b
}

// URL is the database's URL through the proxy.
func (b *Between) URL(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal("reading the database's URL")
	}
	u.Host = b.listener.Addr().String()
	return u.String()
}

// Set changes the fault, for connections that are there and new ones.
func (b *Between) Set(fault Fault) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.fault = fault
	close(b.changed)
	b.changed = make(chan struct{})
	if fault == Reset {
		for client, server := range b.pairs {
			abort(client)
			abort(server)
		}
	}
}

// abort closes with a reset instead of a goodbye.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (b *Between) now() (fault Fault, changed chan struct{}) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.fault, b.changed
}

func (b *Between) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.all.Go(func() { b.serve(client) })
	}
}

func (b *Between) serve(client net.Conn) {
	server, err := net.Dial("tcp", b.target)
	if err != nil {
		abort(client)
		return
	}
	b.mutex.Lock()
	b.pairs[client] = server
	refuse := b.closed || b.fault == Reset
	b.mutex.Unlock()
	if refuse {
		abort(client)
		abort(server)
	}
	var both sync.WaitGroup
	both.Go(func() { b.copy(server, client) })
	both.Go(func() { b.copy(client, server) })
	both.Wait()
	b.mutex.Lock()
	delete(b.pairs, client)
	b.mutex.Unlock()
}

// copy passes pieces on as the fault of the moment wants it. When one direction
// ends the other does too, unless bytes were thrown away: then the other side is
// left waiting, which is the point.
func (b *Between) copy(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !b.pass(to, buffer[:n]) || err != nil {
			if !errors.Is(err, io.EOF) {
				abort(from)
			}
			_ = to.Close()
			_ = from.Close()
			return
		}
	}
}

// pass writes one piece; false when the connection is to end.
func (b *Between) pass(to net.Conn, piece []byte) bool {
	for {
		fault, changed := b.now()
		switch fault {
		case Hang:
			<-changed
			continue
		case HalfOpen:
			return true
		case Reset:
			return false
		case Slow:
			time.Sleep(200 * time.Millisecond)
		}
		_, err := to.Write(piece)
		return err == nil
	}
}
