package rig

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Fault is what a Line does to the bytes of its connections.
type Fault string

// The faults of a network, and of a peer that stands still.
const (
	Clear     Fault = "clear"      // passes everything on
	Latency   Fault = "latency"    // up to a quarter of a second before each piece
	Reset     Fault = "reset"      // breaks connections, and new ones at once
	HalfOpen  Fault = "half-open"  // accepts and never answers; what was used meanwhile is dead
	BlackHole Fault = "black hole" // keeps everything back, and passes it on when the fault ends
	Trickle   Fault = "trickle"    // 20 bytes a second
	Truncate  Fault = "truncation" // closes after a few hundred bytes of a piece
	Swallow   Fault = "swallow"    // what is asked arrives, and the connection ends before the answer
)

// Faults are all faults.
var Faults = []Fault{Latency, Reset, HalfOpen, BlackHole, Trickle, Truncate, Swallow}

// Line is the network between one party and another: it passes bytes on, or does
// not, as the fault of the moment wants it.
type Line struct {
	Name string

	listener net.Listener
	target   string
	all      sync.WaitGroup

	mu      sync.Mutex
	fault   Fault
	changed chan struct{}              // closed when the fault changes
	open    map[net.Conn]chan struct{} // closed when the connection is cut
	closed  bool
}

// NewLine stands before an address until the test ends.
func NewLine(t testing.TB, name, target string) *Line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("starting a line: %v", err)
	}
	l := &Line{Name: name, listener: listener, target: target, fault: Clear, changed: make(chan struct{}), open: map[net.Conn]chan struct{}{}}
	l.all.Go(l.accept)
	t.Cleanup(func() {
		l.mu.Lock()
		l.closed = true
		l.mu.Unlock()
		_ = listener.Close() // was open until now
		l.Set(Clear)
		l.Cut()
		l.all.Wait()
	})
	return l
}

// Address is the host and port of this end.
func (l *Line) Address() string { return l.listener.Addr().String() }

// Set changes the fault, for connections that are there and new ones.
func (l *Line) Set(fault Fault) {
	l.mu.Lock()
	l.fault = fault
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	if fault == Reset {
		l.Cut()
	}
}

// Cut breaks every connection that is there.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for connection, cut := range l.open {
		abort(connection)
		close(cut)
		delete(l.open, connection)
	}
}

// abort closes with a reset instead of a goodbye.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (l *Line) now() (fault Fault, changed chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault, l.changed
}

func (l *Line) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.all.Go(func() { l.serve(client) })
	}
}

// keep notes a connection; false when it is not to be.
func (l *Line) keep(c net.Conn) (cut chan struct{}, kept bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.fault == Reset {
		abort(c)
		return nil, false
	}
	cut = make(chan struct{})
	l.open[c] = cut
	return cut, true
}

// drop forgets a connection and closes it.
func (l *Line) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.open[c]; there {
		delete(l.open, c)
		_ = c.Close()
	}
}

func (l *Line) serve(client net.Conn) {
	cut, kept := l.keep(client)
	if !kept {
		return
	}
	defer l.drop(client)
	if fault, _ := l.now(); fault == HalfOpen {
		_, _ = io.Copy(io.Discard, client) // until the client gives up
		return
	}
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		abort(client)
		return
	}
	if _, kept := l.keep(server); !kept {
		return
	}
	defer l.drop(server)
	p := &pair{line: l, cut: cut}
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, false) })
	both.Go(func() { p.copy(client, server, true) })
	both.Wait()
}

// pair is one connection through a line.
type pair struct {
	line *Line
	cut  chan struct{}
	mu   sync.Mutex
	dead bool // bytes of it were thrown away: nothing may follow them
}

// copy passes pieces on. When one direction ends, the other does too, unless the
// connection is dead: then the other side is left waiting, which is the point.
func (p *pair) copy(to, from net.Conn, answers bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.pass(to, buffer[:n], answers) || err != nil {
			if p.lost() && err == nil {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				abort(to)
			}
			_ = to.Close()
			_ = from.Close()
			return
		}
	}
}

func (p *pair) lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// pass writes one piece; false when nothing is to follow.
func (p *pair) pass(to net.Conn, piece []byte, answers bool) bool {
	for len(piece) > 0 {
		if p.lost() {
			return false
		}
		fault, changed := p.line.now()
		part := len(piece)
		switch fault {
		case BlackHole:
			if !p.wait(changed, time.Hour) {
				return false
			}
			continue
		case HalfOpen:
			p.mu.Lock()
			p.dead = true
			p.mu.Unlock()
			return false
		case Reset:
			return false
		case Swallow:
			if answers {
				return false
			}
		case Latency:
			if !p.wait(nil, rand.N(250*time.Millisecond)) {
				return false
			}
		case Trickle:
			part = 1
			if !p.wait(nil, 50*time.Millisecond) {
				return false
			}
		case Truncate:
			part = min(part, rand.IntN(500))
		}
		if _, err := to.Write(piece[:part]); err != nil {
			return false
		}
		if fault == Truncate && part < len(piece) {
			return false
		}
		piece = piece[part:]
	}
	return true
}

// wait waits for a change or a time; false when the connection has been cut.
func (p *pair) wait(changed chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.cut:
		return false
	case <-changed:
	case <-timer.C:
	}
	return true
}
