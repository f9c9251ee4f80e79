package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// score judges one match of a pattern and proposes its parts.
func (sc *scan) score(a *active, p *pattern, start, end int) {
	c := candidate{rule: a, start: start, end: end, part: "pattern", name: p.name, base: p.score}
	if a.validate == nil {
		sc.propose(c)
		return
	}
	text := sc.body.slice(start, end)
	for _, piece := range a.validate(text, sc.regions) {
		c.start = start + utf8.RuneCountInString(text[:piece.start])
		c.end = c.start + utf8.RuneCountInString(text[piece.start:piece.end])
		c.verdict = verdictOf(piece.valid)
		sc.propose(c)
	}
}

// propose keeps a candidate that may reach its threshold when its context is
// read, after every rule has matched.
func (sc *scan) propose(c candidate) {
	if c.verdict == failed && c.rule.drop {
		sc.below(c)
		return
	}
	c.score = c.base + c.layout
	switch c.verdict {
	case passed:
		c.score += c.rule.pass
	case failed:
		c.score += c.rule.fail
	}
	if sc.asked(c.rule.kind) {
		c.asked = askedBoost
		c.score += askedBoost
	}
	if sc.trace != nil || clamp(c.score+c.rule.boost) >= c.rule.threshold {
		sc.proposed = append(sc.proposed, c)
	}
}

// below tells Explain of a candidate that is no finding.
func (sc *scan) below(c candidate) {
	if sc.trace != nil {
		sc.trace(c)
	}
}

// settle reads the context of what was proposed and keeps what reaches its
// threshold. Rules that look for findings of other kinds nearby come last, in
// file order, because they may look for each other's.
func (sc *scan) settle() error {
	slices.SortFunc(sc.proposed, func(a, b candidate) int {
		return cmp.Or(min(len(a.rule.kinds), 1)-min(len(b.rule.kinds), 1), cmp.Compare(a.rule.order, b.rule.order),
			cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), strings.Compare(a.part, b.part), strings.Compare(a.name, b.name))
	})
	for i := range sc.proposed {
		if i%settleCheck == settleCheck-1 {
			if err := sc.spend(); err != nil {
				return err
			}
		}
		c := &sc.proposed[i]
		c.context = sc.surround(c.rule, c.start, c.end)
		c.score = clamp(c.score + c.context.Score)
		if c.score >= c.rule.threshold {
			sc.found = append(sc.found, *c)
		} else {
			sc.below(*c)
		}
	}
	return nil
}

// settleCheck is how many candidates are settled between two looks at the clock.
const settleCheck = 64

// farBehind is how many words further off a far phrase counts that stands behind
// the value: "my card is …, order 5" is a card.
const farBehind = 4

// surround returns what the words around a span add. When near and far phrases
// stand around it, the nearer one counts: in "item 389501, my card is …" it is
// the card. A finding of one of the rule's context kinds is like a near phrase,
// and a phrase in the field's name touches the span.
func (sc *scan) surround(a *active, start, end int) Reason {
	if len(a.near)+len(a.far)+len(a.kinds) == 0 {
		return Reason{}
	}
	sc.readSurroundings()
	s := &sc.around
	left, right := s.between(start, end)
	part := "near"
	near, nearAt, hasNear := s.nearest(a.near, left, right, a.window, 0)
	if id, ok := s.inField(a.near); ok && (!hasNear || nearAt > 0) {
		near, nearAt, hasNear, part = id, 0, true, "field"
	}
	far, farAt, hasFar := s.nearest(a.far, left, right, a.window, farBehind)
	if id, ok := s.inField(a.far); ok && (!hasFar || farAt > 0) {
		far, farAt, hasFar = id, 0, true
	}
	phrases := sc.set.library.lexicon.phrases
	if kind, at, ok := sc.nearKind(a, start, end); ok && (!hasNear || at < nearAt) && (!hasFar || at <= farAt) {
		return Reason{"kind", kind, a.boost}
	}
	switch {
	case hasNear && (!hasFar || nearAt <= farAt):
		return Reason{part, phrases[near].text, a.boost}
	case hasFar:
		return Reason{"far", phrases[far].text, -a.boost}
	}
	return Reason{}
}

// nearKind returns the nearest other finding of one of a's context kinds.
func (sc *scan) nearKind(a *active, start, end int) (kind string, at int, ok bool) {
	for _, wanted := range a.kinds {
		for i := range sc.found {
			c := &sc.found[i]
			if c.rule.kind != wanted || c.start < end && start < c.end || c.rule.mode != Enforce && a.mode == Enforce {
				continue
			}
			if d := sc.around.distance(start, end, c.start, c.end); d <= a.window && (!ok || d < at) {
				kind, at, ok = wanted, d, true
			}
		}
	}
	return kind, at, ok
}

// distance counts the words between two spans that do not overlap.
func (s *surroundings) distance(start, end, otherStart, otherEnd int) int {
	if otherStart < start {
		start, end, otherStart, otherEnd = otherStart, otherEnd, start, end
	}
	_, right := s.between(start, end)
	left, _ := s.between(otherStart, otherEnd)
	return max(0, left-right+1)
}
