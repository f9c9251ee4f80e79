package rig

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Decoy is a server that nothing may ever reach.
type Decoy struct {
	Address string // host:port
	sockets *Sockets
}

// NewDecoy starts one.
func NewDecoy(t testing.TB) *Decoy {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "internal service")
	}))
	sockets := &Sockets{Listener: server.Listener}
	server.Listener = sockets
	server.Start()
	t.Cleanup(server.Close)
	return &Decoy{Address: server.Listener.Addr().String(), sockets: sockets}
}

// Untouched reports whether nothing ever connected.
func (d *Decoy) Untouched() bool { return d.sockets.Accepted() == 0 }

// Wire writes bytes to address exactly as they are and reads what comes back
// until the other side closes or falls silent. Status is that of the first
// answer, 0 when there was none.
func Wire(address, text string) (status int, answer string) {
	connection, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return 0, ""
	}
	defer connection.Close()
	_ = connection.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(connection, text); err != nil {
		return 0, ""
	}
	var raw []byte
	buffer := make([]byte, 64<<10)
	for silence := 2 * time.Second; ; silence = 100 * time.Millisecond {
		_ = connection.SetReadDeadline(time.Now().Add(silence))
		n, err := connection.Read(buffer)
		raw = append(raw, buffer[:n]...)
		if err != nil {
			break
		}
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(raw))), nil)
	if err != nil {
		return 0, string(raw)
	}
	_ = response.Body.Close()
	return response.StatusCode, string(raw)
}
