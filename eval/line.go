package eval

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// Floors are the lines of a report, each with the value that it must hold.
type Floors struct {
	Lines []Line `yaml:"lines"`
}

// Line is one thing to measure. Of its filters all must hold; an absent one
// always does.
type Line struct {
	Name    string   `yaml:"line"`
	In      []string `yaml:"in"`      // corpora
	Measure string   `yaml:"measure"` // see measures
	Least   *float64 `yaml:"at_least"`
	Most    *float64 `yaml:"at_most"`

	Rows     map[string][]string `yaml:"rows"`      // members of a row and the values allowed
	Speaker  string              `yaml:"speaker"`   // user or bot
	Turns    map[string][]string `yaml:"turns"`     // members of a turn and the values allowed
	Asked    []string            `yaml:"asked"`     // the bot has just asked for one of these
	NotAsked []string            `yaml:"not_asked"` // and for none of these
	Text     string              `yaml:"text"`      // the turn matches

	Labels []string `yaml:"labels"` // types of labels
	After  string   `yaml:"after"`  // what stands before the label ends like this
	Value  string   `yaml:"value"`  // the label's whole text matches
	Digits int      `yaml:"digits"` // and has so many digits, or more

	Kinds  []string `yaml:"kinds"`  // kinds of findings
	Except []string `yaml:"except"` // kinds that do not count
	Unless string   `yaml:"unless"` // a finding whose text matches does not count

	NoRegion bool   `yaml:"no_region"` // the author's region is not told
	Say      bool   `yaml:"say"`       // values are said with their keyword
	Prompt   string `yaml:"prompt"`    // the bot asks this before every labelled turn of a user, which stands alone

	text, after, value, unless *regexp2.Regexp
}

// FewLabels is the number of labels from which a floor is a share; with fewer
// it is a count: at most one miss.
const FewLabels = 50

// ReadFloors reads a file of lines.
func ReadFloors(path string) (*Floors, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var floors Floors
	if err := decode(f, &floors); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range floors.Lines {
		if err := floors.Lines[i].compile(); err != nil {
			return nil, fmt.Errorf("%s: line %d, %q: %w", path, i+1, floors.Lines[i].Name, err)
		}
	}
	return &floors, nil
}

// compile checks a line and compiles its expressions.
func (l *Line) compile() error {
	if err := l.check(); err != nil {
		return err
	}
	for _, e := range []struct {
		key, expression, from, to string
		into                      **regexp2.Regexp
	}{
		{"text", l.Text, "", "", &l.text},
		{"after", l.After, "", `\s*\z`, &l.after},
		{"value", l.Value, `\A`, `\z`, &l.value},
		{"unless", l.Unless, "", "", &l.unless},
	} {
		if e.expression == "" {
			continue
		}
		re, err := regexp2.Compile(e.from+`(?:`+e.expression+`)`+e.to, regexp2.IgnoreCase)
		if err != nil {
			return fmt.Errorf("%s is no regular expression: %w", e.key, err)
		}
		*e.into = re
	}
	return nil
}

func (l *Line) check() error {
	switch {
	case l.Name == "" || len(l.In) == 0:
		return errors.New("needs a line and in")
	case measures[l.Measure] == nil:
		return fmt.Errorf("%q is no measure, take one of %s", l.Measure, strings.Join(measureNames(), ", "))
	case (l.Least == nil) == (l.Most == nil):
		return errors.New("needs either at_least or at_most")
	case l.Speaker != "" && l.Speaker != "user" && l.Speaker != "bot":
		return errors.New("speaker is user or bot")
	case l.Say && l.Prompt != "":
		return errors.New("takes one of say and prompt")
	}
	return nil
}

// reading is how the line wants its corpora read.
func (l *Line) reading() reading { return reading{l.NoRegion, l.Say, l.Prompt} }

// turn says that the line looks at this turn.
func (l *Line) turn(t *scanned) bool {
	switch {
	case !t.row.Labelled, l.Speaker == "bot" && !t.Bot, l.Speaker == "user" && t.Bot:
		return false
	case !t.row.Fields.meet(l.Rows), !t.Fields.meet(l.Turns):
		return false
	case len(l.Asked) > 0 && !overlap(l.Asked, t.Asked), overlap(l.NotAsked, t.Asked):
		return false
	}
	return matches(l.text, t.Text)
}

// label says that the line looks at this label.
func (l *Line) label(t *scanned, label Label) bool {
	value := t.Text[label.Start:label.End]
	switch {
	case len(l.Labels) > 0 && !slices.Contains(l.Labels, label.Type):
		return false
	case l.Digits > 0 && digits(value) < l.Digits:
		return false
	}
	return matches(l.after, t.Text[:label.Start]) && matches(l.value, value)
}

// finding says that the line looks at this finding.
func (l *Line) finding(t *scanned, f Finding) bool {
	if len(l.Kinds) > 0 && !slices.Contains(l.Kinds, f.Kind) || slices.Contains(l.Except, f.Kind) {
		return false
	}
	return l.unless == nil || !matches(l.unless, t.Text[f.Start:f.End])
}

func (f fields) meet(wanted map[string][]string) bool {
	for name, values := range wanted {
		if !slices.Contains(values, f[name]) {
			return false
		}
	}
	return true
}

func matches(re *regexp2.Regexp, text string) bool {
	if re == nil {
		return true
	}
	found, err := re.MatchString(text)
	return found && err == nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func digits(value string) int {
	count := 0
	for _, r := range value {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count
}
