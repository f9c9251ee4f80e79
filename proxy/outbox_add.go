package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// addAttempts bounds how often a place in the lanes is looked for anew when
// another instance took the same one.
const addAttempts = 5

// add seals a parcel; it is durable when add gives 200.
func (o *outbox) add(ctx context.Context, p parcel) (int, *Refusal) {
	p.behind = p.held == "" && (p.behind || o.waiting.crowded(p.lanes))
	for range addAttempts {
		r, refusal := o.prepare(ctx, p)
		if refusal != nil {
			return 0, refusal
		}
		// Not cancelled: what is stored and not known of is sent twice.
		err := o.store().Put(context.WithoutCancel(ctx), r.records...)
		if err != nil && !errors.Is(err, store.ErrConflict) && o.added(r) {
			err = nil
		}
		r.Settle(err == nil)
		if err == nil {
			if p.behind {
				o.unlessBlocked(context.WithoutCancel(ctx), p.lanes, r.records[0].Key)
			}
			return http.StatusOK, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	return 0, &refuseStore
}

// added reports whether a parcel is in a store that others share, after a fault that
// left it open: refused, it would come again and be sent twice. Nobody else has its
// key.
func (o *outbox) added(r *reservation) bool {
	if o.config.Records.Alone {
		return false
	}
	ctx, cancel := unhurried(context.Background())
	defer cancel()
	_, err := o.store().Get(ctx, r.records[0].Key)
	return err == nil
}

// reservation is a parcel that has its place in the lanes and is not in the
// store yet. It is a capture.Reservation.
type reservation struct {
	outbox  *outbox
	account string
	lanes   []string
	size    int64
	records []store.Record
}

// Records are the sealed parcel and its markers, to be written at version 0, all
// in one put.
func (r *reservation) Records() []store.Record { return r.records }

// Settle sends the parcel, or forgets it when it was not written.
func (r *reservation) Settle(written bool) {
	r.outbox.waiting.settled()
	if !written {
		r.outbox.waiting.less(r.account, r.lanes, r.size)
	}
	if due := r.records[0].Due; !due.IsZero() {
		r.outbox.expect(r.records[0].Key, due)
	}
}

// prepare seals a parcel and takes its place in the lanes.
func (o *outbox) prepare(ctx context.Context, p parcel) (*reservation, *Refusal) {
	if len(p.lanes) == 0 {
		p.lanes = []string{o.parts[p.account.Name] + "/" + logHash([]byte(rand.Text()))} // behind nobody
	}
	stamp, err := o.stamp(ctx, p.lanes)
	if err != nil {
		return nil, &refuseStore
	}
	records, err := o.sealed(p, stamp)
	if err != nil {
		return nil, &refuseStore
	}
	r := &reservation{outbox: o, account: p.account.Name, lanes: p.lanes, size: int64(len(records[0].Value)), records: records}
	if !o.waiting.more(r.account, r.lanes, r.size, o.config.Limits.Outbox.Bytes) {
		return nil, &refuseOutbox
	}
	return r, nil
}

// sealed makes the records of a parcel, itself first.
func (o *outbox) sealed(p parcel, stamp string) ([]store.Record, error) {
	now := o.now()
	due := now
	kept := sealedParcel{
		Account: p.account.Name, Lanes: p.lanes, Header: forwardedHeader(p.header), Trace: p.trace, Accepted: now, Body: p.body, Held: p.held,
	}
	if !p.accepted.IsZero() {
		kept.Accepted = p.accepted
	}
	if p.due.After(now) {
		due = stored(p.due)
	}
	if p.held != "" {
		kept.Until = due
	} else if p.behind {
		due = time.Time{}
	}
	main := laneKey(p.lanes[0], stamp)
	record, err := o.seal(main, kept, o.expires(now))
	if err != nil {
		return nil, err
	}
	record.Due = due
	records := []store.Record{record}
	for _, lane := range p.lanes[1:] {
		marker, err := o.seal(laneKey(lane, stamp), sealedParcel{Main: main}, o.expires(now))
		if err != nil {
			return nil, err
		}
		records = append(records, marker)
	}
	return records, nil
}
