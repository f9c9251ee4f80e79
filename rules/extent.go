package rules

import "github.com/dlclark/regexp2/v2/syntax"

// unbounded is a width that nothing is known of; widths above it are cut to it.
const unbounded = 1 << 20

// extent is how many characters a pattern may take and see.
type extent struct {
	width  int   // of a match, at most
	behind int   // before a match, that lookbehind and borders see
	ahead  int   // after it
	chars  class // that a match may consist of
}

// extentOf measures a pattern. ok is false when a match may be of any length, or
// depends on the order of matching, so that the pattern must see all of a text.
func extentOf(tree *syntax.RegexTree) (e extent, ok bool) {
	m := measure{groups: map[int]int{}}
	m.learn(tree.Root)
	e.width = m.width(tree.Root)
	m.reach(tree.Root, &e, false)
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
	if node.T == syntax.NtCapture && node.N != -1 {
		m.whole = true // a balancing group holds what lies between two others
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
		syntax.NtBol, syntax.NtEol, syntax.NtBeginning, syntax.NtEnd, syntax.NtEndZ, syntax.NtPosLook, syntax.NtNegLook:
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
	m.whole = true // conditions, where the last match ended, what else there is
	return unbounded
}

func repeatedWidth(width, times int) int {
	if width > 0 && times > unbounded/width {
		return unbounded
	}
	return min(width*times, unbounded)
}

// chars returns every character that a match of node may hold, and perhaps more.
func (m *measure) chars(node *syntax.RegexNode) class {
	switch node.T {
	case syntax.NtOne, syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		return folded(node.Ch)
	case syntax.NtSet, syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return classOfSet(node.Set)
	case syntax.NtMulti:
		var all class
		for _, r := range node.Str {
			all = all.union(folded(r))
		}
		return all
	case syntax.NtPosLook, syntax.NtNegLook, syntax.NtRef:
		return class{} // a reference repeats what its group holds
	case syntax.NtNotone, syntax.NtNotoneloop, syntax.NtNotonelazy, syntax.NtNotoneloopatomic:
		return anything
	}
	var all class
	for _, child := range node.Children {
		all = all.union(m.chars(child))
	}
	return all
}

// reach notes what lookaround, borders and anchors see beyond a match. One
// character more than a match tells that it does not begin or end the text; $
// also holds before a last line end.
func (m *measure) reach(node *syntax.RegexNode, e *extent, looking bool) {
	backward := node.Options&syntax.RightToLeft != 0
	switch node.T {
	case syntax.NtBoundary, syntax.NtNonboundary:
		e.behind, e.ahead = max(e.behind, 1), max(e.ahead, 1)
	case syntax.NtBol, syntax.NtBeginning:
		e.behind = max(e.behind, 1)
	case syntax.NtEol, syntax.NtEnd, syntax.NtEndZ:
		e.ahead = max(e.ahead, 2)
	case syntax.NtPosLook, syntax.NtNegLook:
		inner := extent{}
		m.reach(node.Children[0], &inner, true)
		width := m.width(node.Children[0])
		e.behind, e.ahead = max(e.behind, width+inner.behind), max(e.ahead, width+inner.ahead)
		return
	default:
		m.whole = m.whole || backward && !looking // (?r): matches are found from the end
	}
	for _, child := range node.Children {
		m.reach(child, e, looking)
	}
}
