package audit

import (
	"errors"
	"net/netip"
	"time"
)

// Bounds of an event.
const (
	maxText  = 512 // bytes of one field
	maxKinds = 256
	maxLine  = 64 << 10
)

// ErrEvent says that an event has no actor or action, is over its bounds (512
// bytes a field, 256 kinds), or has something in a field that must not be there:
// Conversation takes a keyed hash of a-z2-7 and Kinds take [a-z0-9_]+, so that no
// user id and no value gets into them by mistake. Source takes an IP address,
// Result one of its words, Rules hexadecimal digits.
var ErrEvent = errors.New("audit event is incomplete, too long, or holds what it must not")

// Event is one thing done or decided. No field ever holds message text, a value,
// a token or a user id.
type Event struct {
	// Time is when; zero means now.
	Time time.Time
	// Actor is who: a user of the console, a command, "piiproxy" itself.
	Actor string
	// Action is what, from a closed list of the caller's: "reveal", "mode".
	Action string
	// Account is the account's name, if there is one.
	Account string
	// Conversation is the keyed hash that logs show.
	Conversation string
	// Kinds are the kinds of personal data that it was about.
	Kinds []string
	// Count is how many values, records or messages.
	Count int
	// Reason is why: a reason of the closed list, or what the operator gave.
	Reason string
	// Request is the request_id of the log line.
	Request string
	// Purpose is what for, from the caller's own list: "chargeback".
	Purpose string
	// Source is the IP address that an order came from, without a port; empty
	// for what piiproxy decides itself.
	Source string
	// Result is Done, Refused or Failed; empty on decisions about messages,
	// whose Reason says it.
	Result string
	// Rules is the digest of the rules in force.
	Rules string
}

// Results of what somebody ordered. The line is written before the action, so it
// says Done of what is about to be done; where that failed, a second line with
// the same Request says Failed.
const (
	Done    = "done"
	Refused = "refused"
	Failed  = "failed"
)

func (e *Event) check() error {
	for _, text := range []string{e.Actor, e.Action, e.Account, e.Conversation, e.Reason, e.Request, e.Purpose, e.Rules} {
		if len(text) > maxText {
			return ErrEvent
		}
	}
	if !e.closed() {
		return ErrEvent
	}
	if e.Actor == "" || e.Action == "" || len(e.Kinds) > maxKinds || !made(e.Conversation, isHash) {
		return ErrEvent
	}
	for _, kind := range e.Kinds {
		if kind == "" || len(kind) > maxText/8 || !made(kind, isKind) {
			return ErrEvent
		}
	}
	return nil
}

// closed says whether the fields hold nothing that is not of their few shapes.
func (e *Event) closed() bool {
	if e.Source != "" {
		if source, err := netip.ParseAddr(e.Source); err != nil || source.Zone() != "" {
			return false
		}
	}
	switch e.Result {
	case "", Done, Refused, Failed:
		return made(e.Rules, isDigit16)
	}
	return false
}

func made(text string, of func(byte) bool) bool {
	for i := range len(text) {
		if !of(text[i]) {
			return false
		}
	}
	return true
}

func isHash(b byte) bool { return 'a' <= b && b <= 'z' || '2' <= b && b <= '7' }

func isDigit16(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' }

func isKind(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '_' }
