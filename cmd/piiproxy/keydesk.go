package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/audit"
	"github.com/piiproxy/piiproxy/console"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/proxy"
	"github.com/piiproxy/piiproxy/rotation"
	"github.com/piiproxy/piiproxy/store"
)

// keyDesk answers for the keys: in a running serve, and in a command when none
// runs.
type keyDesk struct {
	set    *keys.Set
	meta   store.Store // of conversations
	stores []store.Store
	audit  proxy.Auditor
	worker *rotation.Worker // nil in a command
}

// List implements console.KeyDesk.
func (d keyDesk) List(ctx context.Context) (console.KeyList, error) {
	list := console.KeyList{Keys: []console.KeyInfo{}}
	if err := d.fresh(ctx); err != nil {
		return list, err
	}
	counts, err := d.counts(ctx, &list)
	if err != nil {
		return list, err
	}
	sealings, err := rotation.Sealings(ctx, d.meta)
	if err != nil {
		return list, err
	}
	instances, err := rotation.Instances(ctx, d.meta)
	if err != nil {
		return list, err
	}
	list.Instances = len(instances)
	for _, key := range d.set.Keys() {
		info := console.KeyInfo{
			ID: key.ID, Use: key.Use, State: key.State, Made: key.Made, Promoted: key.Promoted,
			Records: counts.Records[key.ID], Direct: counts.Direct[key.ID], Held: counts.Held[key.ID],
			Sealings: sealings[key.ID], Lagging: lagging(key, instances),
		}
		info.Due = rotation.Due(key, info.Sealings, time.Now())
		list.Keys = append(list.Keys, info)
	}
	for id, n := range counts.Records {
		if !d.set.Has(id) && !d.set.GivenUp(id) {
			list.Missing += n
		}
	}
	return list, nil
}

// counts are those of the worker's last run, or fresh ones where there is none.
func (d keyDesk) counts(ctx context.Context, list *console.KeyList) (rotation.Counts, error) {
	if d.worker != nil {
		progress := d.worker.Progress()
		list.Moving, list.Moved = progress.Moving, progress.Moved
		if !progress.Counted.IsZero() {
			list.Counted = progress.Counted.UTC().Format(time.RFC3339)
			return progress.Counts, nil
		}
	}
	list.Counted = time.Now().UTC().Format(time.RFC3339)
	return rotation.Count(ctx, d.set, d.stores...)
}

// fresh takes up the folder: whoever asks may just have changed it.
func (d keyDesk) fresh(ctx context.Context) error {
	if d.worker != nil {
		d.worker.Refresh(ctx)
		return nil
	}
	_, err := d.set.Reload(ctx)
	return err
}

// settle counts what is under each key now; in a command, where no worker does it,
// records are moved to the primary first.
func (d keyDesk) settle(ctx context.Context) (rotation.Counts, error) {
	if d.worker != nil {
		return rotation.Count(ctx, d.set, d.stores...)
	}
	if err := d.fresh(ctx); err != nil {
		return rotation.Counts{}, err
	}
	counts, _, err := rotation.Move(ctx, d.set, d.stores...)
	return counts, err
}

// lagging is how many instances do not have a key.
func lagging(key keys.Key, instances map[string]rotation.Instance) (n int) {
	for _, instance := range instances {
		switch {
		case key.Use == keys.Sealing && !slices.Contains(instance.Keys, key.ID):
			n++
		case key.Use == keys.Signing && !slices.Contains(instance.Signing, key.ID):
			n++
		}
	}
	return n
}

// Order implements console.KeyDesk.
func (d keyDesk) Order(ctx context.Context, o console.KeyOrder) (console.KeyAnswer, error) {
	if o.Actor == "" {
		return console.KeyAnswer{}, errors.New("the order names no actor")
	}
	if !slices.Contains([]string{console.KeysStage, console.KeysPromote, console.KeysRetire, console.KeysRewrap}, o.Action) {
		return console.KeyAnswer{}, errors.New("action is keys stage, keys promote, keys retire or keys rewrap")
	}
	if len(o.Reason) > maxReason {
		return console.KeyAnswer{}, refuse(http.StatusUnprocessableEntity, "the reason is longer than 400 bytes")
	}
	event := audit.Event{Actor: o.Actor, Action: o.Action, Reason: reasonOf(o), Source: o.Source, Result: audit.Done}
	var problem error
	switch {
	case o.Failed:
		event.Result = audit.Failed
	case o.Action == console.KeysPromote:
		problem = d.promotable(ctx, o.Key)
	case o.Action == console.KeysRetire:
		event.Count, problem = d.retirable(ctx, o)
	}
	if problem != nil {
		event.Result = audit.Refused
	}
	if err := d.audit.RecordDurable(event); err != nil {
		return console.KeyAnswer{}, refuse(http.StatusServiceUnavailable, "the audit log cannot be written, so the keys stay as they are")
	}
	return console.KeyAnswer{Records: event.Count}, problem
}

// reasonOf is what the audit log keeps: the key, how it was ordered, and why.
func reasonOf(o console.KeyOrder) string {
	text := o.Key
	if o.Force {
		text += " (forced)"
	}
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}

// promotable: every running instance has the key.
func (d keyDesk) promotable(ctx context.Context, id string) error {
	instances, err := rotation.Instances(ctx, d.meta)
	if err != nil {
		return err
	}
	lag := 0
	for _, instance := range instances {
		if !slices.Contains(instance.Keys, id) && !slices.Contains(instance.Signing, id) {
			lag++
		}
	}
	if lag > 0 {
		return fmt.Errorf("%w: %d of %d running instances do not have key %s, and could not read what the others seal with it: "+
			"give them the key folder as it is now; they take it up within seconds, and one that has ended is forgotten after 70 s", errLagging, lag, len(instances), id)
	}
	return nil
}

// errLagging says that a key cannot be promoted yet.
var errLagging = errors.New("not yet")

// retirable counts what a key still seals. Nobody may still seal with it.
func (d keyDesk) retirable(ctx context.Context, o console.KeyOrder) (int, error) {
	instances, err := rotation.Instances(ctx, d.meta)
	if err != nil {
		return 0, err
	}
	for _, instance := range instances {
		if instance.Primary == o.Key {
			return 0, fmt.Errorf("a running instance still seals with key %s: give it the key folder as it is now, or stop it", o.Key)
		}
	}
	counts, err := d.settle(ctx)
	if err != nil {
		return 0, err
	}
	n := counts.Records[o.Key]
	if n == 0 || o.Force {
		return n, nil
	}
	return n, fmt.Errorf("%d records are sealed under key %s (%d of them wait for the bot, %d were written by an earlier version and move when "+
		"their person writes again): serve moves them in the background, see `piiproxy keys list`; "+
		"--force destroys the key now, and with it these records: conversations lose their tokens, and what waits for the bot is lost",
		n, o.Key, counts.Held[o.Key], counts.Direct[o.Key])
}
