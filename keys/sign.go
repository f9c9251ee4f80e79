package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"

	tinkkey "github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/signature"
	tinked25519 "github.com/tink-crypto/tink-go/v2/signature/ed25519"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// signing is the signing key set, opened.
type signing struct {
	signer  tink.Signer
	id      string
	public  ed25519.PublicKey
	verify  map[string]ed25519.PublicKey
	ordered []ed25519.PublicKey // oldest first, as in sign.pub
}

func newSigning(handle *keyset.Handle) (signing, error) {
	signer, err := signature.NewSigner(handle)
	if err != nil {
		return signing{}, errors.New("the signing key set is not one of signature keys")
	}
	s := signing{signer: signer, verify: make(map[string]ed25519.PublicKey, handle.Len())}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return signing{}, errors.New("the signing key set cannot be listed")
		}
		public, err := publicOf(entry)
		if err != nil {
			return signing{}, err
		}
		// A key that no longer signs still verifies what it signed.
		s.ordered = append(s.ordered, public)
		s.verify[KeyID(public)] = public
		if entry.IsPrimary() {
			s.public, s.id = public, KeyID(public)
		}
	}
	return s, nil
}

func publicOf(entry *keyset.Entry) (ed25519.PublicKey, error) {
	private, is := entry.Key().(interface{ PublicKey() (tinkkey.Key, error) })
	if !is {
		return nil, errors.New("the signing key set is not one of Ed25519 keys")
	}
	found, err := private.PublicKey()
	if err != nil {
		return nil, errors.New("the signing key set has a key without its public key")
	}
	public, is := found.(*tinked25519.PublicKey)
	if !is || len(public.OutputPrefix()) > 0 {
		return nil, errors.New("the signing key set is not one of Ed25519 keys without prefix")
	}
	return public.KeyBytes(), nil
}

// KeyID names a public signing key: the first 16 hexadecimal digits of the
// SHA-256 of its 32 bytes. Whoever has the key can compute its name.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// Sign signs a message with the primary signing key: Ed25519 (RFC 8032), 64 bytes
// without any prefix.
func (s *Set) Sign(message []byte) []byte {
	signed, _ := s.SignNamed(message)
	return signed
}

// SignNamed is Sign, and says which key has signed. Two calls, of Sign and
// SigningKeyID, may see a rotation between them.
func (s *Set) SignNamed(message []byte) (signed []byte, keyID string) {
	key := &s.holder.now().signing
	signed, err := key.signer.Sign(message)
	if err != nil {
		// Ed25519 signs any message under any key.
		panic("keys: an opened signing key does not sign")
	}
	return signed, key.id
}

// SigningKey is the public key that checks what Sign makes now.
func (s *Set) SigningKey() ed25519.PublicKey { return bytes.Clone(s.holder.now().signing.public) }

// SigningKeyID is the KeyID of SigningKey.
func (s *Set) SigningKeyID() string { return s.holder.now().signing.id }

// VerifyingKeys are the public keys of all signing keys that the set has, also of
// those that sign no more, by KeyID.
func (s *Set) VerifyingKeys() map[string]ed25519.PublicKey {
	return maps.Clone(s.holder.now().signing.verify)
}

const pemType = "PUBLIC KEY"

// publicFile is sign.pub: a PEM block for each key, the oldest first (RFC 7468,
// section 13).
func publicFile(public []ed25519.PublicKey) ([]byte, error) {
	var file bytes.Buffer
	for _, key := range public {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", PublicFile, err)
		}
		if err := pem.Encode(&file, &pem.Block{Type: pemType, Bytes: der}); err != nil {
			return nil, fmt.Errorf("encoding %s: %w", PublicFile, err)
		}
	}
	return file.Bytes(), nil
}

// ParsePublic reads the content of a sign.pub file: the public keys by KeyID.
func ParsePublic(content []byte) (map[string]ed25519.PublicKey, error) {
	found := map[string]ed25519.PublicKey{}
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			break
		}
		content = rest
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		public, is := parsed.(ed25519.PublicKey)
		if block.Type != pemType || err != nil || !is {
			return nil, errors.New("reading public keys: a PEM block is no Ed25519 public key")
		}
		found[KeyID(public)] = public
	}
	if len(found) == 0 || len(bytes.TrimSpace(content)) > 0 {
		return nil, errors.New("reading public keys: this is not a file of PEM blocks, as the sign.pub that `piiproxy keys init` writes")
	}
	return found, nil
}
