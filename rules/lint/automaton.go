package lint

import (
	"math"
	"slices"

	"github.com/dlclark/regexp2/v2/syntax"
)

const (
	// maxPositions bounds the automaton of one pattern; a larger one is tried on
	// texts only.
	maxPositions = 1200
	maxWays      = 200_000
	// maxWork bounds the ways that are walked in one automaton; what is not found
	// by then is looked for with texts only.
	maxWork = 4_000_000
	// maxCopies is up to how many repetitions are written out. More count as
	// without end, which is what they are to somebody who waits for them.
	maxCopies = 6
)

// automaton is the position automaton of a pattern (Glushkov 1961), with the
// number of ways that lead from one position to the next: a backtracking engine
// tries each of them, so two ways are where time doubles. Lookaround, anchors
// and references take no character and count as nothing.
type automaton struct {
	alphabet
	positions []position
	first     []way
	ways      int
	tooLarge  bool
	work      int  // ways walked so far
	rounded   bool // a long bounded repetition counts as one without end
}

// position is a place of the pattern that consumes one character.
type position struct {
	set letters
	// atomic says that the loop at this position gives no character back: what
	// follows it begins with another one.
	atomic bool
	next   []way
}

// way leads to a position. Inner says that it is the repetition of an atomic
// loop itself.
type way struct {
	to, count int
	inner     bool
}

// fragment is a part of the pattern: where it begins and ends, and in how many
// ways it matches nothing.
type fragment struct {
	first, last []way
	empty       int
}

// newAutomaton builds the automaton of a tree, or of a part of it.
func newAutomaton(root *syntax.RegexNode, a alphabet) *automaton {
	m := &automaton{alphabet: a}
	m.first = merged(m.build(root).first)
	for i := range m.positions {
		m.positions[i].next = merged(m.positions[i].next)
	}
	return m
}

// merged adds up the ways that lead to one position.
func merged(ways []way) []way {
	var list []way
	for _, w := range ways {
		i := slices.IndexFunc(list, func(known way) bool { return known.to == w.to && known.inner == w.inner })
		if i < 0 {
			list = append(list, w)
		} else {
			list[i].count = min(list[i].count+w.count, 2)
		}
	}
	return list
}

func (m *automaton) build(node *syntax.RegexNode) fragment {
	if len(m.positions) > maxPositions || m.ways > maxWays {
		m.tooLarge = true
		return fragment{empty: 1}
	}
	switch node.T {
	case syntax.NtOne, syntax.NtNotone, syntax.NtSet, syntax.NtGrapheme:
		return m.leaf(consumerOf(node))
	case syntax.NtMulti:
		whole := fragment{empty: 1}
		for _, r := range node.Str {
			whole = m.sequence(whole, m.leaf(func(other rune) bool { return other == r }))
		}
		return whole
	case syntax.NtConcatenate:
		whole := fragment{empty: 1}
		for _, child := range node.Children {
			whole = m.sequence(whole, m.build(child))
		}
		return whole
	case syntax.NtAlternate, syntax.NtBackRefCond, syntax.NtExprCond:
		whole := fragment{}
		for _, child := range node.Children {
			whole = either(whole, m.build(child))
		}
		return whole
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic:
		return m.build(node.Children[0])
	case syntax.NtLoop, syntax.NtLazyloop:
		return m.repeat(node.M, node.N, false, func() fragment { return m.build(node.Children[0]) })
	}
	if leaf := consumerOf(node); leaf != nil { // a loop over one character
		atomic := node.T == syntax.NtOneloopatomic || node.T == syntax.NtNotoneloopatomic || node.T == syntax.NtSetloopatomic
		return m.repeat(node.M, node.N, atomic, func() fragment { return m.leaf(leaf) })
	}
	return fragment{empty: 1}
}

func (m *automaton) leaf(leaf consumer) fragment {
	at := []way{{to: len(m.positions), count: 1}}
	m.positions = append(m.positions, position{set: m.of(leaf)})
	return fragment{first: at, last: at}
}

// link adds the ways from the ends of one part to the beginnings of another.
func (m *automaton) link(from, to []way, inner bool) {
	m.ways += len(from) * len(to)
	if m.ways > maxWays {
		return
	}
	for _, f := range from {
		for _, t := range to {
			p := &m.positions[f.to]
			p.next = append(p.next, way{t.to, min(f.count*t.count, 2), inner})
		}
	}
}

func (m *automaton) sequence(a, b fragment) fragment {
	m.link(a.last, b.first, false)
	return fragment{
		first: append(scaled(a.first, 1), scaled(b.first, a.empty)...),
		last:  append(scaled(b.last, 1), scaled(a.last, b.empty)...),
		empty: min(a.empty*b.empty, 2),
	}
}

func either(a, b fragment) fragment {
	return fragment{
		first: append(scaled(a.first, 1), b.first...), last: append(scaled(a.last, 1), b.last...),
		empty: min(a.empty+b.empty, 2),
	}
}

func scaled(ways []way, by int) []way {
	if by == 0 {
		return nil
	}
	list := make([]way, len(ways))
	for i, w := range ways {
		list[i] = way{to: w.to, count: min(w.count*by, 2)}
	}
	return list
}

// repeat writes a loop out: so many copies, and what may follow them.
func (m *automaton) repeat(least, most int, atomic bool, part func() fragment) fragment {
	whole := fragment{empty: 1}
	for range min(least, maxCopies) - 1 {
		whole = m.sequence(whole, part())
	}
	if most != math.MaxInt32 && most <= maxCopies {
		if least > 0 {
			whole = m.sequence(whole, part())
		}
		return m.sequence(whole, m.optional(most-least, part))
	}
	m.rounded = m.rounded || most != math.MaxInt32
	loop := part()
	m.link(loop.last, loop.first, atomic)
	if atomic && most == math.MaxInt32 {
		for _, at := range loop.last {
			m.positions[at.to].atomic = true
		}
	}
	if least == 0 {
		loop.empty = 1
	}
	return m.sequence(whole, loop)
}

// optional is up to n more copies, one inside the other, so that each number of
// them has one way.
func (m *automaton) optional(n int, part func() fragment) fragment {
	whole := fragment{empty: 1}
	for range n {
		whole = m.sequence(part(), whole)
		whole.empty = 1
	}
	return whole
}

// steps are the ways from a position that a text can take: where they lead, with
// which classes, and in how many ways.
func (m *automaton) steps(from int, visit func(to int, with letters, count int)) {
	p := &m.positions[from]
	if m.work > maxWork {
		return
	}
	m.work += len(p.next)
	for _, w := range p.next {
		with := m.positions[w.to].set
		if p.atomic && !w.inner {
			with &^= p.set
		}
		if with != 0 {
			visit(w.to, with, w.count)
		}
	}
}
