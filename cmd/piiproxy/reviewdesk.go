package main

import (
	"context"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/review"
)

// reviewDesk answers the admin API about the review list. Each order is in the
// audit log before it is answered: no audit, no answer.
type reviewDesk struct {
	book    *review.Book
	tenants *proxy.Tenants
	audit   proxy.Auditor
}

// allow checks an order and writes it down.
func (d reviewDesk) allow(ctx context.Context, action, account, actor, reason string) error {
	if _, ok := d.tenants.Account(account); !ok {
		return proxy.ErrNoAccount
	}
	event := audit.Event{Actor: actor, Action: action, Account: account, Reason: reason, Source: console.SourceOf(ctx), Result: audit.Done}
	if err := d.audit.RecordDurable(event); err != nil {
		return errUnsaid
	}
	return nil
}

// List implements console.Reviews.
func (d reviewDesk) List(ctx context.Context, o console.ReviewOrder) (console.ReviewList, error) {
	list := console.ReviewList{Items: []console.ReviewItem{}}
	if err := d.allow(ctx, "review list", o.Account, o.Actor, ""); err != nil {
		return list, err
	}
	items, err := d.book.List(ctx, o.Account)
	if err != nil {
		return list, err
	}
	for _, item := range items {
		list.Items = append(list.Items, reviewItem(item))
	}
	return list, nil
}

// Show implements console.Reviews.
func (d reviewDesk) Show(ctx context.Context, o console.ReviewOrder) (console.ReviewItem, error) {
	if err := d.allow(ctx, "review show", o.Account, o.Actor, plainID(o.ID)); err != nil {
		return console.ReviewItem{}, err
	}
	item, err := d.book.Show(ctx, o.Account, o.ID)
	if err != nil {
		return console.ReviewItem{}, err
	}
	return reviewItem(item), nil
}

// Mark implements console.Reviews.
func (d reviewDesk) Mark(ctx context.Context, o console.ReviewMark) (console.ReviewItem, error) {
	verdict := review.Verdict(o.Verdict)
	if verdict != review.Open && verdict != review.False && verdict != review.Right {
		return console.ReviewItem{}, review.ErrVerdict
	}
	said := o.Verdict
	if said == "" {
		said = "open"
	}
	if err := d.allow(ctx, "review mark", o.Account, o.Actor, plainID(o.ID)+" "+said); err != nil {
		return console.ReviewItem{}, err
	}
	item, err := d.book.Mark(ctx, o.Account, o.ID, verdict, o.Note)
	if err != nil {
		return console.ReviewItem{}, err
	}
	return reviewItem(item), nil
}

// plainID is an item's id for the audit log, which takes nothing else: what an
// operator types may be anything.
func plainID(id string) string {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return "?"
		}
	}
	return id[:min(len(id), 16)]
}

// reviewItem is an item as the admin API has it.
func reviewItem(item review.Item) console.ReviewItem {
	before, value, after := item.Words()
	return console.ReviewItem{
		ID: item.ID, Rule: item.Rule, Kind: item.Kind, Direction: item.Direction, Action: item.Action, Score: item.Score, Why: item.Why,
		Shape: item.Shape, Field: item.Field, Found: item.Found.UTC().Format(time.RFC3339), Expires: item.Expires.UTC().Format(time.RFC3339),
		Verdict: string(item.Verdict), Note: item.Note, Before: before, Value: value, After: after,
	}
}
