package rig

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The attacks are real: a server with HTTP/2 has requests of the first two, and
// ends the connections of the third.
func TestStreamAttacks(t *testing.T) {
	for _, attack := range StreamAttacks {
		var requests atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
		server.EnableHTTP2 = true
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		connections, streams := attack.Run(ctx, strings.TrimPrefix(server.URL, "https://"), "h2")
		cancel()
		server.Close()
		if connections == 0 || streams == 0 || requests.Load() == 0 && attack.Name != "continuation flood" {
			t.Errorf("%s: %d connections, %d streams, %d requests", attack.Name, connections, streams, requests.Load())
		}
	}
}
