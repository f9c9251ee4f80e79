package main

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/piiproxy/piiproxy/asked"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/reveal"
)

// revealDesk answers callers that ask what tokens stand for.
type revealDesk struct {
	desk    *reveal.Desk
	book    *conversation.Book
	tenants *proxy.Tenants
	asked   *asked.Book
}

func newRevealDesk(s *service) revealDesk {
	desk := reveal.New(reveal.Config{
		Vault: s.core.values, Conversations: s.core.book, Audit: s.core.audit, Kinds: s.rules.kinds, Observe: s.core.metrics.Revealed,
	})
	return revealDesk{desk: desk, book: s.core.book, tenants: s.core.tenants, asked: s.core.asked}
}

// Answers to orders that cannot be carried out.
var (
	errPurpose = refuse(http.StatusUnprocessableEntity, "purpose must be one of the caller's (callers.purposes)")
	errTokens  = refuse(http.StatusUnprocessableEntity, "tokens must be a list of 1 to 1,000 texts")
	errPerson  = refuse(http.StatusUnprocessableEntity, "user is a person of an account: send account, too")
	errFile    = refuse(http.StatusUnprocessableEntity, "file must be the SHA-256 of the file, 64 hex digits")
)

// Reveal implements console.Reveals.
func (d revealDesk) Reveal(ctx context.Context, who console.Who, o console.RevealOrder) (console.RevealAnswer, error) {
	asker := askerOf(who)
	order := reveal.Order{Action: "reveal", Tokens: o.Tokens}
	switch {
	case len(o.Tokens) == 0 || len(o.Tokens) > reveal.MostTokens:
		return console.RevealAnswer{}, errTokens
	case o.User != "" && o.Account == "":
		return console.RevealAnswer{}, errPerson
	case !slices.Contains(who.Grant.Purposes, o.Purpose):
		order.Reason = "refused: not a purpose of the caller"
		if err := d.desk.Refused(asker, order); err != nil {
			return console.RevealAnswer{}, errUnsaid
		}
		return console.RevealAnswer{}, errPurpose
	}
	if err := who.Take(len(o.Tokens)); err != nil {
		return console.RevealAnswer{}, err
	}
	order.Purpose = o.Purpose
	if err := d.narrow(ctx, who, o, &order); err != nil {
		return console.RevealAnswer{}, err
	}
	answers, err := d.desk.Values(ctx, asker, order)
	if err != nil {
		return console.RevealAnswer{}, revealTold(err)
	}
	return d.told(answers, reveal.Level(who.Grant.Level)), nil
}

// narrow limits an order to an account, and to one person of it. What is not there
// for the caller narrows it to nothing: it looks like tokens that are not there.
func (d revealDesk) narrow(ctx context.Context, who console.Who, o console.RevealOrder, order *reveal.Order) error {
	if o.Account == "" {
		return nil
	}
	account, ok := d.tenants.Account(o.Account)
	if !ok || !who.May(o.Account) {
		order.Only = []string{}
		return nil
	}
	order.Account = o.Account
	if o.User == "" {
		return nil
	}
	order.Only = []string{}
	named := account.Channel.PersonOf(o.User)
	if !named.Known() {
		return nil
	}
	person, err := d.book.Person(ctx, o.Account, named.Aliases)
	switch {
	case errors.Is(err, conversation.ErrUnknown), errors.Is(err, conversation.ErrAliases):
		return nil
	case err != nil:
		return errNotNow
	}
	for _, c := range person.Conversations {
		order.Only = append(order.Only, c.ID)
	}
	return nil
}

// told is what a level tells, and counts what somebody looked at.
func (d revealDesk) told(answers []reveal.Answer, level reveal.Level) console.RevealAnswer {
	told := console.RevealAnswer{Values: make([]console.Revealed, len(answers))}
	for i, a := range answers {
		if !a.Found {
			continue
		}
		told.Values[i] = console.Revealed{Found: true, Account: a.Account, Kind: a.Value.Kind, Value: level.Of(a.Value)}
		if told.Values[i].Value != "" {
			d.asked.Note(a.Account, askedKind(a.Value.Kind), asked.Counts{Revealed: 1})
		}
	}
	return told
}

var fileHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Restore implements console.Reveals.
func (d revealDesk) Restore(ctx context.Context, who, second console.Who, o console.RestoreOrder) (console.RevealAnswer, error) {
	switch {
	case len(o.Tokens) == 0 || len(o.Tokens) > reveal.MostTokens:
		return console.RevealAnswer{}, errTokens
	case !fileHash.MatchString(o.File):
		return console.RevealAnswer{}, errFile
	}
	for _, each := range []console.Who{who, second} {
		if err := each.Take(len(o.Tokens)); err != nil {
			return console.RevealAnswer{}, err
		}
	}
	answers, err := d.desk.Values(ctx, both(askerOf(who), askerOf(second)), reveal.Order{
		Action: "restore", Purpose: "restore", Reason: "with " + second.Actor() + ", file " + o.File, Tokens: o.Tokens,
	})
	if err != nil {
		return console.RevealAnswer{}, revealTold(err)
	}
	restored := console.RevealAnswer{Values: make([]console.Revealed, len(answers))}
	for i, a := range answers {
		if a.Found {
			restored.Values[i] = console.Revealed{Found: true, Account: a.Account, Kind: a.Value.Kind, Value: reveal.Full.Of(a.Value)}
		}
	}
	return restored, nil
}

func askerOf(who console.Who) reveal.Asker {
	kinds := slices.DeleteFunc(slices.Clone(who.Grant.Kinds), func(kind string) bool { return kind == config.AllKinds })
	return reveal.Asker{Actor: who.Actor(), Source: who.Source, Accounts: who.Grant.Accounts, Kinds: kinds, AllKinds: who.Grant.AllKinds}
}

// both may have what each of two may.
func both(a, b reveal.Asker) reveal.Asker {
	a.Accounts = common(a.Accounts, b.Accounts)
	switch {
	case a.AllKinds:
		a.Kinds, a.AllKinds = b.Kinds, b.AllKinds
	case !b.AllKinds:
		a.Kinds = common(a.Kinds, b.Kinds)
	}
	return a
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(one string) bool { return !slices.Contains(b, one) })
}

// revealTold is the answer to an error of the desk; nothing was revealed.
func revealTold(err error) error {
	if errors.Is(err, reveal.ErrUnsaid) {
		return errUnsaid
	}
	return errNotNow
}

var _ console.Reveals = revealDesk{}
