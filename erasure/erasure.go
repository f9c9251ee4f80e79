// Package erasure ends what is kept of a person, everywhere, and shows what there
// is. After an erasure no token, link, held message, queued message, quarantined
// message or state of that person resolves, in this process at once and in others
// within five seconds; whoever writes again is somebody new.
//
// The person's secrets end first, in one put that also writes a tombstone: from
// then on nothing of theirs can be opened, whatever happens to this process. What
// is left is taken away after that, and again some seconds later for what was on
// its way; a process that dies leaves the rest to the next one, which finds the
// tombstone due. Each erasure is in the audit log before it begins: no audit, no
// erasure.
//
// Tombstones are signed, sealed, and kept in both stores. An older copy of either
// that comes back from a backup lacks some, which is how it is known: the person's
// records in it are not believed, and are taken away again.
package erasure

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

var (
	// ErrNobody says that nothing is kept of a person of these ids.
	ErrNobody = errors.New("nothing is kept of a person of this id")
	// ErrUnaudited says that nothing was erased because the audit log cannot be
	// written.
	ErrUnaudited = errors.New("the audit log cannot be written, so nothing is erased: look at its disk")
)

// Keys seals and signs tombstones. *keys.Set is one.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	SignNamed(message []byte) (signed []byte, keyID string)
	VerifyingKeys() map[string]ed25519.PublicKey
}

// Auditor takes what is about to be done; it is durable when it returns.
type Auditor interface {
	RecordDurable(e audit.Event) error
}

// Records are where tombstones stand: in the store of the conversations, with a copy
// in that of the values.
type Records struct {
	Conversations, Values store.Store
	Keys                  Keys
}

// Config is what an Eraser is made of. Read-only after New.
type Config struct {
	Book    *conversation.Book
	Records Records
	Audit   Auditor
	// Parts are the places where something is kept of people, beside the Book.
	Parts []Part
	// Lifetime is how long tombstones stand: longer than the oldest backup that may
	// come back.
	Lifetime time.Duration
	Now      func() time.Time
	// Groups returns, for an account with groups, what gives the alias that a member
	// of one has outside of it, "" for all other aliases; nil for other accounts.
	Groups func(account string) (member func(alias string) string)
	// Observe counts what an operator should know (docs/logs.md); it must not wait.
	Observe func(event string)
}

// What Observe gets.
const (
	EventErased   = "erased"             // somebody was erased, for the most part
	EventFault    = "erasure_fault"      // not all could be taken away yet: it is tried again
	EventRestored = "erasure_restored"   // an older copy of a store brought somebody back
	EventTampered = "tombstone_tampered" // a tombstone does not open
)

// Eraser erases people, for many goroutines. Several, in several processes, may
// share the stores; each runs Run.
type Eraser struct{ config Config }

// New makes an Eraser; see Load and Run.
func New(config Config) *Eraser { return &Eraser{config} }

// Order is who wants somebody erased, and why. It goes into the audit log and the
// tombstone.
type Order struct {
	Actor   string // as the audit log names them
	Source  string // network address, "" when there is none
	Way     string // command, api, phrase, platform, policy
	Reason  string
	Request string // request_id of the log line, "" when there is none
	// Spare is the request id of a delivery that the bot is still to get: the
	// person's own wish.
	Spare string
}

// Report is what an erasure has found.
type Report struct {
	// Hash is the person as logs show them.
	Hash string `json:"conversation"`
	// Conversations and Aliases were known of the person.
	Conversations int `json:"conversations"`
	Aliases       int `json:"aliases"`
	// Groups are further conversations of theirs as members of groups, which end with
	// theirs.
	Groups int `json:"group_conversations"`
	// Parts are how many records there were, by Part.Name.
	Parts map[string]int `json:"records"`
	// Finished says that all is taken away; else it is tried again.
	Finished bool `json:"finished"`
}

