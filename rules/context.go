package rules

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	defaultWindow = 8   // words on each side
	maxWindow     = 50  // words
	defaultBoost  = 0.3 // score of a near phrase
	// askedBoost is what it adds that the bot has just asked for the kind. Two
	// thirds of real answers hold no keyword, so this outweighs every single
	// doubt but not two of them.
	askedBoost = 0.5
	// maxContextRunes bounds how far words are looked for, whatever their length.
	maxContextRunes = 512
)

// phrases finds the words and phrases of one rule's near or far list.
type phrases struct {
	byFirst  map[string][]phrase
	literals []string // an ASCII text without any of them holds no phrase
}

type phrase struct {
	words []string // normal form
	text  string   // as the rule has it
}

// newPhrases indexes a list. Phrases without a letter or digit are left out;
// check complains about them.
func newPhrases(list []string) phrases {
	p := phrases{byFirst: map[string][]phrase{}}
	for _, text := range list {
		words := wordsOf(text)
		if len(words) == 0 {
			continue
		}
		p.byFirst[words[0]] = append(p.byFirst[words[0]], phrase{words, text})
		p.literals = append(p.literals, literalOf(words))
	}
	return p
}

// nearest returns the phrase in words with the smallest distance, which
// distance tells for the place first…last of a phrase.
func (p phrases) nearest(words []string, distance func(first, last int) int) (best phrase, at int, ok bool) {
	for i, word := range words {
		for _, candidate := range p.byFirst[word] {
			last := i + len(candidate.words) - 1
			if last >= len(words) || !slices.Equal(candidate.words, words[i:last+1]) {
				continue
			}
			d := distance(i, last)
			if !ok || d < at || d == at && len(candidate.words) > len(best.words) {
				best, at, ok = candidate, d, true
			}
		}
	}
	return best, at, ok
}

// surroundings are the words around a match and the words of its field.
type surroundings struct {
	left, right, field []string
}

// nearest looks for p on both sides and in the field's name, which counts as
// touching the match. Distance is the number of words between.
func (s surroundings) nearest(p phrases) (best phrase, at int, part string, ok bool) {
	if len(p.byFirst) == 0 {
		return phrase{}, 0, "", false
	}
	at = maxWindow + 1
	for _, side := range []struct {
		words    []string
		distance func(first, last int) int
		field    bool
	}{
		{s.left, func(_, last int) int { return len(s.left) - 1 - last }, false},
		{s.right, func(first, _ int) int { return first }, false},
		{s.field, func(int, int) int { return 0 }, true},
	} {
		found, d, here := p.nearest(side.words, side.distance)
		if here && d < at {
			best, at, ok = found, d, true
			if part = ""; side.field {
				part = "field"
			}
		}
	}
	return best, at, part, ok
}

// around returns at most window words on each side of characters start to end.
// When the text begins within the window, the turn before is read on.
func (b *body) around(start, end, window int, before []Turn) (left, right []string) {
	from := max(0, start-maxContextRunes)
	left = wordsOf(b.slice(from, start))
	if missing := window - len(left); missing > 0 && from == 0 && len(before) > 0 {
		left = append(lastWords(before[len(before)-1].Text, missing), left...)
	}
	left = left[max(0, len(left)-window):]
	right = wordsOf(b.slice(end, min(b.length(), end+maxContextRunes)))
	return left, right[:min(len(right), window)]
}

// lastWords returns the last n words of a text that was not folded yet.
func lastWords(text string, n int) []string {
	text = strings.ToValidUTF8(text[max(0, len(text)-maxContextRunes):], "")
	words := wordsOf(foldText(text))
	return words[max(0, len(words)-n):]
}

// foldText folds a short text for reading words; positions are lost.
func foldText(text string) string {
	return strings.Map(foldRune, text)
}

// distance counts the words between two spans of characters, the same way
// around does.
func (b *body) distance(start, end, otherStart, otherEnd int) int {
	if otherStart >= end {
		return len(wordsOf(b.slice(end, min(otherStart, end+maxContextRunes))))
	}
	return len(wordsOf(b.slice(max(otherEnd, start-maxContextRunes), start)))
}

// wordsOf splits text into words in normal form: runs of letters, digits and
// marks, lower case, accents removed, so that "Número" and "numero" are one
// word. Apostrophes and hyphens separate words.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
	for i, word := range words {
		words[i] = normalWord(word)
	}
	return words
}

func normalWord(word string) string {
	if strings.IndexFunc(word, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return strings.ToLower(word)
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(foldRune(r))
	}, norm.NFD.String(word))
}

// fieldWords splits the name of a JSON member: "cardNumber", "card_number" and
// "card-number" are two words each.
func fieldWords(name string) []string {
	var split strings.Builder
	previous := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			split.WriteByte(' ')
		}
		split.WriteRune(r)
		previous = r
	}
	return wordsOf(split.String())
}
