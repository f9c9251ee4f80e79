package channel

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the platform's legacy header; refused unless switched on
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"strings"
)

// The signature headers of webhooks, in canonical form.
const (
	headerSHA256 = "X-Hub-Signature-256"
	headerSHA1   = "X-Hub-Signature"
)

// ErrSignature is the one answer for every signature that does not verify,
// whatever is wrong with it, so that it teaches a forger nothing.
var ErrSignature = errors.New("webhook signature does not verify")

// Verify checks that one of secrets signed body, by the header of a webhook.
//
// The header is X-Hub-Signature-256 with exactly sha256= and 64 hexadecimal
// digits. X-Hub-Signature (sha1) counts only when allowSHA1 is set and there is
// no sha256 header: nobody can downgrade a delivery by adding one. A header that
// occurs twice is refused. Secrets are all tried and compared in constant time;
// an empty secret verifies nothing, and no secret at all takes as long as one.
func Verify(secrets []string, body []byte, h http.Header, allowSHA1 bool) error {
	strong, weak := h.Values(headerSHA256), h.Values(headerSHA1)
	if len(strong) > 1 || len(weak) > 1 {
		return ErrSignature
	}
	switch {
	case len(strong) == 1:
		return verify(secrets, body, strong[0], "sha256=", sha256.New)
	case len(weak) == 1 && allowSHA1:
		return verify(secrets, body, weak[0], "sha1=", sha1.New)
	}
	return ErrSignature
}

func verify(secrets []string, body []byte, header, prefix string, digest func() hash.Hash) error {
	digits, ok := strings.CutPrefix(header, prefix)
	if !ok {
		return ErrSignature
	}
	claimed, err := hex.DecodeString(digits)
	if err != nil || len(claimed) != digest().Size() {
		return ErrSignature
	}
	if len(secrets) == 0 {
		secrets = []string{""} // an app that does not exist costs the same work
	}
	verified := false
	for _, secret := range secrets {
		if hmac.Equal(mac(secret, body, digest), claimed) && secret != "" {
			verified = true
		}
	}
	if !verified {
		return ErrSignature
	}
	return nil
}

// Sign signs body for the bot: exactly one header of each sort, replacing any
// that h has, because some bot libraries know only sha1. The secret must not be
// empty; no bot should take such a signature.
func Sign(secret string, body []byte, h http.Header) {
	h.Set(headerSHA256, "sha256="+hex.EncodeToString(mac(secret, body, sha256.New)))
	h.Set(headerSHA1, "sha1="+hex.EncodeToString(mac(secret, body, sha1.New)))
}

// SignAgain is Sign for a body that is known to have the sha256 header's value
// strong under the same secret: a delivery that is passed on as it came.
func SignAgain(secret, strong string, body []byte, h http.Header) {
	h.Set(headerSHA256, strong)
	h.Set(headerSHA1, "sha1="+hex.EncodeToString(mac(secret, body, sha1.New)))
}

func mac(secret string, body []byte, digest func() hash.Hash) []byte {
	m := hmac.New(digest, []byte(secret))
	m.Write(body)
	return m.Sum(nil)
}
