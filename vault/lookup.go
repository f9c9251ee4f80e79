package vault

import (
	"context"

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
	return v.Resolve(ctx, c, tokenOf(c, kind, canonical))
}
