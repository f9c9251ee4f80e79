package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// row is the record of a value as it is to be.
type row struct {
	entry
	version uint64 // of what is there now
	index   index  // of a token that is drawn
	changed bool
	moved   bool // it is new, or ends at another time than before
}

// row reads what there is of a value and brings it up to date. It gives the slot
// its token.
func (v *Vault) row(ctx context.Context, c *conversation.Conversation, s *slot) (*row, error) {
	now := v.now()
	r := &row{changed: true, moved: true}
	r.entry = entry{value: s.value, expires: now.Add(s.value.Terms.For(s.value.Kind)), created: now, used: now, again: s.again, random: s.value.Terms.Random}
	s.token = s.name
	if r.random {
		var err error
		if r.index, err = v.index(ctx, c, s.value.Kind, s.value.Canonical); err != nil {
			return nil, err
		}
		s.token = r.index.token
	}
	old, version, err := v.current(ctx, c, s, s.token)
	if err != nil {
		return nil, err
	}
	r.version = version
	if version != 0 && s.value.Terms.live(old, now) {
		v.update(r, old, c, s)
		return r, nil
	}
	r.message = v.messageHash(c.Account, s.value.Message)
	if r.random {
		return r, v.draw(ctx, c, s, r)
	}
	return r, nil
}

// current reads what there is of a value under one of its tokens; version 0:
// nothing.
func (v *Vault) current(ctx context.Context, c *conversation.Conversation, s *slot, token string) (old entry, version uint64, err error) {
	if token == "" {
		return entry{}, 0, nil
	}
	hash := recordHash(c, token)
	record, err := v.store.Get(ctx, valueKey(c, hash))
	if errors.Is(err, store.ErrNotFound) {
		return entry{}, 0, nil
	}
	if err != nil {
		return entry{}, 0, fmt.Errorf("reading value: %w", err)
	}
	if isFirstFormat(record.Value) {
		old, err = openFirst(c, token, record.Value)
		return old, record.Version, err
	}
	old, err = openAt(c, hash, record.Value)
	if err == nil && (old.value.Kind != s.value.Kind || old.value.Canonical != s.value.Canonical) {
		err = ErrTampered
	}
	return old, record.Version, err
}

// draw gives a value a new token. One that has a derived token from before keeps
// the stricter origin.
func (v *Vault) draw(ctx context.Context, c *conversation.Conversation, s *slot, r *row) error {
	s.token, r.version = drawToken(s.value.Kind), 0
	derived, version, err := v.current(ctx, c, s, s.name)
	if version != 0 && err == nil {
		r.value.Origin = max(r.value.Origin, derived.value.Origin)
	}
	return err
}

// live says that what is kept may be kept on.
func (t Terms) live(old entry, now time.Time) bool {
	return old.expires.After(now) && (!t.FromCreation || old.created.Add(t.For(old.value.Kind)).After(now))
}

// update makes of a row what is there, and what changes of it.
func (v *Vault) update(r *row, old entry, c *conversation.Conversation, s *slot) {
	now, ends := r.used, r.expires
	r.entry = old
	r.moved, r.changed = false, false
	if expires := v.ending(old, s.value.Terms, now, ends); !expires.Equal(old.expires) {
		if expires.After(old.expires) && !s.value.Terms.FromCreation {
			r.used = now
		}
		r.expires, r.moved, r.changed = expires, true, true
	}
	if s.value.Origin > old.value.Origin {
		r.value.Origin, r.again, r.changed = s.value.Origin, true, true
	}
	if v.another(old, c, s) {
		r.again, r.changed = true, true
	}
}

// ending is when a value that comes again ends: a whole lifetime from now (ends)
// when less than half of one is left, and no later than its terms say now, which
// may have become shorter. Small differences stay: clocks of instances differ, and
// a known value is not to cost a write.
func (v *Vault) ending(old entry, terms Terms, now, ends time.Time) time.Time {
	lifetime := ends.Sub(now)
	if terms.FromCreation {
		if ends = old.created.Add(lifetime); ends.Sub(old.expires).Abs() <= lifetime/16 {
			return old.expires
		}
		return ends
	}
	if v.renew && old.expires.Before(now.Add(lifetime/2)) || old.expires.After(ends.Add(lifetime/16)) {
		return ends
	}
	return old.expires
}

// another says that a value comes by another message than the one that is kept
// with it, for the first time.
func (v *Vault) another(old entry, c *conversation.Conversation, s *slot) bool {
	if old.again || old.message == (messageHash{}) {
		return false
	}
	return s.again || s.value.Message != "" && v.messageHash(c.Account, s.value.Message) != old.message
}
