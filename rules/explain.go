package rules

import (
	"cmp"
	"slices"
)

// Outcome is what became of a match.
type Outcome uint8

const (
	Found      Outcome = iota // it is a finding
	Overlapped                // a finding stands over it
	OwnValue                  // the account may send it
	Below                     // its score did not reach the threshold, or its validator dropped it
)

// String names the outcome in the words of `piiproxy rules explain`.
func (o Outcome) String() string {
	return [...]string{"found", "overlapped", "own value", "below threshold"}[min(o, Below)]
}

// Match is a place in a text that a rule matched, and what became of it. Like a
// Finding it never prints the text.
type Match struct {
	Rule, Kind       string
	Start, End       int // bytes of the scanned text
	Score, Threshold float64
	Valid            bool
	Mode             Mode
	Outcome          Outcome
	Why              []Reason
	Validator        string // of the rule; "" for none
	Over             string // the finding's rule, when one stands over it
	Because          string // why that one won: mode, score, length or order
}

// Explanation is everything that rules matched in a text. Matches are ordered
// by start, then the findings first.
type Explanation struct {
	Matches []Match
	Asks    []Ask // of an outbound text
}

// Explain scans like Scan and tells what became of every match. With near it
// also tells of matches that did not reach their threshold, for which it runs
// every rule whatever the prefilter says. Errors are Scan's.
func (s *Set) Explain(text string, c Context, near bool) (Explanation, error) {
	if text == "" {
		return Explanation{}, nil
	}
	trial := *s
	trial.unfiltered = trial.unfiltered || near
	sc := scratches.Get().(*scan)
	defer sc.release()
	sc.begin(&trial, c)
	var below []candidate
	if near {
		sc.trace = func(c candidate) { below = append(below, c) }
	}
	if err := sc.read(text); err != nil {
		return Explanation{}, err
	}
	if err := sc.settle(); err != nil {
		return Explanation{}, err
	}
	all := slices.Clone(sc.found) // resolve sorts and drops
	findings := sc.resolve()
	var e Explanation
	for i := range all {
		e.Matches = append(e.Matches, sc.matched(&all[i], findings))
	}
	for i := range below {
		m := sc.matched(&below[i], nil)
		m.Outcome = Below
		e.Matches = append(e.Matches, m)
	}
	slices.SortStableFunc(e.Matches, compareMatches)
	e.Matches = slices.CompactFunc(e.Matches, func(a, b Match) bool { return a.same(b) })
	if c.Direction != Outbound {
		return e, nil
	}
	var err error
	e.Asks, err = sc.asks()
	return e, err
}

// matched describes a candidate by what the findings made of it.
func (sc *scan) matched(c *candidate, findings []Finding) Match {
	start, end := sc.body.span(c.start, c.end)
	m := Match{
		Rule: c.rule.id, Kind: c.rule.kind, Start: start, End: end, Score: c.score, Threshold: c.rule.threshold,
		Valid: c.verdict == passed, Mode: c.rule.mode, Outcome: OwnValue, Why: c.why(), Validator: c.rule.validator,
	}
	for _, f := range findings {
		if f.Rule == m.Rule && f.Start == start && f.End == end && f.Score == m.Score {
			m.Outcome, m.Over = Found, ""
			return m
		}
	}
	if sc.context.Direction == Outbound && sc.set.own != nil && sc.owned(*c) {
		return m
	}
	for _, f := range findings {
		if f.Start < end && start < f.End {
			m.Outcome, m.Over, m.Because = Overlapped, f.Rule, m.lost(f)
			return m
		}
	}
	return m
}

// lost says why a finding stands and m does not: the order of resolve.
func (m Match) lost(f Finding) string {
	switch {
	case f.Mode != m.Mode:
		return "enforced comes before shadow"
	case f.Score != m.Score:
		return "higher score"
	case f.End-f.Start != m.End-m.Start:
		return "same score, longer"
	default:
		return "same score and length, loaded or found first"
	}
}

func compareMatches(a, b Match) int {
	return cmp.Or(cmp.Compare(a.Outcome/Below, b.Outcome/Below), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Outcome, b.Outcome),
		cmp.Compare(b.End, a.End), cmp.Compare(b.Score, a.Score), cmp.Compare(a.Rule, b.Rule))
}

// same says that two matches tell a reader nothing different: two patterns of a
// rule that match one place with one score and outcome.
func (m Match) same(other Match) bool {
	return m.Rule == other.Rule && m.Start == other.Start && m.End == other.End && m.Score == other.Score && m.Outcome == other.Outcome
}
