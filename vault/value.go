package vault

import (
	"fmt"
	"strings"
	"time"
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

// Lifetime says how long a value of this kind is kept where no Terms say so, and
// whether it is volatile: in memory only, on one instance, and never longer than
// that from when it was first seen. Underscores do not count, so that no spelling
// of a kind gets around it.
func Lifetime(kind string) (ttl time.Duration, volatile bool) {
	if volatileKinds[strings.ReplaceAll(kind, "_", "")] {
		return volatileFor, true
	}
	return keptFor, false
}

// Terms say how a value is kept; the zero ones are the vault's own. They go in
// with the value, and hold again each time that it comes.
type Terms struct {
	// Lifetime is how long; 0 is that of the kind. Volatile kinds are kept for the
	// shorter of the two.
	Lifetime time.Duration
	// FromCreation counts it from when the value was first seen; else a vault that
	// renews begins it anew when the value comes again.
	FromCreation bool
	// Random gives a token that is not derived from the value but drawn (HIPAA, 45
	// CFR 164.514(c)(1)). The same value still has one token in its conversation.
	Random bool
}

// For is how long a value of a kind is kept by these terms.
func (t Terms) For(kind string) time.Duration {
	lifetime, volatile := Lifetime(kind)
	if t.Lifetime > 0 && (!volatile || t.Lifetime < lifetime) {
		return t.Lifetime
	}
	return lifetime
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
	// Message is the platform's id of the message that brought the value; "" when
	// none did, as with a form. It only goes in: a keyed hash of it is kept, by
	// which EraseMessage finds the value.
	Message string
	// Terms say how to keep it. They only go in.
	Terms Terms
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
