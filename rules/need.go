package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dlclark/regexp2/v2/syntax"
)

// A need is what a folded text must hold for a pattern to match anywhere in it.
// It is derived from the engine's own syntax tree, after the engine's own
// optimisations; what cannot be derived is left out, so that the pattern runs.
// Because matching sees folded text, characters that folding removes or maps
// away count as never there.
type need struct {
	digits  int        // at least so many ASCII digits
	inner   int        // so many of them in the match itself, not in what lookahead sees
	other   bool       // a character that makes a text beyond, see profile
	classes []class    // of each class at least one character
	words   []wordList // of each list at least one literal
	extent  extent
	local   bool // extent is known: the pattern need not see the whole text
}

// wordList is literals of lower-case ASCII, with borders where the pattern has
// them, and the most characters of a match that stand before one.
type wordList struct {
	texts  []string
	before int
	partly bool // leaves out what only matches other than ASCII: a text with such characters need not hold one
}

const (
	anchorDigits   = 4 // so many digits call a pattern up more seldom than
	anchorStrength = 3 // literals as common as these

	maxNeedDigits = 1 << 16 // {1000}{1000} must not overflow
	maxClasses    = 4
	maxWordLists  = 3
	maxListWords  = 512 // literals that branches are joined to
	maxProduct    = 64  // literals that neighbours are multiplied to
	maxLiteral    = 16  // more letters make a literal hardly rarer
	commonClass   = 64  // classes that weigh more are in nearly every text
	maxRanges     = 64

	letters = 0x07fffffe07fffffe // A-Z and a-z in the upper half of a class
)

// needOf derives the need of a pattern that the engine has already compiled.
func needOf(pattern string) need {
	tree, err := syntax.Parse(pattern, syntax.ParseOptions{RegexOptions: syntax.RegexOptions(engineOptions)})
	if err != nil {
		return need{}
	}
	d := derivation{measure{groups: map[int]int{}}}
	d.measure.learn(tree.Root)
	n := d.derive(tree.Root, "")
	n.trim()
	if n.extent, n.local = extentOf(tree); n.local {
		n.extent.chars = d.measure.chars(tree.Root)
	}
	return n
}

// collapse keeps the rarest class and the most telling list, which are what an
// alternation can join branch by branch.
func (n *need) collapse() {
	if len(n.classes) > 0 {
		n.classes = []class{slices.MinFunc(n.classes, func(a, b class) int { return a.weight() - b.weight() })}
	}
	if len(n.words) > 0 {
		n.words = []wordList{slices.MaxFunc(n.words, compareLists)}
	}
}

// compareLists orders lists of literals by how telling they are: the least
// telling literal first of all, then fewer literals, then one that stands near
// the start of the match.
func compareLists(a, b wordList) int {
	return cmp.Or(weakest(a.texts)-weakest(b.texts), len(b.texts)-len(a.texts), b.before-a.before)
}

// tiny tells literals that nearly every text has somewhere.
func tiny(text string) bool { return len(text) < anchorStrength && !tellsAlone(text) }

// weakest says how telling the least telling literal is: its letters, fewer
// when every other message holds it.
func weakest(list []string) int {
	least := maxLiteral
	for _, text := range list {
		bare := strings.Trim(text, border)
		strength := min(len(bare), maxLiteral) + strings.Count(text, border)
		switch {
		case strings.Contains(rare, bare):
			strength = 4
		case tellsAlone(bare):
			strength = 2
		case strings.Contains(common, " "+strings.TrimSpace(bare)+" "):
			strength = 1
		}
		least = min(least, strength)
	}
	return least
}

// common are words and fragments that many messages hold: a pattern is better
// found by its other words.
const common = " the and have has get got what that this with for you your our my me is are am be can could would will " +
	"need want send give tell type enter write share provide please number no not of to in on at it its do does did how when " +
	"where who which i he she we they us am er en de la el le los les der die das und que para por con com um uma un una is est " +
	"confirm reply message leave drop submit input key account "

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
	slices.SortStableFunc(n.words, func(a, b wordList) int { return compareLists(b, a) })
	n.words = n.words[:min(len(n.words), maxWordLists)]
	if n.digits >= anchorDigits {
		n.words = slices.DeleteFunc(n.words, func(list wordList) bool { return weakest(list.texts) < anchorStrength })
	}
	for len(n.words) > 1 && slices.ContainsFunc(n.words[len(n.words)-1].texts, tiny) {
		n.words = n.words[:len(n.words)-1] // nearly every text has one, and each costs a note
	}
	for i := range n.words {
		n.words[i] = minimal(n.words[i])
	}
}

// minimal drops literals that hold another one of the list. The other one may
// stand further inside the match than the dropped one.
func minimal(list wordList) wordList {
	texts := slices.Clone(list.texts)
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	kept := wordList{before: list.before, partly: list.partly}
	for _, text := range texts {
		at := -1
		for _, short := range kept.texts {
			if at = strings.Index(text, short); at >= 0 {
				break
			}
		}
		if at < 0 {
			kept.texts = append(kept.texts, text)
			continue
		}
		kept.before = min(max(kept.before, list.before+at), unbounded)
	}
	return kept
}
