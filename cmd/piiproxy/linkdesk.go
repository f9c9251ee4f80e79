package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/capture"
	"github.com/piiproxy/piiproxy/capture/form"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
)

// linkDesk answers the admin API about links. Who did what, for which account, is
// in the audit log before it is done: no audit, no answer. Neither an id nor a
// value is ever there.
type linkDesk struct {
	links    capture.External
	core     *core
	proxy    *proxy.Proxy
	settings *config.Config
	accounts map[string]capture.Account
	kinds    func() []string // that the rules in force find
}

func newLinkDesk(s *service) linkDesk {
	accounts, err := capturers(s.settings)
	if err != nil { // it was made before from the same settings
		accounts = map[string]capture.Account{}
	}
	return linkDesk{links: s.core.links.API(), core: &s.core, proxy: s.proxy, settings: s.settings, accounts: accounts, kinds: s.rules.kinds}
}

func refuse(status int, text string) error {
	return &console.Refusal{Status: status, Problem: console.Problem{Error: text}}
}

// Answers that are the same whatever the reason, so that a caller learns nothing
// of what is not its own.
var (
	errNobody  = refuse(http.StatusNotFound, "no such account for this caller, or nobody of this id has written to it")
	errNoLink  = refuse(http.StatusNotFound, "no such link for this caller")
	errUnsaid  = refuse(http.StatusServiceUnavailable, "the audit log cannot be written, so nothing is done: look at its disk")
	errNotNow  = &console.Refusal{Status: http.StatusServiceUnavailable, Wait: time.Second, Problem: console.Problem{Error: "this cannot be done now: try again in a few seconds"}}
	errNoOrder = refuse(http.StatusUnprocessableEntity, "a link needs an account, a user, 1 to 16 fields of kinds that the rules know, each once, with a need that the kind has, and a language of two letters")
)

// refusals are the answers to the errors of links.
var refusals = []struct {
	err    error
	answer error
}{
	{capture.ErrNoLink, errNoLink},
	{capture.ErrUsed, refuse(http.StatusGone, "the link was used")},
	{capture.ErrExpired, refuse(http.StatusGone, "the link has expired: its time or its tries are over")},
	{capture.ErrCapped, refuse(http.StatusConflict, "the person has too many open links: let them fill one in, or let one expire")},
	{capture.ErrOrder, errNoOrder},
	{capture.ErrUnknownIDs, errNobody},
	{proxy.ErrNoPerson, errNobody},
	{proxy.ErrNoAccount, errNobody},
}

// told is the answer to an error. What it does not know is a fault of ours, and
// no detail of it leaves the house.
func told(err error) error {
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return known.answer
		}
	}
	return errNotNow
}

// note writes down what is about to be done.
func (d linkDesk) note(who console.Who, event audit.Event) error {
	event.Actor, event.Source = who.Actor(), who.Source
	if event.Result == "" {
		event.Result = audit.Done
	}
	if err := d.core.audit.RecordDurable(event); err != nil {
		return errUnsaid
	}
	return nil
}

// foreign writes down that a caller asked for an account that is not its own, and
// gives the answer.
func (d linkDesk) foreign(who console.Who, action, account string, answer error) error {
	if err := d.note(who, audit.Event{Action: action, Account: account, Reason: "refused: not an account of the caller", Result: audit.Refused}); err != nil {
		return err
	}
	return answer
}

// Create implements console.Links.
func (d linkDesk) Create(ctx context.Context, who console.Who, o console.LinkOrder) (console.Link, error) {
	account, known := d.accountOf(o.Account)
	switch {
	case !known:
		return console.Link{}, errNobody
	case !who.May(o.Account):
		return console.Link{}, d.foreign(who, "link_create", o.Account, errNobody)
	}
	fields, ok := d.fieldsOf(account, o.Fields)
	if !ok {
		return console.Link{}, errNoOrder
	}
	c, err := d.proxy.Person(ctx, o.Account, o.User)
	if err != nil {
		return console.Link{}, told(err)
	}
	kinds := kindsIn(fields)
	event := audit.Event{Action: "link_create", Account: o.Account, Conversation: d.core.hash(c), Kinds: kinds, Count: len(kinds)}
	if err := d.note(who, event); err != nil {
		return console.Link{}, err
	}
	language := o.Language
	if language == "" {
		language = first(account.Languages)
	}
	issued, err := d.links.Create(ctx, capture.CreateOrder{Account: o.Account, Conversation: c, Fields: fields, Language: language})
	if err != nil {
		return console.Link{}, told(err)
	}
	return console.Link{ID: issued.ID, URL: issued.URL, Expires: issued.Expires, Reused: issued.Reused}, nil
}

