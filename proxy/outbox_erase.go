package proxy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/channel"
	"github.com/piiproxy/piiproxy/erasure"
	"github.com/piiproxy/piiproxy/payload"
	"github.com/piiproxy/piiproxy/store"
)

// Queued is what erasures take away of the outbox: the person's messages, held ones
// too. A parcel with other people's beside them stays, without theirs.
func (p *Proxy) Queued() erasure.Part { return queued{p} }

type queued struct{ proxy *Proxy }

// Name implements erasure.Part.
func (q queued) Name() string { return "outbox" }

// Count implements erasure.Part.
func (q queued) Count(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	return q.each(ctx, subjects, func(store.Record, sealedParcel, *erasure.Subject) error { return nil })
}

// Erase implements erasure.Part.
func (q queued) Erase(ctx context.Context, subjects []erasure.Subject) ([]int, error) {
	return q.each(ctx, subjects, func(record store.Record, sealed sealedParcel, s *erasure.Subject) error {
		return q.take(ctx, record, sealed, s)
	})
}

// each opens every parcel and finds whose messages are in it.
func (q queued) each(ctx context.Context, subjects []erasure.Subject, do func(store.Record, sealedParcel, *erasure.Subject) error) ([]int, error) {
	counts := make([]int, len(subjects))
	var faults error
	for after := ""; ; {
		page, err := q.proxy.config.Records.Store.List(ctx, outboxPrefix, after, outboxPage)
		if err != nil {
			return counts, errors.Join(faults, err)
		}
		if len(page) == 0 {
			return counts, faults
		}
		for _, record := range page {
			after = record.Key
			sealed, opened := q.parcel(ctx, &record, false)
			for i := range subjects {
				if !opened || !concerns(sealed, &subjects[i]) {
					continue
				}
				counts[i]++
				faults = errors.Join(faults, do(record, sealed, &subjects[i]))
				sealed, opened = q.parcel(ctx, &record, true) // without them it is another one
			}
		}
	}
}

// parcel opens a record, which is read again where it may have changed.
func (q queued) parcel(ctx context.Context, record *store.Record, again bool) (sealed sealedParcel, opened bool) {
	if again {
		now, err := q.proxy.config.Records.Store.Get(ctx, record.Key)
		if err != nil {
			return sealed, false
		}
		*record = now
	}
	sealed, err := (&outbox{config: q.proxy.config}).open(*record) // there may be no outbox yet
	return sealed, err == nil
}

// concerns says that a parcel holds messages of a subject from before they were
// erased.
func concerns(sealed sealedParcel, s *erasure.Subject) bool {
	return !sealed.Accepted.After(s.Until) && (s.Spare == "" || sealed.Trace != s.Spare) &&
		slices.ContainsFunc(sealed.Lanes, func(lane string) bool { return laneOf(lane, s) })
}

// laneOf says that a lane is a subject's: it ends with what logs show of them.
func laneOf(lane string, s *erasure.Subject) bool {
	return slices.Contains(s.Hashes, lane[strings.LastIndexByte(lane, '/')+1:])
}

// take removes a subject's messages from a parcel, which a sender may have leased
// since it was read.
func (q queued) take(ctx context.Context, record store.Record, sealed sealedParcel, s *erasure.Subject) error {
	for range addAttempts {
		err := q.takeAt(ctx, record, sealed, s)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		var opened bool
		if sealed, opened = q.parcel(ctx, &record, true); !opened || !concerns(sealed, s) {
			return nil
		}
	}
	return store.ErrConflict
}

// takeAt is take at the version that was read.
func (q queued) takeAt(ctx context.Context, record store.Record, sealed sealedParcel, s *erasure.Subject) error {
	o := &outbox{config: q.proxy.config} // the proxy's own is not there yet when it starts
	rest, err := q.without(sealed, s)
	if err != nil {
		return err
	}
	if rest == nil {
		err := o.store().Delete(ctx, record.Key, 0)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if q.proxy.delivery != nil {
			q.proxy.delivery.outbox.gone(ctx, item{sealedParcel: sealed, record: record})
		}
		return nil
	}
	// Where it stands it stays: under the same stamp, first in the same lanes.
	lighter, err := o.seal(record.Key, *rest, record.Expires)
	if err != nil {
		return err
	}
	lighter.Version, lighter.Due = record.Version, record.Due
	if err := o.store().Put(ctx, lighter); err != nil {
		return err
	}
	q.leave(ctx, record.Key, slices.DeleteFunc(slices.Clone(sealed.Lanes), func(lane string) bool { return !laneOf(lane, s) }))
	return nil
}

// leave takes a parcel out of lanes that have nothing of it any more: what comes
// there later does not wait for it, and nobody would wake it.
func (q queued) leave(ctx context.Context, key string, lanes []string) {
	for _, lane := range lanes {
		if marker := laneKey(lane, stampOf(key)); marker != key {
			_ = q.proxy.config.Records.Store.Delete(ctx, marker, 0) // one that stays holds the lane up until the next look
		}
	}
	if q.proxy.delivery == nil {
		return
	}
	o := q.proxy.delivery.outbox
	for _, next := range o.followers(ctx, lanes) {
		o.hurry(ctx, next)
	}
}

// without is a parcel without a subject's messages; nil when nothing else is in it.
func (q queued) without(sealed sealedParcel, s *erasure.Subject) (*sealedParcel, error) {
	if !slices.ContainsFunc(sealed.Lanes, func(lane string) bool { return !laneOf(lane, s) }) {
		return nil, nil
	}
	p := q.proxy
	account, ok := p.config.Tenants.Account(sealed.Account)
	if !ok {
		return nil, nil
	}
	document, err := payload.Parse(sealed.Body, p.config.Limits.Payload)
	if err != nil {
		return nil, nil // nobody can say what of it is whose
	}
	defer document.Free()
	parts, err := account.Channel.Delivery(document)
	if err != nil {
		return nil, nil
	}
	owners := p.config.Tenants.owners(account.App, account.Channel, parts)
	theirs := func(i int) bool {
		return owners[i] != nil && owners[i].Name == s.Account && p.names(owners[i], parts[i], s)
	}
	b, err := p.apart(p.config.Tenants.Rules(), account.App, account.Channel, document, parts, theirs)
	if err != nil || b == nil {
		return nil, err
	}
	sealed.Body = slices.Clone(b.document.Raw)
	sealed.Lanes = slices.DeleteFunc(slices.Clone(sealed.Lanes), func(lane string) bool { return laneOf(lane, s) })
	return &sealed, nil
}

// names says that a part is about a subject.
func (p *Proxy) names(owner *Account, part channel.Part, s *erasure.Subject) bool {
	return slices.ContainsFunc(part.Person.Aliases, func(alias string) bool {
		return slices.Contains(s.Hashes, p.config.Records.Conversations.Hash(owner.Name, alias))
	})
}

// withdrawHeld removes a held message for good. One that is on its way by now is
// the bot's.
func (p *Proxy) withdrawHeld(ctx context.Context, lanes []string, message string) {
	o := p.delivery.outbox
	taken, _ := o.withdraw(ctx, lanes, "taken back "+message, []string{message})
	o.remove(ctx, taken)
}
