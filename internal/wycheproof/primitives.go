package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
	"github.com/tink-crypto/tink-go/v2/secretdata"

	"github.com/piiproxy/piiproxy/channel"
)

// macs are the ways in which piiproxy checks or computes HMAC-SHA256.
var macs = []struct {
	name string
	bits int // the shortest tag it deals with
	// verify reports whether tag, the first bytes of an HMAC, is right.
	verify func(key, message, tag []byte) (bool, error)
}{
	{"channel.Verify", 256, func(key, message, tag []byte) (bool, error) {
		header := http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(tag)}}
		return channel.Verify([]string{string(key)}, message, header, false) == nil, nil
	}},
	{"crypto/hmac (conversation.Derive)", 128, func(key, message, tag []byte) (bool, error) {
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		return hmac.Equal(mac.Sum(nil)[:len(tag)], tag), nil
	}},
	{"Tink PRF key set (keys.PRF)", 128, func(key, message, tag []byte) (bool, error) {
		mac, err := tinkPRF(key, message)
		return err == nil && hmac.Equal(mac[:len(tag)], tag), err
	}},
}

// runHMAC runs tags of 256 bits, and for tokens and names of records, which are
// cut to it, of 128.
func runHMAC(g group, v vector) []outcome {
	var outcomes []outcome
	for _, m := range macs {
		if g.TagSize < m.bits {
			outcomes = append(outcomes, skip(m.name+" has no tags of this size")...)
			continue
		}
		right, err := m.verify(v.Key, v.Msg, v.Tag)
		o := outcome{primitive: m.name}
		switch {
		case err != nil:
			o.problem = "not computed: " + err.Error()
		case right && v.Result == "invalid":
			o.problem = "an invalid tag is accepted"
		case !right && v.Result == "valid":
			o.problem = "a valid tag is refused"
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// aeads are the ways in which piiproxy opens AES-256-GCM. All of them write the
// nonce before the ciphertext.
var aeads = []struct {
	name string
	open func(key, sealed, ad []byte) ([]byte, error)
}{
	{"Tink AEAD key set (keys.Seal)", tinkAEAD},
	{"Tink AES-GCM (key-encrypting key)", func(key, sealed, ad []byte) ([]byte, error) {
		primitive, err := subtle.NewAESGCM(key)
		if err != nil {
			return nil, err
		}
		return primitive.Decrypt(sealed, ad)
	}},
	{"cipher.NewGCMWithRandomNonce (conversation.Seal)", func(key, sealed, ad []byte) ([]byte, error) {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		primitive, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		return primitive.Open(nil, nil, sealed, ad)
	}},
}

// runAEAD opens every vector of the sizes in use. An invalid one with a nonce of
// another size is run too: it has to be refused whatever its size.
func runAEAD(g group, v vector) []outcome {
	switch {
	case g.KeySize != 256:
		return skip("only keys of 256 bits are used")
	case g.TagSize != 128:
		return skip("only tags of 128 bits are used")
	case g.IVSize != 96 && v.Result == "valid":
		return skip("only nonces of 96 bits are used")
	}
	sealed := bytes.Join([][]byte{v.IV, v.CT, v.Tag}, nil)
	var outcomes []outcome
	for _, a := range aeads {
		plain, err := a.open(v.Key, sealed, v.AAD)
		o := outcome{primitive: a.name}
		switch {
		case err == nil && v.Result == "invalid":
			o.problem = "an invalid ciphertext is opened"
		case err != nil && v.Result == "valid":
			o.problem = "a valid ciphertext is refused"
		case err == nil && !bytes.Equal(plain, v.Msg):
			o.problem = "opened to another plain text"
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// tinkPRF computes with a key set that holds one key, as an opened one does.
func tinkPRF(keyBytes, message []byte) ([]byte, error) {
	parameters, err := hmacprf.NewParameters(len(keyBytes), hmacprf.SHA256)
	if err != nil {
		return nil, err
	}
	secret, err := hmacprf.NewKey(secretdata.NewBytesFromData(keyBytes, insecuresecretdataaccess.Token{}), parameters)
	if err != nil {
		return nil, err
	}
	handle, err := handleOf(secret)
	if err != nil {
		return nil, err
	}
	set, err := prf.NewPRFSet(handle)
	if err != nil {
		return nil, err
	}
	return set.ComputePrimaryPRF(message, sha256.Size)
}

// tinkAEAD opens with a key set that holds one key. Its prefix, the key's id, is
// left out: the vectors have none.
func tinkAEAD(keyBytes, sealed, ad []byte) ([]byte, error) {
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: len(keyBytes), IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantNoPrefix,
	})
	if err != nil {
		return nil, err
	}
	secret, err := aesgcm.NewKey(secretdata.NewBytesFromData(keyBytes, insecuresecretdataaccess.Token{}), 0, parameters)
	if err != nil {
		return nil, err
	}
	handle, err := handleOf(secret)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	return primitive.Decrypt(sealed, ad)
}

func handleOf(secret key.Key) (*keyset.Handle, error) {
	manager := keyset.NewManager()
	id, err := manager.AddKey(secret)
	if err != nil {
		return nil, err
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, errors.New("choosing the primary key")
	}
	return manager.Handle()
}
