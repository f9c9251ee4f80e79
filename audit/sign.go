package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"time"
)

// Signer signs the log. *keys.Set is one.
type Signer interface {
	// Sign makes an Ed25519 signature of 64 bytes (RFC 8032).
	Sign(message []byte) []byte
	// SigningKeyID names the key that Sign uses, in 16 hexadecimal digits.
	SigningKeyID() string
}

// checkpointAfter is how long a line may stand unsigned. A signature costs some
// ten times what a line does, so messages share one.
const checkpointAfter = time.Second

// checkpoint is a line that is there for its signature.
var checkpoint = Event{Actor: self, Action: ActionCheckpoint}

// self is the actor of what nobody ordered.
const self = "piiproxy"

// signatureOf binds a signature to what it is for: the same key signs tombstones
// and transcripts.
const signatureOf = "piiproxy audit line\x00"

const (
	keyIDLength     = 16
	signatureLength = 86 // of 64 bytes in base64 without padding
)

// signed returns what a signature is over.
func signed(hash string) []byte { return append([]byte(signatureOf), hash...) }

// sign signs a line's hash.
func sign(signer Signer, hash string) string {
	return base64.RawURLEncoding.EncodeToString(signer.Sign(signed(hash)))
}

// verifySignature says whether the signature of a line is the key's.
func verifySignature(key ed25519.PublicKey, hash, signature string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, signed(hash), raw)
}

// cover counts the lines that no signature covers, and sees that one comes. The
// caller holds the lock.
func (l *Log) cover(now time.Time, signed bool) {
	switch {
	case signed:
		l.bare, l.signed = 0, now
		return
	case l.bare == 0:
		l.since = now
	}
	l.bare++
	if l.config.Signer != nil && !l.pending {
		l.pending = true
		time.AfterFunc(checkpointAfter, l.checkpoint)
	}
}

// checkpoint signs what has stood unsigned for long enough, and has it written to
// disk: a machine that loses power loses a second, and closing a full file finds
// little left to write while others wait.
func (l *Log) checkpoint() {
	file, seq := l.signDue()
	if file == nil {
		return
	}
	switch err := l.sync(file, seq); {
	case errors.Is(err, errGone):
		l.observe(FaultGone)
	case err != nil:
		l.observe(FaultDisk)
	}
}

// signDue signs what is due, waits for the rest, and returns the end of the log; nil
// when it is closed.
func (l *Log) signDue() (*os.File, uint64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.pending = false
	if l.file == nil {
		return nil, 0
	}
	if l.bare > 0 {
		wait := checkpointAfter - time.Since(l.since)
		if wait <= 0 && l.write(checkpoint, true) != nil {
			l.observe(FaultCheckpoint)
			wait = checkpointAfter
		}
		if wait > 0 {
			l.pending = true
			time.AfterFunc(wait, l.checkpoint)
		}
	}
	return l.file, l.tail.seq
}

// observe tells of a fault. The caller may hold the lock.
func (l *Log) observe(fault string) {
	if l.config.Observe != nil {
		l.config.Observe(fault)
	}
}
