package proxy

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

// withdrawal is a held message that is about to become part of another one.
type withdrawal struct {
	held item
	due  time.Time // as the withdrawal set it: nobody else has touched it since
}

// held finds a held message in the lanes of its person by its id.
func (o *outbox) held(ctx context.Context, lanes []string, id string) (item, bool, error) {
	for _, lane := range lanes {
		if o.waiting.clear(lane) {
			continue
		}
		for after := ""; ; {
			page, err := o.store().List(ctx, lanePrefix(lane), after, outboxPage)
			if err != nil {
				return item{}, false, err
			}
			if len(page) == 0 {
				break
			}
			for _, record := range page {
				after = record.Key
				if it, ok := o.heldAt(ctx, record); ok && it.Held == id {
					return it, true, nil
				}
			}
		}
	}
	return item{}, false, nil
}

// heldAt is the held message that a record is or leads to.
func (o *outbox) heldAt(ctx context.Context, record store.Record) (item, bool) {
	sealed, err := o.open(record)
	if err == nil && sealed.Main != "" {
		if record, err = o.store().Get(ctx, sealed.Main); err == nil {
			sealed, err = o.open(record)
		}
	}
	return item{sealedParcel: sealed, record: record}, err == nil && sealed.Held != ""
}

// resting says that a held message has been touched by nobody: no sender has it,
// and no other message.
func (it item) resting() bool { return it.record.Due.Equal(it.Until) }

// keeps says that a held message is in the outbox.
func (o *outbox) keeps(ctx context.Context, lanes []string, id string) bool {
	_, found, err := o.held(ctx, lanes, id)
	return found && err == nil
}

// hasten lets a held message go at once: something follows it. When the store
// does not take it, the message goes when it is due.
func (o *outbox) hasten(ctx context.Context, lanes []string, id string) {
	ctx = context.WithoutCancel(ctx)
	it, found, err := o.held(ctx, lanes, id)
	if err != nil || !found || !it.resting() || !it.record.Due.After(o.now()) {
		return
	}
	it.record.Due = o.now()
	if o.store().Put(ctx, it.record) == nil {
		o.nudge(laneOfKey(it.record.Key))
	}
}

// withdraw keeps held messages from being sent while the message by takes their
// place, and tells those that are not there any more: they are on their way, or the
// bot has them. Of a sender and those who withdraw a message, in whichever
// instance, one wins. When by comes again, because an instance died over it, it
// takes what it had taken.
func (o *outbox) withdraw(ctx context.Context, lanes []string, by string, ids []string) (taken []withdrawal, gone []string) {
	ctx = context.WithoutCancel(ctx)
	for _, id := range ids {
		it, found, err := o.held(ctx, lanes, id)
		if err != nil || !found || !it.resting() && it.By != by {
			gone = append(gone, id)
			continue
		}
		it.By = by
		w := withdrawal{held: it, due: stored(o.config.Now().Add(o.lease()))}
		if o.hold(ctx, it, w.due) != nil {
			gone = append(gone, id)
			continue
		}
		taken = append(taken, w)
	}
	return taken, gone
}

// hold writes a held message anew, to go out at another time.
func (o *outbox) hold(ctx context.Context, it item, due time.Time) error {
	record, err := o.seal(it.record.Key, it.sealedParcel, it.record.Expires)
	if err != nil {
		return err
	}
	record.Version, record.Due = it.record.Version, due
	return o.store().Put(ctx, record)
}

// still is the record of a withdrawn message, unless the withdrawal took so long
// that a sender has it.
func (o *outbox) still(ctx context.Context, w withdrawal) (store.Record, error) {
	record, err := o.store().Get(ctx, w.held.record.Key)
	if err == nil && !record.Due.Equal(w.due) {
		return record, store.ErrConflict
	}
	return record, err
}

// restore takes a withdrawal back. What cannot be put back goes out when the
// withdrawal is over.
func (o *outbox) restore(ctx context.Context, taken []withdrawal) {
	ctx = context.WithoutCancel(ctx)
	for _, w := range taken {
		record, err := o.still(ctx, w)
		if err != nil {
			continue
		}
		it := w.held
		it.record, it.By = record, ""
		if o.hold(ctx, it, it.Until) == nil {
			o.expect(record.Key, it.Until)
		}
	}
}

// remove drops what was withdrawn for good. What cannot be removed from the store
// goes out masked when the withdrawal is over.
func (o *outbox) remove(ctx context.Context, taken []withdrawal) {
	ctx = context.WithoutCancel(ctx)
	for _, w := range taken {
		record, err := o.still(ctx, w)
		if err == nil {
			err = o.store().Delete(ctx, record.Key, record.Version)
		}
		switch {
		case err == nil:
			o.gone(ctx, w.held)
		case !errors.Is(err, store.ErrNotFound): // erased meanwhile
			o.config.Log.Warn("", eventFields("outbox_delete_failed")...)
		}
	}
}

// keysOf are the keys of what was withdrawn: a message that takes its place does
// not wait for it.
func keysOf(taken []withdrawal) (keys []string) {
	for _, w := range taken {
		keys = append(keys, w.held.record.Key)
	}
	return keys
}

// over says that a held message went out without the rest of its value.
func (o *outbox) over(it item) {
	if it.Held == "" {
		return
	}
	o.config.Log.Info("", zap.String("event", "hold_over"), zap.String("account", it.Account),
		zap.String("conversation", conversationOf(it.Lanes[0])), zap.String("request_id", it.Trace))
}
