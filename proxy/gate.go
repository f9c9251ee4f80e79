package proxy

import (
	"errors"
	"io"
	"sync/atomic"
)

// errGate says that a gate is full.
var errGate = errors.New("too many bodies are held at once")

// gate bounds what one listener has to do at once: how many requests are worked on,
// and the memory of bodies that are held while a bot or the platform is slow. It
// counts bytes that came, not those that were announced, and a request only once its
// body is there, so that whoever only promises a body takes nobody's room.
type gate struct {
	room  room
	limit int64 // bytes
	used  atomic.Int64
}

// held is what one request holds of a gate; leave gives it back.
type held struct {
	gate   *gate
	bytes  int64
	inside bool
	load   *load   // its account's
	others []*load // of a delivery for several bots
}

// enter takes a place among those that are worked on, once.
func (h *held) enter() *Refusal {
	if h.inside {
		return nil
	}
	refused := h.gate.room.enter()
	h.inside = refused == nil
	return refused
}

// of takes a place of an account's.
func (h *held) of(l *load, limit int) *Refusal {
	if !l.enter(limit) {
		return &refuseCrowded
	}
	if h.load == nil {
		h.load = l
	} else {
		h.others = append(h.others, l)
	}
	return nil
}

func (h *held) leave() {
	if h.bytes > 0 {
		h.gate.used.Add(-h.bytes)
	}
	if h.load != nil {
		h.load.busy.Add(-1)
	}
	for _, l := range h.others {
		l.busy.Add(-1)
	}
	if h.inside {
		h.gate.room.leave()
	}
}

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
