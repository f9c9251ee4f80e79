package rules

import "unicode/utf8"

// score judges one match and keeps its parts that reach the threshold.
func (sc *scan) score(a *active, p *pattern, start, end int) {
	if a.validate == nil {
		sc.judge(a, p, start, end, nil)
		return
	}
	text := sc.body.slice(start, end)
	for _, piece := range a.validate(text, sc.regions) {
		if !piece.valid && a.drop {
			continue
		}
		from := start + utf8.RuneCountInString(text[:piece.start])
		to := from + utf8.RuneCountInString(text[piece.start:piece.end])
		sc.judge(a, p, from, to, &piece.valid)
	}
}

// judge adds up the score of one span. valid is nil without a validator.
func (sc *scan) judge(a *active, p *pattern, start, end int, valid *bool) {
	score := p.score
	why := []Reason{{"pattern", p.name, p.score}}
	if valid != nil {
		reason := Reason{"validator", a.validator + " failed", a.fail}
		if *valid {
			reason = Reason{"validator", a.validator + " passed", a.pass}
		}
		score += reason.Score
		why = append(why, reason)
	}
	if sc.asked(a.kind) {
		score += askedBoost
		why = append(why, Reason{"asked", a.kind, askedBoost})
	}
	if clamp(score+a.boost) < a.threshold {
		return // no context helps
	}
	if reason, ok := sc.surround(a, start, end); ok {
		score += reason.Score
		why = append(why, reason)
	}
	if score = clamp(score); score < a.threshold {
		return
	}
	sc.found = append(sc.found, candidate{a, start, end, score, valid != nil && *valid, why})
}

// surround returns what the words around a span add. When near and far phrases
// stand around it, the nearer one counts: in "item 389501, my card is …" it is
// the card. A finding of one of the rule's context kinds is like a near phrase.
func (sc *scan) surround(a *active, start, end int) (Reason, bool) {
	s := surroundings{field: sc.fieldWords()}
	if len(a.near.byFirst)+len(a.far.byFirst) > 0 {
		s.left, s.right = sc.body.around(start, end, a.window, sc.context.Before)
	}
	near, nearAt, nearPart, hasNear := s.nearest(a.near)
	far, farAt, _, hasFar := s.nearest(a.far)
	if kind, at, ok := sc.nearKind(a, start, end); ok && (!hasNear || at < nearAt) {
		near, nearAt, nearPart, hasNear = phrase{text: kind}, at, "kind", true
	}
	switch {
	case hasNear && (!hasFar || nearAt <= farAt):
		return Reason{or(nearPart, "near"), near.text, a.boost}, true
	case hasFar:
		return Reason{"far", far.text, -a.boost}, true
	}
	return Reason{}, false
}

// nearKind returns the nearest other finding of one of a's context kinds.
func (sc *scan) nearKind(a *active, start, end int) (kind string, at int, ok bool) {
	for _, wanted := range a.kinds {
		for i := range sc.found {
			c := &sc.found[i]
			if c.rule.kind != wanted || c.start < end && start < c.end || c.rule.mode != Enforce && a.mode == Enforce {
				continue
			}
			if d := sc.body.distance(start, end, c.start, c.end); d <= a.window && (!ok || d < at) {
				kind, at, ok = wanted, d, true
			}
		}
	}
	return kind, at, ok
}

// fieldWords splits the field's name once.
func (sc *scan) fieldWords() []string {
	if !sc.fieldOK {
		sc.field, sc.fieldOK = fieldWords(sc.context.Field), true
	}
	return sc.field
}
