package reveal

import (
	"context"
	"fmt"
	"slices"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/conversation"
)

// record writes down what is about to be revealed: one line a person with kinds and
// count, and one for all tokens that get no answer. It returns when all of them are
// on disk.
func (d *Desk) record(events []audit.Event) error {
	for i, event := range events {
		write := d.config.Audit.Record
		if i == len(events)-1 {
			write = d.config.Audit.RecordDurable // this line, and all before it
		}
		if err := write(event); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) events(ctx context.Context, asker Asker, order Order, places []place) ([]audit.Event, error) {
	spelled := d.spellings()
	people := map[string]int{} // index of the event, by path
	var events []audit.Event
	foreign, missing := 0, 0
	for _, p := range places {
		switch {
		case p.foreign:
			foreign++
			continue
		case p.conversation == nil:
			missing++
			continue
		}
		at, ok := people[p.conversation.Path()]
		if !ok {
			event, err := d.event(ctx, asker, order, p.conversation)
			if err != nil {
				return nil, err
			}
			at, people[p.conversation.Path()] = len(events), len(events)
			events = append(events, event)
		}
		count(&events[at], p.kind, spelled)
	}
	if foreign+missing > 0 {
		event := d.about(asker, order, audit.Refused)
		event.Count = foreign + missing
		event.Reason = joined(order.Reason, fmt.Sprintf("%d foreign, %d not there", foreign, missing))
		events = append(events, event)
	}
	return events, nil
}

// count adds a token to the line about its person. The token is there, so its kind is
// one of ours, if not of the rules in force.
func count(e *audit.Event, kind string, spelled map[string]string) {
	e.Count++
	if real, ok := spelled[kind]; ok {
		kind = real
	}
	if !slices.Contains(e.Kinds, kind) {
		e.Kinds = append(e.Kinds, kind)
	}
}

// event is the line about one person.
func (d *Desk) event(ctx context.Context, asker Asker, order Order, c *conversation.Conversation) (audit.Event, error) {
	hash, err := d.config.Conversations.HashOf(ctx, c)
	if err != nil {
		return audit.Event{}, err
	}
	event := d.about(asker, order, audit.Done)
	event.Account, event.Conversation, event.Reason = c.Account, hash, order.Reason
	return event, nil
}

func (d *Desk) about(asker Asker, order Order, result string) audit.Event {
	return audit.Event{
		Actor: asker.Actor, Action: order.Action, Account: order.Account, Request: order.request,
		Purpose: order.Purpose, Source: asker.Source, Result: result,
	}
}

// failed writes down that an order was not carried out, and is the error of it. The
// log may be what fails: the answer is the same.
func (d *Desk) failed(asker Asker, order Order) error {
	event := d.about(asker, order, audit.Failed)
	event.Count, event.Reason = len(order.Tokens), joined(order.Reason, "the store cannot be read")
	if err := d.config.Audit.RecordDurable(event); err != nil {
		return ErrUnsaid
	}
	return ErrFault
}

// Refused writes down that an order was refused before a token was looked at.
func (d *Desk) Refused(asker Asker, order Order) error {
	order.request = random()
	event := d.about(asker, order, audit.Refused)
	event.Count, event.Reason = len(order.Tokens), order.Reason
	if err := d.config.Audit.RecordDurable(event); err != nil {
		return ErrUnsaid
	}
	return nil
}

// spellings are the rules' kinds by how tokens spell them.
func (d *Desk) spellings() map[string]string {
	spelled := map[string]string{}
	for _, kind := range slices.Sorted(slices.Values(d.config.Kinds())) {
		spelled[squashed(kind)] = kind
	}
	return spelled
}

func joined(reason, more string) string {
	if reason == "" {
		return more
	}
	return reason + "; " + more
}
