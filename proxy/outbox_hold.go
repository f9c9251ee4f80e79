package proxy

import (
	"context"
	"errors"
	"slices"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

// keeps says that a held message is in the outbox.
func (o *outbox) keeps(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.heldItem(id) != nil
}

// heldItem finds a held message by its id; the lock is held.
func (o *outbox) heldItem(id string) *item {
	if id == "" {
		return nil
	}
	for it := range o.all {
		if it.held == id {
			return it
		}
	}
	return nil
}

// hasten lets a held message go at once: something follows it. When the store
// does not take it, the message goes when it is due.
func (o *outbox) hasten(ctx context.Context, id string) {
	o.mu.Lock()
	it := o.heldItem(id)
	o.mu.Unlock()
	if it == nil {
		return
	}
	now := o.config.Now()
	ctx = context.WithoutCancel(ctx)
	record, err := o.config.Records.Store.Get(ctx, it.key)
	if err == nil && record.Due.After(now) {
		record.Due = now
		err = o.config.Records.Store.Put(ctx, record)
	}
	if err != nil {
		return
	}
	o.mu.Lock()
	if it.due.After(now) {
		it.due = now
	}
	o.mu.Unlock()
	o.nudge()
}

// withdraw keeps held messages from being sent, and tells those that are not there
// any more: they are on their way, or the bot has them.
func (o *outbox) withdraw(ids []string) (taken []*item, gone []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		it := o.heldItem(id)
		if it == nil || it.sending {
			gone = append(gone, id)
			continue
		}
		it.withdrawn = true
		taken = append(taken, it)
	}
	return taken, gone
}

// restore takes a withdrawal back.
func (o *outbox) restore(items []*item) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	for _, it := range items {
		it.withdrawn = false
	}
	o.mu.Unlock()
	o.nudge()
}

// remove drops what was withdrawn for good. What cannot be removed from the store
// goes out masked after the next start.
func (o *outbox) remove(ctx context.Context, items []*item) {
	for _, it := range items {
		err := o.config.Records.Store.Delete(context.WithoutCancel(ctx), it.key, 0)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
		}
		o.mu.Lock()
		if o.all[it] {
			o.drop(it)
		}
		o.mu.Unlock()
	}
	if len(items) > 0 {
		o.nudge()
	}
}

// waits says that an item of a lane is before all that is to be sent after it.
func waits(it *item) bool { return !it.withdrawn }

// ahead is the first item of a lane, nil when there is none; the lock is held.
func (o *outbox) ahead(lane string) *item {
	if i := slices.IndexFunc(o.lanes[lane], waits); i >= 0 {
		return o.lanes[lane][i]
	}
	return nil
}

// over says that a held message went out without the rest of its value.
func (o *outbox) over(it *item, trace string) {
	if it.held == "" {
		return
	}
	conversation := ""
	if len(it.lanes) > 0 {
		conversation = it.lanes[0]
	}
	o.config.Log.Info("", zap.String("event", "hold_over"), zap.String("account", it.account.Name),
		zap.String("conversation", conversation), zap.String("request_id", trace))
}
