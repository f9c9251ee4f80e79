// Package capture makes links to secure forms, and turns what a person fills in
// into the next message the bot gets. A link belongs to one person in one
// account and to the fields it asks for; it works once, for a bounded time and a
// bounded number of tries. Looking at it changes nothing and shows nothing about
// a person, so previews and prefetching do no harm; filling it in is one write
// of the store, so of many who fill it in at once exactly one does, and the
// message to the bot is queued in that same write or not at all.
//
// The id of a link is 128 bits that only its conversation can compute; the store
// knows a keyed hash of it. What a link asks for is sealed under the
// conversation's data key: erasing the conversation ends its links, and an
// erased, a foreign, an altered and an invented link are one answer. Values are
// never in a record of this package: the vault has them before the link is used.
package capture

import (
	"context"
	"encoding/base32"
	"errors"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

var (
	// ErrNoLink is the one answer for a link that is unknown, foreign, altered, or
	// whose conversation was erased: which of them is nobody's business.
	ErrNoLink = errors.New("no such link")
	// ErrUsed says that a link was filled in before, perhaps a moment ago.
	ErrUsed = errors.New("the link was used")
	// ErrExpired says that the time or the tries of a link are over.
	ErrExpired = errors.New("the link has expired")
	// ErrCapped says that a person has as many open links as they may have. The
	// prompt is refused; the links they have still work.
	ErrCapped = errors.New("the person has too many open links: let them fill one in, or let one expire")
	// ErrStalled says that the same fields were asked twice already and the
	// person told nothing: a third form would not help. It is worth an alarm.
	ErrStalled = errors.New("the same fields were asked twice without progress: let the bot ask in another way, or hand over to a person")
	// ErrOrder says that an order cannot be carried out as it is.
	ErrOrder = errors.New("a link needs a known account, its conversation, a language, and 1 to 16 fields, each once")
	// ErrUnknownIDs is what an Outbox returns when the platform's ids of a
	// conversation were never learned: no message can be made from that person.
	ErrUnknownIDs = errors.New("the ids of the conversation are not known yet")
	// ErrWindow is what a Speaker returns when it may not write to the person:
	// no access token, or the platform's window is over.
	ErrWindow = errors.New("the chat cannot be written to now")
)

// Field is one thing that a link asks for.
type Field struct {
	// Kind is the rule's kind, for example credit_card.
	Kind string `json:"kind"`
	// Need is how much of it: full, last4, bin, over_18 or zip; "" is full.
	Need string `json:"need"`
}

// The ways an order comes about.
const (
	Prompt  = "prompt"  // the bot asked in its own words
	Warning = "warning" // the person typed it unasked
	API     = "api"     // somebody called the admin API
)

// Order is what a link is made from.
type Order struct {
	Account      string
	Conversation *conversation.Conversation
	// Fields are what it asks for, in this order, each kind once.
	Fields []Field
	// Language of the form, ISO 639-1; what the form does not speak is English.
	Language string
	// Source is Prompt, Warning or API. Only prompts count towards ErrStalled.
	Source string
}

// Issued is a link that works. Its URL goes to the person and nowhere else: not
// to the bot, a log, or a metric.
type Issued struct {
	ID      string
	URL     string
	Expires time.Time
	// Reused says that the person had this link already.
	Reused bool
}

// Turn is a message that the bot gets from the person.
type Turn struct {
	Account      string
	Conversation *conversation.Conversation
	// Serial is what the message id derives from: the same for the same link,
	// random and never shown.
	Serial string
	// Text is tokens or masked values, or what policy says about an unfilled link.
	Text string
	// Kinds are of the values that Text stands for.
	Kinds []string
}

// Outbox makes the turn that the bot gets.
type Outbox interface {
	// Resume makes the record of a turn and takes its place in the order of the
	// conversation, without writing anything: this package puts the record
	// together with the link's own, and may do so several times until it is
	// written. It returns ErrUnknownIDs when the person's ids were never learned.
	// Settle is called once for every reservation.
	Resume(ctx context.Context, t Turn) (Reservation, error)
}

// Reservation is a turn that is not in the store yet.
type Reservation interface {
	// Records are the sealed record and what leads to it, at Version 0.
	Records() []store.Record
	// Settle ends the reservation. False says that the record is not in the store
	// and will not be: forget it. True says that it is, or, after a fault of the
	// store, that it may be: send it now if it is there.
	Settle(written bool)
}

// Shower trades values for what the bot gets to see of them.
type Shower interface {
	// Show returns one text for each value, in order: a token, a look-alike or a
	// mask, as policy says. What they stand for is durable when it returns, and
	// the same values again give the same texts.
	Show(ctx context.Context, account string, c *conversation.Conversation, values []vault.Value) ([]string, error)
}

// Button is a button under a message of ours.
type Button struct {
	Text string
	URL  string
}

// Speaker writes into a chat on our own account.
type Speaker interface {
	// Say sends a text, with a button when there is one. It returns ErrWindow
	// when it may not.
	Say(ctx context.Context, account string, c *conversation.Conversation, text string, button *Button) error
}

// Conversations finds conversations. *conversation.Book does.
type Conversations interface {
	// Open returns conversation.ErrUnknown for one that is gone, and says so as
	// soon as it is.
	Open(ctx context.Context, account, id string) (*conversation.Conversation, error)
	// Home returns the conversation that the person of c has now, when c was merged
	// into another; conversation.ErrUnknown when it is gone.
	Home(ctx context.Context, c *conversation.Conversation) (*conversation.Conversation, error)
}

// encoding writes ids and hashes in a-z2-7.
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
