package rules

import (
	"slices"

	"github.com/dlclark/regexp2/v2/syntax"
)

// derivation walks one syntax tree.
type derivation struct{ measure measure }

// derive returns what a node needs; literals count their distance from the
// node's start.
func (d *derivation) derive(node *syntax.RegexNode) need {
	switch node.T {
	case syntax.NtOne:
		return needOfClass(folded(node.Ch), 1)
	case syntax.NtSet:
		return needOfClass(classOfSet(node.Set), 1)
	case syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		return needOfClass(folded(node.Ch), node.M)
	case syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return needOfClass(classOfSet(node.Set), node.M)
	case syntax.NtMulti:
		return needOfString(node)
	case syntax.NtConcatenate:
		return d.sequence(node.Children)
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic:
		return d.sequence(node.Children[:1])
	case syntax.NtPosLook:
		n := d.derive(node.Children[0])
		for i := range n.words {
			n.words[i].before = unbounded
		}
		return n
	case syntax.NtLoop, syntax.NtLazyloop:
		return d.loop(node)
	case syntax.NtAlternate:
		return d.alternate(node)
	}
	return need{} // negative lookaround, references, conditions, anchors: nothing is certain
}

func needOfClass(c class, times int) need {
	if times < 1 {
		return need{}
	}
	n := need{classes: []class{c}}
	if c.within(digitClass) {
		n.digits = min(times, maxNeedDigits)
	}
	if one, ok := c.letter(); ok {
		n.words = telling([]string{string(rune(one))}, 0)
	}
	return n
}

func needOfString(node *syntax.RegexNode) need {
	var n need
	for _, r := range node.Str {
		one := needOfClass(folded(r), 1)
		one.words = nil
		n.join(one)
	}
	if texts, ok := exact(node); ok {
		n.words = telling(texts, 0)
	}
	return n
}

// join adds the need of what follows.
func (n *need) join(m need) {
	n.digits = min(n.digits+m.digits, maxNeedDigits)
	n.classes = append(n.classes, m.classes...)
	n.words = append(n.words, m.words...)
}

func (d *derivation) loop(node *syntax.RegexNode) need {
	if node.M < 1 {
		return need{}
	}
	n := d.derive(node.Children[0])
	n.digits = min(n.digits*node.M, maxNeedDigits)
	return n
}

// sequence joins the needs of nodes that follow each other, and the literals of
// neighbours into longer ones. What lookahead needs is in the text too, but its
// digits may be the ones that are matched anyway.
func (d *derivation) sequence(nodes []*syntax.RegexNode) need {
	var all need
	ahead, at := 0, 0
	run, runAt := []string{""}, 0
	for _, node := range nodes {
		n := d.derive(node)
		if node.T == syntax.NtPosLook {
			ahead = max(ahead, n.digits)
			n.digits = 0
		}
		texts, ok := exact(node)
		if ok {
			n.words = nil // the run holds them
		}
		for i := range n.words {
			n.words[i].before = min(n.words[i].before+at, unbounded)
		}
		all.join(n)
		switch {
		case ok && len(run)*len(texts) <= maxListWords:
			run = product(run, texts)
		case ok:
			all.words = append(all.words, telling(run, runAt)...)
			run, runAt = texts, at
		default:
			all.words = append(all.words, telling(run, runAt)...)
			run, runAt = []string{""}, 0
		}
		at = min(at+d.measure.width(node), unbounded)
		if !ok {
			runAt = at
		}
	}
	all.words = append(all.words, telling(run, runAt)...)
	all.digits = max(all.digits, ahead)
	return all
}

// alternate keeps what every branch needs.
func (d *derivation) alternate(node *syntax.RegexNode) need {
	branches := node.Children
	all := d.derive(branches[0])
	all.collapse()
	for _, branch := range branches[1:] {
		n := d.derive(branch)
		n.collapse()
		all.digits = min(all.digits, n.digits)
		if len(n.classes) == 0 || len(all.classes) == 0 {
			all.classes = nil
		} else {
			all.classes[0] = all.classes[0].union(n.classes[0])
		}
		if len(n.words) == 0 || len(all.words) == 0 || len(all.words[0].texts)+len(n.words[0].texts) > maxListWords {
			all.words = nil
		} else {
			all.words = []wordList{{
				slices.Concat(all.words[0].texts, n.words[0].texts),
				max(all.words[0].before, n.words[0].before),
			}}
		}
	}
	return all
}
