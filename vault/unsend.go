package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// EraseMessage erases the values of a conversation that came by this message of
// the platform and by nothing else, and says how many: their tokens are dead, and
// so are their look-alikes. It reads all values of the conversation. Errors:
// ErrTampered, after all that open were seen, and faults of the store.
func (v *Vault) EraseMessage(ctx context.Context, c *conversation.Conversation, message string) (int, error) {
	if c == nil || message == "" || v.keys == nil {
		return 0, nil
	}
	hash := v.messageHash(c.Account, message)
	erased := v.volatile.erase(c, func(e *volatileEntry) bool { return e.message == hash && !e.again })
	tampered, err := v.walk(ctx, c, func(record store.Record, token string, e *entry) error {
		gone, err := v.eraseValue(ctx, c, record, token, e, hash)
		if gone {
			erased++
		}
		return err
	})
	if err == nil && tampered {
		err = ErrTampered
	}
	return erased, err
}

// eraseValue ends the record of a value of a message and those that lead to it, in
// one put: a value that comes again meanwhile stays, or is new.
func (v *Vault) eraseValue(ctx context.Context, c *conversation.Conversation, record store.Record, token string, e *entry, of messageHash) (bool, error) {
	for range attempts {
		if e.message != of || e.again {
			return false, nil
		}
		records, err := v.leads(ctx, c, token, e)
		if err != nil {
			return false, err
		}
		err = v.store.Put(ctx, append(records, end(record))...)
		switch {
		case err == nil:
			return true, nil
		case !errors.Is(err, store.ErrConflict):
			return false, fmt.Errorf("erasing a value: %w", err)
		}
		if record, err = v.store.Get(ctx, record.Key); errors.Is(err, store.ErrNotFound) {
			return false, nil // somebody else erased it
		}
		if err != nil {
			return false, fmt.Errorf("reading value: %w", err)
		}
		changed, err := open(c, token, recordHash(c, token), record.Value)
		if err != nil {
			return false, err
		}
		e = &changed
	}
	return false, fmt.Errorf("erasing a value: %w", store.ErrConflict)
}

// leads are the records that lead to a value, ended. One that does not open leads
// nowhere.
func (v *Vault) leads(ctx context.Context, c *conversation.Conversation, token string, e *entry) (leads []store.Record, err error) {
	owner, err := v.store.Get(ctx, ownerPrefix+v.ownerHash(token))
	switch {
	case err == nil:
		leads = append(leads, end(owner))
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("reading the owner of a token: %w", err)
	}
	if e.form != "" {
		held, err := v.likeness(ctx, c, e.value.Kind, e.form)
		switch {
		case err == nil && held.token == token:
			leads = append(leads, end(store.Record{Key: likeKey(c, likeHash(c, e.value.Kind, e.form)), Version: held.version}))
		case err != nil && !errors.Is(err, ErrTampered):
			return nil, err
		}
	}
	if e.random {
		x, err := v.index(ctx, c, e.value.Kind, e.value.Canonical)
		switch {
		case err == nil && x.token == token:
			leads = append(leads, end(store.Record{Key: x.key, Version: x.version}))
		case err != nil && !errors.Is(err, ErrTampered):
			return nil, err
		}
	}
	return leads, nil
}
