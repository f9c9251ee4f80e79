package rules

import (
	"slices"

	"github.com/dlclark/regexp2/v2/syntax"
)

// derive walks one node.
func derive(node *syntax.RegexNode) need {
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
		return deriveString(node)
	case syntax.NtConcatenate:
		return deriveSequence(node.Children)
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic, syntax.NtPosLook:
		return derive(node.Children[0])
	case syntax.NtLoop, syntax.NtLazyloop:
		return deriveLoop(node)
	case syntax.NtAlternate:
		return deriveAlternate(node)
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
	return n
}

func deriveString(node *syntax.RegexNode) need {
	var n need
	for _, r := range node.Str {
		n.join(needOfClass(folded(r), 1))
	}
	if text, ok := exact(node); ok {
		n.words = telling(text)
	}
	return n
}

// join adds the need of what follows.
func (n *need) join(m need) {
	n.digits = min(n.digits+m.digits, maxNeedDigits)
	n.classes = append(n.classes, m.classes...)
	n.words = append(n.words, m.words...)
}

func deriveLoop(node *syntax.RegexNode) need {
	if node.M < 1 {
		return need{}
	}
	n := derive(node.Children[0])
	n.digits = min(n.digits*node.M, maxNeedDigits)
	return n
}

// deriveSequence joins the needs of nodes that follow each other, and the
// literals of neighbours into longer ones. What lookahead needs is in the text
// too, but its digits may be the ones that are matched anyway.
func deriveSequence(nodes []*syntax.RegexNode) need {
	var all need
	ahead := 0
	run := []string{""}
	for _, node := range nodes {
		n := derive(node)
		if node.T == syntax.NtPosLook {
			ahead = max(ahead, n.digits)
			n.digits = 0
		}
		texts, ok := exact(node)
		if ok {
			n.words = nil // the run holds them
		}
		all.join(n)
		switch {
		case ok && len(run)*len(texts) <= maxListWords:
			run = product(run, texts)
		case ok:
			all.words = append(all.words, telling(run)...)
			run = texts
		default:
			all.words = append(all.words, telling(run)...)
			run = []string{""}
		}
	}
	all.words = append(all.words, telling(run)...)
	all.digits = max(all.digits, ahead)
	return all
}

// deriveAlternate keeps what every branch needs.
func deriveAlternate(node *syntax.RegexNode) need {
	branches := node.Children
	all := derive(branches[0])
	all.collapse()
	for _, branch := range branches[1:] {
		n := derive(branch)
		n.collapse()
		all.digits = min(all.digits, n.digits)
		if len(n.classes) == 0 || len(all.classes) == 0 {
			all.classes = nil
		} else {
			all.classes[0] = all.classes[0].union(n.classes[0])
		}
		if len(n.words) == 0 || len(all.words) == 0 || len(all.words[0])+len(n.words[0]) > maxListWords {
			all.words = nil
		} else {
			all.words = [][]string{slices.Concat(all.words[0], n.words[0])}
		}
	}
	return all
}
