package transcript

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// draftPrefix is what the keys of drafts begin with: what a transcript will list
// of a conversation that goes on, because values end before it does. They are
// written once an hour at most, when there is something new, and go with the
// person when somebody is erased.
const draftPrefix = "draft/"

// DraftPrefix is what the key of a conversation's draft begins with, for erasures.
func DraftPrefix(path string) string { return draftPrefix + path }

// recent says that a conversation may have new values: it was used since the last
// time that it was looked at, as exactly as that is known.
func (e *Ender) recent(used time.Time) bool {
	return e.config.Now().Before(used.Add(2 * known))
}

// draft writes down what there is of a conversation that goes on.
func (e *Ender) draft(ctx context.Context, c *conversation.Conversation, used time.Time) error {
	key := draftPrefix + c.Path()
	old, earlier, err := e.earlier(ctx, key)
	if err != nil {
		return err
	}
	live := map[string]Line{}
	if err := e.gather(ctx, c, live); err != nil {
		return err
	}
	t := Transcript{Account: c.Account, Conversation: c.ID, Used: used.UTC(), Cut: earlier.Cut}
	t.list(e.merge(earlier.byToken(), live))
	// It has to be there when the conversation ends, which may fail for some days.
	now, after := e.config.Now(), e.config.Accounts[c.Account].After
	same := slices.EqualFunc(earlier.Lines, t.Lines, func(a, b Line) bool { return a.Token == b.Token && a.Again == b.Again && a.Form == b.Form })
	if same && (len(t.Lines) == 0 || old.Expires.After(now.Add(after+4*known))) {
		return nil
	}
	record, err := e.record(key, t)
	if err != nil {
		return err
	}
	record.Version, record.Expires = old.Version, now.Add(after+8*known)
	if err := e.config.Store.Put(ctx, record); err != nil && !errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("writing the draft of a transcript: %w", err)
	}
	return nil // with a conflict, another instance has written it
}

// merge adds what is there now to what a draft has. A token whose value was to be
// there still and is not was unsent: it leaves the draft.
func (e *Ender) merge(earlier, live map[string]Line) map[string]Line {
	lines := maps.Clone(live)
	for token, line := range earlier {
		if _, there := live[token]; !there && !line.Expires.After(e.config.Now()) {
			lines[token] = line
		}
	}
	return lines
}

// earlier reads a draft or a transcript, if there is one. One that does not open is
// made anew.
func (e *Ender) earlier(ctx context.Context, key string) (record store.Record, t Transcript, err error) {
	record, err = e.config.Store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{}, Transcript{}, nil
	}
	if err != nil {
		return store.Record{}, Transcript{}, fmt.Errorf("reading a transcript: %w", err)
	}
	if t, _, err = e.open(record); err != nil {
		e.config.Observe(EventTampered)
	}
	return record, t, nil
}

func (t Transcript) byToken() map[string]Line {
	lines := make(map[string]Line, len(t.Lines))
	for _, line := range t.Lines {
		lines[line.Token] = line
	}
	return lines
}

// list gives the transcript its lines, as many as it may have.
func (t *Transcript) list(lines map[string]Line) {
	t.Lines = ordered(lines)
	if len(t.Lines) > mostLines {
		t.Lines, t.Cut = t.Lines[:mostLines], true
	}
}

func ordered(lines map[string]Line) []Line {
	if len(lines) == 0 {
		return []Line{} // an empty list, not null
	}
	return slices.SortedFunc(maps.Values(lines), func(a, b Line) int {
		if n := a.Created.Compare(b.Created); n != 0 {
			return n
		}
		return strings.Compare(a.Token, b.Token)
	})
}
