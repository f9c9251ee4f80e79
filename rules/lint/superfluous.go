package lint

import (
	"slices"

	"github.com/piiproxy/piiproxy/rules"
)

// superfluous looks for rules whose every example is found as well by another
// rule of the same kind: at least as long, and with at least the same score.
// Rules of other regions do not count, because each is off where the other one
// is needed.
func (l *linter) superfluous(set *rules.Set, written []rules.Written) {
	said := map[string]bool{}
	for i := range written {
		w := &written[i]
		if w.Prompt() || len(w.Match) == 0 || !enforced(w) {
			continue
		}
		for _, by := range l.shadows(set, w, written) {
			if said[by+" "+w.ID] {
				continue // each makes the other superfluous: said once
			}
			said[w.ID+" "+by] = true
			l.of(w, w.Line, Warning, "rule %s of the same kind finds all of its examples as well, with the same score or a higher one; add an example that only this rule finds, or remove it", by)
		}
	}
}

func enforced(w *rules.Written) bool { return w.Mode == "" || w.Mode == "enforce" }

// shadows are the rules that stand over w in every example.
func (l *linter) shadows(set *rules.Set, w *rules.Written, written []rules.Written) []string {
	var common []string
	for i, example := range w.Match {
		e, err := set.Explain(example.Text, w.Where, false)
		if err != nil {
			return nil // a runaway: said elsewhere
		}
		over := covering(e.Matches, w.ID)
		if i == 0 {
			common = over
		} else {
			common = slices.DeleteFunc(common, func(id string) bool { return !slices.Contains(over, id) })
		}
		if len(common) == 0 {
			return nil
		}
	}
	return slices.DeleteFunc(common, func(id string) bool {
		i := slices.IndexFunc(written, func(other rules.Written) bool { return other.ID == id })
		return i < 0 || !enforced(&written[i]) || !slices.Equal(written[i].Regions, w.Regions) && len(written[i].Regions) > 0
	})
}

// covering are the rules that cover each match of a rule in a text.
func covering(matches []rules.Match, id string) []string {
	var common []string
	first := true
	for _, own := range matches {
		if own.Rule != id {
			continue
		}
		var over []string
		for _, m := range matches {
			if m.Rule != id && m.Kind == own.Kind && m.Mode == rules.Enforce && m.Start <= own.Start && own.End <= m.End && m.Score >= own.Score {
				over = append(over, m.Rule)
			}
		}
		if first {
			common, first = over, false
		} else {
			common = slices.DeleteFunc(common, func(other string) bool { return !slices.Contains(over, other) })
		}
	}
	slices.Sort(common)
	return slices.Compact(common)
}
