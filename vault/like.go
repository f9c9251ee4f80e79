package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Which look-alike a value has. It is kept with the value, so that the same
// value keeps the same form when forms that were in its way expire, and of two
// vaults that choose at once one wins.
const (
	noLook byte = 0 // none was asked for so far
	probes byte = 64
	// wordLook says that all of its probes were in use: it keeps the word token.
	wordLook byte = 255
)

// likeFormat is the first byte of what the record of a look-alike seals.
const likeFormat = 1

// Likes is Tokens for values whose policy asks for a look-alike, a form that
// passes a bot's own checks: the same durability, the same errors, and the same
// value has the same form. Kinds and values without a safe form, and those for
// which none is free, get the word token; so do volatile kinds. At most half as
// many values fit one put as for Tokens.
//
//   - credit_card of 13 to 19 digits: as long, first six and last four kept, the
//     rest derived so that Luhn's check passes; spaces and dashes stand where
//     this occurrence of the value has them.
//   - email: 16 of a-z2-7 at example.com.
//   - phone in E.164: of +1, +33, +44, +49 and +61, a number kept for fiction.
//   - iban, ssn, national_id and tax_id in capital letters and digits: the same
//     sort of number with right check digits, in the case and with the separators
//     of this occurrence.
//   - card_expiry in MM/YY, dob and date in YYYY-MM-DD: a date on the same side of
//     today, of a person of about the same age, spelled as this occurrence is.
//
// docs/tokens.md has what each keeps of its value.
//
// A form is never the value itself, and when it is chosen it stands for no other
// value of this conversation and is none. A value that comes later may be equal
// to it: the form goes on to stand for what it stood for. Forms of one
// conversation mean nothing in another.
func (v *Vault) Likes(ctx context.Context, c *conversation.Conversation, values []Value) ([]string, error) {
	slots, err := v.trade(ctx, c, values, true)
	if err != nil {
		return nil, err
	}
	forms := make([]string, len(slots))
	for i, s := range slots {
		if forms[i] = s.token; s.form != "" {
			forms[i] = looks[s.value.Kind].spell(values[i], s.form)
		}
	}
	return forms, nil
}

// Likeness returns what a look-alike that was found in text of this conversation
// stands for, by its kind and the canonical form that the rules give it (a card's
// digits, an e-mail in lower case, E.164, YYYY-MM-DD). The value is of that kind
// or of another of LikeKinds, and how it came is its Origin. Errors: ErrNoToken
// for what is no look-alike of this conversation, or not any more, ErrTampered,
// and faults of the store, which may pass.
func (v *Vault) Likeness(ctx context.Context, c *conversation.Conversation, kind, canonical string) (Value, error) {
	if c == nil {
		return Value{}, ErrNoToken
	}
	for _, kind := range LikeKinds(kind) {
		if _, ok := looks[kind]; !ok {
			continue
		}
		held, err := v.likeness(ctx, c, kind, canonical)
		if err != nil {
			return Value{}, err
		}
		if held.token == "" {
			continue
		}
		value, err := v.Resolve(ctx, c, held.token)
		if err == nil && value.Kind != kind {
			return Value{}, ErrTampered
		}
		return value, err
	}
	return Value{}, ErrNoToken
}

// likeness is what the record of a look-alike holds.
type likeness struct {
	token   string // "": there is none, or it has expired
	expires time.Time
	version uint64
}

func (v *Vault) likeness(ctx context.Context, c *conversation.Conversation, kind, form string) (likeness, error) {
	hash := likeHash(c, kind, form)
	record, err := v.store.Get(ctx, likeKey(c, hash))
	if errors.Is(err, store.ErrNotFound) {
		return likeness{}, nil
	}
	if err != nil {
		return likeness{}, fmt.Errorf("reading look-alike: %w", err)
	}
	held, err := openLike(c, kind, hash, record.Value)
	if err != nil {
		return likeness{}, err
	}
	held.version = record.Version
	if !held.expires.After(v.now()) {
		held.token = ""
	}
	return held, nil
}

// alike finds the look-alike of a value, or makes it: the one it has, else that
// of the first probe that is free. It notes it in the slot and in the row.
func (v *Vault) alike(ctx context.Context, w *writing, s *slot, r *row) error {
	s.form = "" // an earlier attempt may have set it
	if r.look == wordLook {
		return nil
	}
	if r.look != noLook && r.form != "" {
		if ok, err := v.claim(ctx, w, s, r, r.form); ok || err != nil {
			return err
		}
	}
	formed := false
	for probe := byte(1); probe <= probes; probe++ {
		form := formOf(w.conversation, s.value, probe, v.now())
		if form == "" {
			if !formed && probe > 1 { // one alone may be the value itself
				return nil
			}
			continue
		}
		formed = true
		if ok, err := v.claim(ctx, w, s, r, form); ok || err != nil {
			r.look, r.form, r.changed = probe, form, true
			return err
		}
	}
	r.look, r.form, r.changed = wordLook, "", true
	return nil
}

