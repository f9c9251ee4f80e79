// Package rotation lets sealing keys change under running instances: it takes up
// keys that were added to the folder, tells the other instances which it has, and
// moves records that older keys sealed to the primary one.
//
// Moving changes no token and no text. A record's data key is sealed anew, and the
// record is put back at the version at which it was read, with its expiry and due
// time as they were: who writes it meanwhile wins, and what was erased stays so.
// Nothing has to be remembered between runs: what is moved needs nothing any more,
// so a run that was killed is followed by one that finds less to do.
//
// Only keys before the primary in the folder's order are moved away from. An
// instance whose copy of the folder is older therefore never moves records back.
package rotation

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
)

// conversationSealed are the records that a conversation's own data key seals:
// rotation has nothing to do with them. Whatever is not listed is looked at, and
// its form tells whether keys.Set has sealed it.
var conversationSealed = []string{"chart", "chat", "like", "residue", "value"}

// heldByVersion are records that somebody keeps the version of while they live,
// some minutes up to the outbox's age: to move one would make its holder lose it.
// They are counted, and gone by themselves.
var heldByVersion = []string{"outbox"}

// soon is how near a record's due time is when somebody may have leased it, or is
// about to: leases are a minute or less, and whoever holds one needs the version.
// Such a record is left for a later run.
const soon = 10 * time.Minute

func maybeLeased(record *store.Record, now time.Time) bool {
	return !record.Due.IsZero() && record.Due.Before(now.Add(soon))
}

const (
	// page is how many records are read at once, and batch how many are written.
	page  = 500
	batch = 250
)

// Counts is how many records are sealed under each key, by id. Of those in Direct,
// sealed by an earlier version, only whoever writes them next can move them; those
// in Held leave by themselves. Both are in Records, too.
type Counts struct {
	Records, Direct, Held map[string]int
}

func newCounts() Counts {
	return Counts{map[string]int{}, map[string]int{}, map[string]int{}}
}

// add notes a record under a key.
func (c Counts) add(key string, class string, direct bool) {
	c.Records[key]++
	switch {
	case direct:
		c.Direct[key]++
	case held(class):
		c.Held[key]++
	}
}

// Count counts the records of the stores by the key that they are sealed under.
func Count(ctx context.Context, set *keys.Set, stores ...store.Store) (Counts, error) {
	counts := newCounts()
	for _, s := range stores {
		err := scan(ctx, s, func(records []store.Record) error {
			for i := range records {
				if id, ok := set.Under(records[i].Value); ok {
					counts.add(id, class(records[i].Key), direct(records[i].Value))
				}
			}
			return nil
		})
		if err != nil {
			return Counts{}, fmt.Errorf("counting records: %w", err)
		}
	}
	return counts, nil
}

// direct tells the form of an earlier version; Under has said that it is one of
// the two.
func direct(sealed []byte) bool { return sealed[0] == 1 }

// scan hands over all records but those that conversations seal, page by page.
func scan(ctx context.Context, s store.Store, visit func([]store.Record) error) error {
	after := ""
	for {
		records, err := s.List(ctx, "", after, page)
		if err != nil || len(records) == 0 {
			return err
		}
		last := records[len(records)-1].Key
		after = last
		if skipped(class(last)) {
			after = class(last) + "0" // behind everything that begins with "class/"
		}
		ours := records[:0]
		for _, record := range records {
			if !skipped(class(record.Key)) {
				ours = append(ours, record)
			}
		}
		if err := visit(ours); err != nil {
			return err
		}
	}
}

func class(key string) string {
	before, _, _ := strings.Cut(key, "/")
	return before
}

func skipped(class string) bool { return contains(conversationSealed, class) }

func held(class string) bool { return contains(heldByVersion, class) }

func contains(list []string, word string) bool {
	for _, each := range list {
		if each == word {
			return true
		}
	}
	return false
}

// mover moves the records of one store.
type mover struct {
	set   *keys.Set
	store store.Store
	old   map[string]bool // ids of keys to move away from
	// pause is called after each page with the time that it took.
	pause func(context.Context, time.Duration) error
	moved func(n int)
}

// Older are the ids of sealing keys that stand before the primary.
func Older(set *keys.Set) map[string]bool {
	older := map[string]bool{}
	for _, key := range set.Keys() {
		if key.Use != keys.Sealing {
			continue
		}
		if key.State == keys.Primary {
			return older
		}
		older[key.ID] = true
	}
	return map[string]bool{} // no primary: move nothing
}

// run moves what it finds, and counts what there is afterwards. A record that
// somebody else wrote meanwhile is counted as it was.
func (m *mover) run(ctx context.Context, counts Counts) error {
	started := time.Now()
	return scan(ctx, m.store, func(records []store.Record) error {
		var move []store.Record
		for i := range records {
			record := &records[i]
			id, ok := m.set.Under(record.Value)
			if !ok {
				continue
			}
			counts.add(id, class(record.Key), direct(record.Value))
			if !m.old[id] || held(class(record.Key)) || maybeLeased(record, started) {
				continue
			}
			fresh, err := m.set.Rewrap(record.Value)
			if err != nil {
				continue // altered or of an earlier version: it stays, and is counted
			}
			record.Value = fresh
			move = append(move, *record)
			counts.Records[id]--
		}
		if err := m.put(ctx, move, counts); err != nil {
			return err
		}
		err := m.pause(ctx, time.Since(started))
		started = time.Now()
		return err
	})
}

func (m *mover) put(ctx context.Context, move []store.Record, counts Counts) error {
	for len(move) > 0 {
		n := min(batch, len(move))
		written, err := m.batch(ctx, move[:n])
		if err != nil {
			return err
		}
		m.moved(written)
		counts.Records[m.set.Primary()] += n // who came between seals under it, too
		move = move[n:]
	}
	return nil
}

// batch writes all at once, and one by one when somebody came between.
func (m *mover) batch(ctx context.Context, records []store.Record) (written int, err error) {
	err = m.store.Put(ctx, records...)
	if err == nil {
		return len(records), nil
	}
	if !errors.Is(err, store.ErrConflict) {
		return 0, fmt.Errorf("moving records: %w", err)
	}
	for _, record := range records {
		err := m.store.Put(ctx, record)
		if err == nil {
			written++
		} else if !errors.Is(err, store.ErrConflict) {
			return written, fmt.Errorf("moving records: %w", err)
		}
	}
	return written, nil
}
