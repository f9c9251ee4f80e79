package rotation

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
)

const (
	// lookEvery is how often the folder is looked at. A change counts when two
	// looks find the same, so that a folder that is just being copied is not read.
	lookEvery = 2 * time.Second
	// countEvery is how often records are counted, to see that none needs a key
	// that is gone.
	countEvery = 24 * time.Hour
	// again is Config.Again where it says nothing.
	again = 15 * time.Second
	// duty is how many times longer than a batch took the worker rests after it: a
	// fifth of one writer's time is its.
	duty = 4
)

// Config is what a Worker needs.
type Config struct {
	Keys *keys.Set
	// Meta is where instances meet, the store of conversations; Stores are all that
	// hold sealed records.
	Meta   store.Store
	Stores []store.Store
	Log    *zap.Logger
	// Registry takes the metrics.
	Registry prometheus.Registerer
	// Look is how often the folder is looked at; 0 is 2 s.
	Look time.Duration
	// Again is when records are looked at once more after some were moved, or, like
	// the folder, after a fault; 0 is 15 s.
	Again time.Duration
}

// Worker follows the key folder of one instance. Close ends it.
type Worker struct {
	config  Config
	id      string
	metrics *metrics
	cancel  context.CancelFunc
	done    sync.WaitGroup
	wake    chan struct{}

	reading sync.Mutex // one reload at a time
	read    string     // state of the folder when it was read last
	failed  time.Time  // when that failed last; zero: it did not

	mu       sync.Mutex
	progress Progress
	told     map[string]uint64 // sealings that are in the store already

	reminded map[string]time.Time // by key; of follow alone, and of Close after it
}

// Progress is how far the records are.
type Progress struct {
	// Moving says that a run is under way, Moved how many records it has moved.
	Moving bool
	Moved  int
	// Counted is when Counts was taken; zero: not yet.
	Counted time.Time
	Counts  Counts
}

// Start begins to follow the folder. It announces the instance before it returns,
// so that a key is not promoted past it.
func Start(ctx context.Context, config Config) (*Worker, error) {
	if config.Look == 0 {
		config.Look = lookEvery
	}
	if config.Again == 0 {
		config.Again = again
	}
	w := &Worker{config: config, id: rand.Text(), wake: make(chan struct{}, 1), told: map[string]uint64{}, reminded: map[string]time.Time{}, metrics: newMetrics(config.Registry), read: config.Keys.Opened()}
	if err := w.announce(ctx); err != nil {
		return nil, err
	}
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	w.done.Go(func() { w.follow(ctx) })
	w.done.Go(func() { w.move(ctx) })
	return w, nil
}

// Close ends the worker and takes its announcement back.
func (w *Worker) Close() error {
	w.cancel()
	w.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	w.tell(ctx)
	if err := w.config.Meta.Delete(ctx, instancePrefix+w.id, 0); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil // it is forgotten by itself
	}
	return nil
}

// Progress tells how far the records are.
func (w *Worker) Progress() Progress {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.progress
}

// follow takes up changes of the folder and says so to the others.
func (w *Worker) follow(ctx context.Context) {
	ticks := time.NewTicker(w.config.Look)
	defer ticks.Stop()
	folder := w.config.Keys.Folder()
	last, announced := "", time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if folder.Path != "" {
			state := folder.State()
			if state == last {
				w.take(ctx, state)
			}
			last = state
		}
		if time.Since(announced) >= announceEvery {
			announced = time.Now()
			w.tell(ctx)
			if err := w.announce(ctx); err != nil && ctx.Err() == nil {
				w.config.Log.Warn("", zap.String("event", "keys_not_announced"))
			}
		}
	}
}

// Refresh takes up the folder as it is now, for somebody who has just changed it.
func (w *Worker) Refresh(ctx context.Context) {
	if folder := w.config.Keys.Folder(); folder.Path != "" {
		w.take(ctx, folder.State())
	}
}

// take reads the folder if it is not in the state in which it was read last, and
// says what this instance has then. One that could not be read is tried again now
// and then: the fault may have been of what encrypts it, a transit engine that was
// away, and nothing in the folder tells that it is back.
func (w *Worker) take(ctx context.Context, state string) {
	w.reading.Lock()
	defer w.reading.Unlock()
	again := state == w.read
	if again && (w.failed.IsZero() || time.Since(w.failed) < w.config.Again) {
		return
	}
	w.read = state
	if !w.reload(ctx, again) {
		return
	}
	if err := w.announce(ctx); err != nil && ctx.Err() == nil {
		w.config.Log.Warn("", zap.String("event", "keys_not_announced"))
	}
}

// reload takes up the folder; what is wrong with it leaves the keys as they are,
// and is said once.
func (w *Worker) reload(ctx context.Context, again bool) bool {
	changed, err := w.config.Keys.Reload(ctx)
	w.metrics.reloaded(err == nil)
	w.failed = time.Time{}
	if err != nil {
		w.failed = time.Now()
		if again {
			return false
		}
		// Its text names files and says what to do; it holds no key.
		w.config.Log.Error("", zap.String("event", "keys_reload_failed"), zap.String("why", err.Error()))
		return false
	}
	if !changed {
		return false
	}
	w.config.Log.Info("", zap.String("event", "keys_reloaded"), zap.String("primary", w.config.Keys.Primary()), zap.Int("keys", len(w.config.Keys.Keys())))
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return true
}

func (w *Worker) announce(ctx context.Context) error {
	said := Instance{Primary: w.config.Keys.Primary(), Signing: slices.Sorted(maps.Keys(w.config.Keys.VerifyingKeys()))}
	for _, key := range w.config.Keys.Keys() {
		if key.Use == keys.Sealing {
			said.Keys = append(said.Keys, key.ID)
		}
	}
	return overwrite(ctx, w.config.Meta, instancePrefix+w.id, time.Now().Add(forgotten), func([]byte) ([]byte, error) { return json.Marshal(said) })
}

// tell adds what this process has sealed to what the store knows, and looks
// whether a key has been used for too much or too long.
func (w *Worker) tell(ctx context.Context) {
	for id, n := range w.config.Keys.Sealed() {
		w.mu.Lock()
		more := n - w.told[id]
		w.mu.Unlock()
		if more == 0 {
			continue
		}
		if err := addSealings(ctx, w.config.Meta, id, more, time.Now()); err != nil {
			return // it is added the next time
		}
		w.mu.Lock()
		w.told[id] = n
		w.mu.Unlock()
	}
	if sealings, err := Sealings(ctx, w.config.Meta); err == nil {
		w.metrics.used(w.config.Keys.Keys(), sealings, time.Now())
		w.remind(sealings, time.Now())
	}
}
