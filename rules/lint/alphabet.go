package lint

import (
	"slices"
	"unicode"

	"github.com/dlclark/regexp2/v2/syntax"
)

// letters is a set of character classes of one pattern: bit i stands for the
// class whose representative is alphabet.runes[i].
type letters uint64

// maxClasses is the number of bits of letters. What a pattern tells apart beyond
// them is left out: some attack is then not seen, none is invented.
const maxClasses = 64

// alphabet holds one character of each class that a pattern tells apart.
type alphabet struct{ runes []rune }

// consumer is a leaf of the syntax tree that matches one character.
type consumer func(r rune) bool

// consumerOf returns what node matches, nil for a node that is no leaf.
func consumerOf(node *syntax.RegexNode) consumer {
	switch node.T {
	case syntax.NtOne, syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		return func(r rune) bool { return r == node.Ch }
	case syntax.NtNotone, syntax.NtNotoneloop, syntax.NtNotonelazy, syntax.NtNotoneloopatomic:
		return func(r rune) bool { return r != node.Ch }
	case syntax.NtSet, syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return func(r rune) bool { return node.Set.Contains(r) }
	case syntax.NtGrapheme:
		return func(rune) bool { return true }
	}
	return nil
}

// each visits every node below node, and node itself.
func each(node *syntax.RegexNode, visit func(*syntax.RegexNode)) {
	visit(node)
	for _, child := range node.Children {
		each(child, visit)
	}
}

// newAlphabet finds the classes of a pattern: characters that no leaf tells
// apart are one. Candidates are ASCII, the ends of the pattern's own ranges, and
// a letter each of some other scripts, as folded text has them.
func newAlphabet(root *syntax.RegexNode) alphabet {
	var leaves []consumer
	candidates := []rune("!aA0 ._-@\n\té茅жß中😀")
	for r := ' '; r < 0x7f; r++ {
		candidates = append(candidates, r)
	}
	each(root, func(node *syntax.RegexNode) {
		if leaf := consumerOf(node); leaf != nil {
			leaves = append(leaves, leaf)
		}
		for _, r := range node.Str {
			leaves = append(leaves, func(other rune) bool { return other == r })
			candidates = append(candidates, r)
		}
		candidates = append(candidates, edges(node)...)
	})
	var a alphabet
	seen := map[string]bool{}
	signature := make([]byte, len(leaves))
	for _, r := range candidates {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			continue // folding removes it
		}
		for i, leaf := range leaves {
			signature[i] = 0
			if leaf(r) {
				signature[i] = 1
			}
		}
		if !seen[string(signature)] && len(a.runes) < maxClasses {
			seen[string(signature)] = true
			a.runes = append(a.runes, r)
		}
	}
	return a
}

// edges are the characters at which a node's set begins and ends.
func edges(node *syntax.RegexNode) []rune {
	if node.T == syntax.NtOne || node.T == syntax.NtOneloop || node.T == syntax.NtOneloopatomic || node.T == syntax.NtOnelazy {
		return []rune{node.Ch}
	}
	if node.Set == nil {
		return nil
	}
	var list []rune
	for n := 1; n <= maxClasses; n++ {
		for _, span := range node.Set.GetIfNRanges(n) {
			list = append(list, span.First, span.Last)
		}
	}
	return list
}

// of returns the classes that a leaf matches.
func (a alphabet) of(leaf consumer) letters {
	var set letters
	for i, r := range a.runes {
		if leaf(r) {
			set |= 1 << i
		}
	}
	return set
}

// some returns a character of a class in set.
func (a alphabet) some(set letters) rune {
	for i, r := range a.runes {
		if set&(1<<i) != 0 {
			return r
		}
	}
	return '!'
}

// others are up to n characters that set does not hold, for ends of attacks that
// keep a pattern from matching.
func (a alphabet) others(set letters, n int) []rune {
	var list []rune
	for i, r := range a.runes {
		if set&(1<<i) == 0 {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(x, y rune) int { return rank(x) - rank(y) })
	return list[:min(n, len(list))]
}

// rank prefers characters that few patterns mean.
func rank(r rune) int {
	switch {
	case r == '!':
		return 0
	case r == '\n':
		return 1
	case unicode.IsPunct(r):
		return 2
	}
	return 3
}
