package demo

import "sync"

// pulse wakes everyone who waits for a change.
type pulse struct {
	mu   sync.Mutex
	next chan struct{}
}

func newPulse() *pulse { return &pulse{next: make(chan struct{})} }

// beat tells of a change.
func (p *pulse) beat() {
	p.mu.Lock()
	close(p.next)
	p.next = make(chan struct{})
	p.mu.Unlock()
}

// wait returns a channel that is closed at the next change.
func (p *pulse) wait() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}
