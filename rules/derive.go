package rules

import (
	"slices"

	"github.com/dlclark/regexp2/v2/syntax"
)

// derivation walks one syntax tree.
type derivation struct{ measure measure }

// derive returns what a node needs; literals count their distance from the
// node's start. lead is border when a \b stands before the node, else "".
func (d *derivation) derive(node *syntax.RegexNode, lead string) need {
	switch node.T {
	case syntax.NtOne:
		return needOfClass(folded(node.Ch), 1, beyond(node.Ch))
	case syntax.NtSet:
		return needOfClass(classOfSet(node.Set), 1, beyondSet(node.Set))
	case syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		return needOfClass(folded(node.Ch), node.M, beyond(node.Ch))
	case syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return needOfClass(classOfSet(node.Set), node.M, beyondSet(node.Set))
	case syntax.NtMulti:
		return needOfString(node, lead)
	case syntax.NtConcatenate:
		return d.sequence(node.Children, lead)
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic:
		return d.sequence(node.Children[:1], lead)
	case syntax.NtPosLook:
		n := d.derive(node.Children[0], "")
		n.inner = 0
		for i := range n.words {
			n.words[i].before = unbounded
		}
		return n
	case syntax.NtLoop, syntax.NtLazyloop:
		return d.loop(node, lead)
	case syntax.NtAlternate:
		return d.alternate(node, lead)
	}
	return need{} // negative lookaround, references, conditions, anchors: nothing is certain
}

// needOfClass is the need of one character, so many times; other tells that
// every text with it is beyond.
func needOfClass(c class, times int, other bool) need {
	if times < 1 {
		return need{}
	}
	n := need{classes: []class{c}, other: other}
	if c.within(digitClass) && !c.other {
		n.digits = min(times, maxNeedDigits)
		n.inner = n.digits
	}
	n.words = c.alone()
	return n
}

func needOfString(node *syntax.RegexNode, lead string) need {
	var n need
	for _, r := range node.Str {
		one := needOfClass(folded(r), 1, beyond(r))
		one.words = nil
		n.join(one)
	}
	if texts, ok := exact(node); ok {
		n.words = telling(product([]string{lead}, texts), 0)
	}
	return n
}

// join adds the need of what follows.
func (n *need) join(m need) {
	n.inner = min(n.inner+m.inner, maxNeedDigits)
	n.digits = max(n.digits, m.digits, n.inner) // what lookaround sees may be the digits of another part
	n.other = n.other || m.other
	n.classes = append(n.classes, m.classes...)
	n.words = append(n.words, m.words...)
}

func (d *derivation) loop(node *syntax.RegexNode, lead string) need {
	if node.M < 1 {
		return need{}
	}
	n := d.derive(node.Children[0], lead)
	n.inner = min(n.inner*node.M, maxNeedDigits)
	n.digits = max(n.digits, n.inner)
	return n
}

// sequence joins the needs of nodes that follow each other, and the literals of
// neighbours into longer ones. What lookahead needs is in the text too, but its
// digits may be the ones that are matched anyway.
func (d *derivation) sequence(nodes []*syntax.RegexNode, lead string) need {
	var all need
	at := 0
	run, runAt := []string{lead}, 0
	for _, node := range nodes {
		n := d.derive(node, ledBy(run))
		texts, ok := exact(node)
		if ok {
			n.words = nil // the run holds them
		}
		for i := range n.words {
			n.words[i].before = min(n.words[i].before+at, unbounded)
		}
		all.join(n)
		switch {
		case ok && len(run)*len(texts) <= maxProduct:
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
	return all
}

// ledBy is the lead of what follows a run of texts.
func ledBy(run []string) string {
	if len(run) == 1 && run[0] == border {
		return border
	}
	return ""
}

// alternate keeps what every branch needs. Branches that need a character beyond
// what the automaton knows are left out, and noted: other texts hold none of them.
func (d *derivation) alternate(node *syntax.RegexNode, lead string) need {
	var all need
	other, kept := 0, 0
	for _, branch := range node.Children {
		n := d.derive(branch, lead)
		n.collapse()
		switch {
		case n.other:
			other++
		case kept == 0:
			all, kept = n, 1
		default:
			all.either(n)
			kept++
		}
	}
	if kept == 0 { // every branch does
		return need{other: true, classes: []class{{other: true}}}
	}
	if other > 0 { // what the others need is not known
		all.digits, all.inner, all.classes = 0, 0, nil
		for i := range all.words {
			all.words[i].partly = true
		}
	}
	return all
}

// either keeps what n and m both need.
func (n *need) either(m need) {
	n.digits, n.inner = min(n.digits, m.digits), min(n.inner, m.inner)
	if len(n.classes) == 0 || len(m.classes) == 0 {
		n.classes = nil
	} else {
		n.classes[0] = n.classes[0].union(m.classes[0])
	}
	if len(n.words) == 0 || len(m.words) == 0 || len(n.words[0].texts)+len(m.words[0].texts) > maxListWords {
		n.words = nil
		return
	}
	a, b := n.words[0], m.words[0]
	n.words = []wordList{{slices.Concat(a.texts, b.texts), max(a.before, b.before), a.partly || b.partly}}
}
