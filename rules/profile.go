package rules

// profile is what one pass over a folded text tells: enough to know which
// patterns cannot match it.
type profile struct {
	digits int
	class  class
	found  hits
}

// condition is a need in the terms of one library's literals.
type condition struct {
	digits  int
	classes []class
	words   []hits
}

// conditionOf binds a need to the automaton. Lists that are not in it are left
// out: the pattern then runs.
func conditionOf(n need, l *literals) condition {
	c := condition{digits: n.digits, classes: n.classes}
	for _, list := range n.words {
		if want, ok := l.set(list); ok {
			c.words = append(c.words, want)
		}
	}
	return c
}

// met tells whether a text with profile p may match.
func (c *condition) met(p *profile) bool {
	if p.digits < c.digits {
		return false
	}
	for i := range c.classes {
		want := &c.classes[i]
		if p.class.ascii[0]&want.ascii[0]|p.class.ascii[1]&want.ascii[1] == 0 && !(want.other && p.class.other) {
			return false
		}
	}
	for _, want := range c.words {
		if !p.found.meets(want) {
			return false
		}
	}
	return true
}

// reset clears p for a library with so many words of hits.
func (p *profile) reset(words int) {
	p.digits, p.class = 0, class{}
	if cap(p.found) < words {
		p.found = make(hits, words)
	}
	p.found = p.found[:words]
	clear(p.found)
}

// controls are the ASCII characters below 64 that folding removes or changes.
const controls = 1<<' ' - 1 - 1<<'\n' - 1<<'\t' - 1<<'\r'

// readASCII profiles text; false when it must be folded first.
func (p *profile) readASCII(l *literals, text string) bool {
	state, digits := 0, 0
	var low, high uint64
	for i := range len(text) {
		b := text[i]
		if b >= 0x80 {
			return false
		}
		if b < 64 {
			low |= 1 << b
			if b-'0' < 10 {
				digits++
			}
		} else {
			high |= 1 << (b & 63)
		}
		state = int(l.next[state*l.width+int(l.columns[b])])
		if ends := l.found[state]; len(ends) > 0 {
			for _, id := range ends {
				p.found.add(id)
			}
		}
	}
	if low&controls != 0 || high>>63 != 0 { // 127 is DEL
		return false
	}
	p.digits += digits
	p.class.ascii[0] |= low
	p.class.ascii[1] |= high
	return true
}

// readRunes profiles folded characters.
func (p *profile) readRunes(l *literals, text []rune) {
	state := 0
	for _, r := range text {
		if r >= 0x80 {
			p.class.other = true
			state = 0
			continue
		}
		p.class.add(r)
		if r-'0' >= 0 && r-'0' < 10 {
			p.digits++
		}
		state = int(l.next[state*l.width+int(l.columns[r])])
		for _, id := range l.found[state] {
			p.found.add(id)
		}
	}
}
