package conversation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Person is all that a Book holds of one person in one account, as it was read:
// the conversation that they have, those that were merged into it, and every
// alias that leads to one of them. It prints as nothing but the account.
type Person struct {
	// Account is the account's name.
	Account string
	// Conversations has the one of the first alias in front.
	Conversations []*Conversation

	pages map[string]*page // by id
	links map[string]link  // by alias
}

// Format shows the account only, whatever the verb: aliases are user ids.
func (p Person) Format(state fmt.State, _ rune) {
	_, _ = state.Write([]byte("a person of " + p.Account))
}

// Aliases are the user ids that lead to the person. The one that HashOf names them
// by is in front.
func (p Person) Aliases() []string {
	var aliases []string
	if len(p.Conversations) > 0 {
		aliases = slices.Clone(p.pages[p.Conversations[0].ID].content.Aliases)
	}
	for _, alias := range slices.Sorted(maps.Keys(p.links)) {
		if !slices.Contains(aliases, alias) {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}

// Expires is when the conversation in front ends by itself.
func (p Person) Expires() time.Time { return p.pages[p.Conversations[0].ID].expires }

// Used is when any of the person's conversations was last used, up to a day before
// the last message in it.
func (p Person) Used() (last time.Time) {
	for _, page := range p.pages {
		if used := page.expires.Add(-Lifetime); used.After(last) {
			last = used
		}
	}
	return last
}

// Person reads what the book holds of the person of these aliases, from the store
// and not from memory; ErrUnknown when no alias leads to a conversation.
func (b *Book) Person(ctx context.Context, account string, aliases []string) (Person, error) {
	aliases, err := checked(account, aliases)
	if err != nil {
		return Person{}, err
	}
	p := Person{Account: account, pages: map[string]*page{}, links: map[string]link{}}
	if err := b.gather(ctx, &p, aliases); err != nil {
		return Person{}, err
	}
	if len(p.Conversations) == 0 {
		return Person{}, ErrUnknown
	}
	return p, nil
}

// Whose is Person for the one that a conversation belongs to.
func (b *Book) Whose(ctx context.Context, c *Conversation) (Person, error) {
	p := Person{Account: c.Account, pages: map[string]*page{}, links: map[string]link{}}
	aliases, err := b.include(ctx, &p, c.ID)
	if err != nil {
		return Person{}, err
	}
	if len(p.Conversations) == 0 {
		return Person{}, ErrUnknown
	}
	return p, b.gather(ctx, &p, aliases)
}

// gather follows aliases to conversations and conversations to their aliases,
// until nothing new comes.
func (b *Book) gather(ctx context.Context, p *Person, aliases []string) error {
	for len(aliases) > 0 {
		alias := aliases[0]
		aliases = aliases[1:]
		if _, known := p.links[alias]; known {
			continue
		}
		l, err := b.readLink(ctx, p.Account, alias)
		if err != nil {
			return err
		}
		p.links[alias] = l
		if l.id == "" {
			continue
		}
		more, err := b.include(ctx, p, l.id)
		if err != nil {
			return err
		}
		aliases = append(aliases, more...)
	}
	return nil
}

// include adds a conversation and those that were merged into it, and returns
// their aliases. One that is gone is left out.
func (b *Book) include(ctx context.Context, p *Person, id string) (aliases []string, err error) {
	ids := []string{id}
	for len(ids) > 0 {
		id, ids = ids[0], ids[1:]
		if p.pages[id] != nil {
			continue
		}
		page, err := b.readPage(ctx, p.Account, id)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		p.pages[id] = page
		p.Conversations = append(p.Conversations, page.conversation)
		aliases = append(aliases, page.content.Aliases...)
		ids = append(ids, page.content.Merged...)
	}
	return aliases, nil
}

// gone is the expiry of a record that has ended: a store sees it no more, and its
// sweep takes the rest away. Unlike a deletion it can be part of a put.
var gone = time.Unix(1, 0)

// Erase ends a person's records: secrets, data keys and aliases, together with
// writing others (a tombstone), in one put. Nothing that was derived or sealed
// with them means anything afterwards. store.ErrConflict says that something of
// the person has changed since they were read, by a message that came in: read
// them again. A message that comes after the put makes a new conversation with a
// new secret.
//
// This Book forgets them before it returns; others trust what they remember for 4
// seconds.
func (b *Book) Erase(ctx context.Context, p Person, others ...store.Record) error {
	records := slices.Clone(others)
	for _, page := range p.pages {
		records = append(records, store.Record{Key: "conversation/" + page.conversation.path, Value: []byte{0}, Version: page.version, Expires: gone})
	}
	for _, l := range p.links {
		if l.version != 0 {
			records = append(records, store.Record{Key: l.key, Value: []byte{0}, Version: l.version, Expires: gone})
		}
	}
	// Not cancelled: whether it was done must be known.
	if err := b.store.Put(context.WithoutCancel(ctx), records...); err != nil {
		return fmt.Errorf("erasing conversation: %w", err)
	}
	for _, c := range p.Conversations {
		b.Bury(c.path)
	}
	b.names.forget(p.Account, p.Aliases())
	return nil
}

// Bury makes the conversations at these paths (Conversation.Path) unknown to this
// Book for as long as it lives, whatever the store says: an older copy of it may
// have come back. It costs a conversation that is read a look into a set in
// memory, and one that is remembered nothing.
func (b *Book) Bury(paths ...string) {
	b.buried.add(paths)
	for _, path := range paths {
		b.cache.forget(path)
	}
}

// Remains reports whether the store still has the record of a conversation that
// was buried, and ends it. True: an older copy of the store came back.
func (b *Book) Remains(ctx context.Context, path string) (bool, error) {
	key := "conversation/" + path
	record, err := b.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading conversation: %w", err)
	}
	err = b.store.Put(ctx, store.Record{Key: key, Value: []byte{0}, Version: record.Version, Expires: gone})
	if errors.Is(err, store.ErrConflict) {
		return true, nil // another instance has done it
	}
	if err != nil {
		return true, fmt.Errorf("erasing conversation: %w", err)
	}
	return true, nil
}

// graves are the paths of conversations that were erased.
type graves struct {
	mu    sync.RWMutex
	paths map[string]struct{}
}

func (g *graves) add(paths []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paths == nil {
		g.paths = map[string]struct{}{}
	}
	for _, path := range paths {
		g.paths[path] = struct{}{}
	}
}

func (g *graves) has(path string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	_, buried := g.paths[path]
	return buried
}
