package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Keys are the installation's, which do not go with a conversation. *keys.Set
// has them.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Owner is where a token belongs.
type Owner struct {
	// Account is the account's name.
	Account string
	// Conversation is its id, for conversation.Book.Open.
	Conversation string
}

// Locate finds where a token belongs, by the token alone. Whoever asks must have
// the right to: a token is no secret of the conversation's person.
//
// One that is malformed, unknown, expired or erased gives ErrNoToken, after the
// same work: one read, one seal opened. That the conversation is gone shows when
// it is opened. Other errors: ErrTampered, and faults of the store.
func (v *Vault) Locate(ctx context.Context, token string) (Owner, error) {
	kind, ok := ParseToken(token)
	token = strings.ToLower(token)
	if _, only := Lifetime(kind); ok && only {
		return v.volatile.owner(token)
	}
	if v.keys == nil {
		return Owner{}, ErrNoToken
	}
	hash := v.ownerHash(token)
	record, err := v.store.Get(ctx, ownerPrefix+hash)
	if errors.Is(err, store.ErrNotFound) {
		if _, err := v.keys.Open(*v.decoy.Load(), ownerBinding("")); err != nil {
			v.sealDecoy() // its key was retired
		}
		return Owner{}, ErrNoToken
	}
	if err != nil {
		return Owner{}, fmt.Errorf("reading the owner of a token: %w", err)
	}
	owner, expires, err := v.openOwner(hash, record.Value)
	if err != nil {
		return Owner{}, err
	}
	if !ok || !expires.After(v.now()) {
		return Owner{}, ErrNoToken
	}
	return owner, nil
}

// sealDecoy makes what is opened for a token that is not there. Without it such a
// token is told a little sooner, and nothing else.
func (v *Vault) sealDecoy() {
	sealed, _ := v.sealOwner("", Owner{}, time.Unix(0, 0))
	v.decoy.Store(&sealed)
}

const ownerPrefix = "owner/"

// ownerHash names the record that leads from a token to its conversation: it is
// found with the token and the installation's keys only.
func (v *Vault) ownerHash(token string) string {
	return encoding.EncodeToString(v.keys.PRF("vault owner", token)[:16])
}

// ownerBinding is the associated data. It is made of the record's own name, so
// that rotating the keys can seal a record anew without the token.
func ownerBinding(hash string) []byte {
	return appendText(appendText(nil, "piiproxy owner"), hash)
}

// ownerRecord makes the record of a token's owner. Only that of a token which was
// never written before is known not to be there.
func (v *Vault) ownerRecord(ctx context.Context, c *conversation.Conversation, token string, expires time.Time, fresh bool) (store.Record, error) {
	hash := v.ownerHash(token)
	record := store.Record{Key: ownerPrefix + hash, Expires: expires}
	if !fresh {
		old, err := v.store.Get(ctx, record.Key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return store.Record{}, fmt.Errorf("reading the owner of a token: %w", err)
		}
		record.Version = old.Version
	}
	var err error
	record.Value, err = v.sealOwner(hash, Owner{c.Account, c.ID}, expires)
	return record, err
}

// sealOwner seals the format byte, the expiry in nanoseconds, and account and
// conversation, each after its length, filled up with zeros.
func (v *Vault) sealOwner(hash string, owner Owner, expires time.Time) ([]byte, error) {
	plain := make([]byte, 0, filled(17+len(owner.Account)+len(owner.Conversation)))
	plain = binary.BigEndian.AppendUint64(append(plain, ownerFormat), uint64(expires.UnixNano()))
	plain = appendText(appendText(plain, owner.Account), owner.Conversation)
	sealed, err := v.keys.Seal(plain[:cap(plain)], ownerBinding(hash))
	if err != nil {
		return nil, fmt.Errorf("sealing the owner of a token: %w", err)
	}
	return sealed, nil
}

const ownerFormat = 1

func (v *Vault) openOwner(hash string, sealed []byte) (owner Owner, expires time.Time, err error) {
	plain, err := v.keys.Open(sealed, ownerBinding(hash))
	if err != nil || len(plain) < 9 || plain[0] != ownerFormat {
		return Owner{}, time.Time{}, ErrTampered
	}
	rest := string(plain[9:])
	for _, part := range []*string{&owner.Account, &owner.Conversation} {
		if *part, rest, err = cutText(rest); err != nil {
			return Owner{}, time.Time{}, err
		}
	}
	return owner, time.Unix(0, int64(binary.BigEndian.Uint64(plain[1:]))), nil
}

// messageHash is the keyed hash of a platform's message id, which logs show too.
func (v *Vault) messageHash(account, message string) (hash messageHash) {
	if v.keys != nil && message != "" {
		copy(hash[:], v.keys.PRF("message", account, message))
	}
	return hash
}
