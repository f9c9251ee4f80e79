package vault

import (
	"context"
	"errors"

	"github.com/piiproxy/piiproxy/conversation"
)

// Lookup returns what the conversation keeps of a value that is known by kind and
// canonical form: how it came is its Origin. It makes nothing. Errors as of
// Resolve; ErrNoToken means that the value was never traded here, or not for a
// long time.
func (v *Vault) Lookup(ctx context.Context, c *conversation.Conversation, kind, canonical string) (Value, error) {
	if c == nil || !validKind(kind) {
		return Value{}, ErrNoToken
	}
	name := tokenOf(c, kind, canonical)
	if _, only := Lifetime(kind); only {
		return v.volatile.lookup(c, name)
	}
	derived, err := v.Resolve(ctx, c, name)
	if err != nil && !errors.Is(err, ErrNoToken) {
		return Value{}, err
	}
	x, problem := v.index(ctx, c, kind, canonical)
	if problem != nil {
		return Value{}, problem
	}
	if x.token == "" {
		return derived, err
	}
	drawn, problem := v.Resolve(ctx, c, x.token)
	if errors.Is(problem, ErrNoToken) {
		return derived, err
	}
	// A policy may have changed, so that there are both: the stricter origin counts.
	drawn.Origin = max(drawn.Origin, derived.Origin)
	return drawn, problem
}
