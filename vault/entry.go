package vault

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

// recordHash names a value in the store: it is found with the token and the
// conversation's secret only.
func recordHash(c *conversation.Conversation, token string) string {
	return encoding.EncodeToString(c.Derive("piiproxy value record", token)[:16])
}

func recordKey(c *conversation.Conversation, token string) string {
	return valueKey(c, recordHash(c, token))
}

func valueKey(c *conversation.Conversation, hash string) string {
	return "value/" + c.Path() + "/" + hash
}

// valuePrefix is what the keys of all values of a conversation begin with.
func valuePrefix(c *conversation.Conversation) string { return "value/" + c.Path() + "/" }

// messageHash is a keyed hash of a platform's message id; all zeros: no message.
type messageHash [10]byte

// entry is what the record of a value holds.
type entry struct {
	value   Value
	look    byte   // which look-alike it has: noLook, a probe number, or wordLook
	form    string // canonical form of that look-alike; "" when there is none
	expires time.Time
	created time.Time // to the second
	used    time.Time // when its lifetime last began, to the second
	message messageHash
	again   bool   // it came by something other than that message, too
	random  bool   // its token was drawn, not derived
	id      string // of a drawn token
	old     bool   // the record has the first format
}

// A record is the format byte and what is sealed: the origin, flags, the expiry
// in nanoseconds (the store's could be moved by whoever writes to it), creation
// and last use in seconds, the message's hash, then kind, canonical form and text,
// each after its length, the look and its form after its length, and the id of a
// token that was drawn; filled up with zeros: the length in the store must not tell a postcode from a card number.
//
// The first format had no byte before what is sealed, so its records are one byte
// shorter than a multiple of fillTo and the seal's 28; they were bound to the
// token, so that nobody can list them. They are read until their values expire or
// are renewed.
const (
	firstFormat  = 1
	formatByte   = 2
	headerLength = 28
	fillTo       = 128
	sealLength   = 28 // nonce and tag of AES-256-GCM
)

const (
	flagAgain  = 1
	flagRandom = 2
)

// filled is how long size bytes are when filled up, by one byte at least.
func filled(size int) int { return size/fillTo*fillTo + fillTo }

// binding is the associated data: format, account, conversation and the hash that
// names the record, which is one of kind and token.
func binding(c *conversation.Conversation, hash string) []byte {
	ad := make([]byte, 0, 32+len(c.Account)+len(c.ID)+len(hash))
	return appendText(appendText(appendText(appendText(ad, "piiproxy value 2"), c.Account), c.ID), hash)
}

func seal(c *conversation.Conversation, token string, e entry) ([]byte, error) {
	v := e.value
	id, flags := "", byte(0)
	if e.again {
		flags |= flagAgain
	}
	if e.random {
		flags |= flagRandom
		id = token[len(token)-idLength:]
	}
	plain := make([]byte, 0, filled(headerLength+17+len(v.Kind)+len(v.Canonical)+len(v.Text)+len(e.form)+len(id)))
	plain = append(plain, byte(v.Origin), flags)
	plain = binary.BigEndian.AppendUint64(plain, uint64(e.expires.UnixNano()))
	plain = binary.BigEndian.AppendUint32(plain, uint32(e.created.Unix()))
	plain = binary.BigEndian.AppendUint32(plain, uint32(e.used.Unix()))
	plain = append(plain, e.message[:]...)
	for _, part := range []string{v.Kind, v.Canonical, v.Text} {
		plain = appendText(plain, part)
	}
	plain = append(appendText(append(plain, e.look), e.form), id...)
	plain = plain[:cap(plain)]
	sealed, err := c.Seal(plain, binding(c, recordHash(c, token)))
	if err != nil {
		return nil, fmt.Errorf("sealing value: %w", err)
	}
	return append([]byte{formatByte}, sealed...), nil
}

// open returns what the record of a token holds. The value must be the one that
// the token derives from, or was drawn for.
func open(c *conversation.Conversation, token, hash string, record []byte) (entry, error) {
	if isFirstFormat(record) {
		return openFirst(c, token, record)
	}
	e, err := openAt(c, hash, record)
	if err == nil && e.token(c) != token {
		return entry{}, ErrTampered
	}
	return e, err
}

// openAt is open for a record whose token is not known, or whose value is.
func openAt(c *conversation.Conversation, hash string, record []byte) (e entry, err error) {
	if len(record) == 0 || record[0] != formatByte {
		return entry{}, ErrTampered
	}
	plain, err := c.Open(record[1:], binding(c, hash))
	if err != nil || len(plain) < headerLength {
		return entry{}, ErrTampered
	}
	e.value.Origin, e.again, e.random = Origin(plain[0]), plain[1]&flagAgain != 0, plain[1]&flagRandom != 0
	e.expires = time.Unix(0, int64(binary.BigEndian.Uint64(plain[2:])))
	e.created = time.Unix(int64(binary.BigEndian.Uint32(plain[10:])), 0)
	e.used = time.Unix(int64(binary.BigEndian.Uint32(plain[14:])), 0)
	copy(e.message[:], plain[18:])
	rest, err := e.read(string(plain[headerLength:]))
	if err != nil || e.random && len(rest) < idLength {
		return entry{}, ErrTampered
	}
	if e.random {
		e.id = rest[:idLength]
	}
	return e, nil
}

// token is the token of what a record holds.
func (e *entry) token(c *conversation.Conversation) string {
	if e.random {
		return tokenWith(e.value.Kind, e.id)
	}
	return tokenOf(c, e.value.Kind, e.value.Canonical)
}

// read reads kind, canonical form, text and look, and returns what follows.
func (e *entry) read(rest string) (after string, err error) {
	for _, part := range []*string{&e.value.Kind, &e.value.Canonical, &e.value.Text} {
		if *part, rest, err = cutText(rest); err != nil {
			return "", err
		}
	}
	if len(rest) == 0 || e.value.check() != nil {
		return "", ErrTampered
	}
	e.look = rest[0]
	e.form, after, err = cutText(rest[1:])
	return after, err
}

// isFirstFormat tells by the length.
func isFirstFormat(record []byte) bool { return len(record)%fillTo == sealLength }

func openFirst(c *conversation.Conversation, token string, record []byte) (entry, error) {
	kind, _ := ParseToken(token)
	ad := appendText(nil, "piiproxy value")
	for _, part := range []string{c.Account, c.ID, kind, token} {
		ad = appendText(ad, part)
	}
	plain, err := c.Open(record, ad)
	if err != nil || len(plain) < 10 || plain[0] != firstFormat {
		return entry{}, ErrTampered
	}
	e := entry{old: true, value: Value{Origin: Origin(plain[1])}, expires: time.Unix(0, int64(binary.BigEndian.Uint64(plain[2:])))}
	if _, err := e.read(string(plain[10:])); err != nil {
		return entry{}, err
	}
	if tokenOf(c, e.value.Kind, e.value.Canonical) != token {
		return entry{}, ErrTampered
	}
	e.created = e.expires.Add(-keptFor)
	e.used = e.created
	return e, nil
}

func appendText(to []byte, text string) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(text)))
	return append(to, text...)
}

func cutText(from string) (text, rest string, err error) {
	if len(from) < 4 {
		return "", "", ErrTampered
	}
	length := uint64(from[0])<<24 | uint64(from[1])<<16 | uint64(from[2])<<8 | uint64(from[3])
	if length > uint64(len(from)-4) {
		return "", "", ErrTampered
	}
	return from[4 : 4+length], from[4+length:], nil
}
