// Package reveal answers what tokens stand for. It promises three things: nothing
// is read out before the audit log has it on disk, who asks gets at most what it
// was granted, and a token that it may not have answers exactly as one that is not
// there, in the same time.
//
// Unknown, expired, erased, malformed and foreign tokens (of an account, a kind or
// a person that is not for whoever asks) go the same way: one look at where a token
// belongs that finds something, one that does not, one at a conversation that is not
// there, one line in the audit log. Nothing more is read for them, and nothing less.
package reveal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/vault"
)

// MostTokens is how many tokens one order may have.
const MostTokens = 1000

// atOnce is how many tokens of an order are looked up at the same time.
const atOnce = 8

var (
	// ErrUnsaid says that the audit log cannot be written, so nothing was revealed.
	ErrUnsaid = errors.New("writing the audit log failed, so nothing is revealed: look at its disk")
	// ErrFault is a fault of the store, which may pass; nothing was revealed.
	ErrFault = errors.New("reading the store failed, so nothing is revealed: try again")
	// ErrOrder says that an order has no token, or more than MostTokens.
	ErrOrder = fmt.Errorf("an order has 1 to %d tokens", MostTokens)
)

// Vault is what a Desk needs of a vault.Vault.
type Vault interface {
	Locate(ctx context.Context, token string) (vault.Owner, error)
	Resolve(ctx context.Context, c *conversation.Conversation, token string) (vault.Value, error)
}

// Conversations is what a Desk needs of a conversation.Book.
type Conversations interface {
	Open(ctx context.Context, account, id string) (*conversation.Conversation, error)
	HashOf(ctx context.Context, c *conversation.Conversation) (string, error)
}

// Auditor is what a Desk needs of an audit.Log.
type Auditor interface {
	Record(audit.Event) error
	RecordDurable(audit.Event) error
}

// Config says what a desk stands on.
type Config struct {
	Vault         Vault
	Conversations Conversations
	Audit         Auditor
	// Kinds are those that the rules know: a token spells its kind without
	// underscores, and the audit log does not.
	Kinds func() []string
	// Observe counts the tokens of an order by what became of them; nil counts
	// nothing.
	Observe func(outcome string, n int)
}

// Outcomes of tokens, as Config.Observe gets them.
const (
	Answered = "answered"
	NotThere = "not_there" // or not for whoever asks
	Tampered = "tampered"  // its record was altered or moved: worth an alarm
	Failed   = "failed"    // the store or the audit log
)

// Asker is who asks, and what for.
type Asker struct {
	Actor  string // for the audit log
	Source string // its network address
	// Accounts and Kinds are those that it may have; AllKinds is every kind.
	Accounts []string
	Kinds    []string
	AllKinds bool
}

// Order is one question.
type Order struct {
	Action  string // for the audit log
	Purpose string
	Reason  string
	// Account narrows the order to one of the asker's; empty for all of them.
	Account string
	// Only narrows it to some conversations, by their ids: those of one person. Nil is
	// all, and an empty list is none.
	Only   []string
	Tokens []string

	request string // joins the order's lines in the audit log
}

// Answer is what became of one token: its value, or that it is not there.
type Answer struct {
	Found   bool
	Account string
	Value   vault.Value
}

// Desk answers orders, for many goroutines.
type Desk struct {
	config Config
	seen   atomic.Pointer[string] // a token that is there, for balance
}

// New makes a desk.
func New(config Config) *Desk {
	if config.Observe == nil {
		config.Observe = func(string, int) {}
	}
	return &Desk{config: config}
}

// Values returns what the tokens stand for, in their order. Errors are ErrOrder,
// ErrUnsaid and ErrFault; with an error there is no value.
func (d *Desk) Values(ctx context.Context, asker Asker, order Order) ([]Answer, error) {
	if len(order.Tokens) == 0 || len(order.Tokens) > MostTokens {
		return nil, ErrOrder
	}
	order.request = random()
	answers, err := d.values(ctx, asker, order)
	if err != nil {
		d.config.Observe(Failed, len(order.Tokens))
		return nil, err
	}
	found := 0
	for _, answer := range answers {
		if answer.Found {
			found++
		}
	}
	d.config.Observe(Answered, found)
	d.config.Observe(NotThere, len(answers)-found)
	return answers, nil
}

func (d *Desk) values(ctx context.Context, asker Asker, order Order) ([]Answer, error) {
	places, err := d.places(ctx, asker, order)
	if err != nil {
		return nil, d.failed(asker, order)
	}
	events, err := d.events(ctx, asker, order, places)
	if err != nil {
		return nil, d.failed(asker, order)
	}
	if err := d.record(events); err != nil {
		return nil, ErrUnsaid
	}
	answers := make([]Answer, len(places))
	err = each(len(places), func(i int) error {
		p := places[i]
		if p.conversation == nil {
			return nil
		}
		value, err := d.config.Vault.Resolve(ctx, p.conversation, p.token)
		switch {
		case errors.Is(err, vault.ErrNoToken):
			return nil
		case errors.Is(err, vault.ErrTampered):
			d.config.Observe(Tampered, 1)
			return nil
		case err != nil:
			return err
		}
		if asker.AllKinds || slices.Contains(asker.Kinds, value.Kind) {
			answers[i] = Answer{Found: true, Account: p.conversation.Account, Value: value}
		}
		return nil
	})
	if err != nil {
		return nil, d.failed(asker, order)
	}
	return answers, nil
}

// each calls do for 0 to n-1, several at once, and returns the first error.
func each(n int, do func(i int) error) error {
	var (
		wait  sync.WaitGroup
		once  sync.Once
		first error
	)
	next := make(chan int)
	for range min(n, atOnce) {
		wait.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return first
}

// squashed is a kind as tokens spell it.
func squashed(kind string) string { return strings.ReplaceAll(kind, "_", "") }
