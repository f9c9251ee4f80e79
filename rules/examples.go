package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// exampleTries is how often an example that ran out of budget runs again: the
// budget is of real time, and rules are checked when the machine is busy
// starting. A pattern that is too slow fails every time.
const exampleTries = 5

// Test runs every rule's own examples and returns those that did not come out
// as written. A rule's examples run with all loaded rules around it, in the
// rule's first region (else US) and its direction, and count before overlaps
// are resolved, as if the rule were enforced. A prompt's examples are outbound.
func (l *Library) Test() []Failure { return l.test(func(string) bool { return true }) }

// TestWritten is Test without the examples of the built-in packs, which every
// build of piiproxy has run: what a start needs to know.
func (l *Library) TestWritten() []Failure {
	return l.test(func(file string) bool { return !strings.HasPrefix(file, builtin+"/") })
}

// test runs the examples of the files that are wanted.
func (l *Library) test(wanted func(file string) bool) []Failure {
	var failures []Failure
	sets := exampleSets{library: l, byRegion: map[string]*Set{}}
	for _, r := range l.rules {
		if !wanted(r.file) {
			continue
		}
		set := sets.of(r)
		direction := Inbound
		if r.direction >= 0 {
			direction = Direction(r.direction)
		}
		context := Context{
			Direction: direction,
			Channel:   first(r.where.Channels),
			Account:   first(r.where.Accounts), Field: first(r.where.Fields), Asked: r.where.Asked,
		}
		finds := func(text string) (bool, error) { return set.finds(r, text, context) }
		failures = append(failures, runExamples(r.tests, Complaint{File: r.file, Line: r.line, Rule: r.id}, finds)...)
	}
	for _, p := range l.prompts {
		if !wanted(p.file) {
			continue
		}
		set := &Set{library: l, prompts: []activePrompt{{p, Enforce}}, regions: fallbackRegions[:1]}
		set.place()
		finds := func(text string) (bool, error) {
			result, err := set.Scan(text, Context{Direction: Outbound})
			return len(result.Asks) > 0, err
		}
		failures = append(failures, runExamples(p.tests, Complaint{File: p.file, Line: p.line, Rule: p.id}, finds)...)
	}
	return failures
}

// exampleSets are the sets that examples run in, one for each region.
type exampleSets struct {
	library  *Library
	byRegion map[string]*Set
}

// of returns the set that runs every rule of r's first region, and so r itself.
func (s exampleSets) of(r *rule) *Set {
	regions := fallbackRegions[:1]
	if len(r.regions) > 0 {
		regions = r.regions[:1]
	}
	if known := s.byRegion[regions[0]]; known != nil {
		return known
	}
	set := &Set{library: s.library, regions: regions}
	set.view.Regions = regions
	s.byRegion[regions[0]] = set
	for _, other := range s.library.rules {
		if a, runs := set.activate(other, Override{Mode: "enforce"}); runs {
			set.rules = append(set.rules, a)
		}
	}
	set.place()
	return set
}

// finds tells whether rule r has a candidate in text.
func (s *Set) finds(r *rule, text string, c Context) (bool, error) {
	if text == "" {
		return false, nil
	}
	sc := scratches.Get().(*scan)
	defer sc.release()
	sc.begin(s, c)
	if err := sc.read(text); err != nil {
		return false, err
	}
	if err := sc.settle(); err != nil {
		return false, err
	}
	return slices.ContainsFunc(sc.found, func(found candidate) bool { return found.rule.rule == r }), nil
}

func runExamples(tests testsYAML, where Complaint, finds func(string) (bool, error)) []Failure {
	var failures []Failure
	run := func(list []string, want string, wanted bool) {
		for i, text := range list {
			found, err := finds(text)
			for again := 0; errors.Is(err, ErrBudget) && again < exampleTries; again++ {
				found, err = finds(text)
			}
			if err == nil && found == wanted {
				continue
			}
			failure := Failure{Complaint: where, Example: i + 1, Want: want}
			failure.Text = fmt.Sprintf("tests.%s example %d %s ", want, i+1, quote(text))
			switch {
			case err != nil:
				failure.Text += "could not be read: " + err.Error()
			case wanted:
				failure.Text += "is not found; change the rule or the example"
			default:
				failure.Text += "is found; change the rule or the example"
			}
			failures = append(failures, failure)
		}
	}
	run(tests.Match, "match", true)
	run(tests.Ignore, "ignore", false)
	return failures
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
