package route_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// received is a request as the vendor got it.
type received struct {
	method, target, body string
	header               http.Header
}

// vendor is an upstream that keeps what it gets.
type vendor struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc
}

func newVendor(t testing.TB, start func(*httptest.Server)) *vendor {
	v := &vendor{}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.got = append(v.got, received{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		answer := v.answer
		v.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		if answer != nil {
			answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	start(v.Server)
	t.Cleanup(func() {
		v.CloseClientConnections()
		v.Close()
	})
	return v
}

// answers replaces the vendor's answer from now on.
func (v *vendor) answers(answer http.HandlerFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = answer
}

// says makes the vendor answer 200 with a body.
func (v *vendor) says(contentType, body string) {
	v.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	})
}

// heard gives what came since the last time.
func (v *vendor) heard() []received {
	v.mu.Lock()
	defer v.mu.Unlock()
	got := v.got
	v.got = nil
	return got
}

// seen is every byte of what came.
func (g received) seen() string {
	raw, _ := json.Marshal(g.header)
	return g.target + "\n" + string(raw) + "\n" + g.body
}
