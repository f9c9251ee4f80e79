package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// sweepEvery is how late an expired link may become a turn.
	sweepEvery = 10 * time.Second
	// sweepLease is how long a sweeper that is killed keeps others from a link.
	sweepLease = time.Minute
	sweepPage  = 100
)

// Run sweeps until the context ends. Each instance runs one; they share the work.
func (b *Book) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// What fails stays leased, and is tried again when the lease is over.
			if _, err := b.Sweep(ctx); err != nil && ctx.Err() == nil {
				b.observe("", eventFault)
			}
		}
	}
}

// Sweep closes the links whose time is over, and says how many. Each becomes the
// turn that the account names, in the same write that closes it.
func (b *Book) Sweep(ctx context.Context) (int, error) {
	closed := 0
	for {
		records, err := b.store.Lease(ctx, linkPrefix, b.now(), sweepLease, sweepPage)
		if err != nil {
			return closed, fmt.Errorf("looking for expired links: %w", err)
		}
		var faults []error
		for _, record := range records {
			done, err := b.survive(ctx, record)
			if err != nil {
				faults = append(faults, err)
			}
			if done {
				closed++
			}
		}
		if len(faults) > 0 || len(records) < sweepPage {
			return closed, errors.Join(faults...)
		}
	}
}

// survive keeps a panic over one link from ending the process: it may hold
// values, so it is not shown.
func (b *Book) survive(ctx context.Context, record store.Record) (done bool, err error) {
	defer func() {
		if recover() != nil {
			done, err = false, errors.New("closing a link: a panic")
		}
	}()
	return b.close(ctx, record)
}

// close closes the link of a leased record.
func (b *Book) close(ctx context.Context, record store.Record) (bool, error) {
	l, err := b.open(ctx, record)
	if errors.Is(err, ErrNoLink) { // erased, or altered: no use to anybody
		err = b.store.Delete(ctx, record.Key, record.Version)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrConflict) {
			err = nil
		}
		return false, err
	}
	if err != nil {
		return false, err
	}
	if !l.over(b.now()) || l.State != open { // due by another instance's clock
		return false, b.keep(ctx, l)
	}
	turn, err := b.unfilled(ctx, l)
	if err != nil {
		return false, err
	}
	return b.shut(ctx, l, turn)
}

// keep puts a link back that was leased without need.
func (b *Book) keep(ctx context.Context, l *link) error {
	record, err := b.record(l)
	if err != nil {
		return err
	}
	if err := b.store.Put(ctx, record); err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("writing link: %w", err)
	}
	return nil
}

// unfilled is the turn that says that a link was not filled in; nil when the
// account names none, nobody knows how to make it, or the bot had not asked.
func (b *Book) unfilled(ctx context.Context, l *link) (Reservation, error) {
	c := l.conversation
	account, known := b.config.Accounts(c.Account)
	if !known || account.Unfilled == "" || l.Source == Warning {
		return nil, nil
	}
	home, err := b.home(ctx, c)
	if errors.Is(err, ErrNoLink) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	turn, err := b.house.Outbox.Resume(ctx, Turn{Account: c.Account, Conversation: home, Serial: l.Serial, Text: account.Unfilled})
	if errors.Is(err, ErrUnknownIDs) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("making the turn of an unfilled form: %w", err)
	}
	return turn, nil
}

// shut writes that a link has expired, with its turn. Whoever changed the link
// since it was leased (a submission at the last moment, a new link in its place)
// has decided otherwise. The chart may change meanwhile.
func (b *Book) shut(ctx context.Context, l *link, turn Reservation) (bool, error) {
	ctx = context.WithoutCancel(ctx)
	var more []store.Record
	written, settle := false, func(bool) {}
	if turn != nil {
		more, settle = turn.Records(), turn.Settle
	}
	defer func() { settle(written) }()
	l.State = expired
	for range attempts {
		ch, err := b.readChart(ctx, l.conversation)
		if err != nil {
			return false, err
		}
		ch.leave(l.Serial)
		err = b.put(ctx, ch, l, more...)
		if err == nil {
			written = true
			b.observe(l.conversation.Account, eventExpired)
			return true, nil
		}
		if !errors.Is(err, store.ErrConflict) {
			record, lost := b.store.Get(ctx, l.key)
			written = lost != nil || record.Version != l.version // it was done all the same, or may be
			return false, err
		}
		if record, err := b.store.Get(ctx, l.key); err != nil || record.Version != l.version {
			return false, err
		}
	}
	return false, fmt.Errorf("writing link: %w", store.ErrConflict)
}
