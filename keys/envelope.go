package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// What Seal makes is an envelope:
//
//	02 | data key, sealed under the primary key (Tink) | nonce | text | tag
//
// The data key is fresh for each record. Moving a record to another key seals
// these 32 bytes anew and leaves the rest as it is, so it needs neither the text
// nor the associated data, which is known only to the record's owner (NIST SP
// 800-57 part 1, 5.3.5: wrapped keys). Earlier versions sealed the text under the
// primary key itself, which begins with Tink's own prefix; those still open.
const (
	formEnvelope = 2
	formDirect   = 1 // Tink's prefix: 01 and the key's id, four bytes
	prefixSize   = 5
	nonceSize    = 12
	tagSize      = 16
	dataKeySize  = 32
	wrappedSize  = prefixSize + nonceSize + dataKeySize + tagSize
)

// maxPlain is far over any record (store.MaxValue), and far under what AES-GCM
// takes.
const maxPlain = 64 << 20

// dataKeyBinding keeps data keys and whole records apart.
var dataKeyBinding = []byte("piiproxy data key")

// sealing is the sealing key set, opened.
type sealing struct {
	aead    tink.AEAD
	primary string
	ids     map[string]bool
	sealed  *atomic.Uint64 // how often the primary has sealed, in this process
}

func newSealing(handle *keyset.Handle, count func(id string) *atomic.Uint64) (sealing, error) {
	opened, err := aead.New(handle)
	if err != nil {
		return sealing{}, errors.New("the sealing key set is not one of AEAD keys")
	}
	s := sealing{aead: opened, ids: make(map[string]bool, handle.Len())}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return sealing{}, errors.New("the sealing key set cannot be listed")
		}
		s.ids[idOf(entry)] = true
		if entry.IsPrimary() {
			s.primary = idOf(entry)
		}
	}
	s.sealed = count(s.primary)
	return s, nil
}

// idOf is a key's id as operators see it.
func idOf(entry *keyset.Entry) string { return fmt.Sprintf("%08x", entry.KeyID()) }

func (s *sealing) seal(plain, ad []byte) ([]byte, error) {
	var key [dataKeySize]byte
	_, _ = rand.Read(key[:]) // never fails (crypto/rand)
	wrapped, err := s.aead.Encrypt(key[:], dataKeyBinding)
	if err != nil || len(wrapped) != wrappedSize {
		return nil, errors.New("sealing: the sealing keys are not AES-256-GCM keys with their ids in front")
	}
	body, err := bodyCipher(key[:])
	if err != nil {
		return nil, err
	}
	if len(plain) > maxPlain {
		return nil, errors.New("sealing: the plain text is too large")
	}
	s.sealed.Add(1)
	sealed := make([]byte, 1, 1+wrappedSize+nonceSize+len(plain)+tagSize)
	sealed[0] = formEnvelope
	return body.Seal(append(sealed, wrapped...), nil, plain, ad), nil
}

func bodyCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("sealing: a data key of the wrong size")
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (s *sealing) open(sealed, ad []byte) ([]byte, error) {
	id, form := keyOf(sealed)
	if form == 0 {
		return nil, ErrSealed
	}
	if !s.ids[id] {
		return nil, &MissingKeyError{id}
	}
	if form == formDirect {
		plain, err := s.aead.Decrypt(sealed, ad)
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	}
	key, err := s.aead.Decrypt(sealed[1:1+wrappedSize], dataKeyBinding)
	if err != nil {
		return nil, ErrSealed
	}
	body, err := bodyCipher(key)
	if err != nil {
		return nil, ErrSealed
	}
	plain, err := body.Open(nil, nil, sealed[1+wrappedSize:], ad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// keyOf reads the id of the key that bytes say they are sealed under, and their
// form; form 0: no bytes of Seal.
func keyOf(sealed []byte) (id string, form byte) {
	prefix := sealed
	switch {
	case len(sealed) >= 1+wrappedSize+nonceSize+tagSize && sealed[0] == formEnvelope && sealed[1] == formDirect:
		prefix = sealed[1:]
	case len(sealed) >= prefixSize+nonceSize+tagSize && sealed[0] == formDirect:
	default:
		return "", 0
	}
	return fmt.Sprintf("%08x", binary.BigEndian.Uint32(prefix[1:prefixSize])), sealed[0]
}

// MissingKeyError says that bytes are sealed under a key that the set does not
// have; it is an ErrSealed. Bytes that were altered just there say the same.
type MissingKeyError struct{ ID string }

// Error names the key.
func (e *MissingKeyError) Error() string {
	return "sealed under key " + e.ID + ", which is not in this key set: restore the backup of the key folder that has it (docs/keys.md)"
}

// Is makes it an ErrSealed.
func (e *MissingKeyError) Is(target error) bool { return target == ErrSealed }

// Under tells the id of the key that sealed bytes need, as `piiproxy keys list`
// shows it. Not ok: they do not come from Seal, as far as their form tells.
func (s *Set) Under(sealed []byte) (id string, ok bool) {
	id, form := keyOf(sealed)
	return id, form != 0
}

// Primary is the id of the key that seals now.
func (s *Set) Primary() string { return s.holder.now().sealing.primary }

// Has says whether the set has a sealing key.
func (s *Set) Has(id string) bool { return s.holder.now().sealing.ids[id] }

// ErrDirect says that bytes were sealed by an earlier version, without a data key
// of their own: only their owner, who knows the associated data, can seal them
// under another key, and does so when it writes the record next.
var ErrDirect = errors.New("sealed by an earlier version, without a data key of its own")

// Rewrap seals a record's data key under the primary key; the text stays as it is
// and is not looked at. The errors are ErrSealed and ErrDirect.
func (s *Set) Rewrap(sealed []byte) ([]byte, error) {
	set := &s.holder.now().sealing
	id, form := keyOf(sealed)
	switch {
	case form == 0:
		return nil, ErrSealed
	case form == formDirect:
		return nil, ErrDirect
	case !set.ids[id]:
		return nil, &MissingKeyError{id}
	}
	key, err := set.aead.Decrypt(sealed[1:1+wrappedSize], dataKeyBinding)
	if err != nil {
		return nil, ErrSealed
	}
	wrapped, err := set.aead.Encrypt(key, dataKeyBinding)
	if err != nil || len(wrapped) != wrappedSize {
		return nil, errors.New("rewrapping: the sealing keys are not AES-256-GCM keys with their ids in front")
	}
	set.sealed.Add(1)
	fresh := make([]byte, 1, len(sealed))
	fresh[0] = formEnvelope
	return append(append(fresh, wrapped...), sealed[1+wrappedSize:]...), nil
}