// Survey counts what an erasure would take away, and changes nothing. Errors:
// ErrNobody, and faults of the stores.
func (e *Eraser) Survey(ctx context.Context, account string, aliases []string) (Report, error) {
	p, err := e.person(ctx, account, aliases)
	if err != nil && !errors.Is(err, ErrNobody) {
		return Report{}, err
	}
	subject := e.subjectOf(p, e.config.Now(), "")
	if err != nil {
		subject = e.stranger(account, aliases)
	}
	report := e.reportOf(p, subject)
	total := len(p.Conversations)
	subjects := []Subject{subject}
	if err := e.recollect(ctx, subjects); err != nil {
		return Report{}, err
	}
	groups, err := e.groupsOf(ctx, account, subject.Hashes)
	if err != nil {
		return Report{}, err
	}
	report.Groups, total = len(groups), total+len(groups)
	for _, part := range e.config.Parts {
		counts, err := part.Count(ctx, subjects)
		if err != nil {
			return Report{}, fmt.Errorf("counting %s: %w", part.Name(), err)
		}
		report.Parts[part.Name()] = counts[0]
		total += counts[0]
	}
	if total == 0 {
		return Report{}, ErrNobody
	}
	return report, nil
}

// Erase erases the person of these aliases. With Finished in the report all is
// gone; without, the person's secrets are, and Run takes the rest away. Errors:
// ErrNobody, ErrUnaudited, and faults of the stores before anything was done.
func (e *Eraser) Erase(ctx context.Context, account string, aliases []string, o Order) (Report, error) {
	begun, err := e.begin(ctx, account, aliases, o, takeOver)
	if errors.Is(err, ErrNobody) && o.Way != PolicyWay { // else another instance has ended them
		return e.eraseStranger(ctx, account, aliases, o)
	}
	if err != nil {
		return Report{}, err
	}
	ctx = context.WithoutCancel(ctx)
	begun.report.Finished = e.finish(ctx, []*stone{begun.stone}) == nil
	begun.report.Parts, begun.report.Groups = begun.stone.Counts, begun.stone.groups
	return begun.report, nil
}

// Begin ends the person's secrets and leaves the rest to Run, which begins within
// a second: for those who cannot wait. Errors as of Erase.
func (e *Eraser) Begin(ctx context.Context, account string, aliases []string, o Order) error {
	_, err := e.begin(ctx, account, aliases, o, 0)
	return err
}

const (
	// attempts is how often an erasure that a message came between is tried anew.
	attempts = 100
	// takeOver is when another process takes up an erasure that this one does not
	// finish.
	takeOver = 30 * time.Second
	// settled is when nothing is on its way any more that knew the person before:
	// a bot may take 18 seconds for a message, and memories are trusted for 4.
	settled = 30 * time.Second
)

// begun is an erasure after its first put.
type begun struct {
	stone  *stone
	report Report
}

func (e *Eraser) begin(ctx context.Context, account string, aliases []string, o Order, due time.Duration) (begun, error) {
	p, err := e.person(ctx, account, aliases)
	if err != nil {
		return begun{}, err
	}
	report := e.reportOf(p, e.subjectOf(p, e.config.Now(), o.Spare))
	event := eventOf(o, account, report)
	if err := e.config.Audit.RecordDurable(event); err != nil {
		return begun{}, ErrUnaudited
	}
	ctx = context.WithoutCancel(ctx) // it is written down: see it through
	for range attempts {
		// As late as can be: what comes before the put is the person's.
		s := e.newStone(p, o, e.config.Now(), due)
		var record store.Record
		if record, err = e.record(s); err != nil {
			break
		}
		if err = e.config.Book.Erase(ctx, p, record); err == nil {
			e.copies(ctx, s)
			e.config.Observe(EventErased)
			return begun{s, report}, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			break
		}
		if p, err = e.person(ctx, account, aliases); err != nil {
			break // another instance has erased them
		}
	}
	event.Result = audit.Failed
	if e.config.Audit.RecordDurable(event) != nil {
		e.config.Observe(EventFault)
	}
	return begun{}, err
}

func eventOf(o Order, account string, r Report) audit.Event {
	return audit.Event{
		Actor: o.Actor, Action: "erase", Account: account, Conversation: r.Hash, Count: r.Conversations,
		Reason: o.Reason, Request: o.Request, Source: o.Source, Purpose: o.Way, Result: audit.Done,
	}
}

// person reads whoever is to be erased.
func (e *Eraser) person(ctx context.Context, account string, aliases []string) (conversation.Person, error) {
	p, err := e.config.Book.Person(ctx, account, aliases)
	if errors.Is(err, conversation.ErrUnknown) || errors.Is(err, conversation.ErrAliases) {
		return p, ErrNobody
	}
	return p, err
}

func (e *Eraser) reportOf(p conversation.Person, s Subject) Report {
	return Report{Hash: s.Hashes[0], Conversations: len(p.Conversations), Aliases: len(s.Hashes), Parts: map[string]int{}}
}
