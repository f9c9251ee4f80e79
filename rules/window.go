package rules

import "slices"

const (
	maxExtraGroups  = 3 // groups that a form with letters may have beyond its printed ones
	looseScore      = -0.1
	partScore       = -0.1
	insideScore     = -0.2
	letterTailScore = -0.5
	amountDigits    = 12 // fewer digits beside a currency sign are an amount
)

// window is some pieces in a row, read as one identifier.
type window struct {
	first, last     int
	length          int
	digits, letters uint64 // bit i: character i
	breaks          uint64 // bit i: a separator stands before character i
	groups          int
}

// extend adds a piece; false when the window gets too long.
func (w *window) extend(p piece, first bool) bool {
	n := p.end - p.start
	if w.length+n > maxShape {
		return false
	}
	mask := (uint64(1)<<n - 1) << w.length
	if p.digits {
		w.digits |= mask
	} else {
		w.letters |= mask
	}
	if !first && p.gap != solid {
		w.breaks |= 1 << w.length
		w.groups++
	}
	w.length += n
	return true
}

// shapes matches every shape against every window of a frame.
func (sc *scan) shapes(f frame) error {
	index := &sc.set.library.shapes
	return sc.clusters(f.from, f.end, func(pieces []piece) error {
		for first := range pieces {
			if err := sc.spend(); err != nil {
				return err
			}
			if begin := pieces[first].start; begin < f.owned || begin >= f.next {
				continue
			}
			w := window{first: first, last: first, groups: 1}
			for w.last = first; w.last < len(pieces) && w.extend(pieces[w.last], w.last == first); w.last++ {
				if w.letters != 0 && w.groups > maxShape/2 {
					break
				}
				for i := range index[w.length] {
					l := &index[w.length][i]
					if w.digits&l.digits == l.digits && w.letters&l.letters == l.letters {
						sc.alike(l, &w, pieces)
					}
				}
			}
		}
		return nil
	})
}

// alike judges the shapes of one likeness that a window has.
func (sc *scan) alike(l *likeness, w *window, pieces []piece) {
	start, end := pieces[w.first].start, pieces[w.last].end
	place, ok := sc.place(w, pieces)
	if !ok {
		return
	}
	text := ""
	for i := range l.shapes {
		s := &l.shapes[i]
		a := sc.set.byRule[s.rule.order]
		if a == nil || !sc.set.allows(a, &sc.context) {
			continue
		}
		layout := s.layout(w)
		if clamp(s.form.score+layout+place+s.rule.best) < a.threshold && len(a.kinds) == 0 && !sc.set.unfiltered && !sc.contextual(a) {
			continue
		}
		if layout < 0 && w.letters != 0 && w.groups > s.groups+maxExtraGroups {
			continue
		}
		if text == "" {
			text = sc.compactOf(pieces[w.first : w.last+1])
		}
		if s.spelled(text) {
			sc.judgeShape(a, s, text, start, end, layout+place)
		}
	}
}

// layout is what the grouping of a window says about a shape: nothing when it
// is written solid or as printed.
func (s *shape) layout(w *window) float64 {
	if w.breaks == 0 || w.breaks == s.breaks {
		return 0
	}
	return looseScore
}

// spelled tells whether the letters that the form spells out are there.
func (s *shape) spelled(text string) bool {
	return !slices.ContainsFunc(s.fixed, func(f fixedLetter) bool { return text[f.at] != f.letter })
}

// place is what the neighbours of a window say: part of a longer number or
// token; false for amounts of money and fractions.
func (sc *scan) place(w *window, pieces []piece) (float64, bool) {
	score := 0.0
	start, end := pieces[w.first].start, pieces[w.last].end
	if w.length < amountDigits && (sc.currency(start-1, -1) || sc.currency(end, +1)) {
		return 0, false
	}
	first, last := &pieces[w.first], &pieces[w.last]
	switch {
	case w.first > 0:
		before := pieces[w.first-1]
		mark := sc.markAt(before.end, start)
		if before.digits && (mark == '.' || mark == ',') && w.first == w.last {
			return 0, false // the fraction of a decimal number
		}
		score += beside(&before, first, first.gap, mark, insideScore)
	case first.gap != apart: // a word that is too long to belong
		score += beside(&piece{}, first, first.gap, sc.markAt(start-1, start), insideScore)
	}
	if w.last+1 < len(pieces) {
		after := &pieces[w.last+1]
		score += beside(after, last, after.gap, sc.markAt(end, after.start), letterTailScore)
	} else if last.touched {
		score += letterTailScore
	} else if last.glued {
		score += insideScore
	}
	return score, true
}

// markAt is the character between two pieces, 0 when they touch.
func (sc *scan) markAt(end, start int) rune {
	if end >= start {
		return 0
	}
	return sc.body.at(end)
}

// beside is what one neighbour costs. A word before a colon or an equals sign
// names what follows.
func beside(neighbour, edge *piece, between gap, mark rune, touching float64) float64 {
	switch {
	case between == solid:
		return touching
	case between == glued && mark == ':' && !neighbour.digits:
		return 0
	case between == glued:
		return insideScore
	case between == joined && neighbour.digits && edge.digits:
		return partScore
	}
	return 0
}

// currency tells whether a currency sign stands at a place, or one space
// further in the direction.
func (sc *scan) currency(at, step int) bool {
	for range 2 {
		if at < 0 || at >= sc.body.length() {
			return false
		}
		switch r := sc.body.at(at); r {
		case '$', '€', '£', '¥', '₹', '₩', '%':
			return true
		case ' ':
			at += step
		default:
			return false
		}
	}
	return false
}

// compactOf returns the characters of pieces without what separates them, upper
// case.
func (sc *scan) compactOf(pieces []piece) string {
	buffer := sc.compact[:0]
	for _, p := range pieces {
		for at := p.start; at < p.end; at++ {
			buffer = append(buffer, upper(byte(sc.body.at(at))))
		}
	}
	sc.compact = buffer
	return string(buffer)
}

// judgeShape validates and scores one window as one rule's identifier.
func (sc *scan) judgeShape(a *active, s *shapeOf, text string, start, end int, place float64) {
	verdict := unjudged
	if a.validate != nil {
		parts := a.validate(text, sc.regions)
		valid := len(parts) == 1 && parts[0] == part{0, len(text), true}
		verdict = verdictOf(valid)
	}
	sc.propose(candidate{
		rule: a, start: start, end: end, verdict: verdict,
		part: "shape", name: s.form.name, base: s.form.score, layout: place,
	})
}
