package conversation

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Keys is what a Book needs of a key set: sealing bound to associated data, and
// a keyed hash of length-prefixed parts. *keys.Set is one.
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

// content is what a conversation's record holds, sealed.
type content struct {
	Secret  []byte `json:"secret"`
	DataKey []byte `json:"data_key"`
	// Aliases are all that lead here, in plain: rotating the keyed hash has to
	// name them anew, and erasing has to find their records.
	Aliases []string `json:"aliases"`
	// Merged are the ids of conversations whose aliases were moved here: what
	// they hold still belongs to this person, for erasing and exporting.
	Merged []string `json:"merged,omitempty"`
}

// page is a conversation as it stands in the store.
type page struct {
	conversation *Conversation
	content      *content
	version      uint64
	expires      time.Time
}

// link is the record of one alias: where it leads, if anywhere.
type link struct {
	alias   string
	key     string
	version uint64 // 0: there is none
	id      string // "": leads nowhere, or to a conversation that is gone
}

func (b *Book) path(account, id string) string {
	return encoding.EncodeToString(b.keys.PRF("conversation account", account)[:16]) + "/" + id
}

func (b *Book) linkKey(account, alias string) string {
	return "alias/" + encoding.EncodeToString(b.keys.PRF("conversation alias", account, alias)[:16])
}

// newPage makes a conversation that is not in the store yet.
func (b *Book) newPage(account string, expires time.Time) (*page, error) {
	random := make([]byte, 16+2*keySize)
	rand.Read(random) // never fails (crypto/rand)
	id := encoding.EncodeToString(random[:16])
	content := &content{Secret: random[16 : 16+keySize : 16+keySize], DataKey: random[16+keySize:]}
	c, err := newConversation(account, id, b.path(account, id), content)
	if err != nil {
		return nil, err
	}
	return &page{conversation: c, content: content, expires: expires}, nil
}

// readPage returns the conversation with this id; ErrUnknown when it is gone, or
// was erased and has come back.
func (b *Book) readPage(ctx context.Context, account, id string) (*page, error) {
	path := b.path(account, id)
	// Read in any case: what was erased takes as long as what never was.
	record, err := b.store.Get(ctx, "conversation/"+path)
	if errors.Is(err, store.ErrNotFound) || err == nil && b.buried.has(path) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("reading conversation: %w", err)
	}
	return b.openPage(account, id, record)
}

// openPage unseals the record of a conversation; ErrTampered when it does not open.
func (b *Book) openPage(account, id string, record store.Record) (*page, error) {
	plain, err := b.keys.Open(record.Value, binding("piiproxy conversation", account, id))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err) // it names a key that is missing
	}
	content := new(content)
	if err := json.Unmarshal(plain, content); err != nil {
		return nil, ErrTampered // the decoder's error may quote
	}
	c, err := newConversation(account, id, b.path(account, id), content)
	if err != nil {
		return nil, err
	}
	return &page{conversation: c, content: content, version: record.Version, expires: record.Expires}, nil
}

// record seals a page for the store.
func (b *Book) record(p *page, expires time.Time) (store.Record, error) {
	plain, err := json.Marshal(p.content)
	if err != nil {
		return store.Record{}, errors.New("encoding conversation")
	}
	c := p.conversation
	sealed, err := b.keys.Seal(plain, binding("piiproxy conversation", c.Account, c.ID))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing conversation: %w", err)
	}
	return store.Record{Key: "conversation/" + c.path, Value: sealed, Version: p.version, Expires: expires}, nil
}

// readLink reads where an alias leads. It does not look whether the
// conversation is still there.
func (b *Book) readLink(ctx context.Context, account, alias string) (link, error) {
	l := link{alias: alias, key: b.linkKey(account, alias)}
	record, err := b.store.Get(ctx, l.key)
	if errors.Is(err, store.ErrNotFound) {
		return l, nil
	}
	if err != nil {
		return link{}, fmt.Errorf("reading alias: %w", err)
	}
	id, err := b.keys.Open(record.Value, binding("piiproxy alias", account, alias))
	if err != nil {
		return link{}, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	l.version, l.id = record.Version, string(id)
	return l, nil
}

// linkRecord seals the record that leads from an alias to a conversation.
func (b *Book) linkRecord(l link, c *Conversation, expires time.Time) (store.Record, error) {
	sealed, err := b.keys.Seal([]byte(c.ID), binding("piiproxy alias", c.Account, l.alias))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing alias: %w", err)
	}
	return store.Record{Key: l.key, Value: sealed, Version: l.version, Expires: expires}, nil
}
