package rotation

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
)

// move moves records whenever there are older keys, and looks once a day that no
// record needs a key that is gone.
func (w *Worker) move(ctx context.Context) {
	for {
		wait := w.turn(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-w.wake:
			timer.Stop()
		}
	}
}

// turn makes one run if it is this instance's turn, and says when the next is due.
func (w *Worker) turn(ctx context.Context) time.Duration {
	holds, err := w.mine(ctx)
	if err != nil || !holds {
		return w.config.Again
	}
	defer w.giveBack()
	counts, moved, err := w.run(ctx)
	if err != nil {
		if ctx.Err() == nil {
			w.config.Log.Warn("", zap.String("event", "rotation_failed"), zap.Int("moved", moved))
		}
		return w.config.Again
	}
	w.alarm(counts)
	if moved == 0 {
		if left(counts, Older(w.config.Keys)) == 0 {
			return countEvery
		}
		return w.config.Again // they are due soon
	}
	w.config.Log.Info("", zap.String("event", "records_moved"), zap.Int("moved", moved), zap.String("primary", w.config.Keys.Primary()), zap.Int("left", left(counts, Older(w.config.Keys))))
	return w.config.Again // once more: somebody may have sealed under the old key meanwhile
}

// left counts the records under older keys that a run can move.
func left(counts Counts, older map[string]bool) (n int) {
	for id := range older {
		n += counts.Records[id] - counts.Direct[id] - counts.Held[id]
	}
	return n
}

func (w *Worker) run(ctx context.Context) (Counts, int, error) {
	w.set(func(p *Progress) { p.Moving, p.Moved = true, 0 })
	defer w.set(func(p *Progress) { p.Moving = false })
	counts, moved, renewed := newCounts(), 0, time.Now()
	for _, s := range w.config.Stores {
		m := mover{set: w.config.Keys, store: s, old: Older(w.config.Keys)}
		m.moved = func(n int) {
			moved += n
			w.set(func(p *Progress) { p.Moved = moved })
			w.metrics.moved.Add(float64(n))
		}
		m.pause = func(ctx context.Context, took time.Duration) error {
			if time.Since(renewed) > turnLast/4 {
				renewed = time.Now()
				if holds, err := w.mine(ctx); err != nil || !holds {
					return errors.New("another instance has taken over")
				}
			}
			return rest(ctx, duty*took)
		}
		if err := m.run(ctx, counts); err != nil {
			return counts, moved, err
		}
	}
	w.set(func(p *Progress) { p.Counts, p.Counted = counts, time.Now() })
	w.metrics.counted(counts, w.config.Keys)
	return counts, moved, nil
}

func (w *Worker) set(change func(*Progress)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.progress)
}

// maxMissing bounds how many missing keys are named one by one.
const maxMissing = 16

// alarm says that records need a key that this set does not have.
func (w *Worker) alarm(counts Counts) {
	missing, said := 0, 0
	for id, n := range counts.Records {
		if n == 0 || w.config.Keys.Has(id) || w.config.Keys.GivenUp(id) {
			continue
		}
		missing += n
		if said++; said <= maxMissing { // altered records may name anything
			w.config.Log.Error("", zap.String("event", "key_missing"), zap.String("key", id), zap.Int("records", n))
		}
	}
	w.metrics.missing.Set(float64(missing))
}

// mine takes the turn, or keeps it: several instances would only get in each
// other's way.
func (w *Worker) mine(ctx context.Context) (bool, error) {
	record, err := w.config.Meta.Get(ctx, turnKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	if err == nil && string(record.Value) != w.id {
		return false, nil
	}
	err = w.config.Meta.Put(ctx, store.Record{Key: turnKey, Value: []byte(w.id), Version: record.Version, Expires: time.Now().Add(turnLast)})
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (w *Worker) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	record, err := w.config.Meta.Get(ctx, turnKey)
	if err == nil && string(record.Value) == w.id {
		_ = w.config.Meta.Delete(ctx, turnKey, record.Version) // else it expires
	}
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Move moves everything now, without resting, for stores that no instance has
// open. It returns what is left under each key.
func Move(ctx context.Context, set *keys.Set, stores ...store.Store) (Counts, int, error) {
	counts, moved := newCounts(), 0
	for _, s := range stores {
		m := mover{
			set: set, store: s, old: Older(set), moved: func(n int) { moved += n },
			pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		}
		if err := m.run(ctx, counts); err != nil {
			return counts, moved, err
		}
	}
	return counts, moved, nil
}
