package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Direction tells which way a text travels.
type Direction uint8

const (
	Inbound  Direction = iota // toward the bot
	Outbound                  // toward the platform
)

// String returns "inbound" or "outbound".
func (d Direction) String() string {
	if d == Outbound {
		return "outbound"
	}
	return "inbound"
}

// Mode tells what a rule's findings are for.
type Mode uint8

const (
	Enforce Mode = iota // findings are acted on
	Shadow              // findings are reported, and never displace an enforced one
	Off                 // the rule does not run
)

// String returns "enforce", "shadow" or "off", the words of the rule files.
func (m Mode) String() string {
	switch m {
	case Shadow:
		return "shadow"
	case Off:
		return "off"
	default:
		return "enforce"
	}
}

// ParseMode reads the words of the rule files; "" is Enforce.
func ParseMode(word string) (Mode, error) {
	switch word {
	case "", "enforce":
		return Enforce, nil
	case "shadow":
		return Shadow, nil
	case "off":
		return Off, nil
	}
	return Enforce, fmt.Errorf("mode must be enforce, shadow or off%s", suggest(word, []string{"enforce", "shadow", "off"}))
}

// ErrBudget says that a scan did not finish: a pattern ran out of time or of
// backtracking stack. Nothing is known about the text; the caller must treat
// all of it as personal data. The engine's own error is never wrapped, because
// it quotes the text.
var ErrBudget = errors.New("scanning ran out of its time or stack budget; nothing is known about the text")

// ErrText says that a text was not valid UTF-8, which the caller should have
// refused before.
var ErrText = errors.New("scanning needs valid UTF-8")

// View is what one account sees of a library. The zero View sees every rule of
// every region, for no account and no channel.
type View struct {
	Account, Channel string
	Regions          []string // ISO 3166 two-letter codes; the first is the default for phone numbers; none: every region
	Languages        []string // ISO 639-1 codes, kept for rules that need them
	Overrides        []Override
	Own              Own
}

// Override changes one rule or prompt rule for one view.
type Override struct {
	ID        string  // an id that the library knows
	Mode      string  // "", enforce, shadow or off; "" leaves it
	Threshold float64 // above 0 and at most 1; 0 leaves it
}

// Own lists an account's own contact details, which it may send: outbound they
// are never findings. Values are compared in their canonical form, so that one
// spelling of a phone number stands for all.
type Own struct {
	Values   []string // "+1 800 555 0100"
	Patterns []string // globs over the whole value: "*@bank.example" (* any run, ? one character)
	File     string   // more of both, one a line, # starts a comment
}

// Context is what is known about a text besides its words.
type Context struct {
	Direction Direction
	Channel   string // overrides the view's when set
	Account   string // overrides the view's when set
	Field     string // name of the JSON member the text was found in
	Region    string // ISO 3166 code of this text's author; overrides the view's first region
	Language  string
	Asked     []string // kinds that the bot asked for in its last turn: the strongest context
	Before    []Turn   // earlier turns of the conversation, oldest first
	// Deadline ends the budget of the message that the text is part of; zero:
	// ScanBudget from now. Set the same one for every string of a message.
	Deadline time.Time
}

// Turn is one earlier message of the conversation.
type Turn struct {
	Direction Direction
	Text      string
}

// Finding is one span of personal data. It never prints the text.
type Finding struct {
	Rule, Kind string
	Start, End int     // bytes of the scanned text, whole characters
	Score      float64 // 0…1
	Valid      bool    // the rule's validator passed
	Mode       Mode    // Enforce or Shadow
	Why        []Reason

	canonical *string // a pointer, so that no %+v of an enclosing struct shows it
}

// Canonical returns the normal form of the value: equal values have equal
// forms. It is personal data; see canonical.go for the form of each kind.
func (f Finding) Canonical() string {
	if f.canonical == nil {
		return ""
	}
	return *f.canonical
}

// String describes the finding without its text.
func (f Finding) String() string {
	return fmt.Sprintf("%s by %s at %d:%d, score %.2f", f.Kind, f.Rule, f.Start, f.End, f.Score)
}

// GoString is String: %#v shows no text either.
func (f Finding) GoString() string { return f.String() }

// Reason is one part of a score. Detail holds words of the rule file, never
// words of the text.
type Reason struct {
	Part   string // pattern, validator, near, far, asked, field, kind
	Detail string
	Score  float64
}

// String returns the form that `why` lists show: "near:social security +0.40".
func (r Reason) String() string {
	return fmt.Sprintf("%s:%s %+.2f", r.Part, r.Detail, r.Score)
}

// Ask is a place in an outbound text that asks the person for personal data.
type Ask struct {
	Rule       string
	Asks       []string // kinds
	Start, End int      // bytes of the scanned text
	From, To   int      // the sentence around it, in bytes: whole characters, with the marks that end it
	Mode       Mode     // Enforce or Shadow
}

// Result is what a scan found. Findings are ordered by Start and disjoint;
// asks are ordered and only found in outbound texts.
type Result struct {
	Findings []Finding
	Asks     []Ask
}

// RuleInfo describes a loaded rule or prompt rule.
type RuleInfo struct {
	ID        string
	Kind      string   // "" for a prompt rule
	Asks      []string // kinds, for a prompt rule
	Regions   []string
	Mode      Mode
	Threshold float64
	Validator string
	File      string
	Line      int
	Examples  int // how many tests it carries
}

// Complaint is one thing wrong with a rule file.
type Complaint struct {
	File string
	Line int    // 0 when the whole file is meant
	Rule string // id, when known
	Text string // what is wrong and what to do
}

// String returns "file:line: text".
func (c Complaint) String() string {
	where := c.File
	if c.Line > 0 {
		where = fmt.Sprintf("%s:%d", c.File, c.Line)
	}
	if c.Rule != "" {
		return fmt.Sprintf("%s: rule %s: %s", where, c.Rule, c.Text)
	}
	return where + ": " + c.Text
}

// Errors is every complaint of a load, in file and line order.
type Errors []Complaint

// Error returns one complaint a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, c := range e {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

// Failure is an example of a rule file that did not come out as written. The
// example's text is the author's own and may be shown.
type Failure struct {
	Complaint
	Example int    // number in its list, from 1
	Want    string // "match" or "ignore"
}
