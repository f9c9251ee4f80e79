package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/dlclark/regexp2/v2/syntax"
)

// A need is what a folded text must hold for a pattern to match anywhere in it.
// It is derived from the engine's own syntax tree, after the engine's own
// optimisations; what cannot be derived is left out, so that the pattern runs.
// Because matching sees folded text, characters that folding removes or maps
// away count as never there.
type need struct {
	digits  int        // at least so many ASCII digits
	classes []class    // of each class at least one character
	words   [][]string // of each list at least one literal, lower-case ASCII, two letters or more
}

const (
	maxNeedDigits = 1 << 16 // {1000}{1000} must not overflow
	maxClasses    = 4
	maxWordLists  = 3
	maxListWords  = 64
	maxLiteral    = 16 // more letters make a literal hardly rarer
	commonClass   = 64 // classes that weigh more are in nearly every text
	maxRanges     = 64

	letters = 0x07fffffe07fffffe // A-Z and a-z in the upper half of a class
)

// needOf derives the need of a pattern that the engine has already compiled.
func needOf(pattern string) need {
	tree, err := syntax.Parse(pattern, syntax.ParseOptions{RegexOptions: syntax.RegexOptions(engineOptions)})
	if err != nil {
		return need{}
	}
	n := derive(tree.Root)
	n.trim()
	return n
}

// collapse keeps the rarest class and the most telling list, which are what an
// alternation can join branch by branch.
func (n *need) collapse() {
	if len(n.classes) > 0 {
		n.classes = []class{slices.MinFunc(n.classes, func(a, b class) int { return a.weight() - b.weight() })}
	}
	if len(n.words) > 0 {
		n.words = [][]string{slices.MaxFunc(n.words, compareLists)}
	}
}

// compareLists orders lists of literals by how telling they are: the shortest
// literal first of all, then fewer literals.
func compareLists(a, b []string) int {
	if d := shortest(a) - shortest(b); d != 0 {
		return d
	}
	return len(b) - len(a)
}

func shortest(list []string) int {
	n := maxLiteral
	for _, word := range list {
		n = min(n, len(word))
	}
	return n
}

// trim drops what tells little, to keep the prefilter cheap.
func (n *need) trim() {
	classes := n.classes[:0:0]
	for _, c := range n.classes {
		covered := n.digits > 0 && digitClass.within(c) || c.weight() > commonClass
		if _, letter := c.letter(); letter && len(n.words) > 0 && c.ascii[1]&letters != 0 {
			covered = true // the literals say more
		}
		if !covered && !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
	}
	slices.SortFunc(classes, func(a, b class) int { return a.weight() - b.weight() })
	n.classes = classes[:min(len(classes), maxClasses)]
	slices.SortStableFunc(n.words, func(a, b []string) int { return compareLists(b, a) })
	n.words = n.words[:min(len(n.words), maxWordLists)]
	for i, list := range n.words {
		n.words[i] = minimal(list)
	}
}

// minimal drops literals that hold another one of the list.
func minimal(list []string) []string {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	var kept []string
	for _, word := range list {
		if !slices.ContainsFunc(kept, func(short string) bool { return strings.Contains(word, short) }) {
			kept = append(kept, word)
		}
	}
	return kept
}

// literalOf returns the longest part of a phrase that an ASCII text must hold
// when the phrase's normal form is found in it.
func literalOf(phrase []string) string {
	longest := ""
	for _, word := range phrase {
		if len(word) > len(longest) && strings.IndexFunc(word, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
			longest = word
		}
	}
	return longest
}
