package rules

import "github.com/dlclark/regexp2/v2/syntax"

// unbounded is a width that nothing is known of; widths above it are cut to it.
const unbounded = 1 << 20

// extent is how many characters a pattern may take and see.
type extent struct {
	width  int // of a match, at most
	behind int // before a match, that lookbehind and borders see
	ahead  int // after it
}

// extentOf measures a pattern. ok is false when matches depend on where the
// text begins or ends, or on the order of matching, so that the pattern must
// see all of it.
func extentOf(tree *syntax.RegexTree) (e extent, ok bool) {
	m := measure{groups: map[int]int{}}
	m.learn(tree.Root)
	e.width = m.width(tree.Root)
	m.reach(tree.Root, &e)
	return e, !m.whole && e.width < unbounded && e.behind < unbounded && e.ahead < unbounded
}

// measure walks a syntax tree.
type measure struct {
	groups map[int]int // number to width
	whole  bool
}

// learn measures every group, so that references to it have a width.
func (m *measure) learn(node *syntax.RegexNode) {
	for _, child := range node.Children {
		m.learn(child)
	}
	if node.T == syntax.NtCapture {
		m.groups[node.M] = max(m.groups[node.M], m.width(node.Children[0]))
	}
}

// width returns the most characters that node matches.
func (m *measure) width(node *syntax.RegexNode) int {
	switch node.T {
	case syntax.NtOne, syntax.NtNotone, syntax.NtSet:
		return 1
	case syntax.NtMulti:
		return len(node.Str)
	case syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic, syntax.NtNotoneloop, syntax.NtNotonelazy,
		syntax.NtNotoneloopatomic, syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return min(node.N, unbounded)
	case syntax.NtBoundary, syntax.NtNonboundary, syntax.NtEmpty, syntax.NtNothing, syntax.NtUpdateBumpalong,
		syntax.NtPosLook, syntax.NtNegLook:
		return 0
	case syntax.NtConcatenate:
		total := 0
		for _, child := range node.Children {
			total = min(total+m.width(child), unbounded)
		}
		return total
	case syntax.NtAlternate:
		widest := 0
		for _, child := range node.Children {
			widest = max(widest, m.width(child))
		}
		return widest
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic:
		return m.width(node.Children[0])
	case syntax.NtLoop, syntax.NtLazyloop:
		return repeatedWidth(m.width(node.Children[0]), node.N)
	case syntax.NtRef:
		if width, known := m.groups[node.M]; known {
			return width
		}
	}
	m.whole = true // anchors, conditions, what else there is
	return unbounded
}

func repeatedWidth(width, times int) int {
	if width > 0 && times > unbounded/width {
		return unbounded
	}
	return min(width*times, unbounded)
}

// reach notes what lookaround sees beyond a match.
func (m *measure) reach(node *syntax.RegexNode, e *extent) {
	backward := node.Options&syntax.RightToLeft != 0
	switch node.T {
	case syntax.NtBoundary, syntax.NtNonboundary:
		e.behind, e.ahead = max(e.behind, 1), max(e.ahead, 1)
	case syntax.NtPosLook, syntax.NtNegLook:
		inner := extent{}
		m.reach(node.Children[0], &inner)
		width := m.width(node.Children[0])
		if backward {
			e.behind, e.ahead = max(e.behind, width+inner.behind), max(e.ahead, inner.ahead)
		} else {
			e.ahead, e.behind = max(e.ahead, width+inner.ahead), max(e.behind, inner.behind)
		}
		return
	default:
		m.whole = m.whole || backward // (?r): matches are found from the end
	}
	for _, child := range node.Children {
		m.reach(child, e)
	}
}
