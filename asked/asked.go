// Package asked counts what prompts ask for, beside what is made of it: how much
// personal data a bot wants, and how much of it anybody ever uses. It counts by
// account and kind; no person, no message and no value is ever in it.
//
// Counting is in memory. What was counted goes to the store once a minute and at
// the end: a crash loses a minute's counts, and no message waits for them.
package asked

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	flushEvery = time.Minute
	// kept is how long the counts of an account stay after its last prompt.
	kept     = 400 * 24 * time.Hour
	attempts = 100 // writers that may come between
)

// Counts are those of one kind.
type Counts struct {
	Asked    int `json:"asked"`    // prompts for it
	Swapped  int `json:"swapped"`  // forms in their place
	Filled   int `json:"filled"`   // values from forms
	Revealed int `json:"revealed"` // times that somebody looked at one
}

func (c Counts) plus(d Counts) Counts {
	return Counts{c.Asked + d.Asked, c.Swapped + d.Swapped, c.Filled + d.Filled, c.Revealed + d.Revealed}
}

// Keys seals the counts and names their records. *keys.Set is one.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Store is what a Book needs of a store.Store.
type Store interface {
	Get(ctx context.Context, key string) (store.Record, error)
	Put(ctx context.Context, records ...store.Record) error
}

// Book counts, for many goroutines; several may share a store.
type Book struct {
	store Store
	keys  Keys
	now   func() time.Time

	writing sync.Mutex // one flush at a time
	mu      sync.Mutex
	pending map[string]map[string]Counts // account, kind
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// New opens a book and begins to write down what it counts; end it with Close.
func New(s Store, k Keys, now func() time.Time) *Book {
	ctx, stop := context.WithCancel(context.Background())
	b := &Book{store: s, keys: k, now: now, pending: map[string]map[string]Counts{}, stop: stop}
	b.done.Go(func() {
		ticks := time.NewTicker(flushEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				_ = b.Flush(ctx) // what fails stays, for the next time
			}
		}
	})
	return b
}

// Close writes down what is left.
func (b *Book) Close() error {
	b.stop()
	b.done.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return b.Flush(ctx)
}

// Note counts.
func (b *Book) Note(account, kind string, more Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kinds := b.pending[account]
	if kinds == nil {
		kinds = map[string]Counts{}
		b.pending[account] = kinds
	}
	kinds[kind] = kinds[kind].plus(more)
}

// Flush writes down what was counted since the last time. What fails is counted
// on.
func (b *Book) Flush(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	pending := b.pending
	b.pending = map[string]map[string]Counts{}
	b.mu.Unlock()
	var faults error
	for account, kinds := range pending {
		if err := b.write(ctx, account, kinds); err != nil {
			faults = errors.Join(faults, err)
			for kind, counts := range kinds {
				b.Note(account, kind, counts)
			}
		}
	}
	return faults
}

func (b *Book) write(ctx context.Context, account string, more map[string]Counts) error {
	for range attempts {
		all, version, err := b.read(ctx, account)
		if err != nil {
			return err
		}
		for kind, counts := range more {
			all[kind] = all[kind].plus(counts)
		}
		plain, err := json.Marshal(all)
		if err != nil {
			return errors.New("encoding counts of prompts")
		}
		key := b.key(account)
		sealed, err := b.keys.Seal(plain, []byte(key))
		if err != nil {
			return fmt.Errorf("sealing counts of prompts: %w", err)
		}
		err = b.store.Put(ctx, store.Record{Key: key, Value: sealed, Version: version, Expires: b.now().Add(kept)})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("writing counts of prompts: %w", store.ErrConflict)
}

func (b *Book) key(account string) string {
	hash := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b.keys.PRF("asked account", account)[:16])
	return "asked/" + strings.ToLower(hash)
}

func (b *Book) read(ctx context.Context, account string) (map[string]Counts, uint64, error) {
	all := map[string]Counts{}
	record, err := b.store.Get(ctx, b.key(account))
	if errors.Is(err, store.ErrNotFound) {
		return all, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading counts of prompts: %w", err)
	}
	plain, err := b.keys.Open(record.Value, []byte(record.Key))
	if err != nil || json.Unmarshal(plain, &all) != nil {
		return nil, 0, errors.New("reading counts of prompts: the record was altered")
	}
	return all, record.Version, nil
}

// Of returns the counts of an account by kind, with what is not written down yet.
func (b *Book) Of(ctx context.Context, account string) (map[string]Counts, error) {
	all, _, err := b.read(ctx, account)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for kind, counts := range b.pending[account] {
		all[kind] = all[kind].plus(counts)
	}
	return all, nil
}
