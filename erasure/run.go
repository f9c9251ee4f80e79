package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// runEvery is how late what Begin left begins to be taken away.
	runEvery = time.Second
	// runLease is how long a process that is killed keeps others from it.
	runLease = time.Minute
	runPage  = 100
)

// Load learns of all erasures before the first message is taken, and finds out
// whether an older copy of a store came back: it lacks tombstones. Then the
// person's records in it are taken away again by Run, and are not believed from
// now on.
func (e *Eraser) Load(ctx context.Context) error {
	copies, err := e.copied(ctx)
	if err != nil {
		return err
	}
	var lacking []store.Record // in the values' store
	err = walk(ctx, e.config.Records.Conversations, prefix, func(record store.Record) error {
		s, err := e.unseal(record)
		if err != nil {
			e.config.Observe(EventTampered)
			return nil
		}
		e.config.Book.Bury(s.Paths...)
		if !copies[record.Key] {
			lacking = append(lacking, record)
		}
		delete(copies, record.Key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading tombstones: %w", err)
	}
	for key := range copies { // in the conversations' store
		record, err := e.config.Records.Values.Get(ctx, key)
		if errors.Is(err, store.ErrNotFound) {
			continue // it expired just now
		}
		if err != nil {
			return fmt.Errorf("reading tombstones: %w", err)
		}
		record.Version = 0
		lacking = append(lacking, record)
	}
	for _, record := range lacking {
		if err := e.renew(ctx, record); err != nil {
			return err
		}
	}
	return nil
}

// copied are the keys of the tombstones in the values' store.
func (e *Eraser) copied(ctx context.Context) (map[string]bool, error) {
	keys := map[string]bool{}
	err := walk(ctx, e.config.Records.Values, prefix, func(record store.Record) error {
		keys[record.Key] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading tombstones: %w", err)
	}
	return keys, nil
}

// renew sets a tombstone that one of the stores lacks, and has all that it stands
// for taken away once more.
func (e *Eraser) renew(ctx context.Context, record store.Record) error {
	s, err := e.open(record)
	if err != nil {
		e.config.Observe(EventTampered)
		return nil
	}
	e.config.Book.Bury(s.Paths...)
	if record.Version != 0 { // it is the values' store that lacks it
		if _, err := e.config.Records.Values.Get(ctx, record.Key); err == nil {
			return nil // another instance erased somebody while this one was reading
		}
	}
	s.due = e.config.Now().Sub(s.At)
	s.Finished, s.Settled = time.Time{}, time.Time{}
	if err := e.write(ctx, s); err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	e.copies(ctx, s)
	e.config.Observe(EventRestored)
	return nil
}

func (e *Eraser) write(ctx context.Context, s *stone) error {
	record, err := e.record(s)
	if err != nil {
		return err
	}
	if err := e.config.Records.Conversations.Put(ctx, record); err != nil {
		return fmt.Errorf("writing a tombstone: %w", err)
	}
	return nil
}

// Run finishes erasures until the context ends. Each instance runs one; they
// share the work.
func (e *Eraser) Run(ctx context.Context) {
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := e.Finish(ctx); err != nil && ctx.Err() == nil {
				e.config.Observe(EventFault)
			}
		}
	}
}

// Finish takes away what is left of erasures that are due. What fails is due
// again after a minute.
func (e *Eraser) Finish(ctx context.Context) error {
	for {
		records, err := e.config.Records.Conversations.Lease(ctx, prefix, e.config.Now(), runLease, runPage)
		if err != nil {
			return fmt.Errorf("looking for erasures to finish: %w", err)
		}
		var stones []*stone
		for _, record := range records {
			s, err := e.open(record)
			if err != nil {
				e.config.Observe(EventTampered)
				continue
			}
			stones = append(stones, s)
		}
		if len(stones) > 0 {
			if err := e.finish(ctx, stones); err != nil {
				return err
			}
		}
		if len(records) < runPage {
			return nil
		}
	}
}

// finish takes away what is left of some people, and writes it down.
func (e *Eraser) finish(ctx context.Context, stones []*stone) error {
	subjects := make([]Subject, len(stones))
	faults := make([]error, len(stones))
	for i, s := range stones {
		subjects[i] = s.subject()
		e.config.Book.Bury(s.Paths...) // another instance may have erased them
		for _, path := range s.Paths {
			back, err := e.config.Book.Remains(ctx, path)
			faults[i] = errors.Join(faults[i], err)
			if back {
				e.config.Observe(EventRestored)
			}
		}
	}
	problem := errors.Join(errors.Join(faults...), e.recollect(ctx, subjects), e.endGroups(ctx, stones))
	for _, part := range e.config.Parts {
		counts, err := part.Erase(ctx, subjects)
		for i, s := range stones {
			if i < len(counts) {
				s.count(part.Name(), counts[i])
			}
		}
		problem = errors.Join(problem, err)
	}
	if problem != nil {
		e.config.Observe(EventFault)
		return errors.New("taking away what is left of an erasure: it is tried again in a minute")
	}
	return e.settle(ctx, stones)
}

// count adds what a pass has found to what earlier ones had.
func (s *stone) count(part string, n int) {
	if s.Counts == nil {
		s.Counts = map[string]int{}
	}
	s.Counts[part] += n
}

// settle writes down that erasures are finished, and has what was on its way
// meanwhile looked for once.
func (e *Eraser) settle(ctx context.Context, stones []*stone) error {
	now := e.config.Now()
	var faults error
	for _, s := range stones {
		if s.Finished.IsZero() {
			s.Finished, s.due = now.UTC(), now.Add(settled).Sub(s.At)
		} else {
			s.Settled, s.due = now.UTC(), -1
		}
		if s.version == 0 { // written by this process a moment ago
			record, err := e.config.Records.Conversations.Get(ctx, s.key())
			if err != nil {
				faults = errors.Join(faults, err)
				continue
			}
			s.version = record.Version
		}
		if err := e.write(ctx, s); err != nil && !errors.Is(err, store.ErrConflict) {
			faults = errors.Join(faults, err)
		}
	}
	return faults
}
