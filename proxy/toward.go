package proxy

import (
	"time"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/rules"
)

// Toward gives how words are judged that go toward the bot of an account, with the
// rules and the mode that are in force; of an account that does not exist, as for
// the first one.
func (t *Tenants) Toward(name string, now func() time.Time) redact.Scope {
	a, ok := t.byName[name]
	if !ok {
		a = t.accounts[0]
	}
	return scopeOf(t.Rules(), a, rules.Inbound, channel.Person{}, now)
}
