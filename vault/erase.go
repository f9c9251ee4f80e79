package vault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Held is what is kept of a value.
type Held struct {
	Value Value
	// Created is when the value was first seen, Used when its lifetime last
	// began, both to the second.
	Created, Used, Expires time.Time
	// Message is the hash of the message that brought the value, as logs show it
	// (16 characters of a-z2-7); "" when none did.
	Message string
	// Again says that it came by another message, or by a form, too.
	Again bool
	// Volatile says that it is in this process's memory only.
	Volatile bool
}

func (e *entry) held(volatile bool) Held {
	h := Held{Value: e.value, Created: e.created, Used: e.used, Expires: e.expires, Again: e.again, Volatile: volatile}
	if e.message != (messageHash{}) {
		h.Message = encoding.EncodeToString(e.message[:])
	}
	return h
}

// Each hands every live value of a conversation to do, with its token, those in
// this process's memory at the end; an error of do ends it. Records that do not
// open are passed over, and the error is ErrTampered when all others were handed
// out; other errors are faults of the store. Records of the first format cannot
// be listed: they are passed over until they are renewed.
func (v *Vault) Each(ctx context.Context, c *conversation.Conversation, do func(token string, held Held) error) error {
	now := v.now()
	tampered, err := v.walk(ctx, c, func(_ store.Record, token string, e *entry) error {
		if !e.expires.After(now) {
			return nil
		}
		return do(token, e.held(false))
	})
	if err != nil {
		return err
	}
	for _, e := range v.volatile.of(c) {
		if err := do(e.token, e.held(true)); err != nil {
			return err
		}
	}
	if tampered {
		return ErrTampered
	}
	return nil
}

// walk opens the records of a conversation's values, one page after the other.
func (v *Vault) walk(ctx context.Context, c *conversation.Conversation, do func(record store.Record, token string, e *entry) error) (tampered bool, err error) {
	if c == nil {
		return false, nil
	}
	prefix, after := valuePrefix(c), ""
	for {
		page, err := v.store.List(ctx, prefix, after, store.MaxPage)
		if err != nil {
			return false, fmt.Errorf("listing values: %w", err)
		}
		if len(page) == 0 {
			return tampered, nil
		}
		for _, record := range page {
			after = record.Key
			if isFirstFormat(record.Value) {
				continue
			}
			e, err := openAt(c, strings.TrimPrefix(record.Key, prefix), record.Value)
			if err != nil {
				tampered = true
				continue
			}
			if err := do(record, e.token(c), &e); err != nil {
				return false, err
			}
		}
	}
}

// Erase removes all that is kept of a conversation's values: records that lead to
// them first, so that after a fault calling it again finds the rest. It says how
// many values there were. Records that do not open go too; what leads to them
// leads nowhere then and expires by itself.
//
// Whoever writes at the same time leaves values behind: end the conversation
// before. Errors are faults of the store.
func (v *Vault) Erase(ctx context.Context, c *conversation.Conversation) (int, error) {
	if c == nil {
		return 0, nil
	}
	erased := v.volatile.erase(c, func(*volatileEntry) bool { return true })
	if v.keys != nil {
		if _, err := v.walk(ctx, c, func(_ store.Record, token string, _ *entry) error {
			return v.drop(ctx, ownerPrefix+v.ownerHash(token), 0)
		}); err != nil {
			return erased, err
		}
	}
	for _, prefix := range []string{"like/" + c.Path() + "/", indexPrefix(c), valuePrefix(c)} {
		n, err := v.store.DeletePrefix(ctx, prefix)
		if prefix == valuePrefix(c) {
			erased += n
		}
		if err != nil {
			return erased, fmt.Errorf("erasing values: %w", err)
		}
	}
	return erased, nil
}

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

// eraseValue removes the record of a value of a message, then those that lead to
// it, each as it was before: a value that comes again meanwhile keeps what is
// written for it.
func (v *Vault) eraseValue(ctx context.Context, c *conversation.Conversation, record store.Record, token string, e *entry, of messageHash) (bool, error) {
	for range attempts {
		if e.message != of || e.again {
			return false, nil
		}
		leads, err := v.leads(ctx, c, token, e)
		if err != nil {
			return false, err
		}
		err = v.store.Delete(ctx, record.Key, record.Version)
		switch {
		case err == nil:
			for _, lead := range leads {
				if err := v.drop(ctx, lead.Key, lead.Version); err != nil {
					return true, err
				}
			}
			return true, nil
		case !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound):
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

// leads reads the records that lead to a value.
func (v *Vault) leads(ctx context.Context, c *conversation.Conversation, token string, e *entry) (leads []store.Record, err error) {
	owner, err := v.store.Get(ctx, ownerPrefix+v.ownerHash(token))
	switch {
	case err == nil:
		leads = append(leads, owner)
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("reading what leads to a value: %w", err)
	}
	if e.form != "" {
		held, err := v.likeness(ctx, c, e.value.Kind, e.form)
		if err != nil {
			return nil, err
		}
		if held.token == token {
			leads = append(leads, store.Record{Key: likeKey(c, likeHash(c, e.value.Kind, e.form)), Version: held.version})
		}
	}
	if e.random {
		x, err := v.index(ctx, c, e.value.Kind, e.value.Canonical)
		if err != nil {
			return nil, err
		}
		if x.token == token {
			leads = append(leads, store.Record{Key: x.key, Version: x.version})
		}
	}
	return leads, nil
}

// drop deletes a record that may be gone or changed.
func (v *Vault) drop(ctx context.Context, key string, version uint64) error {
	err := v.store.Delete(ctx, key, version)
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("erasing what leads to a value: %w", err)
	}
	return nil
}
