package capture

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/conversation"
)

// External is for those who have an order of the admin listener: a bot that makes
// links itself, and the server of a customer's own form. Whoever calls it has
// proved to be allowed to; step-up of the person is the business of that server.
type External struct{ book *Book }

// API returns the book's external side.
func (b *Book) API() External { return External{b} }

// CreateOrder is a link that somebody asks for who knows piiproxy.
type CreateOrder struct {
	Account      string
	Conversation *conversation.Conversation
	Fields       []Field
	Language     string
}

// Create is Issue for an order of the API; it does not count as a prompt of the
// bot.
func (a External) Create(ctx context.Context, o CreateOrder) (Issued, error) {
	return a.book.Issue(ctx, Order{Account: o.Account, Conversation: o.Conversation, Fields: o.Fields, Language: o.Language, Source: API})
}

// LinkInfo is what a customer's server may know of a link.
type LinkInfo struct {
	Account string `json:"account"`
	// Person is the keyed hash that logs and the audit show for the conversation.
	Person   string  `json:"person"`
	Fields   []Field `json:"fields"`
	Language string  `json:"language"`
	// State is open, used or expired.
	State string `json:"state"`
	// Valid says that it can be filled in now.
	Valid   bool      `json:"valid"`
	Expires time.Time `json:"expires"`
	// Tries are left.
	Tries int `json:"tries"`
}

// Read returns what a link asks for, and changes nothing; ErrNoLink for one that
// was never there, or whose conversation was erased.
func (a External) Read(ctx context.Context, id string) (LinkInfo, error) {
	l, err := a.book.find(ctx, id)
	if err != nil {
		return LinkInfo{}, err
	}
	tries := a.book.limits.Tries
	state := open
	switch err := l.status(a.book.now(), tries); {
	case errors.Is(err, ErrUsed):
		state = used
	case err != nil:
		state = expired
	}
	return LinkInfo{
		Account: l.conversation.Account, Person: a.book.house.Hash(l.conversation), Fields: slices.Clone(l.Fields), Language: l.Language,
		State: state, Valid: state == open, Expires: l.Expires, Tries: max(0, tries-l.Tries),
	}, nil
}

// InvalidError says which values cannot be right; the try counted.
type InvalidError struct {
	// Problems are keys of texts by the kind asked, as form.Read gives them.
	Problems map[string]string
	// Tries are left.
	Tries int
}

// Error names no kind: it may be logged.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%d of the values cannot be right: ask the person again", len(e.Problems))
}

// Fill uses a link with values from a customer's own form, one for each kind
// that it asks for (form.Field.Asks). Only their Text counts: they are judged
// and brought into normal form as those of our own form are. Errors: ErrNoLink,
// ErrUsed, ErrExpired, *InvalidError, ErrUnknownIDs, and faults that may pass.
func (a External) Fill(ctx context.Context, id string, values []form.Value) error {
	typed := url.Values{}
	for _, v := range values {
		typed.Set(v.Kind, v.Text)
	}
	l, err := a.book.try(ctx, id)
	if err != nil {
		return err
	}
	problems, err := a.book.submit(ctx, l, typed)
	if len(problems) > 0 {
		return errors.Join(&InvalidError{problems, a.book.limits.Tries - l.Tries}, err)
	}
	if err == nil {
		a.book.confirm(ctx, l)
	}
	return err
}

// submit judges what was typed for a link whose try was counted, and uses the
// link when all is right. Problems mean that nothing happened but the try; when
// it was the last one, the link has ended.
func (b *Book) submit(ctx context.Context, l *link, typed url.Values) (map[string]string, error) {
	ctx = context.WithoutCancel(ctx) // who gives up neither loses a try nor keeps one
	account, _ := b.config.Accounts(l.conversation.Account)
	values, problems := form.Read(formFields(l.Fields), typed, regions(account))
	if len(problems) > 0 {
		b.observe(l.conversation.Account, eventFailedTry)
		if l.Tries >= b.limits.Tries {
			return problems, b.spend(ctx, l.id)
		}
		return problems, nil
	}
	err := b.fill(ctx, l, values)
	switch {
	case errors.Is(err, ErrUsed), errors.Is(err, ErrExpired), errors.Is(err, ErrNoLink):
	case err != nil:
		b.refund(ctx, l.id)
	}
	return nil, err
}
