package conversation

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"github.com/piiproxy/piiproxy/rules"
)

const (
	// seenEvery is how exactly Seen is kept: a write an hour at most for people
	// who only write.
	seenEvery = time.Hour
	// maxAnswers bounds the answers that are recognised when they come again.
	maxAnswers = 8
	// answerFor is how long an answer is recognised: WhatsApp delivers again for
	// up to seven days.
	answerFor = 7 * 24 * time.Hour
)

// State is what is remembered of a chat from one message to the next: what the
// bot just asked, when the person last wrote, and under which ids. It is plain
// data for one goroutine; Memory seals it.
type State struct {
	// Dialogue knows the kinds that the bot asked for, until Armed.
	Dialogue rules.Dialogue `json:"dialogue,omitzero"`
	Armed    time.Time      `json:"armed,omitzero"`
	// Since says when the bot last asked for each of these kinds.
	Since map[string]time.Time `json:"since,omitempty"`
	// Answers are the person's latest messages that an open question informed:
	// the same message again is read the same way.
	Answers []Answer `json:"answers,omitempty"`
	// Seen is when the person last wrote, up to an hour early.
	Seen time.Time `json:"seen,omitzero"`
	// Envelope is what a delivery in this chat's name needs (package channel).
	Envelope []byte `json:"envelope,omitempty"`
	// Trail is what was heard of a value that comes in pieces (package fragment).
	Trail json.RawMessage `json:"trail,omitempty"`
	// Captured are the kinds that the person has entered into forms.
	Captured []string `json:"captured,omitempty"`
	// Told holds when the person was last told something that is said once in a
	// while: a notice, a warning.
	Told map[string]time.Time `json:"told,omitempty"`
	// Wish is the person's message that asked to be erased, and waits for another one.
	Wish *Wish `json:"wish,omitempty"`
}

// Wish is a message that asked for something.
type Wish struct {
	ID []byte    `json:"id"` // 8 bytes of the message id's SHA-256
	At time.Time `json:"at"`
}

// Answer is a message that a question informed.
type Answer struct {
	ID    []byte    `json:"id"` // 8 bytes of the message id's SHA-256
	Asked []string  `json:"asked"`
	At    time.Time `json:"at"`
}

// Arming bounds how long a question stays open.
type Arming struct {
	Turns int           // of the person, at least 1
	Time  time.Duration // from when the bot asked
}

// Asked is what the bot asked for and the message with this id may answer: what
// is open now, or what was when the same message came before.
func (s *State) Asked(now time.Time, messages []string) []string {
	for _, id := range messages {
		if asked := s.AskedBy(id); len(asked) > 0 {
			return slices.Clone(asked)
		}
	}
	if s.Dialogue.Left <= 0 || !now.Before(s.Armed) {
		return nil
	}
	return slices.Clone(s.Dialogue.Asked)
}

// AskedBy is what the bot had asked for when one of the latest answers came; to be
// read only.
func (s *State) AskedBy(message string) []string {
	if len(s.Answers) == 0 {
		return nil
	}
	id := answerID(message)
	for _, a := range s.Answers {
		if string(a.ID) == string(id) {
			return a.Asked
		}
	}
	return nil
}

// Heard takes in a message of the bot: what it asks for, and its words, which
// may end an earlier question. True: the state has changed.
func (s *State) Heard(now time.Time, text string, asks []rules.Ask, a Arming) bool {
	if !now.Before(s.Armed) {
		s.close()
	}
	before := s.Dialogue
	s.Dialogue.Left = min(before.Left, 1) // so that MaxArmed means: asked just now
	s.Dialogue.Said(rules.Outbound, text, asks)
	s.Dialogue.Last = "" // it has told what it could
	switch s.Dialogue.Left {
	case 0:
		s.close()
		return before.Left > 0
	case rules.MaxArmed: // a new question, or the same once more
		s.Dialogue.Left, s.Armed = a.Turns, now.Add(a.Time)
		s.asks(now, asks)
		return true
	}
	s.Dialogue = before
	return false
}

