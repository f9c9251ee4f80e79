// Package compare tells what two sets of rules, or two configurations, make of
// the same texts: what is newly caught, newly missed, of another kind, treated
// another way.
//
// The same texts give the same report, and no report holds a text: examples are
// shapes.
package compare

import (
	"cmp"
	"slices"
)

// Sighting is one finding, as one side sees it.
type Sighting struct {
	Rule, Kind string
	Action     string // what is done about it; "" where that is not compared
	Start, End int    // in the text; equal ends are one place
	Shape      string // see rules.ShapeOf
}

func (s Sighting) overlaps(other Sighting) bool {
	return s.Start < other.End && other.Start < s.End || s.Start == other.Start && s.End == other.End
}

// Change is what became of a finding.
type Change string

// The changes, in the order in which reports show them.
const (
	Missed Change = "newly missed"
	Caught Change = "newly caught"
	Action Change = "action"
	Kind   Change = "kind"
	Extent Change = "extent" // the same kind, a shorter or longer part of the text
	Rule   Change = "rule"   // the same in every respect, by another rule
)

var order = []Change{Missed, Caught, Action, Kind, Extent, Rule}

// key is what makes changes equal.
type key struct {
	change               Change
	rule, kind, from, to string
}

// maxExamples bounds the examples of one line of a report.
const maxExamples = 3

// Line counts equal changes. From and To are kinds, actions or rules, by the
// change; for an extent From is the rule before and To is longer, shorter or
// moved. Both are empty where something is missed or caught.
type Line struct {
	Change   Change    `json:"change"`
	Rule     string    `json:"rule"` // the one that finds it now, or did before
	Kind     string    `json:"kind"`
	From     string    `json:"from,omitempty"`
	To       string    `json:"to,omitempty"`
	Count    int       `json:"count"`
	Examples []Example `json:"examples"`
}

// Example is where a change can be looked at, and what the value looks like.
type Example struct {
	Where string `json:"where"`
	Shape string `json:"shape"`
}

// String returns "shape (where)", or the place alone where there is no shape.
func (e Example) String() string {
	if e.Shape == "" {
		return e.Where
	}
	return e.Shape + " (" + e.Where + ")"
}

// Report is the difference over all texts.
type Report struct {
	Texts  int      `json:"texts"`
	Old    int      `json:"findings_old"`
	New    int      `json:"findings_new"`
	Same   int      `json:"same"`
	Lines  []Line   `json:"changes"`
	Unread []string `json:"unread"` // texts that a side could not read in its budget
	index  map[key]int
}

// Unreadable notes a text that a side could not read; it is left out.
func (r *Report) Unreadable(where string) { r.Unread = append(r.Unread, where) }

// Note compares what two sides see in one text.
func (r *Report) Note(where string, before, after []Sighting) {
	r.Texts++
	r.Old += len(before)
	r.New += len(after)
	taken := make([]bool, len(before))
	for _, now := range after {
		if i := partner(now, before, taken); i >= 0 {
			taken[i] = true
			r.changed(where, before[i], now)
		} else if !slices.ContainsFunc(before, now.overlaps) {
			r.add(where, now, Line{Change: Caught, Rule: now.Rule, Kind: now.Kind})
		}
	}
	for i, old := range before {
		if !taken[i] && !slices.ContainsFunc(after, old.overlaps) {
			r.add(where, old, Line{Change: Missed, Rule: old.Rule, Kind: old.Kind})
		}
	}
}

// partner is the finding of the other side that stands for the same value: the
// one of the same kind and place, else of the same place, else one that overlaps.
func partner(now Sighting, before []Sighting, taken []bool) int {
	best, quality := -1, 0
	for i, old := range before {
		if taken[i] || !now.overlaps(old) {
			continue
		}
		q := 1
		if old.Start == now.Start && old.End == now.End {
			q += 2
		}
		if old.Kind == now.Kind {
			q++
		}
		if q > quality {
			best, quality = i, q
		}
	}
	return best
}

// changed notes the differences of two findings of one value.
func (r *Report) changed(where string, old, now Sighting) {
	same := true
	note := func(change Change, from, to string) {
		if from != to {
			same = false
			r.add(where, now, Line{Change: change, Rule: now.Rule, Kind: now.Kind, From: from, To: to})
		}
	}
	note(Kind, old.Kind, now.Kind)
	note(Action, old.Action, now.Action)
	if old.Start != now.Start || old.End != now.End {
		same = false
		r.add(where, now, Line{Change: Extent, Rule: now.Rule, Kind: now.Kind, From: old.Rule, To: now.extent(old)})
	} else if same {
		note(Rule, old.Rule, now.Rule)
	}
	if same {
		r.Same++
	}
}

// extent says how the place of s differs from that of an older finding.
func (s Sighting) extent(old Sighting) string {
	switch {
	case s.Start <= old.Start && old.End <= s.End:
		return "longer"
	case old.Start <= s.Start && s.End <= old.End:
		return "shorter"
	}
	return "moved"
}

func (r *Report) add(where string, s Sighting, line Line) {
	if r.index == nil {
		r.index = map[key]int{}
	}
	k := key{line.Change, line.Rule, line.Kind, line.From, line.To}
	i, known := r.index[k]
	if !known {
		i = len(r.Lines)
		r.index[k] = i
		r.Lines = append(r.Lines, line)
	}
	r.Lines[i].Count++
	if len(r.Lines[i].Examples) < maxExamples {
		r.Lines[i].Examples = append(r.Lines[i].Examples, Example{where, s.Shape})
	}
}

// Sort orders the lines of a report: by change, then the most frequent first.
func (r *Report) Sort() {
	r.index = nil
	r.Lines, r.Unread = append([]Line{}, r.Lines...), append([]string{}, r.Unread...) // [] in JSON
	slices.SortFunc(r.Lines, func(a, b Line) int {
		return cmp.Or(slices.Index(order, a.Change)-slices.Index(order, b.Change), b.Count-a.Count,
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}

// Count is the sum of one change over all rules.
func (r *Report) Count(change Change) int {
	n := 0
	for _, line := range r.Lines {
		if line.Change == change {
			n += line.Count
		}
	}
	return n
}
