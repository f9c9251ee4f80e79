package vault

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
)

const (
	// keptFor is how long a value is kept (GDPR Art. 5(1)(e): storage has a
	// limit).
	keptFor = 30 * 24 * time.Hour
	// volatileFor is how long a volatile value stays in memory.
	volatileFor = 15 * time.Minute
)

// volatileKinds are never written to a store: card verification codes must not
// be kept after authorisation (PCI DSS 4.0.1, 3.3.1), and a one-time password is
// of use to nobody but a thief.
var volatileKinds = map[string]bool{"cvv": true, "otp": true}

// Lifetime says how long a value of this kind is kept from when it was first
// seen, and whether it is volatile: in memory only, on one instance. Underscores
// do not count, so that no spelling of a kind gets around it.
func Lifetime(kind string) (ttl time.Duration, volatile bool) {
	if volatileKinds[strings.ReplaceAll(kind, "_", "")] {
		return volatileFor, true
	}
	return keptFor, false
}

// Origin says by which way a value came.
type Origin uint8

const (
	// Chat is a message: the platform has seen the value.
	Chat Origin = iota + 1
	// Form is a secure form: the platform has not, and never gets it.
	Form
)

// Value is personal data. It prints as <value>, in every form.
type Value struct {
	// Kind is the rule's kind, for example credit_card.
	Kind string
	// Canonical is the normalised form; values with one kind and one canonical
	// form are the same.
	Canonical string
	// Text is the value as it was written.
	Text string
	// Origin is Chat or Form.
	Origin Origin
}

func (v *Value) check() error {
	if !validKind(v.Kind) || v.Canonical == "" || v.Origin < Chat || v.Origin > Form {
		return ErrValue
	}
	return nil
}

const hidden = "<value>"

// String hides the value.
func (v Value) String() string { return hidden }

// GoString hides the value.
func (v Value) GoString() string { return hidden }

// Format hides the value from every verb.
func (v Value) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(hidden)) }

// MarshalText hides the value from JSON, YAML and the like.
func (v Value) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// recordKey is where the value of a token stands: found with the token and the
// conversation's secret only.
func recordKey(c *conversation.Conversation, token string) string {
	return "value/" + c.Path() + "/" + encoding.EncodeToString(c.Derive("piiproxy value record", token)[:16])
}

// binding is the associated data: account, conversation, kind (as the token
// spells it) and token.
func binding(c *conversation.Conversation, token string) []byte {
	kind, _ := ParseToken(token)
	ad := appendText(nil, "piiproxy value")
	for _, part := range []string{c.Account, c.ID, kind, token} {
		ad = appendText(ad, part)
	}
	return ad
}

// entry is what the record of a value holds.
type entry struct {
	value   Value
	look    byte   // which look-alike it has: noLook, a probe number, or wordLook
	form    string // canonical form of that look-alike; "" when there is none
	expires time.Time
}

// The sealed form is a format byte, the origin, the expiry in nanoseconds (the
// store's could be moved by whoever writes to it), then kind, canonical form and
// text, each after its length, the look and its form after its length; filled up
// with zeros: the length in the store must not tell a postcode from a card number.
const (
	formatByte   = 1
	headerLength = 10
	fillTo       = 128
)

// filled is how long size bytes are when filled up, by one byte at least.
func filled(size int) int { return size/fillTo*fillTo + fillTo }

func seal(c *conversation.Conversation, token string, e entry) ([]byte, error) {
	v := e.value
	plain := make([]byte, 0, filled(headerLength+17+len(v.Kind)+len(v.Canonical)+len(v.Text)+len(e.form)))
	plain = append(plain, formatByte, byte(v.Origin))
	plain = binary.BigEndian.AppendUint64(plain, uint64(e.expires.UnixNano()))
	for _, part := range []string{v.Kind, v.Canonical, v.Text} {
		plain = appendText(plain, part)
	}
	plain = appendText(append(plain, e.look), e.form)
	plain = plain[:cap(plain)]
	sealed, err := c.Seal(plain, binding(c, token))
	if err != nil {
		return nil, fmt.Errorf("sealing value: %w", err)
	}
	return sealed, nil
}

// open returns what the record of a token holds. The value must be the one that
// the token derives from.
func open(c *conversation.Conversation, token string, sealed []byte) (entry, error) {
	plain, err := c.Open(sealed, binding(c, token))
	if err != nil || len(plain) < headerLength || plain[0] != formatByte {
		return entry{}, ErrTampered
	}
	v := Value{Origin: Origin(plain[1])}
	expires := time.Unix(0, int64(binary.BigEndian.Uint64(plain[2:])))
	rest := plain[headerLength:]
	for _, part := range []*string{&v.Kind, &v.Canonical, &v.Text} {
		if *part, rest, err = cutText(rest); err != nil {
			return entry{}, err
		}
	}
	if len(rest) == 0 || v.check() != nil || tokenOf(c, v.Kind, v.Canonical) != token {
		return entry{}, ErrTampered
	}
	form, _, err := cutText(rest[1:])
	if err != nil {
		return entry{}, err
	}
	return entry{value: v, look: rest[0], form: form, expires: expires}, nil
}

func appendText(to []byte, text string) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(text)))
	return append(to, text...)
}

func cutText(from []byte) (text string, rest []byte, err error) {
	if len(from) < 4 {
		return "", nil, ErrTampered
	}
	length := uint64(binary.BigEndian.Uint32(from))
	if length > uint64(len(from)-4) {
		return "", nil, ErrTampered
	}
	return string(from[4 : 4+length]), from[4+length:], nil
}
