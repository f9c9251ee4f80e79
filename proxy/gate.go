package proxy

import (
	"errors"
	"io"
	"sync/atomic"
)

// gateBodies is how many bodies of the largest size may be held at once, on each
// listener: 256 MiB with the default limit of 4 MiB.
const gateBodies = 64

// errGate says that a gate is full.
var errGate = errors.New("too many bodies are held at once")

// gate bounds the memory of bodies that are held while a bot or the platform is
// slow. It counts bytes that came, not those that were announced, so that
// whoever only promises a body takes nobody's room.
type gate struct {
	limit int64
	used  atomic.Int64
}

// held is what one request holds; leave gives it back.
type held struct {
	gate  *gate
	bytes int64
}

func (h *held) leave() { h.gate.used.Add(-h.bytes) }

// take counts bytes in.
func (h *held) take(n int64) error {
	if h.gate.used.Add(n) > h.gate.limit {
		h.gate.used.Add(-n)
		return errGate
	}
	h.bytes += n
	return nil
}

// counted reads through a gate.
type countedBody struct {
	io.Reader
	held *held
}

// Read implements io.Reader.
func (c countedBody) Read(to []byte) (int, error) {
	n, err := c.Reader.Read(to)
	if full := c.held.take(int64(n)); full != nil {
		return 0, full
	}
	return n, err
}
