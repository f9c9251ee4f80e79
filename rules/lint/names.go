package lint

import (
	"slices"
	"strings"

	"github.com/piiproxy/piiproxy/rules"
)

// maxID keeps ids short enough for a log line and a dashboard.
const maxID = 40

// names looks for ids and kinds that their author most likely did not mean.
// Policies act on kinds: one that is spelled wrong gets the default.
func (l *linter) names(written []rules.Written) {
	count := map[string]int{}
	for i := range written {
		count[written[i].Kind]++
	}
	kinds := rules.BuiltinKinds()
	for i := range written {
		w := &written[i]
		if len(w.ID) > maxID {
			l.of(w, w.Line, Warning, "the id has %d characters, which no log line shows well; %d are enough", len(w.ID), maxID)
		}
		if w.Prompt() {
			continue
		}
		if like := alike(w.Kind, kinds); like != "" && count[w.Kind] < 3 {
			l.of(w, w.Line, Warning, "kind %s is nearly the built-in kind %s, and policies for %s do not act on it; rename it", w.Kind, like, like)
		}
		if slices.Contains(kinds, w.ID) && w.ID != w.Kind {
			l.of(w, w.Line, Warning, "the id is the name of kind %s, but the rule finds %s; rename it", w.ID, w.Kind)
		}
	}
}

// alike returns the kind that a name differs from by one slip: a letter too
// many, missing, changed or swapped, an underscore, or a plural.
func alike(name string, kinds []string) string {
	if slices.Contains(kinds, name) {
		return ""
	}
	for _, kind := range kinds {
		plain := func(s string) string { return strings.TrimSuffix(strings.ReplaceAll(s, "_", ""), "s") }
		if plain(name) == plain(kind) || len(kind) > 4 && oneSlip(name, kind) {
			return kind
		}
	}
	return ""
}

// oneSlip tells whether two names differ by one letter, or by two neighbours that
// changed places.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) == len(b):
		return i < len(a) && (a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:])
	case len(b) == len(a)+1:
		return a[i:] == b[i+1:]
	}
	return false
}
