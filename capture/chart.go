package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// chart is what a conversation remembers of its links, in one sealed record. It
// is forgotten a day after its last change or the end of its last link.
type chart struct {
	Open []berth `json:"open"`
	// Swaps counts, for each set of fields, the prompts that became links since
	// the person last told something of it.
	Swaps map[string]int `json:"swaps"`

	conversation *conversation.Conversation
	version      uint64
}

// berth is an open link.
type berth struct {
	Serial  string    `json:"serial"`
	Fields  []Field   `json:"fields"`
	Expires time.Time `json:"expires"`
}

// fieldSet names a set of fields, in whatever order they are asked.
func fieldSet(fields []Field) string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Kind + ":" + field.Need
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func chartKey(c *conversation.Conversation) string { return "chart/" + c.Path() }

// readChart returns the chart of a conversation, an empty one when there is
// none. Links whose time is over are left out.
func (b *Book) readChart(ctx context.Context, c *conversation.Conversation) (*chart, error) {
	ch := &chart{Swaps: map[string]int{}, conversation: c}
	record, err := b.store.Get(ctx, chartKey(c))
	if errors.Is(err, store.ErrNotFound) {
		return ch, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the links of a conversation: %w", err)
	}
	ch.version = record.Version
	plain, err := c.Open(record.Value, binding("piiproxy chart", record.Key))
	if err != nil || json.Unmarshal(plain, ch) != nil {
		b.observe(c.Account, eventTampered)
		return nil, errors.New("reading the links of a conversation: the record was altered")
	}
	if ch.Swaps == nil {
		ch.Swaps = map[string]int{}
	}
	now := b.now()
	ch.Open = slices.DeleteFunc(ch.Open, func(o berth) bool { return !o.Expires.After(now) })
	return ch, nil
}

// chartRecord seals a chart for the store.
func (b *Book) chartRecord(ch *chart) (store.Record, error) {
	plain, err := json.Marshal(ch)
	if err != nil {
		return store.Record{}, errors.New("encoding the links of a conversation")
	}
	key := chartKey(ch.conversation)
	sealed, err := ch.conversation.Seal(filled(plain), binding("piiproxy chart", key))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing the links of a conversation: %w", err)
	}
	last := b.now()
	for _, o := range ch.Open {
		if o.Expires.After(last) {
			last = o.Expires
		}
	}
	return store.Record{Key: key, Value: sealed, Version: ch.version, Expires: last.Add(keptFor)}, nil
}

// leave takes a link off the chart.
func (ch *chart) leave(serial string) {
	ch.Open = slices.DeleteFunc(ch.Open, func(o berth) bool { return o.Serial == serial })
}

// uncount takes one swap of a set of fields back. True: there was one.
func (ch *chart) uncount(set string) bool {
	counted := ch.Swaps[set] > 0
	if counted {
		ch.Swaps[set]--
	}
	return counted
}

// progress forgets the swaps of every set that asks for one of these kinds.
func (ch *chart) progress(kinds []string) (changed bool) {
	for set := range ch.Swaps {
		for name := range strings.SplitSeq(set, " ") {
			kind, _, _ := strings.Cut(name, ":")
			if slices.Contains(kinds, kind) {
				delete(ch.Swaps, set)
				changed = true
				break
			}
		}
	}
	return changed
}
