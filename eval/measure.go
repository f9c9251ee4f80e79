package eval

import (
	"maps"
	"slices"
)

// tally is what a measure counted.
type tally struct {
	good, of int // cases that are as they should be, of how many
	misses   []Miss
}

// Miss is one case that is not as it should be. It names the place and shows
// the shape of the value, never the value.
type Miss struct {
	Corpus string `json:"corpus"`
	Row    string `json:"row"`
	Turn   int    `json:"turn"`
	Label  string `json:"label,omitempty"` // the label that was missed
	Rule   string `json:"rule,omitempty"`  // the rule that found what it should not
	Shape  string `json:"shape"`
}

func (c *tally) count(good bool, miss func() Miss) {
	c.of++
	if good {
		c.good++
	} else {
		c.misses = append(c.misses, miss())
	}
}

// measure counts the cases of one turn.
type measure func(l *Line, labels *Map, t *scanned, c *tally)

// measures are the words that a line may have as its measure.
var measures = map[string]measure{
	"recall":         recall,        // share of labels that are hidden
	"precision":      precision,     // share of findings that overlap a label
	"false_per_1000": falseTexts,    // turns with a finding besides labels
	"masked":         maskedBesides, // share of turns in which policy changes a stretch besides labels
	"unchanged":      unchanged,     // share of turns that policy leaves as they are
	"refused":        refused,       // share of labels without a finding of the value's own kinds
}

func measureNames() []string { return slices.Sorted(maps.Keys(measures)) }

func recall(l *Line, _ *Map, t *scanned, c *tally) {
	for _, label := range t.Labels {
		if l.label(t, label) {
			c.count(label.hidden(t.Text, t.findings), func() Miss { return t.missed(label) })
		}
	}
}

func precision(l *Line, _ *Map, t *scanned, c *tally) {
	if t.row.partly() {
		return
	}
	for _, f := range t.findings {
		if l.finding(t, f) {
			c.count(t.labelled(f), func() Miss { return t.wrong(f) })
		}
	}
}

func falseTexts(l *Line, _ *Map, t *scanned, c *tally) {
	if t.row.partly() {
		return
	}
	for _, f := range t.findings {
		if l.finding(t, f) && !t.labelled(f) {
			c.count(false, func() Miss { return t.wrong(f) })
			return
		}
	}
	c.count(true, nil)
}

func maskedBesides(l *Line, _ *Map, t *scanned, c *tally) {
	for _, f := range t.findings {
		if f.Changes && l.finding(t, f) && !t.labelled(f) {
			c.count(false, func() Miss { return t.wrong(f) })
			return
		}
	}
	c.count(true, nil)
}

func unchanged(_ *Line, _ *Map, t *scanned, c *tally) {
	c.count(!t.changed, func() Miss {
		for _, f := range t.findings {
			if f.Changes {
				return t.wrong(f)
			}
		}
		return Miss{Row: t.row.ID, Turn: t.index, Shape: shape(t.Text)}
	})
}

func refused(l *Line, labels *Map, t *scanned, c *tally) {
	for _, label := range t.Labels {
		if !l.label(t, label) {
			continue
		}
		kinds := labels.kinds(label.Type)
		at := slices.IndexFunc(t.findings, func(f Finding) bool { return slices.Contains(kinds, f.Kind) && f.overlaps(label) })
		c.count(at < 0, func() Miss { return t.wrong(t.findings[at]) })
	}
}

// labelled says that a finding overlaps some label.
func (t *scanned) labelled(f Finding) bool { return slices.ContainsFunc(t.Labels, f.overlaps) }

func (t *scanned) missed(label Label) Miss {
	return Miss{Row: t.row.ID, Turn: t.index, Label: label.Type, Shape: shape(t.Text[label.Start:label.End])}
}

func (t *scanned) wrong(f Finding) Miss {
	return Miss{Row: t.row.ID, Turn: t.index, Rule: f.Rule, Shape: shape(t.Text[f.Start:f.End])}
}

// value is the figure that a line compares with its floor: a share, or false
// ones per 1,000.
func (c *tally) value(measure string) float64 {
	switch {
	case c.of == 0:
		return 0
	case measure == "false_per_1000":
		return 1000 * float64(c.of-c.good) / float64(c.of)
	case measure == "masked":
		return float64(c.of-c.good) / float64(c.of)
	}
	return float64(c.good) / float64(c.of)
}

// holds compares. Nothing measured holds no floor.
func (c *tally) holds(l *Line) bool {
	switch {
	case c.of == 0:
		return false
	case l.Most != nil:
		return c.value(l.Measure) <= *l.Most
	case c.of < FewLabels:
		return c.of-c.good <= 1
	}
	return c.value(l.Measure) >= *l.Least
}
