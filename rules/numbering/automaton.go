package numbering

import (
	"errors"
	"regexp/syntax"
	"slices"
)

// automaton is a deterministic automaton over digits for several patterns at
// once (subset construction, Rabin and Scott 1959).
type automaton struct {
	next [][10]uint16 // state 0 is dead, 1 the start
	ends []uint16     // of each state, a bit for each pattern that may end there
}

const (
	dead  = 0
	start = 1
	// maxStates bounds one automaton; the largest region needs some hundreds.
	maxStates = 1 << 14
	// maxPatterns is how many patterns have a bit in ends.
	maxPatterns = 16
)

var errPattern = errors.New("the pattern of a numbering plan is not made of digits, or too large")

// newAutomaton builds the automaton of patterns over digits. An empty pattern
// matches nothing: it is how the metadata says that a region has no such
// numbers.
func newAutomaton(patterns []string) (*automaton, error) {
	b := builder{states: map[string]uint16{}}
	b.grow("") // dead
	var first []int
	if len(patterns) > maxPatterns {
		return nil, errPattern
	}
	for i, pattern := range patterns {
		if pattern == "" {
			continue
		}
		entry, err := b.add(pattern, i)
		if err != nil {
			return nil, err
		}
		first = append(first, entry)
	}
	b.state(first)
	for done := start; done < len(b.sets); done++ {
		for digit := range 10 {
			b.a.next[done][digit] = b.state(b.step(b.sets[done], rune('0'+digit)))
		}
		if len(b.sets) > maxStates || b.failed {
			return nil, errPattern
		}
	}
	return &b.a, nil
}

// walk returns the bits of the patterns that match all of digits.
func (a *automaton) walk(digits []byte) uint16 {
	state := uint16(start)
	for _, digit := range digits {
		state = a.next[state][digit-'0']
	}
	return a.ends[state]
}

// begins tells whether some pattern matches the beginning of digits.
func (a *automaton) begins(digits []byte) bool {
	state := uint16(start)
	for _, digit := range digits {
		if state = a.next[state][digit-'0']; a.ends[state] != 0 {
			return true
		}
	}
	return false
}

// mayBegin tells whether something that begins with digits may be matched at its
// beginning by some pattern.
func (a *automaton) mayBegin(digits []byte) bool {
	state := uint16(start)
	for _, digit := range digits {
		if state = a.next[state][digit-'0']; state == dead || a.ends[state] != 0 {
			break
		}
	}
	return state != dead
}

// instruction is one instruction of the joined programs.
type instruction struct {
	syntax.Inst
	pattern int
}

// builder makes an automaton of programs of package regexp/syntax.
type builder struct {
	a      automaton
	code   []instruction
	seen   []int // of each instruction, the visit that saw it last
	visits int
	sets   [][]int // of each state, the instructions it stands for
	states map[string]uint16
	failed bool
}

// add joins the program of one pattern and returns where it begins.
func (b *builder) add(pattern string, number int) (int, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, errPattern
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, errPattern
	}
	base := len(b.code)
	for _, inst := range program.Inst {
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			inst.Arg += uint32(base)
		}
		inst.Out += uint32(base)
		b.code = append(b.code, instruction{inst, number})
	}
	b.seen = make([]int, len(b.code))
	return base + program.Start, nil
}

// state returns the state of a set of instructions, a new one when needed.
func (b *builder) state(from []int) uint16 {
	b.visits++
	var set []int
	for _, at := range from {
		set = b.visit(at, set)
	}
	slices.Sort(set)
	key := make([]byte, 0, 3*len(set))
	for _, at := range set {
		key = append(key, byte(at>>16), byte(at>>8), byte(at))
	}
	if known, ok := b.states[string(key)]; ok {
		return known
	}
	return b.grow(string(key), set...)
}

// visit adds to set the instructions that can be next at an instruction: those
// that take a digit, and the end.
func (b *builder) visit(at int, set []int) []int {
	if b.seen[at] == b.visits {
		return set
	}
	b.seen[at] = b.visits
	switch inst := &b.code[at]; inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return b.visit(int(inst.Arg), b.visit(int(inst.Out), set))
	case syntax.InstCapture, syntax.InstNop:
		return b.visit(int(inst.Out), set)
	case syntax.InstEmptyWidth:
		b.failed = true
		return set
	case syntax.InstFail:
		return set
	}
	return append(set, at)
}

func (b *builder) grow(key string, set ...int) uint16 {
	number := uint16(len(b.sets))
	b.states[key] = number
	b.sets = append(b.sets, set)
	ends := uint16(0)
	for _, at := range set {
		if b.code[at].Op == syntax.InstMatch {
			ends |= 1 << b.code[at].pattern
		}
	}
	b.a.next = append(b.a.next, [10]uint16{})
	b.a.ends = append(b.a.ends, ends)
	return number
}

// step returns the instructions after those of set that take digit.
func (b *builder) step(set []int, digit rune) []int {
	var after []int
	for _, at := range set {
		inst := &b.code[at]
		if inst.Op == syntax.InstMatch || !inst.MatchRune(digit) {
			continue
		}
		after = append(after, int(inst.Out))
	}
	return after
}
