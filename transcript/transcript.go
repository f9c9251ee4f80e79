// Package transcript ends conversations whose policy says for how long what is
// kept of them may stay, and keeps what remains: which tokens there were, of which
// kinds, when, and by which messages. No value is in a transcript, nothing that a
// value could be found with, and no id of a person or of a platform; their secrets
// end with the conversation, so nobody can reveal it any more.
//
// A transcript is signed, so that whoever has the public half of the signing key
// can tell that it is as it was made, and sealed under the installation's keys.
// It is built from what the vault has, when the conversation ends and once an hour
// while it goes on (draft.go): it costs no message a write.
package transcript

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/vault"
)

// ErrTampered says that a transcript does not open or is not signed: it was
// altered or moved, or its key was removed. It is worth an alarm.
var ErrTampered = errors.New("a transcript does not open: it was altered, or its key was removed")

// Keys seals and signs transcripts. *keys.Set has them.
type Keys interface {
	Seal(plain, ad []byte) ([]byte, error)
	Open(sealed, ad []byte) ([]byte, error)
	SignNamed(message []byte) (signed []byte, keyID string)
	VerifyingKeys() map[string]ed25519.PublicKey
}

// Transcript is what remains of a conversation.
type Transcript struct {
	Account string `json:"account"`
	// Conversation is its random id, which nothing leads to any more but the
	// tombstone, as long as that stands.
	Conversation string `json:"conversation"`
	// Used is when it was last used, up to a day before the last message in it.
	Used  time.Time `json:"used"`
	Ended time.Time `json:"ended"`
	Lines []Line    `json:"tokens"`
	// Cut says that there were more tokens than a transcript has: these are the first.
	Cut bool `json:"cut,omitempty"`
}

// mostLines is how many tokens a transcript has: with the longest ones it fits a
// record (store.MaxValue), so that nobody writes so much that the conversation
// could not be ended.
const mostLines = 15_000