func (d linkDesk) accountOf(name string) (*config.Account, bool) {
	at := slices.IndexFunc(d.settings.Accounts, func(a config.Account) bool { return a.Name == name })
	if at < 0 {
		return nil, false
	}
	return &d.settings.Accounts[at], true
}

// fieldsOf are the fields of an order. Where policy needs less than all of a kind
// no caller gets more. A kind that no rule knows is none: names of kinds stand in
// the audit log, and what is sent in their place could be anything.
func (d linkDesk) fieldsOf(account *config.Account, asked []console.LinkField) ([]capture.Field, bool) {
	needs := d.settings.Policies[account.Policy].Need
	known := d.kinds()
	var fields []capture.Field
	for _, f := range asked {
		if !slices.Contains(known, f.Kind) {
			return nil, false
		}
		need := f.Need
		if policy := needs[f.Kind]; policy != "" && (need == "" || policy != form.NeedFull) {
			need = policy
		}
		if need == "" {
			need = form.NeedFull
		}
		if need != form.NeedFull && (form.Field{Kind: f.Kind, Need: need}).Asks() == f.Kind || f.Name != "" || f.Label != "" {
			return nil, false
		}
		fields = append(fields, capture.Field{Kind: f.Kind, Need: need})
	}
	return fields, true
}

func kindsIn(fields []capture.Field) []string {
	var kinds []string
	for _, f := range fields {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// Read implements console.Links.
func (d linkDesk) Read(ctx context.Context, who console.Who, id string) (console.LinkFacts, error) {
	info, err := d.mine(ctx, who, "link_read", id)
	if err != nil {
		return console.LinkFacts{}, err
	}
	if err := d.note(who, audit.Event{Action: "link_read", Account: info.Account, Conversation: info.Person}); err != nil {
		return console.LinkFacts{}, err
	}
	account := d.accounts[info.Account]
	facts := console.LinkFacts{
		Account: info.Account, Title: account.Look.Title, Person: info.Person, Language: info.Language,
		State: info.State, Valid: info.Valid, Expires: info.Expires, Tries: info.Tries, Fields: []console.LinkField{},
	}
	for _, f := range info.Fields {
		name := form.Field{Kind: f.Kind, Need: f.Need}.Asks()
		facts.Fields = append(facts.Fields, console.LinkField{Kind: f.Kind, Need: f.Need, Name: name, Label: account.Texts.Lookup(info.Language, "label."+name)})
	}
	return facts, nil
}

// mine reads a link if it is of an account that is there for the caller.
func (d linkDesk) mine(ctx context.Context, who console.Who, action, id string) (capture.LinkInfo, error) {
	info, err := d.links.Read(ctx, id)
	switch {
	case err != nil:
		return info, told(err)
	case !who.May(info.Account):
		return info, d.foreign(who, action, info.Account, errNoLink)
	}
	return info, nil
}

// Fill implements console.Links.
func (d linkDesk) Fill(ctx context.Context, who console.Who, id string, values console.LinkValues) error {
	info, err := d.mine(ctx, who, "link_values", id)
	if err != nil {
		return err
	}
	given := make([]form.Value, 0, len(values.Values))
	for name, text := range values.Values {
		if !slices.ContainsFunc(info.Fields, func(f capture.Field) bool { return form.Field{Kind: f.Kind, Need: f.Need}.Asks() == name }) {
			return refuse(http.StatusUnprocessableEntity, "there is a value that the link does not ask for: read its fields first; no try was counted")
		}
		given = append(given, form.Value{Kind: name, Text: text})
	}
	kinds := kindsIn(info.Fields)
	if err := d.note(who, audit.Event{Action: "link_values", Account: info.Account, Conversation: info.Person, Kinds: kinds, Count: len(given)}); err != nil {
		return err
	}
	err = d.links.Fill(ctx, id, given)
	var invalid *capture.InvalidError
	switch {
	case errors.As(err, &invalid):
		return d.wrong(info, invalid)
	case err != nil:
		return told(err)
	}
	return nil
}

// wrong is the answer to values that cannot be right.
func (d linkDesk) wrong(info capture.LinkInfo, invalid *capture.InvalidError) error {
	texts := map[string]string{}
	for name, key := range invalid.Problems {
		texts[name] = d.accounts[info.Account].Texts.Problem(info.Language, key)
	}
	return &console.Refusal{Status: http.StatusUnprocessableEntity, Problem: console.Problem{
		Error: "some values cannot be right: ask the person again", Problems: invalid.Problems, Texts: texts, Tries: &invalid.Tries,
	}}
}

var _ console.Links = linkDesk{}
