package rules

import (
	"strings"

	"github.com/dlclark/regexp2/v2/syntax"
)

// border stands in a literal for a \b: at its start or end it says that the word
// ends there.
const border = "\x01"

// rare are the characters that tell something alone: ordinary words lack them.
// Those of rather tell less.
const (
	rare   = "@#%&*+=\\^_`{|}~<>[]$"
	rather = ":/()\";-\n"
)

// tellsAlone says that a literal of one character tells something.
func tellsAlone(bare string) bool { return strings.Contains(rare+rather, bare) }

// telling returns texts as a list that a text must hold one of, or nothing when
// one of them is too short to tell anything. before is the most characters of
// the match that stand before them.
func telling(texts []string, before int) []wordList {
	list := make([]string, len(texts))
	for i, text := range texts {
		bare := strings.ReplaceAll(text, border, "")
		if bare == "" || len(bare) < 2 && !tellsAlone(bare) {
			return nil
		}
		literal := bare[:min(len(bare), maxLiteral)]
		if strings.HasPrefix(text, border) && isWordByte(bare[0]) {
			literal = border + literal
		}
		if strings.HasSuffix(text, border) && len(bare) <= maxLiteral && isWordByte(bare[len(bare)-1]) {
			literal += border
		}
		list[i] = literal
	}
	return []wordList{{texts: list, before: before}}
}

func isWordByte(b byte) bool { return isAlphanumeric(b) || b == '_' }

func product(a, b []string) []string {
	all := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			all = append(all, x+y)
		}
	}
	return all
}

// exact returns the few lower-case ASCII texts that are all that node matches.
// Nodes without width match "", which is right: they add nothing to a literal.
func exact(node *syntax.RegexNode) ([]string, bool) {
	if node.Options&syntax.RightToLeft != 0 {
		return nil, false // lookbehind keeps its nodes last first
	}
	switch node.T {
	case syntax.NtOne:
		return exactLetter(plainLetter(node.Ch), 1, 1)
	case syntax.NtSet:
		return exactLetter(plainLetterOf(node.Set), 1, 1)
	case syntax.NtOneloop, syntax.NtOnelazy, syntax.NtOneloopatomic:
		return exactLetter(plainLetter(node.Ch), node.M, node.N)
	case syntax.NtSetloop, syntax.NtSetlazy, syntax.NtSetloopatomic:
		return exactLetter(plainLetterOf(node.Set), node.M, node.N)
	case syntax.NtMulti:
		texts := []string{""}
		for _, r := range node.Str {
			one, ok := exactLetter(plainLetter(r), 1, 1)
			if !ok {
				return nil, false
			}
			texts = product(texts, one)
		}
		return texts, true
	case syntax.NtBoundary:
		return []string{border}, true
	case syntax.NtNonboundary, syntax.NtEmpty, syntax.NtUpdateBumpalong:
		return []string{""}, true
	case syntax.NtCapture, syntax.NtGroup, syntax.NtAtomic:
		return exact(node.Children[0])
	case syntax.NtConcatenate:
		return exactSequence(node.Children)
	case syntax.NtLoop, syntax.NtLazyloop:
		texts, ok := exact(node.Children[0])
		if !ok || node.M > 1 || node.N != 1 {
			return nil, false
		}
		if node.M == 0 {
			texts = append([]string{""}, texts...)
		}
		return texts, true
	case syntax.NtAlternate:
		return exactAlternate(node.Children)
	}
	return nil, false
}

// plainLetter is the ASCII character by which the automaton knows r: lower case,
// without accent; 0 when there is none.
func plainLetter(r rune) byte {
	if foldRune(r) != r || r >= latinEnd && r != angstrom {
		return 0 // never in a folded text, or not known by another letter
	}
	if base := baseLetter(r); base < 0x80 {
		return byte(base)
	}
	return 0
}

// plainLetterOf is the one plain letter of all characters of a set, 0 when they
// have several or none.
func plainLetterOf(set *syntax.CharSet) byte {
	ranges, ok := rangesOf(set)
	if !ok {
		return 0
	}
	found := byte(0)
	for _, span := range ranges {
		if span.Last-span.First > maxAlone {
			return 0
		}
		for r := span.First; r <= span.Last; r++ {
			letter := plainLetter(r)
			if foldRune(r) != r {
				continue // never in a folded text
			}
			if letter == 0 || found != 0 && letter != found {
				return 0
			}
			found = letter
		}
	}
	return found
}

// exactLetter handles one character, perhaps repeated or optional.
func exactLetter(letter byte, least, most int) ([]string, bool) {
	if letter == 0 || most > maxLiteral || most-least > 1 {
		return nil, false
	}
	texts := []string{strings.Repeat(string(rune(letter)), least)}
	if most > least {
		texts = append(texts, strings.Repeat(string(rune(letter)), most))
	}
	return texts, true
}

func exactSequence(nodes []*syntax.RegexNode) ([]string, bool) {
	all := []string{""}
	for _, node := range nodes {
		texts, ok := exact(node)
		if !ok || len(all)*len(texts) > maxProduct {
			return nil, false
		}
		all = product(all, texts)
	}
	return all, true
}

func exactAlternate(nodes []*syntax.RegexNode) ([]string, bool) {
	var all []string
	for _, node := range nodes {
		texts, ok := exact(node)
		if !ok || len(all)+len(texts) > maxProduct {
			return nil, false
		}
		all = append(all, texts...)
	}
	return all, true
}
