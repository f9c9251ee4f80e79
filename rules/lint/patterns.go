package lint

import (
	"errors"
	"slices"
	"strconv"

	"github.com/dlclark/regexp2/v2/syntax"

	"github.com/piiproxy/piiproxy/rules"
)

// patterns looks at the regular expressions of a rule.
func (l *linter) patterns(w *rules.Written) {
	for i, p := range slices.Concat(w.Patterns, w.Ignores) {
		probe, err := rules.NewProbe(p.Regex, p.Span)
		if err != nil {
			continue // loading has complained
		}
		for _, problem := range runaway(p.Regex, probe).problems() {
			l.ran = l.ran || problem.Severity == Error
			l.of(w, p.Line, problem.Severity, "pattern %s", problem.Text)
		}
		if group := unusedGroup(p); group != "" {
			l.of(w, p.Line, Warning, "group %s of the pattern is never used; write (?:…), or name it in span", group)
		}
		if i >= len(w.Patterns) {
			continue
		}
		l.cost(w, p)
		if len(w.Match) > 0 && len(w.Patterns)+w.Shapes+w.Said+len(w.Words) > 1 && !matchesSome(probe, w.Match) {
			l.of(w, p.Line, Warning, "the pattern matches none of the rule's own examples; add one that shows what it is for, or remove it")
		}
	}
}

// cost warns of patterns that make every message slower.
func (l *linter) cost(w *rules.Written, p rules.WrittenPattern) {
	switch cost := rules.CostOf(p.Regex); {
	case cost.Everywhere:
		l.of(w, p.Line, Warning, "the pattern runs on every text, because nothing that it matches needs a digit or a word; add one that is always there, such as a prefix")
	case cost.Whole && !anchored(p.Regex):
		l.of(w, p.Line, Warning, "the pattern runs over the whole text, because its matches have no longest one; bound * and + with {0,64}")
	}
}

// anchored tells whether a pattern says where in a text it matches: such a one
// sees all of it on purpose.
func anchored(regex string) bool {
	tree, err := syntax.Parse(regex, syntax.ParseOptions{RegexOptions: syntax.IgnoreCase})
	if err != nil {
		return false
	}
	found := false
	each(tree.Root, func(node *syntax.RegexNode) {
		switch node.T {
		case syntax.NtBol, syntax.NtEol, syntax.NtBeginning, syntax.NtStart, syntax.NtEnd, syntax.NtEndZ:
			found = true
		}
	})
	return found
}

func matchesSome(probe *rules.Probe, examples []rules.WrittenText) bool {
	return slices.ContainsFunc(examples, func(e rules.WrittenText) bool {
		found, err := probe.Matches(e.Text)
		return found || errors.Is(err, rules.ErrBudget) // unknown: said elsewhere
	})
}

// unusedGroup returns the name or number of a capturing group that is neither the
// finding nor referred to, "" when there is none.
func unusedGroup(p rules.WrittenPattern) string {
	tree, err := syntax.Parse(p.Regex, syntax.ParseOptions{RegexOptions: syntax.IgnoreCase})
	if err != nil {
		return ""
	}
	names := map[int]string{}
	for name, number := range tree.Capnames {
		names[number] = name
	}
	var used, groups []int
	each(tree.Root, func(node *syntax.RegexNode) {
		switch node.T {
		case syntax.NtRef, syntax.NtBackRefCond:
			used = append(used, node.M)
		case syntax.NtCapture:
			if node.N >= 0 {
				used = append(used, node.M, node.N) // a balancing group
			}
			groups = append(groups, node.M)
		}
	})
	for _, group := range groups {
		name := strconv.Itoa(group)
		if names[group] != "" {
			name = names[group]
		}
		if group > 0 && !slices.Contains(used, group) && p.Span != strconv.Itoa(group) && p.Span != name {
			return name
		}
	}
	return ""
}

// examples sees that a rule shows what it is for and what it leaves alone.
func (l *linter) examples(w *rules.Written) {
	if len(w.Match) == 0 {
		l.of(w, w.Line, Warning, "has no example of what it finds; add tests.match")
	}
	if len(w.Ignore) == 0 {
		l.of(w, w.Line, Warning, "has no example of what it must leave alone; add tests.ignore")
	}
}
