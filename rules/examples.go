package rules

import (
	"errors"
	"fmt"
	"slices"
)

// exampleTries is how often an example that ran out of budget runs again: the
// budget is of real time, and rules are checked when the machine is busy
// starting. A pattern that is too slow fails every time.
const exampleTries = 5

// Test runs every rule's own examples and returns those that did not come out
// as written. A rule's examples run with all loaded rules around it, in the
// rule's first region (else US) and its direction, and count before overlaps
// are resolved, as if the rule were enforced. A prompt's examples are outbound.
func (l *Library) Test() []Failure {
	var failures []Failure
	for _, r := range l.rules {
		set := l.exampleSet(r)
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

// exampleSet runs every rule that shares a region with r, and r itself.
func (l *Library) exampleSet(r *rule) *Set {
	set := &Set{library: l, regions: fallbackRegions[:1]}
	if len(r.regions) > 0 {
		set.regions = r.regions[:1]
	}
	set.view.Regions = set.regions
	for _, other := range l.rules {
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
