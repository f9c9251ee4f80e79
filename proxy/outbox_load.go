package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// lookEvery is how often everything that waits is read: an instance that ends
// between finishing one parcel and waking the next leaves that to the others. For
// each MiB that waits it is lookPause later, so that a bot that is down for long
// does not keep the store busy.
const (
	lookEvery = 30 * time.Second
	lookPause = time.Second
)

// lookAfter reads what waits, now and then.
func (o *outbox) lookAfter(ctx context.Context) {
	for {
		wait := lookEvery + time.Duration(o.waiting.bytes()>>20)*lookPause
		timer := time.NewTimer(wait - time.Duration(rand.Int64N(int64(wait/5))))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if o.waiting.empty() {
			continue
		}
		_, _ = o.readAll(ctx, func(store.Record, error) {}) // again at the next look
	}
}

// load takes up what an earlier process left.
func (o *outbox) load(ctx context.Context) error {
	if err := o.renewAll(ctx); err != nil {
		return err
	}
	for counted := false; !counted; { // again when something was set aside
		unreadable := 0
		var err error
		counted, err = o.readAll(ctx, func(record store.Record, fault error) {
			if fault != nil {
				unreadable++
			}
			if stamp, err := strconv.ParseInt(stampOf(record.Key), 16, 64); err == nil {
				o.last = max(o.last, stamp)
			}
		})
		if err != nil {
			return err
		}
		for range unreadable {
			if counted {
				o.config.Log.Error("", eventFields("outbox_unreadable")...)
			}
		}
	}
	return nil
}

// renewAll moves what an earlier version left.
func (o *outbox) renewAll(ctx context.Context) error {
	for after := ""; ; {
		page, err := o.store().List(ctx, outboxPrefix, after, outboxPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		for _, record := range page {
			after = record.Key
			if strings.Count(record.Key, "/") > 1 {
				continue
			}
			if err := o.renew(ctx, record); err != nil {
				return err
			}
		}
	}
}

// readAll reads every record, counts the parcels, and wakes the first of a lane
// that nobody has woken. What belongs to an account that is gone is set aside. It
// says whether the counts are right.
func (o *outbox) readAll(ctx context.Context, each func(store.Record, error)) (bool, error) {
	count := o.waiting.count()
	lane, after := "", ""
	for {
		page, err := o.store().List(ctx, outboxPrefix, after, outboxPage)
		if err != nil {
			return false, err
		}
		if len(page) == 0 {
			return o.waiting.correct(count), nil
		}
		for _, record := range page {
			after = record.Key
			sealed, err := o.open(record)
			each(record, err)
			switch {
			case err != nil:
				continue
			case sealed.Main == "" && o.parts[sealed.Account] == "":
				if o.nobodys(sealed) {
					o.accountGone(ctx, item{sealedParcel: sealed, record: record})
				}
				continue
			case sealed.Main == "":
				count.add(sealed.Account, sealed.Lanes, int64(len(record.Value)))
			}
			if at := laneOfKey(record.Key); at != lane && o.wakeFirst(ctx, record, sealed) {
				lane = at
			}
		}
	}
}

// wakeFirst hurries the parcel that the first record of a lane is or leads to;
// false when it leads nowhere.
func (o *outbox) wakeFirst(ctx context.Context, record store.Record, sealed sealedParcel) bool {
	main := record.Key
	if sealed.Main != "" {
		var err error
		if main, err = o.parcelAt(ctx, record); err != nil || main == "" {
			return false
		}
	}
	if sealed.Main != "" || record.Due.IsZero() {
		o.hurry(ctx, main)
	}
	return true
}

// nobodys says that no instance sends a parcel whose account is not in the
// configuration here. Another one may have a newer configuration, as in a rolling
// start: it would have sent it, or set it aside, by the age at which it is too old.
func (o *outbox) nobodys(sealed sealedParcel) bool {
	return o.config.Records.Alone || o.config.Now().Sub(sealed.Accepted) > o.config.Limits.Outbox.Age
}

// accountGone sets aside what can never be sent.
func (o *outbox) accountGone(ctx context.Context, it item) {
	if o.quarantine.seal(ctx, inbound{trace: it.Trace}, aside{account: it.Account, reason: "outbox_account_gone", body: it.Body}) != nil {
		return // at the next look
	}
	// At whatever version: the one before it may have just given it a time.
	if err := o.store().Delete(ctx, it.record.Key, 0); err == nil {
		o.gone(ctx, it)
	}
}

// renew moves a parcel of an earlier version, which stood under its stamp alone,
// into its lanes. Of several instances that begin at once one does it. What cannot
// be opened, or has no account any more, is left to readAll.
func (o *outbox) renew(ctx context.Context, record store.Record) error {
	sealed, err := o.open(record)
	account, known := o.config.Tenants.Account(sealed.Account)
	if err != nil || !known {
		return nil
	}
	lanes := make([]string, len(sealed.Lanes))
	for i, conversation := range sealed.Lanes {
		lanes[i] = o.lane(account.Name, conversation)
	}
	moved, err := o.sealed(parcel{
		account: account, body: sealed.Body, lanes: lanes, header: sealed.Header, trace: sealed.Trace, held: sealed.Held, due: record.Due,
		accepted: sealed.Accepted,
	}, stampOf(record.Key))
	if err != nil {
		return err
	}
	record.Value, record.Due, record.Expires = nil, time.Time{}, time.Unix(1, 0) // gone at once
	if err := o.store().Put(ctx, append(moved, record)...); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return nil
}
