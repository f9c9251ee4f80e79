package main

import (
	"context"
	"errors"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
)

// quarantineDesk answers orders about what was set aside. Each is in the audit log
// before it is carried out: no audit, no answer.
type quarantineDesk struct {
	shelf proxy.Shelf
	audit proxy.Auditor
	retry func(ctx context.Context, id string) (why string, err error) // nil: nobody delivers
}

// errNobodyDelivers says that an item cannot be put back.
var errNobodyDelivers = errors.New("an item is delivered by serve: start it first")

// note writes down what is about to be done. What an operator types may be anything,
// so that only what an id can be gets into the log.
func (d quarantineDesk) note(ctx context.Context, action string, o console.QuarantineOrder) error {
	event := audit.Event{Actor: o.Actor, Action: action, Source: console.SourceOf(ctx), Result: audit.Done}
	if o.ID != "" {
		event.Reason = plainID(o.ID)
	}
	if err := d.audit.RecordDurable(event); err != nil {
		return errUnsaid
	}
	return nil
}

// List implements console.Quarantine.
func (d quarantineDesk) List(ctx context.Context, o console.QuarantineOrder) (console.QuarantinePage, error) {
	page := console.QuarantinePage{Items: []console.QuarantineItem{}}
	if o.After == "" { // the pages after the first are the same reading
		if err := d.note(ctx, "quarantine list", console.QuarantineOrder{Actor: o.Actor}); err != nil {
			return page, err
		}
	}
	items, next, err := d.shelf.List(ctx, o.After)
	if err != nil {
		return page, errNotNow
	}
	page.Next = next
	for _, item := range items {
		page.Items = append(page.Items, quarantineItem(item))
	}
	return page, nil
}

func quarantineItem(item proxy.SetAside) console.QuarantineItem {
	seen := console.QuarantineItem{
		ID: item.ID, Reason: item.Reason, App: item.App, Account: item.Account, Request: item.Request,
		Expires: item.Expires.UTC().Format(time.RFC3339), Bytes: item.Bytes,
	}
	if !item.Accepted.IsZero() {
		seen.Accepted = item.Accepted.UTC().Format(time.RFC3339Nano)
	}
	return seen
}

// Retry implements console.Quarantine.
func (d quarantineDesk) Retry(ctx context.Context, o console.QuarantineOrder) (console.QuarantineOutcome, error) {
	if d.retry == nil {
		return console.QuarantineOutcome{}, errNobodyDelivers
	}
	if err := d.note(ctx, "quarantine retry", o); err != nil {
		return console.QuarantineOutcome{}, err
	}
	why, err := d.retry(ctx, o.ID)
	return console.QuarantineOutcome{ID: o.ID, Gone: err == nil && why == "", Why: why}, err
}

// Drop implements console.Quarantine.
func (d quarantineDesk) Drop(ctx context.Context, o console.QuarantineOrder) (console.QuarantineOutcome, error) {
	if err := d.note(ctx, "quarantine drop", o); err != nil {
		return console.QuarantineOutcome{}, err
	}
	err := d.shelf.Drop(ctx, o.ID)
	return console.QuarantineOutcome{ID: o.ID, Gone: err == nil}, err
}

var _ console.Quarantine = quarantineDesk{}

// remoteQuarantine is the desk of the running serve.
type remoteQuarantine struct{ file string }

// List implements console.Quarantine.
func (d remoteQuarantine) List(ctx context.Context, o console.QuarantineOrder) (page console.QuarantinePage, err error) {
	err = ask(ctx, d.file, "/v1/quarantine/list", o, &page)
	return page, err
}

// Retry implements console.Quarantine.
func (d remoteQuarantine) Retry(ctx context.Context, o console.QuarantineOrder) (outcome console.QuarantineOutcome, err error) {
	err = ask(ctx, d.file, "/v1/quarantine/retry", o, &outcome)
	return outcome, err
}

// Drop implements console.Quarantine.
func (d remoteQuarantine) Drop(ctx context.Context, o console.QuarantineOrder) (outcome console.QuarantineOutcome, err error) {
	err = ask(ctx, d.file, "/v1/quarantine/drop", o, &outcome)
	return outcome, err
}
