package vault

import (
	"container/heap"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// Bounds of what is in memory only; beyond them what would end first goes first
// and its token answers as expired.
const (
	maxVolatile      = 10_000
	maxVolatileBytes = 4 << 20
)

// memory holds volatile values.
type memory struct {
	now     func() time.Time
	mutex   sync.Mutex
	byToken map[string]*volatileEntry // tokens of different conversations differ
	byName  map[string]*volatileEntry // by the token that the value derives
	endings endings
	bytes   int
	timer   *time.Timer // runs while there are entries
	closed  bool
}

type volatileEntry struct {
	entry
	name  string
	token string
	owner Owner
	at    int // among the endings
}

func (e *volatileEntry) size() int { return len(e.value.Canonical) + len(e.value.Text) }

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, byToken: map[string]*volatileEntry{}, byName: map[string]*volatileEntry{}}
}

// put remembers a value from now on and returns its token; one that is there
// already ends when it was to end, however often it comes again.
func (m *memory) put(c *conversation.Conversation, s *slot, message messageHash) string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now, value, token := m.now(), s.value, s.name
	if !m.closed {
		m.dropExpired(now)
	}
	if e := m.byName[s.name]; e != nil {
		e.again = e.again || s.again || message != (messageHash{}) && message != e.message || value.Origin > e.value.Origin
		e.value.Origin = max(e.value.Origin, value.Origin)
		return e.token
	}
	if value.Terms.Random {
		token = drawToken(value.Kind)
	}
	if m.closed {
		return token
	}
	// Copies: what comes may be a part of a whole delivery, which would stay with it.
	kept := Value{Kind: value.Kind, Canonical: strings.Clone(value.Canonical), Text: strings.Clone(value.Text), Origin: value.Origin}
	e := &volatileEntry{name: s.name, token: token, owner: Owner{c.Account, c.ID}}
	e.entry = entry{value: kept, created: now, used: now, expires: now.Add(value.Terms.For(value.Kind)), message: message, again: s.again}
	m.byToken[token], m.byName[s.name] = e, e
	heap.Push(&m.endings, e)
	m.bytes += e.size()
	for len(m.endings) > maxVolatile || m.bytes > maxVolatileBytes {
		m.remove(m.endings[0])
	}
	m.arm(now)
	return token
}

// find returns the live entry of a token, or nil. The caller holds the mutex.
func (m *memory) find(token string) *volatileEntry {
	e := m.byToken[token]
	if e != nil && !e.expires.After(m.now()) {
		m.remove(e)
		return nil
	}
	return e
}

func (m *memory) get(c *conversation.Conversation, token string) (Value, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	e := m.find(token)
	if e == nil || !e.owner.is(c) {
		return Value{}, ErrNoToken
	}
	return e.value, nil
}

// lookup is get by the token that a value derives.
func (m *memory) lookup(c *conversation.Conversation, name string) (Value, error) {
	m.mutex.Lock()
	e := m.byName[name]
	m.mutex.Unlock()
	if e == nil {
		return Value{}, ErrNoToken
	}
	return m.get(c, e.token)
}

func (m *memory) owner(token string) (Owner, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	e := m.find(token)
	if e == nil {
		return Owner{}, ErrNoToken
	}
	return e.owner, nil
}

// of lists the live entries of a conversation.
func (m *memory) of(c *conversation.Conversation) (list []volatileEntry) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.dropExpired(m.now())
	for _, e := range m.endings {
		if e.owner.is(c) {
			list = append(list, *e)
		}
	}
	return list
}

// erase removes entries of a conversation and says how many.
func (m *memory) erase(c *conversation.Conversation, which func(*volatileEntry) bool) (erased int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.dropExpired(m.now())
	for _, e := range m.byToken {
		if e.owner.is(c) && which(e) {
			m.remove(e)
			erased++
		}
	}
	return erased
}

func (o Owner) is(c *conversation.Conversation) bool {
	return o.Conversation == c.ID && o.Account == c.Account
}

func (m *memory) close() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	m.byToken, m.byName, m.endings, m.bytes = nil, nil, nil, 0
}

// arm sees to it that the entry which ends first goes when its time has come,
// also when nobody asks again.
func (m *memory) arm(now time.Time) {
	if m.timer != nil {
		m.timer.Stop()
		m.timer = nil
	}
	if len(m.endings) > 0 {
		m.timer = time.AfterFunc(max(m.endings[0].expires.Sub(now), time.Second), m.expire)
	}
}

func (m *memory) expire() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.closed {
		return
	}
	now := m.now()
	m.dropExpired(now)
	m.arm(now)
}

func (m *memory) dropExpired(now time.Time) {
	for len(m.endings) > 0 && !m.endings[0].expires.After(now) {
		m.remove(m.endings[0])
	}
}

func (m *memory) remove(e *volatileEntry) {
	heap.Remove(&m.endings, e.at)
	m.bytes -= e.size()
	delete(m.byToken, e.token)
	if m.byName[e.name] == e {
		delete(m.byName, e.name)
	}
}

// endings is a heap of entries, the one that ends first in front.
type endings []*volatileEntry

// Len, Less, Swap, Push and Pop make it a heap.Interface.
func (h endings) Len() int           { return len(h) }
func (h endings) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h endings) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push takes a *volatileEntry.
func (h *endings) Push(e any) {
	entry := e.(*volatileEntry)
	entry.at = len(*h)
	*h = append(*h, entry)
}

// Pop takes the last entry out.
func (h *endings) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
