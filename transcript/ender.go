package transcript

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/store"
)

// Terms are what an account's policy says of the end of conversations.
type Terms struct {
	// After is how long after the last message a conversation ends, a day later at
	// most; 0: it ends by itself only (conversation.Lifetime).
	After time.Duration
	// Keep is how long its transcript stays; 0: there is none.
	Keep time.Duration
}

// Eraser ends all that is kept of a person. *erasure.Eraser is one.
type Eraser interface {
	Erase(ctx context.Context, account string, aliases []string, o erasure.Order) (erasure.Report, error)
}

// Config is what an Ender is made of. Read-only after New.
type Config struct {
	Book   *conversation.Book
	Values Values
	Eraser Eraser
	// Store holds the transcripts.
	Store store.Store
	Keys  Keys
	// Accounts are those whose conversations end, by name.
	Accounts map[string]Terms
	Now      func() time.Time
	// Observe counts what an operator should know (docs/logs.md); it must not wait.
	Observe func(event string)
}

// What Observe gets.
const (
	EventEnded    = "conversation_ended" // by its policy
	EventFault    = "ending_fault"       // one could not be ended yet: it is tried again
	EventTampered = "record_tampered"    // a value's record does not open
)

// Ender ends conversations. Several, in several processes, may share the stores.
type Ender struct{ config Config }

// New makes an Ender; see Run.
func New(config Config) *Ender { return &Ender{config} }

const (
	// runEvery is how often conversations are looked through.
	runEvery = time.Hour
	// known is how exactly the last message of a conversation is known: its record
	// is written once a day.
	known = 24 * time.Hour
	// walkPage bounds how many are in memory at once.
	walkPage = 500
)

// Run ends conversations that are due until the context ends.
func (e *Ender) Run(ctx context.Context) {
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	for {
		if err := e.End(ctx); err != nil && ctx.Err() == nil {
			e.config.Observe(EventFault)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// End looks through all conversations once, ends those that are due, and drafts
// the transcripts of those that were used. A fault
// with one leaves the others, and is the error in the end.
func (e *Ender) End(ctx context.Context) error {
	var names []string
	for name, terms := range e.config.Accounts {
		if terms.After > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	var faults error
	for after := ""; ; {
		page, err := e.config.Book.Walk(ctx, names, after, walkPage)
		if err != nil {
			return errors.Join(faults, err)
		}
		for i, c := range page.Conversations {
			switch used := page.Used[i]; {
			case e.due(c.Account, used):
				faults = errors.Join(faults, e.end(ctx, c))
			case e.config.Accounts[c.Account].Keep > 0 && e.recent(used):
				faults = errors.Join(faults, e.draft(ctx, c, used))
			}
		}
		if after = page.Next; after == "" || ctx.Err() != nil {
			return faults
		}
	}
}

func (e *Ender) due(account string, used time.Time) bool {
	return !e.config.Now().Before(used.Add(known + e.config.Accounts[account].After))
}

// end ends the person of a conversation, unless they were here in another one of
// theirs.
func (e *Ender) end(ctx context.Context, c *conversation.Conversation) error {
	person, err := e.config.Book.Whose(ctx, c)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil // somebody else ended it
	}
	if err != nil {
		return err
	}
	used := person.Used()
	if !e.due(c.Account, used) {
		return nil
	}
	if keep := e.config.Accounts[c.Account].Keep; keep > 0 {
		for _, each := range person.Conversations {
			if mine, err := e.write(ctx, each, used, keep); err != nil || !mine {
				return err
			}
		}
	}
	_, err = e.config.Eraser.Erase(ctx, c.Account, person.Aliases(), erasure.Order{Actor: "piiproxy", Way: "policy", Reason: "destroy_after"})
	switch {
	case errors.Is(err, erasure.ErrNobody):
		return nil
	case err != nil:
		return fmt.Errorf("ending a conversation: %w", err)
	}
	e.config.Observe(EventEnded)
	return nil
}
