package capture

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// try counts a submission before anybody judges it, so that a race wins nobody
// a sixth one. From the first on, the link has less time. Errors: ErrNoLink,
// ErrUsed, ErrExpired, and faults of the store.
func (b *Book) try(ctx context.Context, id string) (*link, error) {
	return b.change(ctx, id, func(l *link) error {
		now := b.now()
		if err := l.status(now, b.limits.Tries); err != nil {
			return err
		}
		l.Tries++
		if l.FirstTry.IsZero() {
			l.FirstTry = now
		}
		if last := l.FirstTry.Add(b.limits.Tried); last.Before(l.Expires) {
			l.Expires = last
		}
		return nil
	})
}

// refund takes a try back that failed by our own fault. When that fails, too,
// the person has one less. Without a try that counts the link's clock has not
// begun: what is handed out again would else end before it says.
func (b *Book) refund(ctx context.Context, id string) {
	_, _ = b.change(ctx, id, func(l *link) error {
		if l.State != open || l.Tries == 0 {
			return ErrExpired
		}
		if l.Tries--; l.Tries == 0 {
			l.FirstTry = time.Time{}
		}
		return nil
	})
}

// spend ends a link whose last try failed; the sweeper does what follows.
func (b *Book) spend(ctx context.Context, id string) error {
	_, err := b.change(ctx, id, func(l *link) error {
		if l.State != open || l.Tries < b.limits.Tries {
			return ErrExpired
		}
		l.Expires = b.now()
		return nil
	})
	if errors.Is(err, ErrExpired) {
		return nil
	}
	return err
}

// change writes one link anew, again and again until no other writer comes
// between; an error of how ends it.
func (b *Book) change(ctx context.Context, id string, how func(*link) error) (*link, error) {
	for range attempts {
		l, err := b.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := how(l); err != nil {
			return l, err
		}
		record, err := b.record(l)
		if err != nil {
			return nil, err
		}
		if err = b.store.Put(ctx, record); err == nil {
			return l, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return nil, fmt.Errorf("writing link: %w", err)
		}
	}
	return nil, fmt.Errorf("writing link: %w", store.ErrConflict)
}

// fill uses a link: its values are durable in the vault, then one write marks it
// used, takes it off the chart and queues the turn. Whoever is killed before
// that write leaves a link that still works; after it, a turn that is sent.
// Errors: ErrNoLink, ErrUsed, ErrExpired, ErrUnknownIDs, and faults that may
// pass.
func (b *Book) fill(ctx context.Context, l *link, values []form.Value) error {
	// Not cancelled: a browser that gives up must not leave the outcome open.
	ctx = context.WithoutCancel(ctx)
	c := l.conversation
	kept, kinds := make([]vault.Value, len(values)), make([]string, len(values))
	for i, v := range values {
		kept[i] = vault.Value{Kind: v.Kind, Canonical: v.Canonical, Text: v.Text, Origin: vault.Form}
		kinds[i] = v.Kind
	}
	event := audit.Event{Actor: "piiproxy", Action: "link_fill", Account: c.Account, Conversation: b.house.Hash(c), Kinds: kinds, Count: len(kinds), Reason: l.Source}
	if err := b.house.Audit.RecordDurable(event); err != nil {
		return fmt.Errorf("recording that a form was filled in: %w", err)
	}
	home, err := b.home(ctx, c)
	if err != nil {
		return err
	}
	texts, err := b.house.Shower.Show(ctx, c.Account, home, kept)
	if err != nil {
		return fmt.Errorf("keeping the values of a form: %w", err)
	}
	turn, err := b.house.Outbox.Resume(ctx, Turn{Account: c.Account, Conversation: home, Serial: l.Serial, Text: strings.Join(texts, " "), Kinds: kinds})
	if err != nil {
		return fmt.Errorf("making the turn of a form: %w", err)
	}
	written := false
	defer func() { turn.Settle(written) }()
	written, err = b.use(ctx, l.id, turn.Records())
	if err == nil {
		b.observe(c.Account, eventFilled)
	}
	return err
}

// home is the conversation that the person of a link has now. A token of one that
// was merged into it since would be foreign there, and never be restored.
func (b *Book) home(ctx context.Context, c *conversation.Conversation) (*conversation.Conversation, error) {
	home, err := b.house.Conversations.Home(ctx, c)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, ErrNoLink
	}
	if err != nil {
		return nil, fmt.Errorf("finding the conversation of a link: %w", err)
	}
	return home, nil
}

// use is the one write of fill. It reports whether the turn is in the store, or
// may be.
func (b *Book) use(ctx context.Context, id string, turn []store.Record) (bool, error) {
	claim := make([]byte, 16)
	rand.Read(claim) // never fails (crypto/rand)
	for range attempts {
		l, err := b.find(ctx, id)
		switch {
		case err != nil:
			return false, err
		case l.State == used:
			return false, ErrUsed
		case l.over(b.now()):
			return false, ErrExpired
		}
		ch, err := b.readChart(ctx, l.conversation)
		if err != nil {
			return false, err
		}
		l.State, l.Claim, l.Code = used, claim, nil
		ch.leave(l.Serial)
		ch.progress(kindsOf(l.Fields))
		if err = b.put(ctx, ch, l, turn...); err == nil {
			return true, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			return b.claimed(ctx, id, claim, err)
		}
	}
	return false, fmt.Errorf("writing link: %w", store.ErrConflict)
}

// claimed decides after a fault whether the write was done all the same: the
// record of the link says who used it. When it cannot be read, the turn may be in
// the store.
func (b *Book) claimed(ctx context.Context, id string, claim []byte, fault error) (bool, error) {
	l, err := b.find(ctx, id)
	switch {
	case err != nil:
		return true, fault
	case l.State == used && bytes.Equal(l.Claim, claim):
		return true, nil
	}
	return false, fault
}

func kindsOf(fields []Field) []string {
	kinds := make([]string, len(fields))
	for i, field := range fields {
		kinds[i] = field.Kind
	}
	return kinds
}
