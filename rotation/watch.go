package rotation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
)

// Watched is a key set whose reader wants to be told of keys that are missing. It
// is for records of a store; what browsers send may name any key.
type Watched struct {
	*keys.Set
	worker *Worker

	mu   *sync.Mutex
	said map[string]time.Time
}

// Watch returns the worker's key set, watched.
func (w *Worker) Watch() Watched {
	return Watched{w.config.Keys, w, new(sync.Mutex), map[string]time.Time{}}
}

// Open is keys.Set.Open. A missing key is alarmed, once a minute.
func (w Watched) Open(sealed, ad []byte) ([]byte, error) {
	plain, err := w.Set.Open(sealed, ad)
	var missing *keys.MissingKeyError
	if errors.As(err, &missing) {
		w.alarm(missing.ID)
	}
	return plain, err
}

func (w Watched) alarm(id string) {
	w.worker.metrics.unopened.Inc()
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.said[id]; !known && len(w.said) >= maxMissing || time.Since(w.said[id]) < time.Minute {
		return
	}
	w.said[id] = time.Now()
	w.worker.config.Log.Error("", zap.String("event", "key_missing"), zap.String("key", id), zap.Int("records", 1))
}

// Probe sees at the start that conversations open under the keys that are there:
// it looks at one page of them, in the order of their hashes. A folder from an old
// backup, or one that was not copied to this machine, shows here.
func Probe(ctx context.Context, set *keys.Set, conversations store.Store) error {
	records, err := conversations.List(ctx, "conversation/", "", page)
	if err != nil {
		return fmt.Errorf("reading conversations: %w", err)
	}
	for _, record := range records {
		if id, ok := set.Under(record.Value); ok && !set.Has(id) && !set.GivenUp(id) {
			return fmt.Errorf("a conversation is %w", &keys.MissingKeyError{ID: id})
		}
	}
	return nil
}
