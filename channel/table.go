package channel

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
)

// maxSteps bounds the steps that a table remembers. Documents of real traffic
// reach a few hundred; a hostile one that reaches more gets correct answers that
// are computed anew each time.
const maxSteps = 4096

// Table is the compiled paths of one channel and direction. Walking it costs one
// map lookup for each member name and allocates nothing once a place has been
// visited before. It may be used by any number of goroutines.
type Table struct {
	lines   []line
	symbols map[string]int // every name that a line mentions; all others are symbolOther
	root    *Step

	mu    sync.Mutex
	steps map[string]*Step // by key of their positions
}

// Step is a place in a document: the root, or where a walk from it has led.
type Step struct {
	table     *Table
	positions []position // sorted, without repeats
	inherited rule       // what a place is that no line names, inside a nested document
	rule      rule
	inner     atomic.Pointer[Step]
	next      []atomic.Pointer[Step] // by symbol; nil on steps that are not remembered
}

// rule is what a line says about a path.
type rule struct {
	class Class
	kind  string
}

// position is a point in a line's pattern: the tokens before it are matched.
type position struct{ line, token uint16 }

// Symbols that are not names. Names count on from symbolNames.
const (
	symbolOther = iota
	symbolElement
	symbolNames
)

// Root returns the place of the root value.
func (t *Table) Root() *Step { return t.root }

// Class returns what the value at this place is.
func (s *Step) Class() Class { return s.rule.class }

// Kind returns the kind of personal data of a value of class Personal, such as
// person, email, phone, address, geo, dob, url or username; otherwise "".
func (s *Step) Kind() string { return s.rule.kind }

// Member returns the place of member name of an object at this place.
func (s *Step) Member(name string) *Step {
	symbol, ok := s.table.symbols[name]
	if !ok {
		symbol = symbolOther
	}
	return s.step(symbol)
}

// HasMembers reports whether the table names places below this one: the platform
// takes an object or an array here, or such in a string.
func (s *Step) HasMembers() bool {
	for _, p := range s.positions {
		if int(p.token) < len(s.table.lines[p.line].tokens) {
			return true
		}
	}
	return false
}

// Element returns the place of every element of an array at this place.
func (s *Step) Element() *Step { return s.step(symbolElement) }

// Inner returns the place of the root of a document nested in the string at this
// place. Paths go on into it as if the string were the document: response_json
// continues with response_json.flow_token. A place in there that no line names
// has the class of the string itself, so words stay words when a person wraps
// them in braces.
func (s *Step) Inner() *Step {
	if inner := s.inner.Load(); inner != nil {
		return inner
	}
	inner := s.table.intern(s.positions, s.rule)
	if s.next != nil && inner.next != nil {
		s.inner.Store(inner)
	}
	return inner
}

func (s *Step) step(symbol int) *Step {
	if s.next != nil {
		if next := s.next[symbol].Load(); next != nil {
			return next
		}
	}
	next := s.table.intern(s.table.advance(s.positions, symbol), s.inherited)
	if s.next != nil && next.next != nil {
		s.next[symbol].Store(next)
	}
	return next
}

// advance moves every position over symbol.
func (t *Table) advance(from []position, symbol int) []position {
	var to []position
	for _, p := range from {
		tokens := t.lines[p.line].tokens
		if int(p.token) == len(tokens) {
			continue
		}
		switch token := tokens[p.token]; {
		case token.deep:
			to = t.reach(to, p)
		case token.matches(symbol):
			to = t.reach(to, position{p.line, p.token + 1})
		}
	}
	return normalized(to)
}

// reach adds p and, since ** also stands for nothing, what lies behind a ** at p.
func (t *Table) reach(to []position, p position) []position {
	to = append(to, p)
	tokens := t.lines[p.line].tokens
	for int(p.token) < len(tokens) && tokens[p.token].deep {
		p.token++
		to = append(to, p)
	}
	return to
}

func normalized(positions []position) []position {
	slices.SortFunc(positions, func(a, b position) int {
		return int(a.line)<<16 + int(a.token) - int(b.line)<<16 - int(b.token)
	})
	return slices.Compact(positions)
}

// intern returns the remembered step for positions, or makes one.
func (t *Table) intern(positions []position, inherited rule) *Step {
	key := make([]byte, 0, 4*len(positions)+16)
	for _, p := range positions {
		key = binary.BigEndian.AppendUint16(key, p.line)
		key = binary.BigEndian.AppendUint16(key, p.token)
	}
	key = append(append(key, byte(inherited.class)), inherited.kind...)

	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.steps[string(key)]; ok {
		return s
	}
	s := &Step{table: t, positions: positions, inherited: inherited, rule: t.ruleAt(positions, inherited)}
	if len(t.steps) < maxSteps {
		s.next = make([]atomic.Pointer[Step], symbolNames+len(t.symbols))
		t.steps[string(key)] = s
	}
	return s
}

// ruleAt returns what the first line that ends at one of the positions says.
// Positions are sorted by line.
func (t *Table) ruleAt(positions []position, inherited rule) rule {
	for _, p := range positions {
		if l := &t.lines[p.line]; int(p.token) == len(l.tokens) {
			return l.rule
		}
	}
	return inherited
}

// Words returns the table of documents that are no platform's: every place holds
// people's words, but for the paths in kept, which are structure. A step of a path
// is the name of a member, or "*" for any member or element.
// What a kept place holds inside is not structure by that.
func Words(kept [][]string) *Table {
	t := &Table{symbols: map[string]int{}, steps: map[string]*Step{}}
	for _, path := range kept {
		l := line{rule: rule{class: Structural}}
		for _, step := range path {
			if step == "*" {
				l.tokens = append(l.tokens, token{either: true})
			} else {
				l.tokens = append(l.tokens, token{symbols: []int{t.symbol(step)}})
			}
		}
		t.lines = append(t.lines, l)
	}
	t.lines = append(t.lines, line{tokens: []token{{deep: true}}, rule: rule{class: Free}})
	t.start()
	return t
}
