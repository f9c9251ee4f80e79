package capture

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

const (
	// linkPrefix is what the store keys of links start with.
	linkPrefix = "link/"
	// keptFor is how long the record of a link stays after its end, so that
	// whoever comes late reads that it was used or has expired.
	keptFor = 24 * time.Hour
	// fillTo hides how long a record is: not how many fields it has, nor which.
	fillTo = 512
	// attempts is how often a write that lost a race is tried anew. Each loss
	// means that another caller got on.
	attempts = 100
)

// The states of a link. An open one whose time is over has expired, whether or
// not that has been written down.
const (
	open     = "open"
	used     = "used"
	expired  = "expired"
	replaced = "replaced" // expired, and a new link was sent for it
)

// link is a link as it stands in the store.
type link struct {
	content
	id           string // "" when the record was found by its key
	key          string
	version      uint64
	conversation *conversation.Conversation
}

// content is what the record of a link holds, sealed under the data key of its
// conversation.
type content struct {
	// Serial is what the id derives from: an open link can be handed out again.
	Serial   string    `json:"serial"`
	Fields   []Field   `json:"fields"`
	Language string    `json:"language"`
	Source   string    `json:"source"`
	State    string    `json:"state"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	FirstTry time.Time `json:"first_try"`
	Tries    int       `json:"tries"`
	// Claim is random, of the submission that used the link: it knows itself by
	// it when a fault hid whether its write was done.
	Claim []byte `json:"claim,omitempty"`
	// Code is the one-time code that was sent into the chat last.
	Code *code `json:"code,omitempty"`
	// Subject is the keyed hash of who signed in with this link first.
	Subject string `json:"subject,omitempty"`
}

// envelope leads from the record of a link to its conversation; it is sealed
// under the key set.
type envelope struct {
	Account      string `json:"account"`
	Conversation string `json:"conversation"`
	Content      []byte `json:"content"`
}

// linkID is the id of the link with this serial.
func linkID(c *conversation.Conversation, serial string) string {
	return encoding.EncodeToString(c.Derive("piiproxy capture link", serial)[:16])
}

// linkKey is where a link stands: a keyed hash of its id.
func (b *Book) linkKey(id string) string {
	return linkPrefix + encoding.EncodeToString(b.keys.PRF("capture link", id)[:16])
}

func newSerial() string {
	random := make([]byte, 16)
	rand.Read(random) // never fails (crypto/rand)
	return encoding.EncodeToString(random)
}

// ending is when an open link ends by itself.
func (l *link) over(now time.Time) bool { return l.State != open || !l.Expires.After(now) }

// status is nil for a link that can be filled in, else ErrUsed or ErrExpired.
func (l *link) status(now time.Time, tries int) error {
	switch {
	case l.State == used:
		return ErrUsed
	case l.over(now) || l.Tries >= tries:
		return ErrExpired
	}
	return nil
}

// find returns the link with this id, whatever its state; ErrNoLink when there
// is none or its conversation is gone.
func (b *Book) find(ctx context.Context, id string) (*link, error) {
	if !wellFormed(id) {
		return nil, ErrNoLink
	}
	record, err := b.store.Get(ctx, b.linkKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, ErrNoLink
	}
	if err != nil {
		return nil, fmt.Errorf("reading link: %w", err)
	}
	l, err := b.open(ctx, record)
	if err != nil {
		return nil, err
	}
	l.id = id
	return l, nil
}

// wellFormed says whether id has the form of a link's; a wrong one is not looked
// up.
func wellFormed(id string) bool {
	if len(id) != encoding.EncodedLen(16) {
		return false
	}
	for i := range len(id) {
		if !('a' <= id[i] && id[i] <= 'z' || '2' <= id[i] && id[i] <= '7') {
			return false
		}
	}
	return true
}

// open unseals the record of a link. What does not open is alarmed, and to the
// caller it is no link.
func (b *Book) open(ctx context.Context, record store.Record) (*link, error) {
	e, err := unseal(b.keys, record)
	if err != nil {
		b.observe("", eventTampered)
		return nil, ErrNoLink
	}
	c, err := b.house.Conversations.Open(ctx, e.Account, e.Conversation)
	if errors.Is(err, conversation.ErrUnknown) {
		return nil, ErrNoLink
	}
	if err != nil {
		return nil, fmt.Errorf("opening the conversation of a link: %w", err)
	}
	l := &link{key: record.Key, version: record.Version, conversation: c}
	plain, err := c.Open(e.Content, binding("piiproxy link", record.Key))
	if err != nil || json.Unmarshal(plain, &l.content) != nil {
		b.observe(c.Account, eventTampered)
		return nil, ErrNoLink
	}
	return l, nil
}

// record seals a link for the store. It is due when its time is over, as long as
// it is open.
func (b *Book) record(l *link) (store.Record, error) {
	plain, err := json.Marshal(l.content)
	if err != nil {
		return store.Record{}, errors.New("encoding link")
	}
	sealed, err := l.conversation.Seal(filled(plain), binding("piiproxy link", l.key))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing link: %w", err)
	}
	plain, err = json.Marshal(envelope{l.conversation.Account, l.conversation.ID, sealed})
	if err != nil {
		return store.Record{}, errors.New("encoding link")
	}
	if sealed, err = b.keys.Seal(plain, binding("piiproxy link", l.key)); err != nil {
		return store.Record{}, fmt.Errorf("sealing link: %w", err)
	}
	record := store.Record{Key: l.key, Value: sealed, Version: l.version, Expires: l.Expires.Add(keptFor)}
	if l.State == open {
		record.Due = l.Expires
	}
	return record, nil
}

// filled brings JSON to a multiple of fillTo with white space, which it ignores.
func filled(plain []byte) []byte {
	return append(plain, bytes.Repeat([]byte{' '}, fillTo-len(plain)%fillTo)...)
}

// binding is associated data: no two lists of parts give one.
func binding(parts ...string) []byte {
	var message []byte
	for _, part := range parts {
		message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
		message = append(message, part...)
	}
	return message
}
