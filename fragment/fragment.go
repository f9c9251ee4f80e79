// Package fragment notices a value that a person splits over several messages
// ("4111 1111", then "1111 1111"): what may be a part of a card number is held
// for a while, what is whole is joined and becomes one token, and of what never
// becomes whole at most six digits are shown. It decides and remembers; holding,
// sending and tokens are the caller's.
//
// A Trail is plain data that whoever keeps it must seal: it holds digits of
// values. What it promises holds for two minutes and for card numbers in two or
// three messages, in any order of time: at most Shown digits of one reach the
// bot.
package fragment

import (
	"time"
)

const (
	// Shown is how many digits of an unfinished value the bot may see: fewer than
	// the eight that PCI DSS lets be kept of a card (4.0.1, 3.4.1, with FAQ 1091).
	Shown = 6
	// Memory is how long a part is remembered after it came.
	Memory = 2 * time.Minute
	// MaxParts and MaxChars bound a trail.
	MaxParts = 8
	MaxChars = 64
	// All as a Show means that a text is not masked.
	All = -1
)

// Limits say how long a part is held at most, counted from the first part of a
// value. With 0 none is held: then more than six digits may pass.
type Limits struct {
	Unarmed time.Duration // the bot asked for nothing, and it looks like a card's beginning
	Armed   time.Duration // the bot asked for something that can be split
}

// Message is one message of a person.
type Message struct {
	ID   string // of the platform; a message that comes again is recognised by it
	Text string // as typed; "" when it is passed on whatever it is part of
	// Found are the findings that hide a stretch of the text from the bot.
	Found []Found
}

// Found is a finding in a text, in bytes.
type Found struct {
	Kind       string
	Start, End int
}

// Setting is what is known when a message comes.
type Setting struct {
	Now    time.Time
	Asked  []string // kinds that the bot asked for in its last turn
	Limits Limits
	// Scan finds a value that is all of text, as rules would in this setting, and
	// that policy hides from the bot. A kind that has a check digit must pass it:
	// half of a number is none, whatever the bot asked.
	Scan func(text string) (kind, canonical string, ok bool)
}

// Verdict is what happens to a message.
type Verdict uint8

const (
	// Pass: it goes on, masked where Show says so.
	Pass Verdict = iota
	// Hold: it is kept back until the value is whole or Due has come.
	Hold
	// Join: it goes on with the value's token in the place of its text.
	Join
	// Absorbed: it came again and is part of a joined value: it goes nowhere.
	Absorbed
)

// Decision is what happens to a message, and to those before it.
type Decision struct {
	Verdict  Verdict
	Repeated bool // the message had come before
	// Release lists held messages that go out before this one, in order.
	Release []Release
	Show    int       // Pass: digits of its text that may be shown, or All; Hold: the same, when it goes out
	Due     time.Time // Hold: when Over releases it
	// Kind and Canonical are the joined value's, as Scan gave them.
	Kind, Canonical string
	Absorb          []string // Join: ids of held messages that are part of the value
	TooLate         []string // Join: ids of messages of which the bot saw digits
}

// Release is a held message that goes out.
type Release struct {
	ID   string
	Show int // as Hold said
}

// Fate is what became of a part.
type Fate uint8

const (
	held     Fate = iota // not sent yet
	left                 // sent
	absorbed             // never sent: part of a joined value
	late                 // sent, then joined
	token                // sent as the token of a joined value
)

// Part is a message that may be part of a value.
type Part struct {
	ID     string    `json:"id"`
	Read   string    `json:"read"` // its digits and letters, groups parted by spaces; ? for one that is not kept
	At     time.Time `json:"at"`
	Fate   Fate      `json:"fate"`
	Bare   int       `json:"bare,omitempty"`   // how many of them no finding hides
	Shown  int       `json:"shown,omitempty"`  // how many of these the bot has seen
	Before int       `json:"before,omitempty"` // of the value, that the bot saw in parts forgotten since
	Most   int       `json:"most,omitempty"`   // held: how many of these it will see when the time is over
	Due    time.Time `json:"due,omitzero"`     // when it goes out, or was to; zero when it was never held
}

// Trail is what is remembered of a conversation's parts, oldest first. The zero
// Trail has heard nothing.
type Trail struct {
	Parts []Part `json:"parts,omitempty"`
}

// String tells how many parts there are; digits are never printed.
func (t Trail) String() string {
	if len(t.Parts) == 0 {
		return "no parts of values"
	}
	return "parts of values"
}

// GoString is String.
func (t Trail) GoString() string { return t.String() }

// Clone copies a trail, so that a decision can be dropped.
func (t Trail) Clone() Trail { return Trail{append([]Part(nil), t.Parts...)} }

// Due tells when Over has to be asked; false when nothing is held.
func (t Trail) Due() (time.Time, bool) {
	for _, p := range t.Parts {
		if p.Fate == held {
			return p.Due, true
		}
	}
	return time.Time{}, false
}

// Over releases what is held, in order, when the time is over.
func (t *Trail) Over(now time.Time) []Release {
	if due, holding := t.Due(); !holding || due.After(now) {
		return nil
	}
	return t.release(len(t.Parts))
}

// Let releases what is held whatever the time: something follows it that is no
// text, or that is of nobody.
func (t *Trail) Let() []Release { return t.release(len(t.Parts)) }
