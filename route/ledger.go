package route

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// counted is how long a day's counts stay.
	counted = 400 * 24 * time.Hour
	// attempts is how often a write that lost a race is tried anew. Each loss means
	// that another request got on.
	attempts = 100
	day      = "20060102"
)

// ErrBudget says that a route has restored as many values as it may today.
var ErrBudget = errors.New("the route's budget of the day is spent")

// Keys seals the counts and names their records. *keys.Set is one.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	PRF(label string, parts ...string) []byte
}

// Store is what a Ledger needs of a store.Store.
type Store interface {
	Get(ctx context.Context, key string) (store.Record, error)
	Put(ctx context.Context, records ...store.Record) error
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
}

// Counts are values that were restored, by place and kind. No person, no value and
// no token is ever in them.
type Counts map[string]map[string]int

func (c Counts) add(place, kind string, n int) {
	if c[place] == nil {
		c[place] = map[string]int{}
	}
	c[place][kind] += n
}

// of counts the values of a kind in all places.
func (c Counts) of(kind string) (n int) {
	for _, kinds := range c {
		n += kinds[kind]
	}
	return n
}

// plus adds counts, and says whether no kind of theirs comes to more than perDay.
func (c Counts) plus(more Counts, perDay int) bool {
	within := true
	for place, kinds := range more {
		for kind, n := range kinds {
			c.add(place, kind, n)
			within = within && c.of(kind) <= perDay
		}
	}
	return within
}

// Ledger counts what routes restore: what may go out in a day is counted before it
// goes, in the store, so that all instances share one budget and a crash forgets
// nothing.
type Ledger struct {
	store Store
	keys  Keys
	now   func() time.Time
	mu    sync.Mutex
	turns map[string]chan struct{} // by route: one request of this instance writes at a time
}

// NewLedger opens a ledger.
func NewLedger(s Store, k Keys, now func() time.Time) *Ledger {
	return &Ledger{store: s, keys: k, now: now, turns: map[string]chan struct{}{}}
}

// turn waits until no other request of this instance counts for the route, so that
// they do not lose races to each other. What it returns ends the turn.
func (l *Ledger) turn(ctx context.Context, route string) (func(), error) {
	l.mu.Lock()
	turns := l.turns[route]
	if turns == nil {
		turns = make(chan struct{}, 1)
		l.turns[route] = turns
	}
	l.mu.Unlock()
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Take counts values of a route as restored today (UTC). When one of their kinds
// would come to more than perDay, nothing is counted, and the error is ErrBudget.
// Other errors are the store's. What is counted stays so when the request fails
// later: it may have reached the vendor.
func (l *Ledger) Take(ctx context.Context, route string, perDay int, more Counts) error {
	end, err := l.turn(ctx, route)
	if err != nil {
		return err
	}
	defer end()
	today := l.now().UTC()
	key := l.prefix(route) + today.Format(day)
	for range attempts {
		all, version, err := l.read(ctx, key)
		if err != nil {
			return err
		}
		if !all.plus(more, perDay) {
			return ErrBudget
		}
		sealed, err := l.seal(key, all)
		if err != nil {
			return err
		}
		err = l.store.Put(ctx, store.Record{Key: key, Value: sealed, Version: version, Expires: today.Add(counted)})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("counting what a route restores: %w", store.ErrConflict)
}

func (l *Ledger) prefix(route string) string {
	hash := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(l.keys.PRF("route", route)[:16])
	return "route/" + strings.ToLower(hash) + "/"
}

func (l *Ledger) seal(key string, all Counts) ([]byte, error) {
	plain, err := json.Marshal(all)
	if err != nil {
		return nil, errors.New("encoding counts of a route")
	}
	sealed, err := l.keys.Seal(plain, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("sealing counts of a route: %w", err)
	}
	return sealed, nil
}

func (l *Ledger) read(ctx context.Context, key string) (Counts, uint64, error) {
	record, err := l.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return Counts{}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading counts of a route: %w", err)
	}
	all, err := l.open(record)
	return all, record.Version, err
}

func (l *Ledger) open(record store.Record) (Counts, error) {
	all := Counts{}
	plain, err := l.keys.Open(record.Value, []byte(record.Key))
	if err != nil || json.Unmarshal(plain, &all) != nil {
		return nil, errors.New("reading counts of a route: the record was altered")
	}
	return all, nil
}

// Line counts what went to a vendor in one place.
type Line struct {
	Place string
	Kind  string
	Count int
	Today int
	Since time.Time // the first day (UTC) that is counted
}

// Report lists what a route has restored in the last 400 days, by place and kind.
func (l *Ledger) Report(ctx context.Context, route string) ([]Line, error) {
	lines := map[[2]string]*Line{}
	today := l.now().UTC().Format(day)
	prefix, after := l.prefix(route), ""
	for {
		page, err := l.store.List(ctx, prefix, after, 100)
		if err != nil {
			return nil, fmt.Errorf("reading counts of a route: %w", err)
		}
		for _, record := range page {
			after = record.Key
			counts, err := l.open(record)
			if err != nil {
				return nil, err
			}
			on := strings.TrimPrefix(record.Key, prefix)
			since, err := time.Parse(day, on)
			if err != nil {
				return nil, errors.New("reading counts of a route: the record was moved")
			}
			tally(lines, counts, since, on == today)
		}
		if len(page) == 0 {
			break
		}
	}
	list := make([]Line, 0, len(lines))
	for _, key := range slices.SortedFunc(maps.Keys(lines), func(a, b [2]string) int {
		return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1])
	}) {
		list = append(list, *lines[key])
	}
	return list, nil
}

// tally adds a day, in the order of days.
func tally(lines map[[2]string]*Line, counts Counts, since time.Time, today bool) {
	for place, kinds := range counts {
		for kind, n := range kinds {
			line := lines[[2]string{place, kind}]
			if line == nil {
				line = &Line{Place: place, Kind: kind, Since: since}
				lines[[2]string{place, kind}] = line
			}
			line.Count += n
			if today {
				line.Today += n
			}
		}
	}
}
