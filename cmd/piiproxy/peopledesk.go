package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/keys"
)

// peopleDesk answers the admin API about people: erase, export, find. Each order is
// in the audit log before it is carried out.
type peopleDesk struct {
	people
	core *core
	keys *keys.Set
}

// aliasesOf are the aliases that a user id is; nil for an account or an id that is
// none. A member of a WhatsApp group is group:GROUP/ID, because what is said in a
// group is another conversation.
func (d peopleDesk) aliasesOf(account, user string) []string {
	a, ok := d.core.tenants.Account(account)
	if !ok {
		return nil
	}
	user = strings.TrimSpace(user)
	group, member, grouped := "", user, false
	if rest, ok := strings.CutPrefix(user, "group:"); ok {
		group, member, grouped = cutLast(rest)
	}
	aliases := a.Channel.PersonOf(member).Aliases
	if grouped && a.Channel.Name() == channel.WhatsApp {
		aliases = slices.Clone(aliases)
		for i := range aliases {
			aliases[i] = "group:" + group + "/" + aliases[i]
		}
	}
	return aliases
}

func cutLast(text string) (before, after string, found bool) {
	at := strings.LastIndexByte(text, '/')
	if at < 0 {
		return "", text, false
	}
	return text[:at], text[at+1:], true
}

// whom finds out who is meant; nil for whoever is not there for the caller.
func (d peopleDesk) whom(ctx context.Context, account, user, ref string) ([]string, error) {
	if (user == "") == (ref == "") {
		return nil, refuse(http.StatusUnprocessableEntity, "name the person by user, or by the ref of a search, and not by both")
	}
	if ref == "" {
		return d.aliasesOf(account, user), nil
	}
	of, id := d.openRef(ref)
	if of != account {
		return nil, nil
	}
	c, err := d.core.book.Open(ctx, account, id)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, errNotNow
	}
	p, err := d.core.book.Whose(ctx, c)
	if err != nil {
		return nil, errNotNow
	}
	return p.Aliases(), nil
}

// actorOf is who is in the audit log: a caller, or who ran a command.
func actorOf(who console.Who, said string) string {
	if who.Named() || said == "" {
		return who.Actor()
	}
	return said
}

func (d peopleDesk) note(who console.Who, said string, event audit.Event) error {
	event.Actor, event.Source = actorOf(who, said), who.Source
	if event.Result == "" {
		event.Result = audit.Done
	}
	if err := d.core.audit.RecordDurable(event); err != nil {
		return errUnsaid
	}
	return nil
}

// check lets an order in: the account is there for whoever asks, and the texts can
// be kept.
func (d peopleDesk) check(who console.Who, action, account, reason, said string) error {
	switch {
	case len(reason) > maxReason:
		return refuse(http.StatusUnprocessableEntity, "the reason is longer than 400 bytes")
	case who.May(account):
		return nil
	}
	if _, known := d.core.tenants.Account(account); !known {
		account = "" // it may be anything, a person's id too
	}
	if err := d.note(who, said, audit.Event{Action: action, Account: account, Reason: "not an account of the caller", Result: audit.Refused}); err != nil {
		return err
	}
	return errNobody
}

const maxReason = 400

// Erase implements console.People.
func (d peopleDesk) Erase(ctx context.Context, who console.Who, account string, o console.EraseOrder) (erasure.Report, error) {
	if err := d.check(who, "erase", account, o.Reason, o.Actor); err != nil {
		return erasure.Report{}, err
	}
	aliases, err := d.whom(ctx, account, o.User, o.Ref)
	if err != nil {
		return erasure.Report{}, err
	}
	if aliases == nil {
		return erasure.Report{}, errNobody
	}
	if o.DryRun {
		event := audit.Event{Action: "erase_survey", Account: account, Conversation: d.core.book.Hash(account, aliases[0]), Reason: o.Reason}
		if err := d.note(who, o.Actor, event); err != nil {
			return erasure.Report{}, err
		}
		report, err := d.eraser.Survey(ctx, account, aliases)
		return report, d.told(err)
	}
	way := "command"
	if who.Named() {
		way = "api"
	}
	report, err := d.eraser.Erase(ctx, account, aliases, erasure.Order{Actor: actorOf(who, o.Actor), Source: who.Source, Way: way, Reason: o.Reason})
	return report, d.told(err)
}

func (d peopleDesk) told(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, erasure.ErrNobody):
		return errNobody
	case errors.Is(err, erasure.ErrUnaudited):
		return errUnsaid
	}
	return errNotNow
}

// Export implements console.People.
func (d peopleDesk) Export(ctx context.Context, who console.Who, account string, o console.ExportOrder) (erasure.Dossier, error) {
	if err := d.check(who, "export", account, o.Reason, o.Actor); err != nil {
		return erasure.Dossier{}, err
	}
	aliases := d.aliasesOf(account, o.User)
	if aliases == nil {
		return erasure.Dossier{}, errNobody
	}
	hash := d.core.book.Hash(account, aliases[0])
	if err := d.note(who, o.Actor, audit.Event{Action: "export", Account: account, Conversation: hash, Reason: o.Reason}); err != nil {
		return erasure.Dossier{}, err
	}
	dossier, err := d.eraser.Export(ctx, d.archive, account, aliases, showsTo(who, o.Values), o.Values)
	if err != nil {
		return erasure.Dossier{}, d.told(err)
	}
	if kinds := kindsShown(dossier); o.Values {
		event := audit.Event{Action: "reveal", Account: account, Conversation: hash, Kinds: kinds, Count: len(dossier.Values), Purpose: "export", Reason: o.Reason}
		if err := d.note(who, o.Actor, event); err != nil {
			return erasure.Dossier{}, err
		}
	}
	return dossier, nil
}

// showsTo says of which kinds values are told: all to a command, and to a caller
// those that it may reveal in full.
func showsTo(who console.Who, wanted bool) func(kind string) bool {
	return func(kind string) bool {
		if !wanted || !who.Named() {
			return wanted
		}
		return who.Grant.Level == config.LevelFull && (who.Grant.AllKinds || slices.Contains(who.Grant.Kinds, kind))
	}
}

func kindsShown(d erasure.Dossier) (kinds []string) {
	for _, v := range d.Values {
		if v.Value != "" && !slices.Contains(kinds, v.Kind) {
			kinds = append(kinds, v.Kind)
		}
	}
	return kinds
}

var _ console.People = peopleDesk{}
