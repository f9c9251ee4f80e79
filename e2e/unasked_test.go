package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/e2e/rig"
)

// unasked answers whole, and then says more than was asked, on the connection
// that the caller keeps for its next call. It counts the connections that were
// closed on it: then its words have been read.
type unasked struct {
	answer, more string
	mu           sync.Mutex
	heard        int
}

func (u *unasked) speak(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	_, _ = fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(u.answer), u.answer)
	time.Sleep(200 * time.Millisecond) // lets the caller take the answer and rest
	_, _ = io.WriteString(connection, u.more)
	_ = connection.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, connection); !errors.Is(err, os.ErrDeadlineExceeded) {
		u.mu.Lock()
		u.heard++
		u.mu.Unlock()
	}
}

func (u *unasked) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.heard
}

// What a peer says unasked, behind its answer, is printed by nobody: Go's own
// client would quote it on standard error.
func TestUnaskedBytes(t *testing.T) {
	for name, more := range map[string]string{
		"words":          "my card " + card + " and " + email + "\r\n",
		"a whole answer": "HTTP/1.1 200 OK\r\nX-Card: " + card + "\r\nContent-Length: 2\r\n\r\n{}",
		"a broken head":  "HTTP/1.1 2xx " + card + "\r\n" + email + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, func(s *rig.Setup) { s.LogLevel = "debug" })
			fromPlatform := &unasked{answer: `{"recipient_id":"` + anna + `","message_id":"m_1"}`, more: more}
			fromBot := &unasked{answer: `{}`, more: more}
			d.platform.Answer(func(w http.ResponseWriter, _ *http.Request, _ rig.Call) bool {
				fromPlatform.speak(w)
				return true
			})
			d.bot.Behave(func(w http.ResponseWriter, _ *http.Request, _ rig.Delivery) { fromBot.speak(w) })
			for n := range 2 {
				d.deliver(rig.Page(rig.PageEntry(page, rig.Text(anna, page, rig.NewID("m_"), "hello"))))
				if reply := d.says(anna, "hello"); reply.Status != http.StatusOK {
					t.Errorf("call %d: got %d %s (error: %v)", n, reply.Status, reply.Body, reply.Err)
				}
				rig.Eventually(t, func() bool { return fromPlatform.count() == n+1 && fromBot.count() == n+1 }, func() string {
					return fmt.Sprintf("piiproxy read what the platform said %d times and the bot %d times, want %d", fromPlatform.count(), fromBot.count(), n+1)
				})
			}
			if code := d.proxy.Stop(t); code != 0 {
				t.Errorf("piiproxy ended with %d", code)
			}
			valueless(t, "what piiproxy printed", d.proxy.Logs(), card, email)
		})
	}
}
