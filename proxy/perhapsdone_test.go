package proxy_test

import (
	"net/http"
	"strings"
	"testing"
)

// A call that the platform may have carried out is never called transient: SDKs
// send those again, and a person would get the message twice.
func TestPerhapsDone(t *testing.T) {
	const quoting = `{"note":{"message":"x"},"data":[{"message":"write to jane.doe@corp.example"}]}`
	for _, test := range []struct {
		name, method string
		answer       http.HandlerFunc
		transient    bool
	}{
		{"send, answer cut off", "POST", cutOff, false},
		{"delete, answer cut off", "DELETE", cutOff, false},
		{"read, answer cut off", "GET", cutOff, true},
		{"send, no answer", "POST", hangUp, false},
		{"read, no answer", "GET", hangUp, true},
	} {
		r := newRig(t)
		r.platform.answers(test.answer)
		body := ""
		if test.method == "POST" {
			body = hello
		}
		got := r.ask("bot", test.method, "/shop/me/messages", body, "Content-Type: application/json")
		if got.status != http.StatusBadGateway || strings.Contains(got.body, `"is_transient":true`) != test.transient {
			t.Errorf("%s: %d %s", test.name, got.status, got.body)
		}
	}
	r := newRig(t) // the store fails between the call and its answer
	r.platform.answers(func(w http.ResponseWriter, _ *http.Request) {
		if err := r.people.Close(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(quoting))
	})
	if got := r.send(anna, "hello"); got.status != http.StatusBadGateway || !strings.Contains(got.body, `"is_transient":false`) || !strings.Contains(got.body, "(store_unavailable)") {
		t.Errorf("the store is down for the answer: %d %s", got.status, got.body)
	}
}

// cutOff promises more than it sends.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "100")
	_, _ = w.Write([]byte(`{"message_id":"m"`))
}

// hangUp takes the call and says nothing.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
