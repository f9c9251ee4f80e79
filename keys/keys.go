// Package keys holds the key set of an installation: whoever has the store but
// not the keys has nothing, and whoever reads a log, an error or a dump of this
// program sees no key.
//
// In a folder, kek is the key-encrypting key, 32 random bytes in base64; aead.json,
// prf.json and sign.json are Tink key sets, encrypted under it. The first seals
// records (AES-256-GCM), the second turns ids into keyed hashes (HMAC-SHA256), the
// third signs the audit log (Ed25519). sign.pub holds the public keys of the third
// in plain, for whoever checks signatures and may read nothing. The folder belongs in a backup of its own, apart from the
// store's: together they are the plain text.
//
// # Rotation
//
// Sealing and signing rotate while instances run. A new key is staged: every
// instance opens under it, none seals yet. When all have it, it is promoted, and
// what older keys sealed is moved to it in the background (package rotation). An
// old key is retired when nothing is sealed under it any more. Set follows the
// folder with Reload.
//
// The naming key does not rotate: its output is the name under which a record is
// found, and the name that stands for a person in logs and in the audit log; both
// would change with the key. So this package pins it to the oldest key of its set.
// Tokens do not depend on these keys at all: they derive from each conversation's
// own secret.
package keys

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/signature"
)

// PRFSize is the length of what Set.PRF returns, in bytes.
const PRFSize = 32

// ErrSealed says that sealed bytes do not open: they were altered, belong
// elsewhere (other associated data), or were sealed under a key that this set
// does not have (MissingKeyError).
var ErrSealed = errors.New("sealed bytes do not open under these keys")

// Set is an opened key set, for many goroutines. It prints as <keys>.
type Set struct{ holder *holder }

// holder stands behind a pointer, so that no way of printing a struct that holds
// a Set walks into it.
type holder struct {
	current atomic.Pointer[material]
	opened  string // state of the folder then

	mu     sync.Mutex // one reload at a time; guards what follows
	folder Folder
	counts map[string]*atomic.Uint64 // sealings of this process by key
}

// material is what a reload puts in the place of what was there.
type material struct {
	sealing sealing
	prf     prf.PRF
	signing signing
	keys    []Key
	givenUp []string
}

func (h *holder) now() *material { return h.current.Load() }

// count is the counter of a key's sealings.
func (h *holder) count(id string) *atomic.Uint64 {
	if h.counts[id] == nil {
		h.counts[id] = new(atomic.Uint64)
	}
	return h.counts[id]
}

// Seal encrypts plain under a data key of its own, that one under the primary
// key, and binds it to ad, which is needed to open it and is not kept within. The
// result is 94 bytes longer. A key is good for 2^32 calls (NIST SP 800-38D, 8.3:
// random 96-bit nonces); Keys and Sealed tell when to rotate.
func (s *Set) Seal(plain, ad []byte) ([]byte, error) { return s.holder.now().sealing.seal(plain, ad) }

// Open decrypts what Seal made with the same ad, under any key of the set. The
// only error is ErrSealed; where the key is missing it is a MissingKeyError, which
// names it.
func (s *Set) Open(sealed, ad []byte) ([]byte, error) { return s.holder.now().sealing.open(sealed, ad) }

// Keys lists the keys of the set: what operators need to know of them, and no
// key.
func (s *Set) Keys() []Key { return slices.Clone(s.holder.now().keys) }

// GivenUp says whether a key was retired while records were sealed under it, by
// an operator who gave them up.
func (s *Set) GivenUp(id string) bool { return slices.Contains(s.holder.now().givenUp, id) }

// Sealed tells how often this process has sealed under each key since it started.
func (s *Set) Sealed() map[string]uint64 {
	s.holder.mu.Lock()
	defer s.holder.mu.Unlock()
	counts := make(map[string]uint64, len(s.holder.counts))
	for id, count := range s.holder.counts {
		counts[id] = count.Load()
	}
	return counts
}