// claim takes a form for a value, if it is free or its own. It is not free when it
// is a value or a form of a kind that rules could take for this one.
func (v *Vault) claim(ctx context.Context, w *writing, s *slot, r *row, form string) (bool, error) {
	c, kind := w.conversation, s.value.Kind
	hash := likeHash(c, kind, form)
	key := likeKey(c, hash)
	if w.claimed[key] {
		return false, nil
	}
	held, err := v.likeness(ctx, c, kind, form)
	if err != nil {
		return false, err
	}
	if held.token == "" {
		used, err := v.used(ctx, w, kind, form)
		if used || err != nil {
			return false, err
		}
	} else if held.token != s.token {
		return false, nil
	}
	s.form = form
	if w.claimed == nil {
		w.claimed = make(map[string]bool)
	}
	w.claimed[key] = true
	if held.token == s.token && !r.moved && held.expires.Equal(r.expires) {
		return true, nil
	}
	sealed, err := sealLike(c, kind, hash, likeness{token: s.token, expires: r.expires})
	if err != nil {
		return false, err
	}
	w.records = append(w.records, store.Record{Key: key, Value: sealed, Version: held.version, Expires: r.expires})
	return true, nil
}

// used reports whether a form is a value, or stands for one of another kind that
// rules could take for this one.
func (v *Vault) used(ctx context.Context, w *writing, kind, form string) (bool, error) {
	for _, other := range LikeKinds(kind) {
		used, err := v.isValue(ctx, w, other, form)
		if used || err != nil {
			return used, err
		}
		if other == kind {
			continue
		}
		held, err := v.likeness(ctx, w.conversation, other, form)
		if err != nil || held.token != "" || w.claimed[likeKey(w.conversation, likeHash(w.conversation, other, form))] {
			return err == nil, err
		}
	}
	return false, nil
}

// isValue reports whether a form is itself a value of this conversation, or of
// this call: of those, the very one that it would stand for, too.
func (v *Vault) isValue(ctx context.Context, w *writing, kind, form string) (bool, error) {
	name := tokenOf(w.conversation, kind, form)
	if w.values[name] != nil {
		return true, nil
	}
	_, err := v.store.Get(ctx, recordKey(w.conversation, name))
	switch {
	case err == nil:
		return true, nil
	case !errors.Is(err, store.ErrNotFound):
		return false, fmt.Errorf("reading value: %w", err)
	}
	x, err := v.index(ctx, w.conversation, kind, form)
	return x.token != "", err
}

// likeHash names a form in the store: only with the conversation's secret can it
// be computed, so that nobody else can try forms out.
func likeHash(c *conversation.Conversation, kind, form string) string {
	return encoding.EncodeToString(c.Derive("piiproxy like record", kind, form)[:16])
}

func likeKey(c *conversation.Conversation, hash string) string {
	return "like/" + c.Path() + "/" + hash
}

// likeBinding is the associated data: account, conversation, kind and hash.
func likeBinding(c *conversation.Conversation, kind, hash string) []byte {
	ad := appendText(nil, "piiproxy like")
	for _, part := range []string{c.Account, c.ID, kind, hash} {
		ad = appendText(ad, part)
	}
	return ad
}

// sealLike seals a format byte, the expiry in nanoseconds and the token after
// its length, filled up with zeros.
func sealLike(c *conversation.Conversation, kind, hash string, l likeness) ([]byte, error) {
	plain := make([]byte, 0, filled(13+len(l.token)))
	plain = append(plain, likeFormat)
	plain = binary.BigEndian.AppendUint64(plain, uint64(l.expires.UnixNano()))
	plain = appendText(plain, l.token)
	plain = plain[:cap(plain)]
	sealed, err := c.Seal(plain, likeBinding(c, kind, hash))
	if err != nil {
		return nil, fmt.Errorf("sealing look-alike: %w", err)
	}
	return sealed, nil
}

func openLike(c *conversation.Conversation, kind, hash string, sealed []byte) (likeness, error) {
	plain, err := c.Open(sealed, likeBinding(c, kind, hash))
	if err != nil || len(plain) < 9 || plain[0] != likeFormat {
		return likeness{}, ErrTampered
	}
	l := likeness{expires: time.Unix(0, int64(binary.BigEndian.Uint64(plain[1:])))}
	if l.token, _, err = cutText(string(plain[9:])); err != nil {
		return likeness{}, err
	}
	if _, ok := ParseToken(l.token); !ok {
		return likeness{}, ErrTampered
	}
	return l, nil
}
