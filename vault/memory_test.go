package vault

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoryIsBounded: by number and by bytes, the oldest first.
func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(time.Now)
	defer m.close()
	for i := range maxVolatile + 10 {
		m.put("chat", fmt.Sprint(i), Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: Chat})
	}
	if m.oldest.Len() != maxVolatile || len(m.byToken) != maxVolatile || m.bytes != 6*maxVolatile {
		t.Errorf("%d entries, %d tokens, %d bytes", m.oldest.Len(), len(m.byToken), m.bytes)
	}
	if _, err := m.get("chat", "9"); err == nil {
		t.Error("the oldest is still there")
	}
	if _, err := m.get("chat", "10"); err != nil {
		t.Errorf("the oldest that fits: %v", err)
	}
	m.put("chat", "large", Value{Kind: "otp", Canonical: "1", Text: strings.Repeat("1", maxVolatileBytes-1), Origin: Chat})
	if m.oldest.Len() != 1 || m.bytes != maxVolatileBytes {
		t.Errorf("%d entries, %d bytes", m.oldest.Len(), m.bytes)
	}
	m.put("chat", "too large", Value{Kind: "otp", Canonical: "1", Text: strings.Repeat("1", maxVolatileBytes), Origin: Chat})
	if m.oldest.Len() != 0 || len(m.byToken) != 0 || m.bytes != 0 {
		t.Errorf("%d entries, %d bytes", m.oldest.Len(), m.bytes)
	}
}

// TestMemoryForgetsByItself: a value leaves memory after 15 minutes though
// nobody asks for it.
func TestMemoryForgetsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Now)
		defer m.close()
		count := func() int {
			synctest.Wait()
			m.mutex.Lock()
			defer m.mutex.Unlock()
			return m.oldest.Len()
		}
		value := Value{Kind: "cvv", Canonical: "123", Text: "123", Origin: Chat}
		m.put("chat", "a", value)
		time.Sleep(10 * time.Minute)
		m.put("chat", "b", value)
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
		m.put("chat", "c", value)
		time.Sleep(16 * time.Minute)
		if n := count(); n != 0 {
			t.Errorf("%d entries: the clock does not start again", n)
		}
	})
}
