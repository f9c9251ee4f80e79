package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Sealed returns the record of a token as it lies in the store, for those who
// show or check what is kept and must not see the value. Errors: ErrNoToken,
// also for volatile kinds, which have no record, and faults of the store.
func (v *Vault) Sealed(ctx context.Context, c *conversation.Conversation, token string) (store.Record, error) {
	kind, ok := ParseToken(token)
	if _, only := Lifetime(kind); !ok || only || c == nil {
		return store.Record{}, ErrNoToken
	}
	record, err := v.store.Get(ctx, recordKey(c, strings.ToLower(token)))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Record{}, ErrNoToken
	case err != nil:
		return store.Record{}, fmt.Errorf("reading value: %w", err)
	}
	return record, nil
}
