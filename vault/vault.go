// Package vault trades personal values for tokens: the same value gives the same
// token within one conversation and tells nothing outside of it, a token is
// handed out only after its value can be found again, and a token resolves only
// in the conversation that it was made in.
//
// A value is one sealed record. Its place in the store is a keyed hash of the
// token, it is sealed under the conversation's data key, and it is bound to
// account, conversation and place, which is one of kind and token: a row that was
// altered, or put where another belongs, does not open and says so (ErrTampered).
// Erasing the conversation's record ends all of its tokens at once. A second
// record, sealed under the installation's keys and written in the same put, leads
// from the token to its conversation (Locate).
//
// Where a policy asks for it, a value is traded for a look-alike of its kind
// instead (Likes): another record, written in the same put, leads from the
// look-alike to the token, so that it too means something only in its own
// conversation and only as long as the value is there.
//
// Some values are never written down (Lifetime): they live in this process's
// memory for minutes, and after a restart their tokens answer as expired.
package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

var (
	// ErrNoToken is the one answer for a token that is unknown, expired, erased,
	// malformed or of another conversation: which of them is nobody's business.
	ErrNoToken = errors.New("no such token in this conversation")
	// ErrTampered says that the record of a value does not open where it stands.
	// It is worth an alarm: somebody writes to the store.
	ErrTampered = errors.New("value record does not open: it was altered or moved")
	// ErrValue says that a value cannot be kept: its kind is not [a-z0-9_]+ of
	// at most 64, it is empty, or it has no origin.
	ErrValue = errors.New("a value needs a kind of a-z, 0-9 and _, a canonical form, and an origin")
)

// Store is what a Vault needs of a store.Store.
type Store interface {
	Get(ctx context.Context, key string) (store.Record, error)
	Put(ctx context.Context, records ...store.Record) error
	Delete(ctx context.Context, key string, version uint64) error
	DeletePrefix(ctx context.Context, prefix string) (int, error)
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
}

// Config says what a vault stands on.
type Config struct {
	// Store holds the sealed values.
	Store Store
	// Keys are the installation's; nil: no value can be located by its token
	// alone or erased by its message.
	Keys Keys
	// Now is the vault's clock; nil means time.Now.
	Now func() time.Time
	// Renew keeps values in use alive: one that comes again with less than half
	// of its lifetime left gets a whole one. Without it a value ends its
	// lifetime after it was first seen, and its token with it.
	Renew bool
}

// Vault trades values for tokens, for many goroutines; several vaults, in
// several processes, may share one store.
type Vault struct {
	store    Store
	keys     Keys
	decoy    atomic.Pointer[[]byte] // an owner's record that is nobody's
	now      func() time.Time
	renew    bool
	volatile *memory
}

// New makes a vault. Close it to drop what it has in memory.
func New(config Config) *Vault {
	if config.Now == nil {
		config.Now = time.Now
	}
	v := &Vault{store: config.Store, keys: config.Keys, now: config.Now, renew: config.Renew, volatile: newMemory(config.Now)}
	if v.keys != nil {
		v.sealDecoy()
	}
	return v
}

// Close drops the values that are only in memory and stops the clock that would.
func (v *Vault) Close() error {
	v.volatile.close()
	return nil
}

// Tokens returns the token of each value, in order, and makes those that are
// new. What they stand for is durable when it returns (one put for all of them,
// all or none), except for volatile kinds. The same values again, here or in
// another vault on the same store, give the same tokens and no new records.
//
// The text kept is that of the first time. A value that came by both ways counts
// as one from a form: the stricter origin stays.
//
// Errors: ErrValue, ErrTampered, store.ErrTooLarge when there are more values
// than one put takes, and faults of the store, which may pass.
func (v *Vault) Tokens(ctx context.Context, c *conversation.Conversation, values []Value) ([]string, error) {
	slots, err := v.trade(ctx, c, values, false)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, len(slots))
	for i, s := range slots {
		tokens[i] = s.token
	}
	return tokens, nil
}

// Resolve returns what a token of this conversation stands for; upper and lower
// case are one. Without a conversation there is none. Errors: ErrNoToken,
// ErrTampered, and faults of the store, which may pass.
func (v *Vault) Resolve(ctx context.Context, c *conversation.Conversation, token string) (Value, error) {
	kind, ok := ParseToken(token)
	if !ok || c == nil {
		return Value{}, ErrNoToken
	}
	token = strings.ToLower(token)
	if _, only := Lifetime(kind); only {
		return v.volatile.get(c, token)
	}
	hash := recordHash(c, token)
	record, err := v.store.Get(ctx, valueKey(c, hash))
	if errors.Is(err, store.ErrNotFound) {
		return Value{}, ErrNoToken
	}
	if err != nil {
		return Value{}, fmt.Errorf("reading value: %w", err)
	}
	held, err := open(c, token, hash, record.Value)
	if err != nil {
		return Value{}, err
	}
	if !held.expires.After(v.now()) {
		return Value{}, ErrNoToken
	}
	return held.value, nil
}