// PRF returns 32 bytes that only this set can compute: HMAC-SHA256 over the
// label and the parts, each after its length, so that no two lists of parts run
// together. The label says what the result is for; results under different
// labels tell nothing of each other.
func (s *Set) PRF(label string, parts ...string) []byte {
	size := 8 + len(label)
	for _, part := range parts {
		size += 8 + len(part)
	}
	message := appendPart(make([]byte, 0, size), label)
	for _, part := range parts {
		message = appendPart(message, part)
	}
	output, err := s.holder.now().prf.ComputePRF(message, PRFSize)
	if err != nil {
		// newSet has computed one: HMAC-SHA256 gives 32 bytes for any input.
		// Going on without would name every record alike.
		panic("keys: the PRF of an opened key set fails")
	}
	return output
}

func appendPart(message []byte, part string) []byte {
	message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
	return append(message, part...)
}

// Ephemeral makes a key set that lives in memory only, for the demo and tests:
// what is sealed with it is lost with the process.
func Ephemeral() (*Set, error) {
	made, err := generate()
	if err != nil {
		return nil, err
	}
	return newSet(made, nil, Folder{})
}

// keysets are the Tink key sets of an installation.
type keysets struct{ sealing, naming, signing *keyset.Handle }

// generate makes the Tink key sets with one fresh key each.
func generate() (keysets, error) {
	var made keysets
	for _, each := range []struct {
		what     string
		template *tinkpb.KeyTemplate
		to       **keyset.Handle
	}{
		{"sealing", aead.AES256GCMKeyTemplate(), &made.sealing},
		{"naming", prf.HMACSHA256PRFKeyTemplate(), &made.naming},
		{"signing", signature.ED25519KeyWithoutPrefixTemplate(), &made.signing},
	} {
		handle, err := keyset.NewHandle(each.template)
		if err != nil {
			return keysets{}, fmt.Errorf("making the %s key: %w", each.what, err)
		}
		*each.to = handle
	}
	return made, nil
}

func newSet(from keysets, known *ring, folder Folder) (*Set, error) {
	h := &holder{folder: folder, counts: map[string]*atomic.Uint64{}}
	m, err := h.material(from, known)
	if err != nil {
		return nil, err
	}
	h.current.Store(m)
	return &Set{h}, nil
}

// material opens Tink key sets.
func (h *holder) material(from keysets, known *ring) (*material, error) {
	seal, err := newSealing(from.sealing, h.count)
	if err != nil {
		return nil, err
	}
	name, err := oldest(from.naming)
	if err != nil {
		return nil, err
	}
	if _, err := name.ComputePRF(nil, PRFSize); err != nil {
		return nil, errors.New("the naming key set is not one of 32-byte PRF keys")
	}
	sign, err := newSigning(from.signing)
	if err != nil {
		return nil, err
	}
	list, err := known.describe(from)
	if err != nil {
		return nil, err
	}
	m := &material{sealing: seal, prf: name, signing: sign, keys: list}
	if known != nil {
		m.givenUp = known.Destroyed
	}
	return m, nil
}

// oldest pins the PRF to the first key of the set; see the package comment.
func oldest(naming *keyset.Handle) (prf.PRF, error) {
	set, err := prf.NewPRFSet(naming)
	if err != nil {
		return nil, errors.New("the naming key set is not one of PRF keys")
	}
	first, err := naming.Entry(0)
	if err != nil {
		return nil, errors.New("the naming key set is empty")
	}
	pinned, enabled := set.PRFs[first.KeyID()]
	if !enabled {
		return nil, errors.New("the oldest key of the naming key set is disabled, and the records are named with it: enable it again")
	}
	return pinned, nil
}

const hidden = "<keys>"

// String hides the keys.
func (s Set) String() string { return hidden }

// GoString hides the keys.
func (s Set) GoString() string { return hidden }

// Format hides the keys from every verb.
func (s Set) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(hidden)) }

// MarshalText hides the keys from JSON, YAML and the like.
func (s Set) MarshalText() ([]byte, error) { return []byte(hidden), nil }
