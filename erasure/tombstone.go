package erasure

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// prefix is what the store keys of tombstones start with; the path of the
// conversation that the person had comes after it.
const prefix = "tombstone/"

// Tombstone is what stays of an erasure. No id of a platform is in it: paths are
// random, and hashes are keyed.
type Tombstone struct {
	Account string `json:"account"`
	// Paths are the conversations that ended.
	Paths []string `json:"paths"`
	// Hashes are the person's ids as logs show them.
	Hashes []string  `json:"hashes"`
	At     time.Time `json:"at"`
	Way    string    `json:"way"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason,omitempty"`
	Spare  string    `json:"spare,omitempty"`
	// Counts are the records that were taken away, by part.
	Counts map[string]int `json:"counts,omitempty"`
	// Finished is when all was taken away, Settled when it was looked for once more.
	Finished time.Time `json:"finished,omitzero"`
	Settled  time.Time `json:"settled,omitzero"`
}

// stone is a tombstone as it stands in the store of conversations.
type stone struct {
	Tombstone
	due           time.Duration // after At; below zero: never
	version       uint64
	conversations []*conversation.Conversation
	groups        int    // that the last pass has ended
	signed        signed // as it was read
}

// signed is what is sealed: the statement as it was signed, byte by byte.
type signed struct {
	Statement []byte `json:"statement"`
	Key       string `json:"key"` // keys.KeyID
	Signature []byte `json:"signature"`
}

func (e *Eraser) subjectOf(p conversation.Person, at time.Time, spare string) Subject {
	s := Subject{Account: p.Account, Until: at, Spare: spare, Asked: true, Conversations: p.Conversations}
	for _, c := range p.Conversations {
		s.Paths = append(s.Paths, c.Path())
	}
	for _, alias := range p.Aliases() {
		s.Hashes = append(s.Hashes, e.config.Book.Hash(p.Account, alias))
	}
	return s
}

func (e *Eraser) newStone(p conversation.Person, o Order, at time.Time, due time.Duration) *stone {
	s := e.subjectOf(p, at, o.Spare)
	return &stone{due: due, conversations: p.Conversations, Tombstone: Tombstone{
		Account: p.Account, Paths: s.Paths, Hashes: s.Hashes, At: at.UTC(), Way: o.Way, Actor: o.Actor, Reason: o.Reason, Spare: o.Spare,
	}}
}

func (s *stone) key() string { return prefix + s.Paths[0] }

func (s *stone) subject() Subject {
	return Subject{
		Account: s.Account, Paths: s.Paths, Hashes: s.Hashes, Until: s.At, Spare: s.Spare, Asked: s.Way != PolicyWay,
		Conversations: s.conversations,
	}
}

// record signs and seals a tombstone for the store.
func (e *Eraser) record(s *stone) (store.Record, error) {
	statement, err := json.Marshal(s.Tombstone)
	if err != nil {
		return store.Record{}, errors.New("encoding a tombstone")
	}
	signature, key := e.config.Records.Keys.SignNamed(message(statement))
	plain, err := json.Marshal(signed{statement, key, signature})
	if err != nil {
		return store.Record{}, errors.New("encoding a tombstone")
	}
	sealed, err := e.config.Records.Keys.Seal(plain, binding(s.key()))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing a tombstone: %w", err)
	}
	record := store.Record{Key: s.key(), Value: sealed, Version: s.version, Expires: s.At.Add(e.config.Lifetime)}
	if s.due >= 0 {
		record.Due = s.At.Add(s.due)
	}
	return record, nil
}

// message is what is signed: no other signature of the key set is one over it.
func message(statement []byte) []byte { return append([]byte("piiproxy tombstone\n"), statement...) }

func binding(key string) []byte {
	ad := []byte("piiproxy tombstone")
	return append(binary.BigEndian.AppendUint64(ad, uint64(len(key))), key...)
}

var errTampered = errors.New("a tombstone does not open: it was altered, or its key was removed")

// open unseals a record and checks its signature, under any key that the set has
// or has had: before something is done for it.
func (e *Eraser) open(record store.Record) (*stone, error) {
	s, err := e.unseal(record)
	if err != nil {
		return nil, err
	}
	key, known := e.config.Records.Keys.VerifyingKeys()[s.signed.Key]
	if !known || !ed25519.Verify(key, message(s.signed.Statement), s.signed.Signature) {
		return nil, errTampered
	}
	return s, nil
}

// unseal is open without the signature. Who has no keys can make no such record.
func (e *Eraser) unseal(record store.Record) (*stone, error) {
	s := &stone{version: record.Version, due: -1}
	plain, err := e.config.Records.Keys.Open(record.Value, binding(record.Key))
	if err != nil || json.Unmarshal(plain, &s.signed) != nil || json.Unmarshal(s.signed.Statement, &s.Tombstone) != nil {
		return nil, errTampered
	}
	if len(s.Paths) == 0 || s.key() != record.Key {
		return nil, errTampered
	}
	return s, nil
}

// copies writes a tombstone beside the values, which is how an older copy of
// them is known. Without it nothing is lost but that.
func (e *Eraser) copies(ctx context.Context, s *stone) {
	record, err := e.record(s)
	if err == nil {
		record.Version, record.Due = 0, time.Time{}
		err = e.config.Records.Values.Put(ctx, record)
	}
	if err != nil && !errors.Is(err, store.ErrConflict) {
		e.config.Observe(EventFault)
	}
}

// Tombstones lists those of a person by their hashes, the oldest first. It looks
// through all.
func (e *Eraser) Tombstones(ctx context.Context, account string, hashes []string) ([]Tombstone, error) {
	var found []Tombstone
	err := walk(ctx, e.config.Records.Conversations, prefix, func(record store.Record) error {
		s, err := e.unseal(record)
		if err != nil {
			e.config.Observe(EventTampered)
			return nil
		}
		subject := s.subject()
		if s.Account != account || !subject.Known(hashes) {
			return nil
		}
		if s, err = e.open(record); err != nil {
			e.config.Observe(EventTampered)
			return nil
		}
		found = append(found, s.Tombstone)
		return nil
	})
	slices.SortFunc(found, func(a, b Tombstone) int { return a.At.Compare(b.At) })
	return found, err
}
