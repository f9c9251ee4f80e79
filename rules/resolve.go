package rules

import (
	"cmp"
	"slices"
	"strings"
)

// resolve turns candidates into ordered, disjoint findings. Enforced ones come
// first and shadow ones take what room is left; then the higher score wins,
// then the longer span, then the rule that was loaded first.
func (sc *scan) resolve() []Finding {
	if sc.context.Direction == Outbound && sc.set.own != nil {
		sc.disown()
	}
	sc.dropParts()
	slices.SortStableFunc(sc.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rule.mode, b.rule.mode), cmp.Compare(b.score, a.score),
			cmp.Compare(b.end-b.start, a.end-a.start), cmp.Compare(a.rule.order, b.rule.order), cmp.Compare(a.start, b.start),
			strings.Compare(a.part, b.part), strings.Compare(a.name, b.name))
	})
	kept := make([]*candidate, 0, min(len(sc.found), 16))
	for i := range sc.found {
		c := &sc.found[i]
		at, _ := slices.BinarySearchFunc(kept, c.start, func(k *candidate, start int) int { return cmp.Compare(k.start, start) })
		if at > 0 && kept[at-1].end > c.start || at < len(kept) && kept[at].start < c.end {
			continue
		}
		kept = slices.Insert(kept, at, c)
	}
	if len(kept) == 0 {
		return nil
	}
	findings := make([]Finding, len(kept))
	for i, c := range kept {
		findings[i] = sc.finding(c)
	}
	if !sc.body.ascii {
		findings = sc.body.disjoint(findings)
	}
	return findings
}

// partMargin is by how much a part may score higher than the whole and still be
// no finding of its own.
const partMargin = 0.2

// dropParts takes out what is found inside an identifier whose check digits are
// right: two of the groups of a national insurance number are no sort code, and
// thirteen of the fifteen digits of a French number no card, though one in ten of
// those is right for one. References are what policies let through, so they hide
// nothing that is found inside.
func (sc *scan) dropParts() {
	var wholes []candidate
	for i := range sc.found {
		c := &sc.found[i]
		if c.verdict == passed && c.rule.mode == Enforce && c.rule.kind != "account_ref" && identifierChecks()[c.rule.validator] != nil {
			wholes = append(wholes, *c)
		}
	}
	if len(wholes) == 0 {
		return
	}
	sc.found = slices.DeleteFunc(sc.found, func(c candidate) bool {
		return slices.ContainsFunc(wholes, func(w candidate) bool {
			return w.start <= c.start && c.end <= w.end && c.end-c.start < w.end-w.start && c.score-w.score <= partMargin
		})
	})
}

func (sc *scan) finding(c *candidate) Finding {
	form := canonical(c.rule.kind, sc.body.slice(c.start, c.end), sc.regions)
	start, end := sc.body.span(c.start, c.end)
	return Finding{
		Rule: c.rule.id, Kind: c.rule.kind, Start: start, End: end, Score: c.score, Valid: c.verdict == passed,
		Mode: c.rule.mode, Why: c.why(), canonical: &form,
	}
}

// disown takes out the account's own values and what lies inside one that is
// written out: the national part of an own "+44 …" is nobody else's number. A
// value that a pattern covers may hold somebody's, so its parts stay.
func (sc *scan) disown() {
	var spans [][2]int
	for _, c := range sc.found {
		text := sc.body.slice(c.start, c.end)
		if sc.set.own.values[c.rule.kind][canonical(c.rule.kind, text, sc.regions)] {
			spans = append(spans, [2]int{c.start, c.end})
		}
	}
	sc.found = slices.DeleteFunc(sc.found, func(c candidate) bool {
		return sc.owned(c) || slices.ContainsFunc(spans, func(s [2]int) bool { return s[0] <= c.start && c.end <= s[1] })
	})
}

// owned tells whether a candidate is one of the account's own values.
func (sc *scan) owned(c candidate) bool {
	text := sc.body.slice(c.start, c.end)
	return sc.set.own.has(c.rule.kind, text, canonical(c.rule.kind, text, sc.regions))
}

// why lists the parts of a score.
func (c *candidate) why() []Reason {
	reasons := []Reason{{c.part, c.name, c.base}}
	if c.layout != 0 {
		reasons = append(reasons, Reason{"layout", "grouping or neighbours", c.layout})
	}
	switch c.verdict {
	case passed:
		reasons = append(reasons, Reason{"validator", c.rule.validator + " passed", c.rule.pass})
	case failed:
		reasons = append(reasons, Reason{"validator", c.rule.validator + " failed", c.rule.fail})
	}
	if c.asked != 0 {
		reasons = append(reasons, Reason{"asked", c.rule.kind, c.asked})
	}
	if c.context.Score != 0 {
		reasons = append(reasons, c.context)
	}
	return reasons
}