// Line is one token.
type Line struct {
	Token   string    `json:"token"`
	Kind    string    `json:"kind"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	// Expires is when its value ended, or was to end.
	Expires time.Time `json:"expires"`
	// Message is the keyed hash of the id of the message that brought the value, as
	// logs show it.
	Message string `json:"message,omitempty"`
	// Again says that the value came by another message, or by a form, too.
	Again bool `json:"again,omitempty"`
	// Form says that it came by a secure form.
	Form bool `json:"form,omitempty"`
}

// Signed is a transcript as it was signed, byte by byte: Signature is Ed25519
// under the key of this id, over "piiproxy transcript", a line feed, and Statement,
// the JSON of a Transcript.
type Signed struct {
	Statement []byte `json:"statement"`
	Key       string `json:"key"`
	Signature []byte `json:"signature"`
}

const (
	prefix = "transcript/"
	domain = "piiproxy transcript\n"
)

// Verify checks the signature under these public keys, by id, and reads the
// transcript.
func (s Signed) Verify(keys map[string]ed25519.PublicKey) (Transcript, error) {
	key, known := keys[s.Key]
	if !known || !ed25519.Verify(key, append([]byte(domain), s.Statement...), s.Signature) {
		return Transcript{}, ErrTampered
	}
	var t Transcript
	if json.Unmarshal(s.Statement, &t) != nil {
		return Transcript{}, ErrTampered
	}
	return t, nil
}

// Values lists what the vault keeps. *vault.Vault is one.
type Values interface {
	Each(ctx context.Context, c *conversation.Conversation, do func(token string, held vault.Held) error) error
}

// write makes the transcript of a conversation. What one lists that is there
// already, because ending the conversation failed or another instance is at it,
// stays in it. It reports false when another instance came between.
func (e *Ender) write(ctx context.Context, c *conversation.Conversation, used time.Time, keep time.Duration) (bool, error) {
	now := e.config.Now()
	old, made, err := e.earlier(ctx, prefix+c.Path())
	if err != nil {
		return false, err
	}
	_, drafted, err := e.earlier(ctx, draftPrefix+c.Path())
	if err != nil {
		return false, err
	}
	live := map[string]Line{}
	if err := e.gather(ctx, c, live); err != nil {
		return false, err
	}
	lines := made.byToken()
	maps.Copy(lines, e.merge(drafted.byToken(), live))
	t := Transcript{Account: c.Account, Conversation: c.ID, Used: used.UTC(), Ended: now.UTC(), Cut: made.Cut || drafted.Cut}
	t.list(lines)
	record, err := e.record(prefix+c.Path(), t)
	if err != nil {
		return false, err
	}
	record.Version, record.Expires = old.Version, now.Add(keep)
	err = e.config.Store.Put(ctx, record)
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("writing a transcript: %w", err)
	}
	return true, nil
}

// gather adds what the vault has of a conversation.
func (e *Ender) gather(ctx context.Context, c *conversation.Conversation, lines map[string]Line) error {
	err := e.config.Values.Each(ctx, c, func(token string, h vault.Held) error {
		if h.Volatile {
			return nil // in the memory of one instance, for minutes
		}
		lines[token] = Line{
			Token: token, Kind: h.Value.Kind, Created: h.Created.UTC(), Used: h.Used.UTC(), Expires: h.Expires.UTC(),
			Message: h.Message, Again: h.Again, Form: h.Value.Origin == vault.Form,
		}
		return nil
	})
	if errors.Is(err, vault.ErrTampered) {
		e.config.Observe(EventTampered) // the others are there; what does not open ends all the same
		return nil
	}
	return err
}

func (e *Ender) record(key string, t Transcript) (store.Record, error) {
	statement, err := json.Marshal(t)
	if err != nil {
		return store.Record{}, errors.New("encoding a transcript")
	}
	signature, keyID := e.config.Keys.SignNamed(append([]byte(domain), statement...))
	signed := Signed{Statement: statement, Key: keyID, Signature: signature}
	plain, err := json.Marshal(signed)
	if err != nil {
		return store.Record{}, errors.New("encoding a transcript")
	}
	sealed, err := e.config.Keys.Seal(plain, binding(key))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing a transcript: %w", err)
	}
	return store.Record{Key: key, Value: sealed}, nil
}

// open unseals a record and checks its signature.
func (e *Ender) open(record store.Record) (t Transcript, signed Signed, err error) {
	plain, err := e.config.Keys.Open(record.Value, binding(record.Key))
	if err != nil || json.Unmarshal(plain, &signed) != nil {
		return Transcript{}, Signed{}, ErrTampered
	}
	t, err = signed.Verify(e.config.Keys.VerifyingKeys())
	if err != nil || !strings.HasSuffix(record.Key, "/"+t.Conversation) {
		return Transcript{}, Signed{}, ErrTampered
	}
	return t, signed, nil
}

func binding(key string) []byte {
	ad := []byte("piiproxy transcript")
	return append(binary.BigEndian.AppendUint64(ad, uint64(len(key))), key...)
}

// Page is part of a list of transcripts.
type Page struct {
	Signed []Signed
	// Next is where the list goes on; "" at its end.
	Next string
	// Tampered counts those that do not open.
	Tampered int
}

// List reads an account's transcripts, in no order that means anything, after the
// place where an earlier page ended ("" to begin). Each is verified. Faults of the
// store are errors.
func (e *Ender) List(ctx context.Context, account, after string) (Page, error) {
	if after != "" {
		after = prefix + after
	}
	// The path of an account is known by one of its conversations only, so all are
	// looked through: transcripts are few, and read by people.
	records, err := e.config.Store.List(ctx, prefix, after, listPage)
	if err != nil {
		return Page{}, fmt.Errorf("reading transcripts: %w", err)
	}
	var page Page
	for _, record := range records {
		page.Next = strings.TrimPrefix(record.Key, prefix)
		t, signed, err := e.open(record)
		switch {
		case err != nil:
			page.Tampered++
		case t.Account == account:
			page.Signed = append(page.Signed, signed)
		}
	}
	return page, nil
}

const listPage = 200
