package proxy

import (
	"fmt"

	"github.com/piiproxy/piiproxy/rules"
)

// Rulebook is the rules in force: one set for each account, and their version
// for logs. It is read-only. A message is judged by the one that was in force
// when it came in, from its first string to its log line.
type Rulebook struct {
	Version string
	Sets    map[string]*rules.Set // by the account's name
}

// Rules gives the rules in force now. Read them once for a message.
func (t *Tenants) Rules() *Rulebook { return t.rules.Load() }

// SetRules puts other rules in force for every message that comes in from now
// on, for all accounts at once. An account without a set is an error, and then
// nothing changes.
func (t *Tenants) SetRules(b *Rulebook) error {
	for _, a := range t.accounts {
		if b == nil || b.Sets[a.Name] == nil {
			return fmt.Errorf("account %s has no rules", a.Name)
		}
	}
	t.rules.Store(b)
	return nil
}
