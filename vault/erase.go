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
	if err := v.disown(ctx, c); err != nil {
		return erased, err
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

// ended is the expiry of a record that is erased: a store sees it no more, and its
// sweep takes the rest away. Unlike a deletion it can be one of many in a put.
var ended = time.Unix(1, 0)

func end(record store.Record) store.Record {
	return store.Record{Key: record.Key, Value: []byte{0}, Version: record.Version, Expires: ended}
}

// disownPage is how many records one put ends.
const disownPage = 500

// disown erases what leads from tokens to a conversation.
func (v *Vault) disown(ctx context.Context, c *conversation.Conversation) error {
	if v.keys == nil {
		return nil
	}
	var owners []store.Record
	flush := func() error {
		err := v.store.Put(ctx, owners...)
		for i := 0; errors.Is(err, store.ErrConflict) && i < len(owners); i++ {
			// One has changed, and there is no telling which.
			if fault := v.store.Delete(ctx, owners[i].Key, 0); fault != nil && !errors.Is(fault, store.ErrNotFound) {
				return fmt.Errorf("erasing the owner of a token: %w", fault)
			}
		}
		if owners = owners[:0]; err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("erasing the owner of a token: %w", err)
		}
		return nil
	}
	_, err := v.walk(ctx, c, func(_ store.Record, token string, _ *entry) error {
		owner, err := v.store.Get(ctx, ownerPrefix+v.ownerHash(token))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("reading the owner of a token: %w", err)
		}
		if owners = append(owners, end(owner)); len(owners) == disownPage {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
