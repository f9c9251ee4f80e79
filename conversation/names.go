package conversation

import (
	"strings"
	"sync"
)

// maxNames bounds how many hashes are remembered; then all are forgotten, which
// costs a hash each and needs no order.
const maxNames = 4096

// names remembers the hashes that logs show for people.
type names struct {
	mu     sync.RWMutex
	hashes map[name]string
}

// name is a person in an account.
type name struct{ account, alias string }

// get returns what was remembered, or makes it.
func (n *names) get(of name, hash func() string) string {
	n.mu.RLock()
	known, ok := n.hashes[of]
	n.mu.RUnlock()
	if ok {
		return known
	}
	made := hash()
	of.alias = strings.Clone(of.alias) // it may share memory with a message
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hashes == nil || len(n.hashes) >= maxNames {
		n.hashes = make(map[name]string)
	}
	n.hashes[of] = made
	return made
}

// forget drops the hashes of people of an account, whose ids stand beside them.
func (n *names) forget(account string, aliases []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, alias := range aliases {
		delete(n.hashes, name{account, alias})
	}
}
