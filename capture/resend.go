package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// confirmFor bounds how long a confirmation in the chat may take.
const confirmFor = 10 * time.Second

// resend sends a link for the same fields into the chat of one that has expired:
// the one that is open, or a new one. It works once for each link. Errors:
// ErrNoLink, ErrUsed, ErrExpired (it was replaced, or has not expired),
// ErrCapped, ErrWindow, and faults that may pass.
func (b *Book) resend(ctx context.Context, id string) error {
	ctx = context.WithoutCancel(ctx)
	for range attempts {
		old, err := b.find(ctx, id)
		if err != nil {
			return err
		}
		before := old.State
		issued, next, err := b.replace(ctx, old)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		c := old.conversation
		if err := b.say(ctx, c, old.Language, "chat.link", issued.URL); err != nil {
			return errors.Join(err, b.takeBack(ctx, id, before, next))
		}
		b.observe(c.Account, eventResent)
		return nil
	}
	return fmt.Errorf("writing link: %w", store.ErrConflict)
}

// replace marks an expired link as replaced and finds or makes the one in its
// place, in one write.
func (b *Book) replace(ctx context.Context, old *link) (Issued, *link, error) {
	switch {
	case old.State == used:
		return Issued{}, nil, ErrUsed
	case old.State == replaced || old.status(b.now(), b.limits.Tries) == nil:
		return Issued{}, nil, ErrExpired
	}
	ch, err := b.readChart(ctx, old.conversation)
	if err != nil {
		return Issued{}, nil, err
	}
	ch.leave(old.Serial)
	next, reused, err := b.pick(ctx, ch, fieldSet(old.Fields))
	if err != nil {
		return Issued{}, nil, err
	}
	if !reused {
		if len(ch.Open) >= b.limits.PerPerson {
			return Issued{}, nil, ErrCapped
		}
		next = b.newLink(Order{Account: old.conversation.Account, Conversation: old.conversation, Fields: old.Fields, Language: old.Language, Source: old.Source})
		next.Expires = b.now().Add(b.limits.Unopened)
	}
	account, _ := b.config.Accounts(old.conversation.Account)
	old.State = replaced
	record, err := b.record(old)
	if err != nil {
		return Issued{}, nil, err
	}
	issued, err := b.hand(ctx, account, ch, next, reused, record)
	return issued, next, err
}

// takeBack lets the person ask again for a link that could not be sent, and ends
// the one that nobody has.
func (b *Book) takeBack(ctx context.Context, id, before string, next *link) error {
	_, err := b.change(ctx, id, func(l *link) error {
		if l.State != replaced {
			return ErrExpired
		}
		l.State = before
		return nil
	})
	if err != nil || next.version != 0 {
		return err // that one was open before, and somebody has it
	}
	l, err := b.find(ctx, next.id)
	if err != nil || l.State != open {
		return err
	}
	_, err = b.shut(ctx, l, nil)
	return err
}

// say writes a text of ours into the chat, above a button that leads to address
// when there is one.
func (b *Book) say(ctx context.Context, c *conversation.Conversation, language, key, address string, args ...string) error {
	home, err := b.home(ctx, c)
	if err != nil {
		return err
	}
	account, _ := b.config.Accounts(c.Account)
	var button *Button
	if address != "" {
		button = &Button{Text: account.Texts.Lookup(language, "chat.button"), URL: address}
	}
	err = b.house.Speaker.Say(ctx, c.Account, home, account.Texts.Lookup(language, key, args...), button)
	if err != nil {
		b.observe(c.Account, eventUnsent)
		return fmt.Errorf("writing into the chat: %w", err)
	}
	return nil
}

// confirm tells the chat that the values have arrived: they have, whether or not
// the chat can be told.
func (b *Book) confirm(ctx context.Context, l *link) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmFor)
	defer cancel()
	_ = b.say(ctx, l.conversation, l.Language, "chat.done", "")
}
