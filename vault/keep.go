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
	name  string // the token that the value derives: one value, one name
	token string // "" while none is drawn
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
	slots, kept := make([]*slot, len(values)), make([]*slot, 0, len(values))
	var volatile []*slot
	seen := make(map[string]*slot) // of one value it needs no memory
	for i, value := range values {
		if err := value.check(); err != nil {
			return nil, err
		}
		name := tokenOf(c, value.Kind, value.Canonical)
		s := seen[name]
		if slots[i] = s; s != nil {
			s.value.Origin = max(s.value.Origin, value.Origin)
			s.again = s.again || value.Message != s.value.Message
			continue
		}
		s = &slot{name: name, value: value, like: like && looks[value.Kind].form != nil}
		slots[i], seen[name] = s, s
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
		s.token = v.volatile.put(c, s, v.messageHash(c.Account, s.value.Message))
	}
	return slots, nil
}

// writing is what one put is to write.
type writing struct {
	conversation *conversation.Conversation
	values       map[string]*slot // all of the call by name, written or not
	records      []store.Record
	claimed      map[string]bool // keys of look-alikes among the records
	first        bool            // no write was lost so far
}

// keep writes the records that are missing or to be changed, until no other
// writer comes between.
func (v *Vault) keep(ctx context.Context, c *conversation.Conversation, slots []*slot, values map[string]*slot) error {
	for attempt := range attempts {
		w := &writing{conversation: c, values: values, first: attempt == 0}
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

// prepare adds the records to write for one value, if any are needed.
func (v *Vault) prepare(ctx context.Context, w *writing, s *slot) error {
	c := w.conversation
	r, err := v.row(ctx, c, s)
	if err != nil {
		return err
	}
	if s.like || r.moved && r.look != noLook {
		if err := v.alike(ctx, w, s, r); err != nil {
			return err
		}
	}
	if !r.changed {
		return nil
	}
	sealed, err := seal(c, s.token, r.entry)
	if err != nil {
		return err
	}
	w.records = append(w.records, store.Record{Key: recordKey(c, s.token), Value: sealed, Version: r.version, Expires: r.expires})
	if !r.moved && !r.old {
		return nil
	}
	return v.lead(ctx, w, s, r)
}

// lead adds the records that lead to a value whose lifetime is new.
func (v *Vault) lead(ctx context.Context, w *writing, s *slot, r *row) error {
	if r.random {
		record, err := r.index.record(w.conversation, s.token, r.expires)
		if err != nil {
			return err
		}
		w.records = append(w.records, record)
	}
	if v.keys == nil {
		return nil
	}
	record, err := v.ownerRecord(ctx, w.conversation, s.token, r.expires, w.first && r.version == 0)
	if err != nil {
		return err
	}
	w.records = append(w.records, record)
	return nil
}
