package main

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rules"
	"github.com/piiproxy/piiproxy/vault"
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

const (
	// findPage is how many conversations are read at once, and findTime how long one
	// answer may take: whoever asks sees that it goes on.
	findPage = 200
	findTime = 2 * time.Second
	maxValue = 4 << 10
)

// Find implements console.People.
func (d peopleDesk) Find(ctx context.Context, who console.Who, o console.FindOrder) (console.Findings, error) {
	value := strings.TrimSpace(o.Value)
	if value == "" || len(value) > maxValue {
		return console.Findings{}, refuse(http.StatusUnprocessableEntity, "a value has from 1 to 4096 bytes")
	}
	after := ""
	if o.After == "" {
		if err := d.note(who, o.Actor, audit.Event{Action: "value_search"}); err != nil {
			return console.Findings{}, err
		}
	} else if after = d.openCursor(o.After); after == "" {
		return console.Findings{}, refuse(http.StatusUnprocessableEntity, "after is not from an earlier answer: begin anew")
	}
	hunts, names := map[string]*hunt{}, []string{}
	for _, a := range d.core.tenants.Accounts() {
		hunts[a.Name] = newHunt(a, d.core.tenants.Rules(), value)
		names = append(names, a.Name)
	}
	findings := console.Findings{Found: []console.Finding{}}
	for end := time.Now().Add(findTime); ; {
		page, err := d.core.book.Walk(ctx, names, after, findPage)
		if err != nil {
			return console.Findings{}, errNotNow
		}
		for _, c := range page.Conversations {
			if err := d.look(ctx, c, hunts[c.Account], &findings); err != nil {
				return console.Findings{}, errNotNow
			}
		}
		if after = page.Next; after == "" {
			return findings, nil
		}
		if time.Now().After(end) {
			findings.Next = d.seal("cursor", after)
			return findings, nil
		}
	}
}

// look looks for the value in one conversation.
func (d peopleDesk) look(ctx context.Context, c *conversation.Conversation, h *hunt, findings *console.Findings) error {
	findings.Seen++
	var kinds []string
	err := d.archive.Values.Each(ctx, c, func(_ string, held vault.Held) error {
		if h.is(held.Value) && !slices.Contains(kinds, held.Value.Kind) {
			kinds = append(kinds, held.Value.Kind)
		}
		return nil
	})
	if err != nil && !errors.Is(err, vault.ErrTampered) {
		return err
	}
	if len(kinds) > 0 {
		findings.Found = append(findings.Found, console.Finding{
			Account: c.Account, Conversation: d.core.hash(c), Kinds: kinds, Ref: d.seal("ref", c.Account+"/"+c.ID),
		})
	}
	return nil
}

// hunt is a value that is looked for, in the spelling of one account.
type hunt struct {
	folded string
	forms  map[string]bool // kind and canonical form, as the account's rules read it
}

func newHunt(a *proxy.Account, book *proxy.Rulebook, value string) *hunt {
	h := &hunt{folded: folded(value), forms: map[string]bool{}}
	result, err := book.Sets[a.Name].Scan(value, rules.Context{
		Direction: rules.Inbound, Channel: string(a.Channel.Name()), Account: a.Name, Region: a.Region, Language: a.Language,
	})
	if err != nil {
		return h // the folded form is looked for all the same
	}
	for _, f := range result.Findings {
		h.forms[f.Kind+" "+f.Canonical()] = true
	}
	return h
}

func (h *hunt) is(v vault.Value) bool {
	return h.forms[v.Kind+" "+v.Canonical] || folded(v.Canonical) == h.folded || folded(v.Text) == h.folded
}

// folded is a value without what people put between its parts.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n\u00a0-.()/+", r) {
			return -1
		}
		return r
	}, strings.ToLower(text))
}

// seal makes an opaque text of what never leaves the house.
func (d peopleDesk) seal(what, text string) string {
	sealed, err := d.keys.Seal([]byte(text), []byte("piiproxy people "+what))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

func (d peopleDesk) unseal(what, text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	plain, err := d.keys.Open(sealed, []byte("piiproxy people "+what))
	if err != nil {
		return ""
	}
	return string(plain)
}

func (d peopleDesk) openCursor(text string) string { return d.unseal("cursor", text) }

func (d peopleDesk) openRef(text string) (account, id string) {
	account, id, _ = strings.Cut(d.unseal("ref", text), "/")
	return account, id
}

var _ console.People = peopleDesk{}
