package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// stateKept is how long a state is kept after it was last written.
	stateKept = 30 * 24 * time.Hour
	// cachedStates bounds a generation of states in memory; there are two.
	cachedStates = 4096
)

// Memory keeps the State of each chat, sealed under the chat's own data key, for
// many goroutines and several processes on one store.
type Memory struct {
	store  Store
	now    func() time.Time
	cached bool

	mu       sync.Mutex
	new, old map[string]remembered // by path
	writes   uint64                // begun and ended: what was read meanwhile is not kept
}

// remembered is a state as it stands in the store.
type remembered struct {
	plain   []byte // JSON
	state   State  // the same; readers share it
	version uint64
	expires time.Time
}

// NewMemory opens the memory over a store. With alone, this process is the only
// one that writes there (an embedded store), and what was read is not read again.
func NewMemory(s Store, alone bool, now func() time.Time) *Memory {
	return &Memory{store: s, now: now, cached: alone, new: map[string]remembered{}, old: map[string]remembered{}}
}

// Recall returns what is remembered of a chat, to be read only; the zero State
// when that is nothing. Errors: ErrTampered, and faults of the store, which may
// pass.
func (m *Memory) Recall(ctx context.Context, c *Conversation) (State, error) {
	r, err := m.read(ctx, c)
	return r.state, err
}

// Update changes the state of a chat: change gets what is remembered and says
// whether it has changed it. It is durable on return; when another writer came
// between, change is called again on what that one wrote. The state as it is now
// is returned.
func (m *Memory) Update(ctx context.Context, c *Conversation, change func(*State) bool) (State, error) {
	for range attempts {
		r, err := m.read(ctx, c)
		if err != nil {
			return State{}, err
		}
		s, err := decodeState(r.plain) // its own: change writes to it
		if err != nil || !change(&s) {
			return s, err
		}
		err = m.write(ctx, c, r, &s)
		if !errors.Is(err, store.ErrConflict) {
			return s, err
		}
	}
	return State{}, fmt.Errorf("writing chat state: %w", store.ErrConflict)
}

// Forget drops a chat from memory; whoever erases its record calls it after that.
func (m *Memory) Forget(c *Conversation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	delete(m.new, c.path)
	delete(m.old, c.path)
}

func decodeState(plain []byte) (s State, err error) {
	if len(plain) == 0 {
		return s, nil
	}
	if json.Unmarshal(plain, &s) != nil { // the decoder's error may quote
		return State{}, ErrTampered
	}
	return s, nil
}

func stateKey(c *Conversation) string { return "chat/" + c.path }

func stateBinding(c *Conversation) []byte { return binding("piiproxy chat", c.Account, c.ID) }

func (m *Memory) read(ctx context.Context, c *Conversation) (remembered, error) {
	r, ok, writes := m.recent(c.path)
	if ok {
		return r, nil
	}
	record, err := m.store.Get(ctx, stateKey(c))
	if errors.Is(err, store.ErrNotFound) {
		return remembered{}, nil
	}
	if err != nil {
		return remembered{}, fmt.Errorf("reading chat state: %w", err)
	}
	plain, err := c.Open(record.Value, stateBinding(c))
	if err != nil {
		return remembered{}, ErrTampered
	}
	s, err := decodeState(plain)
	if err != nil {
		return remembered{}, err
	}
	r = remembered{plain, s, record.Version, record.Expires}
	m.remember(c.path, r, writes)
	return r, nil
}

// write puts a state at the version that was read.
func (m *Memory) write(ctx context.Context, c *Conversation, old remembered, s *State) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return errors.New("encoding chat state")
	}
	sealed, err := c.Seal(plain, stateBinding(c))
	if err != nil {
		return err
	}
	m.Forget(c)
	defer m.Forget(c)
	err = m.store.Put(ctx, store.Record{Key: stateKey(c), Value: sealed, Version: old.version, Expires: m.now().Add(stateKept)})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("writing chat state: %w", err)
	}
	return err
}

// recent is what is in memory and has not expired.
func (m *Memory) recent(path string) (r remembered, ok bool, writes uint64) {
	if !m.cached {
		return remembered{}, false, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok = m.new[path]; !ok {
		r, ok = m.old[path]
	}
	return r, ok && m.now().Before(r.expires), m.writes
}

// remember keeps what was read. Two generations: what is not used while one of
// them fills up is dropped.
func (m *Memory) remember(path string, r remembered, writes uint64) {
	if !m.cached {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes != writes {
		return // it may be older than what somebody wrote
	}
	if len(m.new) >= cachedStates {
		m.old, m.new = m.new, make(map[string]remembered, cachedStates)
	}
	m.new[path] = r
}
