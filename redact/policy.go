package redact

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/vault"
)

// Action is what a policy does with one finding, with one token, or with one
// prompt. Which of them may stand where is said by the tables below.
type Action uint8

const (
	// Allow leaves the text as it is and does not list it.
	Allow Action = iota
	// Report leaves the text as it is and lists it in the log.
	Report
	// Mask keeps what may be shown (docs/masks.md) and hides the rest.
	Mask
	// Tokenize puts a token in the place of a value. Inbound only: the
	// platform never gets tokens.
	Tokenize
	// Hide writes the kind's name in brackets: [CREDIT_CARD]. Policies call it
	// "redact".
	Hide
	// Generalize keeps what HIPAA's Safe Harbor lets stay: the year of a date,
	// the area of a ZIP code, ages up to 89 (docs/hipaa.md). The kind's name in
	// brackets stands for the rest.
	Generalize
	// Block refuses the call, or seals the part into quarantine.
	Block
	// Restore puts a token's value back, in its own conversation only.
	Restore
	// Arm expects an answer of the prompt's kinds.
	Arm
	// Capture turns the prompt into a link to a secure form.
	Capture
)

var actionNames = []string{"allow", "report", "mask", "tokenize", "redact", "generalize", "block", "restore", "arm", "capture"}

// String gives the action's name in policies and logs.
func (a Action) String() string { return actionNames[a] }

// Actions says what to do per kind. Read-only after NewPolicy.
type Actions struct {
	byKind   map[string]Action
	fallback Action
}

// For gives the action for a kind: its own, or the default.
func (a Actions) For(kind string) Action {
	if action, ok := a.byKind[kind]; ok {
		return action
	}
	return a.fallback
}

// Kinds lists the kinds that are named, without the default.
func (a Actions) Kinds() []string {
	kinds := make([]string, 0, len(a.byKind))
	for kind := range a.byKind {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

// Policy is what one account does with findings, tokens and prompts.
type Policy struct {
	Name     string
	Inbound  Actions
	Outbound Actions
	Tokens   Actions
	Prompts  Actions
	// Formats says which kinds get a token that looks like a value.
	Formats Formats
	// Keep says how long values are kept, and whether tokens are drawn.
	Keep Keeping
}

// Keeping says on which terms values are kept.
type Keeping struct {
	// Lifetimes are by kind, with "default" for all others; a kind without one has
	// the vault's.
	Lifetimes map[string]time.Duration
	// FromCreation counts them from when a value was first seen, not from when it
	// came last.
	FromCreation bool
	// Random draws tokens in the place of deriving them from values.
	Random bool
}

// Terms are those for a kind.
func (k Keeping) Terms(kind string) vault.Terms {
	lifetime, named := k.Lifetimes[kind]
	if !named {
		lifetime = k.Lifetimes["default"]
	}
	return vault.Terms{Lifetime: lifetime, FromCreation: k.FromCreation, Random: k.Random}
}

// Formats says which kinds get a look-alike instead of a word for a token.
type Formats struct {
	like     map[string]bool
	fallback bool
}

// Like reports whether a kind gets a look-alike.
func (f Formats) Like(kind string) bool {
	if like, ok := f.like[kind]; ok {
		return like
	}
	return f.fallback
}

// LikeCaptured is Like for values that came by a form: a bot checks what it asked
// for, so they look like one unless the kind is named otherwise.
func (f Formats) LikeCaptured(kind string) bool {
	like, named := f.like[kind]
	return like || !named
}

// Tables are the four tables of a policy as the configuration spells them:
// kind -> action name, with "default" for all other kinds.
// Format gives word or like for each kind.
type Tables struct {
	Inbound, Outbound, Tokens, Prompts, Format map[string]string
	Keep                                       Keeping
}

// NewPolicy reads the tables. A name that is no action, or that has no meaning
// in its table, is an error that lists what may stand there.
func NewPolicy(name string, t Tables) (Policy, error) {
	p := Policy{Name: name, Keep: t.Keep}
	for _, table := range []struct {
		key     string
		to      *Actions
		from    map[string]string
		allowed []Action
	}{
		{"inbound", &p.Inbound, t.Inbound, []Action{Allow, Report, Mask, Tokenize, Hide, Generalize, Block}},
		{"outbound", &p.Outbound, t.Outbound, []Action{Allow, Report, Mask, Hide, Generalize, Block}},
		{"tokens", &p.Tokens, t.Tokens, []Action{Restore, Mask, Hide, Generalize, Block}},
		{"prompts", &p.Prompts, t.Prompts, []Action{Allow, Report, Arm, Capture}},
	} {
		actions, err := readActions(table.from, table.allowed)
		if err != nil {
			return Policy{}, fmt.Errorf("policies.%s.%s.%w", name, table.key, err)
		}
		*table.to = actions
	}
	formats, err := readFormats(t.Format)
	if err != nil {
		return Policy{}, fmt.Errorf("policies.%s.format.%w", name, err)
	}
	p.Formats = formats
	return p, nil
}

func readFormats(from map[string]string) (Formats, error) {
	formats := Formats{like: make(map[string]bool, len(from))}
	for kind, name := range from {
		if name != "like" && name != "word" {
			return Formats{}, fmt.Errorf("%s: %q is no format, take one of word, like", kind, name)
		}
		if kind == "default" {
			formats.fallback = name == "like"
		} else {
			formats.like[kind] = name == "like"
		}
	}
	return formats, nil
}

func readActions(from map[string]string, allowed []Action) (Actions, error) {
	actions := Actions{byKind: make(map[string]Action, len(from)), fallback: strictest(allowed)}
	for kind, name := range from {
		i := slices.IndexFunc(allowed, func(a Action) bool { return a.String() == name })
		if i < 0 {
			return Actions{}, fmt.Errorf("%s: %q is no action here, take one of %s", kind, name, listed(allowed))
		}
		if kind == "default" {
			actions.fallback = allowed[i]
		} else {
			actions.byKind[kind] = allowed[i]
		}
	}
	return actions, nil
}

// strictest is what a table without a default does: hide inbound and outbound
// values and tokens; expect an answer to a prompt.
func strictest(allowed []Action) Action {
	if slices.Contains(allowed, Arm) {
		return Arm
	}
	if slices.Contains(allowed, Tokenize) {
		return Tokenize
	}
	return Mask
}

func listed(actions []Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = a.String()
	}
	return strings.Join(names, ", ")
}
