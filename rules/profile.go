package rules

import (
	"unicode"
)

// profile is what one pass over a folded text tells: which literals it holds
// and where, and how many digits. It decides which patterns may match.
type profile struct {
	digits int
	found  hits
	hits   []hit // in order of their ends
	class  class // of all characters, once classified
	known  bool  // class is
	hint   foldHint
	signs  bool // any of foldSigns
	beyond bool // a letter or mark that is known by none in ASCII
}

// condition is a need in the terms of one library's literals.
type condition struct {
	digits  int
	classes []class
	words   []wantedList
}

// wantedList is a list of literals of which a text holds one; partly in ASCII
// texts only.
type wantedList struct {
	wanted
	partly bool
}

// conditionOf binds a need to the automaton. Lists that are not in it are left
// out: the pattern then runs.
func conditionOf(n need, l *literals) condition {
	c := condition{digits: n.digits, classes: n.classes}
	for _, list := range n.words {
		if want, ok := l.set(list.texts); ok {
			c.words = append(c.words, wantedList{want, list.partly})
		}
	}
	return c
}

// met tells whether a text that p describes may hold a match.
func (c *condition) met(p *profile) bool {
	if p.digits < c.digits {
		return false
	}
	for _, want := range c.words {
		if !(want.partly && p.beyond) && !want.in(p.found) {
			return false
		}
	}
	return true
}

// within tells whether characters from to end of a body hold one of each class
// that a match needs.
func (c *condition) within(b *body, from, end int) bool {
	return len(c.classes) == 0 || c.in(b.classOf(from, end))
}

// in tells whether all has one character of each class that a match needs.
func (c *condition) in(all class) bool {
	for i := range c.classes {
		want := &c.classes[i]
		if all.ascii[0]&want.ascii[0]|all.ascii[1]&want.ascii[1] == 0 && !(want.other && all.other) {
			return false
		}
	}
	return true
}

// classOf collects characters from to end.
func (b *body) classOf(from, end int) (all class) {
	if b.ascii {
		for _, char := range []byte(b.text[from:end]) {
			all.ascii[char>>6&1] |= 1 << (char & 63)
		}
		return all
	}
	for _, r := range b.runes[from:end] {
		all.add(r)
	}
	return all
}

// reset clears p for a library with so many words of hits.
func (p *profile) reset(words int) {
	p.digits, p.class, p.known, p.beyond = 0, class{}, false, false
	p.hint, p.signs = foldHint{}, false
	if cap(p.found) < words {
		p.found = make(hits, words)
	}
	p.found = p.found[:words]
	clear(p.found)
	p.hits = p.hits[:0]
}

// readASCII profiles text; false when it must be folded first.
func (p *profile) readASCII(l *literals, text string) bool {
	var marks, digits uint16
	state := uint32(0)
	next, total := l.next, 0
	for i := range len(text) {
		column := l.columns[text[i]]
		marks |= column
		digits += column & digitMark >> 8
		state = next[state+uint32(column&columnMask)]
		if state&hasFound != 0 {
			state &^= hasFound
			p.note(l, state, text, i+1)
		}
		if digits == 1<<15 {
			total, digits = total+1<<15, 0
		}
	}
	p.digits += total + int(digits)
	p.signs = marks&signsMark != 0
	return marks&notPlain == 0
}

// note records the literals that end before end.
func (p *profile) note(l *literals, state uint32, text string, end int) {
	for _, id := range l.found[state/l.width] {
		if at := l.trigger[id]; at >= 0 {
			p.hint.hit(text, int(at), end)
		}
		of := &l.list[id]
		if of.end && end < len(text) && joins(rune(text[end-1]), rune(text[end])) {
			continue
		}
		if start := end - int(of.length); of.start && start > 0 && joins(rune(text[start]), rune(text[start-1])) {
			continue
		}
		p.found.add(id)
		p.hits = append(p.hits, hit{id, int32(end)})
	}
}

// readRunes profiles folded characters. Positions in hits count from the first.
// Letters with accents count as those without, for phrases are compared so.
func (p *profile) readRunes(l *literals, text []rune) {
	state := uint32(0)
	for i, r := range text {
		column := uint16(0)
		if r < 0x80 {
			column = l.columns[r]
			p.digits += int(column & digitMark >> 8)
		} else if r < latinEnd && l.accented[r] {
			column = uint16(l.latin[r])
		} else if r == angstrom {
			column = l.columns['a']
		} else if !wordless(r) {
			p.beyond = true
		}
		state = l.next[state+uint32(column&columnMask)]
		if state&hasFound == 0 {
			continue
		}
		state &^= hasFound
		for _, id := range l.found[state/l.width] {
			if of := &l.list[id]; of.bordered(text, i+1) {
				p.found.add(id)
				p.hits = append(p.hits, hit{id, int32(i + 1)})
			}
		}
	}
}

// bordered tells whether the borders that a literal wants may be there.
func (of *literal) bordered(text []rune, end int) bool {
	if of.end && end < len(text) && joins(text[end-1], text[end]) {
		return false
	}
	start := end - int(of.length)
	return !of.start || start == 0 || !joins(text[start], text[start-1])
}

// joins tells whether a neighbour belongs to the word of a literal: a letter to
// letters, a digit to digits, as the words of phrases are split.
func joins(edge, neighbour rune) bool {
	if sortOf(edge) == digit {
		return sortOf(neighbour) == digit
	}
	return neighbour < 0x80 && sortOf(neighbour) == letter || neighbour >= 0x80 && unicode.IsLetter(neighbour)
}