// asks notes when kinds were asked for: those of asks, or, where it is an earlier
// question once more, all.
func (s *State) asks(now time.Time, asks []rules.Ask) {
	since := map[string]time.Time{}
	for _, kind := range s.Dialogue.Asked {
		since[kind] = s.Since[kind]
		if len(asks) == 0 || slices.ContainsFunc(asks, func(ask rules.Ask) bool { return slices.Contains(ask.Asks, kind) }) {
			since[kind] = now
		}
	}
	s.Since = since
}

// close ends what was asked.
func (s *State) close() { s.Dialogue, s.Armed, s.Since = rules.Dialogue{}, time.Time{}, nil }

// Reading is how a message of the person was read.
type Reading struct {
	State State    // of the chat at that time
	Asked []string // what the message could answer
	Told  []string // the kinds that it told
}

// Answered takes in a message of the person that was read while something was
// asked: the kinds that it told are asked no longer, the others stay open for the
// turns that are left. What the bot has asked since it was read, as bots do before
// they confirm the delivery, is another question, which it does not answer. True:
// the state has changed.
func (s *State) Answered(now time.Time, messages []string, r Reading) bool {
	if len(r.Asked) == 0 {
		return false
	}
	s.Answers = slices.DeleteFunc(s.Answers, func(a Answer) bool { return now.Sub(a.At) > answerFor })
	for _, id := range messages {
		if slices.ContainsFunc(s.Answers, func(a Answer) bool { return string(a.ID) == string(answerID(id)) }) {
			return false // it has been counted
		}
		s.Answers = append(s.Answers, Answer{answerID(id), r.Asked, now})
	}
	s.Answers = s.Answers[max(0, len(s.Answers)-maxAnswers):]
	if s.Armed.Equal(r.State.Armed) {
		s.Dialogue.Said(rules.Inbound, "", nil)
	}
	s.Dialogue.Asked = slices.DeleteFunc(slices.Clone(s.Dialogue.Asked), func(kind string) bool {
		return slices.Contains(r.Told, kind) && s.Since[kind].Equal(r.State.Since[kind])
	})
	if len(s.Dialogue.Asked) == 0 {
		s.close()
	}
	return true
}

// Entered notes that the person has entered these kinds into a form. True: the
// state has changed.
func (s *State) Entered(kinds []string) bool {
	before := len(s.Captured)
	for _, kind := range kinds {
		if !slices.Contains(s.Captured, kind) {
			s.Captured = append(s.Captured, kind)
		}
	}
	return len(s.Captured) > before
}

// answerID names a message in the state.
func answerID(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:8]
}

// Wrote notes that the person wrote now. True: it is worth writing down.
func (s *State) Wrote(now time.Time) bool {
	if !s.Seen.IsZero() && now.Sub(s.Seen) < seenEvery {
		return false
	}
	s.Seen = now
	return true
}

// window is how long after the person's last message the platforms take any
// message (Meta's standard messaging window, WhatsApp's customer service
// window).
const window = 24 * time.Hour

// Open reports whether a message of ours may go into the chat now. Seen is early
// by up to an hour, so it is never said too late.
func (s *State) Open(now time.Time) bool { return now.Sub(s.Seen) < window && !s.Seen.IsZero() }

// Tell notes that the person is told something now, unless that was less than
// every ago. True: say it.
func (s *State) Tell(now time.Time, what string, every time.Duration) bool {
	if last, told := s.Told[what]; told && now.Sub(last) < every {
		return false
	}
	if s.Told == nil {
		s.Told = map[string]time.Time{}
	}
	s.Told[what] = now
	return true
}

// Wished notes that the person asked for something that has to be asked for twice,
// with another message, within a time. True: this is the second one. The same
// message again, as platforms send it, is one.
func (s *State) Wished(now time.Time, message string, within time.Duration) bool {
	id := answerID(message)
	if s.Wish != nil && now.Sub(s.Wish.At) < within {
		return string(s.Wish.ID) != string(id)
	}
	s.Wish = &Wish{id, now}
	return false
}
