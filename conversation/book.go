package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// MaxAliases is how many aliases one conversation has.
	MaxAliases = 64
	// MaxAlias is the longest alias, and the longest account, in bytes.
	MaxAlias = 256
	// Lifetime is how long a conversation is kept after the last Ensure: a year,
	// and a month for those who come back once a year.
	Lifetime = 400 * 24 * time.Hour
	// refreshAfter bounds how often an Ensure that changes nothing writes.
	refreshAfter = 24 * time.Hour
	// attempts is how often a write that lost a race is tried anew. Each loss
	// means that another caller got on.
	attempts = 100
)

// Book finds conversations, for many goroutines; several Books, in several
// processes, may share one store. What it remembers in memory it trusts for 4
// seconds, so an erasure elsewhere takes effect within 5 (GDPR Art. 17).
type Book struct {
	store Store
	keys  Keys
	now   func() time.Time
	cache *cache
	names *names

	buried graves
}

// NewBook opens the book over a store and a key set; now is its clock, nil means
// time.Now.
func NewBook(s Store, k Keys, now func() time.Time) *Book {
	if now == nil {
		now = time.Now
	}
	return &Book{store: s, keys: k, now: now, cache: newCache(cacheSize), names: &names{}}
}

// Hash returns 16 characters of a-z2-7 that stand for a person in logs: 80 bits
// of a keyed hash, always the same for one alias in one account.
// The hashes of people who are writing now are remembered: every message has one.
func (b *Book) Hash(account, alias string) string {
	return b.names.get(name{account, alias}, func() string {
		return encoding.EncodeToString(b.keys.PRF("conversation log", account, alias)[:10])
	})
}

// Forget drops a conversation from memory at once; whoever erases its record
// calls it after that. Reads that were under way do not bring it back.
func (b *Book) Forget(c *Conversation) {
	if c != nil {
		b.cache.forget(c.path)
	}
}

// Find returns the conversation of the first alias that leads to one, or
// ErrUnknown. It changes nothing, not even the lifetime.
func (b *Book) Find(ctx context.Context, account string, aliases []string) (*Conversation, error) {
	aliases, err := checked(account, aliases)
	if err != nil {
		return nil, err
	}
	now := b.now()
	if e := b.cache.find(account, aliases[:1], now); e != nil {
		return e.conversation, nil
	}
	generation := b.cache.generation()
	for _, alias := range aliases {
		l, err := b.readLink(ctx, account, alias)
		if err != nil {
			return nil, err
		}
		if l.id == "" {
			continue
		}
		p, err := b.readPage(ctx, account, l.id)
		if errors.Is(err, ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.cache.add(p, []string{alias}, now, generation)
		return p.conversation, nil
	}
	return nil, ErrUnknown
}

// Ensure returns the conversation of these aliases, all of one person, and makes
// it when there is none. It is durable on return, lives for Lifetime from then
// on (written at most once a day), and all aliases lead to it. Of several
// callers that meet a new person at once, one makes it and the others get that
// one.
//
// When the aliases lead to different conversations, the one of the first alias
// stays, all aliases of the others move to it, and it remembers their ids. The
// tokens of the others are foreign to it: they are not restored any more.
func (b *Book) Ensure(ctx context.Context, account string, aliases []string) (*Conversation, error) {
	aliases, err := checked(account, aliases)
	if err != nil {
		return nil, err
	}
	return b.bind(ctx, account, aliases, true)
}

// Learn makes alias lead to the conversation that known leads to, with the rule
// of Ensure when it leads elsewhere already; ErrUnknown when known leads
// nowhere.
func (b *Book) Learn(ctx context.Context, account, known, alias string) error {
	if _, err := checked(account, []string{known}); err != nil {
		return err
	}
	aliases, err := checked(account, []string{known, alias})
	if err != nil {
		return err
	}
	_, err = b.bind(ctx, account, aliases, false)
	return err
}

// checked checks the bounds and drops repeated aliases.
func checked(account string, aliases []string) ([]string, error) {
	if account == "" || len(account) > MaxAlias || len(aliases) == 0 || len(aliases) > MaxAliases {
		return nil, ErrAliases
	}
	repeated := false
	for i, alias := range aliases {
		if alias == "" || len(alias) > MaxAlias {
			return nil, ErrAliases
		}
		repeated = repeated || slices.Contains(aliases[:i], alias)
	}
	if !repeated {
		return aliases, nil
	}
	var once []string
	for _, alias := range aliases {
		if !slices.Contains(once, alias) {
			once = append(once, alias)
		}
	}
	return once, nil
}

// bind makes all aliases lead to one conversation. With create it may be the one
// of any alias, or a new one; without, only that of the first.
func (b *Book) bind(ctx context.Context, account string, aliases []string, create bool) (*Conversation, error) {
	now := b.now()
	if e := b.cache.find(account, aliases, now); e != nil && !stale(e.expires, now) {
		return e.conversation, nil
	}
	for range attempts {
		generation := b.cache.generation()
		p, err := b.attempt(ctx, account, aliases, create)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.cache.add(p, aliases, now, generation)
		return p.conversation, nil
	}
	return nil, fmt.Errorf("writing conversation: %w", store.ErrConflict)
}

// stale reports whether a record is due for its daily refresh.
func stale(expires, now time.Time) bool {
	return expires.Before(now.Add(Lifetime - refreshAfter))
}

// attempt reads what there is, and writes what is missing in one put that fails
// with store.ErrConflict when any of it has changed since.
func (b *Book) attempt(ctx context.Context, account string, aliases []string, create bool) (*page, error) {
	found, err := b.survey(ctx, account, aliases)
	if err != nil {
		return nil, err
	}
	if !create && found.links[0].id == "" {
		return nil, ErrUnknown
	}
	home := found.first()
	expires := b.now().Add(Lifetime)
	if home == nil {
		if home, err = b.newPage(account, expires); err != nil {
			return nil, err
		}
	}
	if home.version != 0 && !stale(home.expires, b.now()) {
		expires = home.expires
	}
	move, err := b.moves(ctx, home, found, !expires.Equal(home.expires))
	if err != nil {
		return nil, err
	}
	if len(move) == 0 && expires.Equal(home.expires) {
		return home, nil
	}
	return home, b.commit(ctx, home, move, expires)
}

// commit writes the conversation and the aliases that come to lead to it.
func (b *Book) commit(ctx context.Context, home *page, move []link, expires time.Time) error {
	for _, l := range move {
		if !slices.Contains(home.content.Aliases, l.alias) {
			home.content.Aliases = append(home.content.Aliases, l.alias)
		}
	}
	if len(home.content.Aliases) > MaxAliases {
		return ErrAliases
	}
	record, err := b.record(home, expires)
	if err != nil {
		return err
	}
	records := []store.Record{record}
	for _, l := range move {
		if record, err = b.linkRecord(l, home.conversation, expires); err != nil {
			return err
		}
		records = append(records, record)
	}
	if err := b.store.Put(ctx, records...); err != nil {
		return fmt.Errorf("writing conversation: %w", err)
	}
	home.expires = expires
	return nil
}
