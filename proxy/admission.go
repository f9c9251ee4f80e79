package proxy

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// AdmissionLimits bound what is done at once, in each direction.
type AdmissionLimits struct {
	Calls, Webhooks int           // at once
	PerAccount      int           // of one account
	Queue           int           // that wait for one of those to end
	Wait            time.Duration // how long they wait
	Held            int64         // bytes of bodies
}

// room bounds how many requests are worked on at once. The others wait for a
// moment, and whoever came last is let in first: where more comes than can be done,
// a queue in order makes all of them late, this one makes some of them wait in vain
// and lets the others in at once. When the queue is full the one that has waited
// longest goes.
//
// Whoever finds room takes one compare-and-swap; only those who wait take the lock.
type room struct {
	limit int64
	queue int
	wait  time.Duration

	used    atomic.Int64
	waiting atomic.Int64 // entries of queued; raised before the last look for room

	mu     sync.Mutex
	queued []chan bool // the oldest first; true: in, false: turned away
}

func (l AdmissionLimits) room(limit int) room {
	return room{limit: int64(limit), queue: l.Queue, wait: l.Wait}
}

// enter takes a place; nil when it has one. Whoever has one calls leave.
func (r *room) enter() *Refusal {
	if r.take() {
		return nil
	}
	turn := r.line()
	if turn == nil {
		return nil
	}
	timer := time.NewTimer(r.wait)
	defer timer.Stop()
	select {
	case in := <-turn:
		return turnedAway(in)
	case <-timer.C:
	}
	if r.giveUp(turn) {
		return &refuseWaited
	}
	return turnedAway(<-turn)
}

func turnedAway(in bool) *Refusal {
	if in {
		return nil
	}
	return &refuseQueue
}

// take takes a place if there is one.
func (r *room) take() bool {
	for {
		used := r.used.Load()
		if used >= r.limit {
			return false
		}
		if r.used.CompareAndSwap(used, used+1) {
			return true
		}
	}
}

// line queues, unless there is a place after all: then it is nil.
func (r *room) line() chan bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting.Add(1) // before the look: whoever leaves after it sees that somebody waits
	if r.take() {
		r.waiting.Add(-1)
		return nil
	}
	if len(r.queued) >= r.queue {
		r.queued[0] <- false
		r.queued = slices.Delete(r.queued, 0, 1)
		r.waiting.Add(-1)
	}
	turn := make(chan bool, 1)
	r.queued = append(r.queued, turn)
	return turn
}

// giveUp leaves the queue; false when a decision has been made meanwhile.
func (r *room) giveUp(turn chan bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.queued, turn)
	if i < 0 {
		return false
	}
	r.queued = slices.Delete(r.queued, i, i+1)
	r.waiting.Add(-1)
	return true
}

// leave gives a place back, to whoever came last of those who wait.
func (r *room) leave() {
	r.used.Add(-1)
	if r.waiting.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.queued) - 1
	if last < 0 || !r.take() {
		return
	}
	r.queued[last] <- true
	r.queued[last] = nil
	r.queued = r.queued[:last]
	r.waiting.Add(-1)
}

// load is what is done for one account in one direction.
type load struct {
	busy atomic.Int64
	rate bucket
}

// enter takes a place of the account's; whoever has one gives it back.
func (l *load) enter(limit int) bool {
	if l.busy.Add(1) <= int64(limit) {
		return true
	}
	l.busy.Add(-1)
	return false
}
