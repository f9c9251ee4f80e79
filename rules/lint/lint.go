// Package lint finds what is wrong with rules that load and pass their own
// examples: patterns that can run away, examples that show nothing, rules that
// other rules make superfluous, rules that find something in ordinary texts.
//
// Its promises: an Error is something that a rule must not be used with, a
// Warning something that its author should know. A pattern is called a runaway
// only when a text has been seen to use up its budget, by the engine that will
// run it; what the syntax tree alone says is a warning. The same rules and
// texts give the same problems, but for patterns whose worst text takes about as
// long as the budget.
package lint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/piiproxy/piiproxy/rules"
)

// Severity tells how bad a problem is.
type Severity uint8

const (
	Warning Severity = iota // the author should know
	Error                   // the rule must not be used
)

// String returns "warning" or "error".
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Problem is one thing that is wrong with a rule. Its text may hold what the
// rule's author wrote, and shapes of the texts it was tried on, never those
// texts.
type Problem struct {
	File     string
	Line     int // 0: the whole file
	Rule     string
	Severity Severity
	Text     string
}

// String returns "file:line: severity: text".
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Rule != "" {
		return fmt.Sprintf("%s: %s: rule %s: %s", where, p.Severity, p.Rule, p.Text)
	}
	return fmt.Sprintf("%s: %s: %s", where, p.Severity, p.Text)
}

// Options choose what is looked at.
type Options struct {
	// Benign are ordinary texts in which no rule should find anything, beside
	// the built-in ones.
	Benign []Text
}

// Text is an ordinary text and where it stands.
type Text struct {
	File      string
	Line      int
	Direction rules.Direction
	Text      string
}

// Run looks at every rule of sources. Complaints of loading, and examples that
// do not come out as written, are problems too.
func Run(sources []rules.Source, options Options) []Problem {
	l := &linter{}
	library, err := rules.Load(sources)
	if err != nil {
		l.complaints(err)
		return l.done()
	}
	written, err := rules.Read(sources)
	if err != nil {
		l.complaints(err)
		return l.done()
	}
	for _, failure := range library.Test() {
		l.add(Problem{failure.File, failure.Line, failure.Rule, Error, failure.Text})
	}
	for i := range written {
		l.patterns(&written[i])
		l.examples(&written[i])
	}
	l.names(written)
	if l.ran {
		return l.done() // trying such rules on texts takes as long as it says
	}
	set, err := library.Set(rules.View{})
	if err != nil {
		l.complaints(err)
		return l.done()
	}
	l.superfluous(set, written)
	l.wide(set, written, options.Benign)
	return l.done()
}

// linter collects problems.
type linter struct {
	problems []Problem
	ran      bool // some pattern can run away
}

func (l *linter) add(p Problem) { l.problems = append(l.problems, p) }

// of adds a problem of a rule.
func (l *linter) of(w *rules.Written, line int, severity Severity, format string, args ...any) {
	l.add(Problem{w.File, line, w.ID, severity, fmt.Sprintf(format, args...)})
}

func (l *linter) complaints(err error) {
	var complaints rules.Errors
	if !errors.As(err, &complaints) {
		l.add(Problem{Severity: Error, Text: err.Error()})
		return
	}
	for _, c := range complaints {
		l.add(Problem{c.File, c.Line, c.Rule, Error, c.Text})
	}
}

// done orders problems by file and line, the worst of a line first.
func (l *linter) done() []Problem {
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(l.problems)
}
