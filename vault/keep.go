package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// attempts is how often a write that lost a race is tried anew. Each loss means
// that another caller got on.
const attempts = 100

// slot is a value with its token.
type slot struct {
	token string
	value Value
	again bool   // it came by several messages of the call
	like  bool   // it is to have a look-alike
	form  string // canonical form of its look-alike; "" when it has none
}

// trade makes what is missing for these values durable and returns their slots,
// in order; values that are the same share one.
func (v *Vault) trade(ctx context.Context, c *conversation.Conversation, values []Value, like bool) ([]*slot, error) {
	if c == nil {
		return nil, fmt.Errorf("%w; there is no conversation to keep it in", ErrValue)
	}
	slots := make([]*slot, len(values))
	var kept, volatile []*slot
	seen := make(map[string]*slot, len(values))
	for i, value := range values {
		if err := value.check(); err != nil {
			return nil, err
		}
		token := tokenOf(c, value.Kind, value.Canonical)
		s := seen[token]
		if slots[i] = s; s != nil {
			s.value.Origin = max(s.value.Origin, value.Origin)
			s.again = s.again || value.Message != s.value.Message
			continue
		}
		s = &slot{token: token, value: value, like: like && looks[value.Kind].form != nil}
		slots[i], seen[token] = s, s
		if _, only := Lifetime(value.Kind); only {
			volatile = append(volatile, s)
		} else {
			kept = append(kept, s)
		}
	}
	if err := v.keep(ctx, c, kept, seen); err != nil {
		return nil, err
	}
	for _, s := range volatile {
		v.volatile.put(c, s.token, s.value, v.messageHash(c.Account, s.value.Message), s.again)
	}
	return slots, nil
}

// writing is what one put is to write.
type writing struct {
	conversation *conversation.Conversation
	tokens       map[string]*slot // all values of the call, written or not
	records      []store.Record
	claimed      map[string]bool // keys of look-alikes among the records
	first        bool            // no write was lost so far
}

// keep writes the records that are missing or to be changed, until no other
// writer comes between.
func (v *Vault) keep(ctx context.Context, c *conversation.Conversation, slots []*slot, tokens map[string]*slot) error {
	for attempt := range attempts {
		w := &writing{conversation: c, tokens: tokens, first: attempt == 0}
		for _, s := range slots {
			if err := v.prepare(ctx, w, s); err != nil {
				return err
			}
		}
		if len(w.records) == 0 {
			return nil
		}
		err := v.store.Put(ctx, w.records...)
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("writing values: %w", err)
		}
	}
	return fmt.Errorf("writing values: %w", store.ErrConflict)
}

// row is the record of a value as it is to be.
type row struct {
	entry
	version uint64 // of what is there now
	changed bool
	moved   bool // it is new, or its lifetime is
	renewed bool // it is there, and lives on
}

// prepare adds the records to write for one value, if any are needed.
func (v *Vault) prepare(ctx context.Context, w *writing, s *slot) error {
	c := w.conversation
	r, err := v.row(ctx, c, s)
	if err != nil {
		return err
	}
	if s.like || r.renewed && r.look != noLook {
		if err := v.alike(ctx, w, s, r); err != nil {
			return err
		}
	}
	if !r.changed {
		return nil
	}
	hash := recordHash(c, s.token)
	sealed, err := seal(c, hash, r.entry)
	if err != nil {
		return err
	}
	w.records = append(w.records, store.Record{Key: valuePrefix(c) + hash, Value: sealed, Version: r.version, Expires: r.expires})
	if v.keys == nil || !r.moved && !r.old {
		return nil
	}
	owner, err := v.ownerRecord(ctx, c, s.token, r.expires, w.first && r.version == 0)
	if err != nil {
		return err
	}
	w.records = append(w.records, owner)
	return nil
}

// row reads what there is of a value and brings it up to date.
func (v *Vault) row(ctx context.Context, c *conversation.Conversation, s *slot) (*row, error) {
	now := v.now()
	lifetime, _ := Lifetime(s.value.Kind)
	r := &row{changed: true, moved: true}
	r.entry = entry{value: s.value, expires: now.Add(lifetime), created: now, used: now, again: s.again}
	record, err := v.store.Get(ctx, recordKey(c, s.token))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("reading value: %w", err)
	}
	if err == nil {
		old, err := open(c, s.token, record.Value)
		if err != nil {
			return nil, err
		}
		r.version = record.Version
		if old.expires.After(now) {
			v.update(r, old, c, s)
			return r, nil
		}
	}
	r.message = v.messageHash(c.Account, s.value.Message)
	return r, nil
}

// update makes of a row what is there, and what changes of it.
func (v *Vault) update(r *row, old entry, c *conversation.Conversation, s *slot) {
	expires, now := r.expires, r.used
	lifetime := expires.Sub(now)
	r.renewed = v.renew && old.expires.Before(now.Add(lifetime/2))
	r.entry, r.moved, r.changed = old, r.renewed, r.renewed
	if r.renewed {
		r.expires, r.used = expires, now
	}
	if s.value.Origin > old.value.Origin {
		r.value.Origin, r.changed = s.value.Origin, true
		r.again = true
	}
	if v.another(old, c, s) {
		r.again, r.changed = true, true
	}
}

// another says that a value comes by another message than the one that is kept
// with it, for the first time.
func (v *Vault) another(old entry, c *conversation.Conversation, s *slot) bool {
	if old.again || old.message == (messageHash{}) {
		return false
	}
	return s.again || s.value.Message != "" && v.messageHash(c.Account, s.value.Message) != old.message
}
