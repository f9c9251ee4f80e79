package vault

import (
	"container/list"
	"strings"
	"sync"
	"time"
)

// Bounds of what is in memory only; beyond them the oldest goes first and its
// token answers as expired.
const (
	maxVolatile      = 10_000
	maxVolatileBytes = 4 << 20
)

// memory holds volatile values. Every entry has the same lifetime, so the oldest
// is the first to go.
type memory struct {
	now     func() time.Time
	mutex   sync.Mutex
	byToken map[place]*list.Element
	oldest  *list.List // of *volatileEntry, the oldest in front
	bytes   int
	timer   *time.Timer // runs while there are entries
	closed  bool
}

type place struct{ path, token string }

type volatileEntry struct {
	place   place
	value   Value
	expires time.Time
}

func (e *volatileEntry) size() int { return len(e.value.Canonical) + len(e.value.Text) }

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, byToken: map[place]*list.Element{}, oldest: list.New()}
}

// put remembers a value from now on; one that is there already ends when it was
// to end, however often it comes again.
func (m *memory) put(path, token string, value Value) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.closed {
		return
	}
	now := m.now()
	m.dropExpired(now)
	at := place{path, token}
	if element := m.byToken[at]; element != nil {
		e := element.Value.(*volatileEntry)
		e.value.Origin = max(e.value.Origin, value.Origin)
		return
	}
	// Copies: what comes may be a part of a whole delivery, which would stay with it.
	value.Text, value.Canonical = strings.Clone(value.Text), strings.Clone(value.Canonical)
	e := &volatileEntry{place: at, value: value, expires: now.Add(volatileFor)}
	m.byToken[at] = m.oldest.PushBack(e)
	m.bytes += e.size()
	for m.oldest.Len() > maxVolatile || m.bytes > maxVolatileBytes {
		m.remove(m.oldest.Front())
	}
	m.arm(now)
}

func (m *memory) get(path, token string) (Value, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	element := m.byToken[place{path, token}]
	if element == nil {
		return Value{}, ErrNoToken
	}
	e := element.Value.(*volatileEntry)
	if !e.expires.After(m.now()) {
		m.remove(element)
		return Value{}, ErrNoToken
	}
	return e.value, nil
}

func (m *memory) close() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	m.byToken, m.bytes = nil, 0
	m.oldest.Init()
}

// arm sees to it that the oldest entry goes when its time has come, also when
// nobody asks again.
func (m *memory) arm(now time.Time) {
	front := m.oldest.Front()
	if m.timer != nil || front == nil {
		return
	}
	wait := max(front.Value.(*volatileEntry).expires.Sub(now), time.Second)
	m.timer = time.AfterFunc(wait, m.expire)
}

func (m *memory) expire() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.timer = nil
	now := m.now()
	m.dropExpired(now)
	m.arm(now)
}

func (m *memory) dropExpired(now time.Time) {
	for front := m.oldest.Front(); front != nil && !front.Value.(*volatileEntry).expires.After(now); front = m.oldest.Front() {
		m.remove(front)
	}
}

func (m *memory) remove(element *list.Element) {
	e := m.oldest.Remove(element).(*volatileEntry)
	m.bytes -= e.size()
	delete(m.byToken, e.place)
}
