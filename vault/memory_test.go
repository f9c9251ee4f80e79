package vault

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// TestMemoryIsBounded: by number and by bytes, the oldest first.
func TestMemoryIsBounded(t *testing.T) {
	m, chat := newMemory(time.Now), &conversation.Conversation{ID: "chat"}
	defer m.close()
	put := func(token string, value Value) { m.put(chat, &slot{name: token, value: value}, messageHash{}) }
	for i := range maxVolatile + 10 {
		put(fmt.Sprint(i), Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: Chat})
	}
	if len(m.endings) != maxVolatile || len(m.byToken) != maxVolatile || m.bytes != 6*maxVolatile {
		t.Errorf("%d entries, %d tokens, %d bytes", len(m.endings), len(m.byToken), m.bytes)
	}
	if _, err := m.get(chat, "9"); err == nil {
		t.Error("the oldest is still there")
	}
	if _, err := m.get(chat, "10"); err != nil {
		t.Errorf("the oldest that fits: %v", err)
	}
	put("large", Value{Kind: "otp", Canonical: "1", Text: strings.Repeat("1", maxVolatileBytes-1), Origin: Chat})
	if len(m.endings) != 1 || m.bytes != maxVolatileBytes {
		t.Errorf("%d entries, %d bytes", len(m.endings), m.bytes)
	}
	put("too large", Value{Kind: "otp", Canonical: "1", Text: strings.Repeat("1", maxVolatileBytes), Origin: Chat})
	if len(m.endings) != 0 || len(m.byToken) != 0 || m.bytes != 0 {
		t.Errorf("%d entries, %d bytes", len(m.endings), m.bytes)
	}
}

// TestMemoryForgetsByItself: a value leaves memory after 15 minutes though
// nobody asks for it.
func TestMemoryForgetsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, chat := newMemory(time.Now), &conversation.Conversation{ID: "chat"}
		put := func(token string, value Value) { m.put(chat, &slot{name: token, value: value}, messageHash{}) }
		defer m.close()
		count := func() int {
			synctest.Wait()
			m.mutex.Lock()
			defer m.mutex.Unlock()
			return len(m.endings)
		}
		value := Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: Chat}
		put("a", value)
		time.Sleep(10 * time.Minute)
		put("b", value)
		time.Sleep(5*time.Minute - time.Second)
		if n := count(); n != 2 {
			t.Errorf("%d entries just before the first expires", n)
		}
		time.Sleep(2 * time.Second)
		if n := count(); n != 1 {
			t.Errorf("%d entries after the first expired", n)
		}
		time.Sleep(10 * time.Minute)
		if n := count(); n != 0 {
			t.Errorf("%d entries after both expired", n)
		}
		put("c", value)
		time.Sleep(16 * time.Minute)
		if n := count(); n != 0 {
			t.Errorf("%d entries: the clock does not start again", n)
		}
	})
}
