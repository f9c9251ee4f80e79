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
		v.volatile.put(c.Path(), s.token, s.value)
	}
	return slots, nil
}

// writing is what one put is to write.
type writing struct {
	conversation *conversation.Conversation
	tokens       map[string]*slot // all values of the call, written or not
	records      []store.Record
	claimed      map[string]bool // keys of look-alikes among the records
}

// keep writes the records that are missing or to be changed, until no other
// writer comes between.
func (v *Vault) keep(ctx context.Context, c *conversation.Conversation, slots []*slot, tokens map[string]*slot) error {
	for range attempts {
		w := &writing{conversation: c, tokens: tokens}
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
	sealed, err := seal(c, s.token, r.entry)
	if err != nil {
		return err
	}
	w.records = append(w.records, store.Record{Key: recordKey(c, s.token), Value: sealed, Version: r.version, Expires: r.expires})
	return nil
}

// row reads what there is of a value and brings it up to date.
func (v *Vault) row(ctx context.Context, c *conversation.Conversation, s *slot) (*row, error) {
	now := v.now()
	lifetime, _ := Lifetime(s.value.Kind)
	r := &row{entry: entry{value: s.value, expires: now.Add(lifetime)}, changed: true}
	record, err := v.store.Get(ctx, recordKey(c, s.token))
	if errors.Is(err, store.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading value: %w", err)
	}
	old, err := open(c, s.token, record.Value)
	if err != nil {
		return nil, err
	}
	r.version = record.Version
	if !old.expires.After(now) {
		return r, nil
	}
	r.renewed = v.renew && old.expires.Before(now.Add(lifetime/2))
	if !r.renewed {
		r.expires = old.expires
	}
	r.look, r.form, r.value = old.look, old.form, old.value
	r.value.Origin = max(old.value.Origin, s.value.Origin)
	r.changed = r.renewed || r.value.Origin != old.value.Origin
	return r, nil
}
