package rules

import (
	"unicode"
)

// profile is what one pass over a folded text tells: which literals it holds
// and where, and how many digits. It decides which patterns may match.
type profile struct {
	digits  int
	found   hits
	hits    []hit // in order of their ends
	class   class // filled when the first pattern asks for it
	classed bool
}

// condition is a need in the terms of one library's literals.
type condition struct {
	digits  int
	classes []class
	words   []wanted
}

// conditionOf binds a need to the automaton. Lists that are not in it are left
// out: the pattern then runs.
func conditionOf(n need, l *literals) condition {
	c := condition{digits: n.digits, classes: n.classes}
	for _, list := range n.words {
		if want, ok := l.set(list.texts); ok {
			c.words = append(c.words, want)
		}
	}
	return c
}

// met tells whether the characters from to end of a text, which p describes,
// may hold a match.
func (c *condition) met(p *profile, b *body, from, end int) bool {
	if p.digits < c.digits {
		return false
	}
	for _, want := range c.words {
		if !want.in(p.found) {
			return false
		}
	}
	if len(c.classes) == 0 {
		return true
	}
	p.classify(b, from, end)
	for i := range c.classes {
		want := &c.classes[i]
		if p.class.ascii[0]&want.ascii[0]|p.class.ascii[1]&want.ascii[1] == 0 && !(want.other && p.class.other) {
			return false
		}
	}
	return true
}

// classify collects the characters of the text, once.
func (p *profile) classify(b *body, from, end int) {
	if p.classed {
		return
	}
	p.classed = true
	if b.ascii {
		for i := from; i < end; i++ {
			p.class.ascii[b.text[i]>>6&1] |= 1 << (b.text[i] & 63)
		}
		return
	}
	for _, r := range b.runes[from:end] {
		p.class.add(r)
	}
}

// reset clears p for a library with so many words of hits.
func (p *profile) reset(words int) {
	p.digits, p.class, p.classed = 0, class{}, false
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
	return marks&notPlain == 0
}

// note records the literals that end before end.
func (p *profile) note(l *literals, state uint32, text string, end int) {
	for _, id := range l.found[state/l.width] {
		of := &l.list[id]
		if of.end && end < len(text) && isWordByte(text[end]) {
			continue
		}
		if start := end - int(of.length); of.start && start > 0 && isWordByte(text[start-1]) {
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
		} else if r < latinEnd {
			column = uint16(l.latin[r])
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

// bordered tells whether the borders that a literal wants may be there. Of
// characters that are not ASCII only letters and digits deny it.
func (of *literal) bordered(text []rune, end int) bool {
	if of.end && end < len(text) && joinsWord(text[end]) {
		return false
	}
	start := end - int(of.length)
	return !of.start || start == 0 || !joinsWord(text[start-1])
}

func joinsWord(r rune) bool {
	if r < 0x80 {
		return isWordByte(byte(r))
	}
	return unicode.IsLetter(r) || unicode.Is(unicode.Nd, r)
}
