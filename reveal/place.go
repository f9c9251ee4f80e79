package reveal

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/vault"
)

// place is where a token of an order belongs.
type place struct {
	token string
	kind  string // as the token spells it; a token that is there spells no value
	// conversation is nil for a token that is not there for whoever asks.
	conversation *conversation.Conversation
	foreign      bool // it is there, for somebody else
}

// nowhere and a random id are a well-formed token that nobody has: what is malformed
// is looked up as such a one.
const nowhere = "pii_creditcard_"

// opened are the conversations of an order, each opened once.
type opened struct {
	mu  sync.Mutex
	all map[vault.Owner]*conversation.Conversation
}

// places finds where each token belongs, and reads no value.
func (d *Desk) places(ctx context.Context, asker Asker, order Order) ([]place, error) {
	places := make([]place, len(order.Tokens))
	known := &opened{all: map[vault.Owner]*conversation.Conversation{}}
	err := each(len(places), func(i int) (err error) {
		places[i], err = d.place(ctx, asker, order, order.Tokens[i], known)
		return err
	})
	return places, err
}

func (d *Desk) place(ctx context.Context, asker Asker, order Order, token string, known *opened) (place, error) {
	decoy := random() // drawn whether it is needed or not
	kind, formed := vault.ParseToken(token)
	if !formed {
		token = nowhere + decoy
	}
	p := place{token: token, kind: kind}
	owner, err := d.config.Vault.Locate(ctx, token)
	there := err == nil
	if _, volatile := vault.Lifetime(kind); there && !volatile {
		d.seen.CompareAndSwap(nil, &token)
	}
	if errors.Is(err, vault.ErrTampered) {
		d.config.Observe(Tampered, 1)
	} else if err != nil && !errors.Is(err, vault.ErrNoToken) {
		return p, err
	}
	mine := asker.may(owner.Account, kind) && there &&
		(order.Account == "" || order.Account == owner.Account) && (order.Only == nil || slices.Contains(order.Only, owner.Conversation))
	p.foreign = there && !mine
	if mine {
		p.conversation, err = d.open(ctx, owner, known)
	} else if _, err = d.config.Conversations.Open(ctx, decoyAccount, decoy); errors.Is(err, conversation.ErrUnknown) {
		err = nil
	}
	if err == nil && p.conversation == nil {
		err = d.balance(ctx, p, there, nowhere+decoy)
	}
	return p, err
}

// balance looks up another token for one that gets no answer: one that is there for
// one that is not, and the other way round. A row that is found takes a little longer
// than one that is not, and so both have one of each.
func (d *Desk) balance(ctx context.Context, p place, there bool, absent string) error {
	_, volatile := vault.Lifetime(p.kind) // looked up in memory
	counterpart := d.seen.Load()
	if there || volatile || counterpart == nil {
		counterpart = &absent
	}
	_, err := d.config.Vault.Locate(ctx, *counterpart)
	switch {
	case errors.Is(err, vault.ErrNoToken), errors.Is(err, vault.ErrTampered):
		d.seen.CompareAndSwap(counterpart, nil) // it has ended, too
		return nil
	default:
		return err
	}
}

// open opens a conversation; nil when it was erased.
func (d *Desk) open(ctx context.Context, owner vault.Owner, known *opened) (*conversation.Conversation, error) {
	known.mu.Lock()
	c := known.all[owner]
	known.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c, err := d.config.Conversations.Open(ctx, owner.Account, owner.Conversation)
	switch {
	case errors.Is(err, conversation.ErrUnknown):
		return nil, nil
	case errors.Is(err, conversation.ErrTampered):
		d.config.Observe(Tampered, 1)
		return nil, nil
	case err != nil:
		return nil, err
	}
	known.mu.Lock()
	known.all[owner] = c
	known.mu.Unlock()
	return c, nil
}

// may says whether the asker may have a kind, as tokens spell it, of an account. It
// looks at the kind in any case.
func (a Asker) may(account, kind string) bool {
	kindly := a.AllKinds || slices.ContainsFunc(a.Kinds, func(k string) bool { return squashed(k) == kind })
	return slices.Contains(a.Accounts, account) && kindly
}

// decoyAccount is no account's name: those begin with a letter.
const decoyAccount = "-"

// random is 128 random bits in a-z2-7: the name of an order, or the id of a
// conversation that is not there.
func random() string {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // never fails (crypto/rand)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(bits[:]))
}
