// Package conversation keeps the record of a chat, one person in one account:
// whichever of the person's ids a message carries, it finds the same secret and
// the same data key, and when the record is erased, nothing that was derived or
// sealed with them means anything any more.
//
// Ids of the platforms (PSID, wa_id, BSUID, Instagram id, a member of a group)
// are aliases: the store holds them as keyed hashes that lead to the record, and
// in the record itself, which is sealed. Of all goroutines and instances that
// meet a new person at once, exactly one makes the record.
package conversation

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// keySize is the length of a conversation's secret and of its data key.
const keySize = 32

var (
	// ErrUnknown says that no alias leads to a conversation.
	ErrUnknown = errors.New("no such conversation")
	// ErrTampered says that a record does not open where it stands: it was
	// altered or swapped, or the key that sealed it was removed. It is worth an
	// alarm.
	ErrTampered = errors.New("conversation record does not open: it was altered, or its key was removed")
	// ErrAliases says that there are no aliases, too many, or one without
	// bounds; see MaxAliases and MaxAlias.
	ErrAliases = errors.New("a conversation has an account and 1 to 64 aliases of 1 to 256 bytes")
	// ErrSealed says that bytes do not open under this conversation's data key
	// with this associated data.
	ErrSealed = errors.New("sealed bytes do not open in this conversation")
)

// encoding writes keys and hashes in a-z2-7.
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Conversation is one person in one account, for many goroutines. It prints as
// its id, which is random and tells nothing.
type Conversation struct {
	// ID is 128 random bits in a-z2-7; it never leaves the house.
	ID string
	// Account is the account as Find and Ensure were given it.
	Account string

	path     string
	material *material
}

// material stands behind a pointer, so that no way of printing a struct that
// holds a Conversation walks into it.
type material struct {
	macs sync.Pool // of *deriving: preparing a key costs as much as using it
	data cipher.AEAD
}

// deriving is an HMAC under the secret, with room for a message and a sum.
type deriving struct {
	mac     hash.Hash
	message []byte
}

func newMaterial(secret []byte, data cipher.AEAD) *material {
	m := &material{data: data}
	m.macs.New = func() any { return &deriving{hmac.New(sha256.New, secret), make([]byte, 0, 256)} }
	return m
}

func newConversation(account, id, path string, content *content) (*Conversation, error) {
	if len(content.Secret) != keySize || len(content.DataKey) != keySize {
		return nil, ErrTampered
	}
	block, err := aes.NewCipher(content.DataKey)
	if err != nil {
		return nil, fmt.Errorf("preparing the data key: %w", err)
	}
	data, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("preparing the data key: %w", err)
	}
	return &Conversation{
		ID: id, Account: account, path: path,
		material: newMaterial(content.Secret, data),
	}, nil
}

// Path is <keyed hash of the account>/<ID>, with which the store keys of all
// that belongs to the conversation are made, so that erasing finds it.
func (c *Conversation) Path() string { return c.path }

// Derive returns 32 bytes that only this conversation can compute: HMAC-SHA256
// under its secret over the label and the parts, each after its length. The
// label says what the result is for; results under different labels tell nothing
// of each other.
func (c *Conversation) Derive(label string, parts ...string) []byte {
	d := c.material.macs.Get().(*deriving)
	defer c.material.macs.Put(d)
	message := appendPart(d.message[:0], label)
	for _, part := range parts {
		message = appendPart(message, part)
	}
	d.mac.Reset()
	d.mac.Write(message)
	derived := d.mac.Sum(make([]byte, 0, sha256.Size))
	clear(message) // it may hold a value
	if cap(message) <= cap(d.message) {
		d.message = message[:0]
	}
	return derived
}

// Seal encrypts plain under the data key (AES-256-GCM, random nonce) and binds
// it to ad, which is needed to open it and is not kept within. The data key is
// good for 2^32 calls (NIST SP 800-38D, 8.3), more than one chat ever makes.
func (c *Conversation) Seal(plain, ad []byte) ([]byte, error) {
	return c.material.data.Seal(nil, nil, plain, ad), nil
}

// Open decrypts what Seal made with the same ad; the only error is ErrSealed.
func (c *Conversation) Open(sealed, ad []byte) ([]byte, error) {
	plain, err := c.material.data.Open(nil, nil, sealed, ad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// String shows the id only.
func (c *Conversation) String() string { return "conversation " + c.ID }

// GoString shows the id only.
func (c *Conversation) GoString() string { return c.String() }

// Format shows the id only, whatever the verb.
func (c *Conversation) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(c.String())) }

func appendPart(message []byte, part string) []byte {
	message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
	return append(message, part...)
}

// binding is associated data: no two lists of parts give one.
func binding(label string, parts ...string) []byte {
	message := appendPart(nil, label)
	for _, part := range parts {
		message = appendPart(message, part)
	}
	return message
}
