package rules

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piiproxy/piiproxy/rules/names"
)

// maxPhraseGap is how many characters may stand between two words of a phrase,
// and between a phrase and its value.
const maxPhraseGap = 6

// taking is how a value is read next to the words that announce it.
type taking uint8

const (
	takeName   taking = iota // a name: nearly any word counts
	takeLikely               // a name without common words
	takeKnown                // a name that begins with a first name of the list
	takeProper               // a name with a capital that is no common word
	takeListed               // a name with a capital that begins with a first or last name of the list
	takeWord                 // all up to the next space
	takeAnswer               // the whole text is the answer to a question
	takeWords                // the words themselves: what a prompt rule asks for
)

// takings are the words of the rule files.
var takings = map[string]taking{
	"name": takeName, "likely_name": takeLikely, "known_name": takeKnown, "listed_name": takeListed,
	"proper_name": takeProper,
	"word":        takeWord, "answer": takeAnswer,
}

// backward tells whether a value may stand before the words.
func (t taking) backward() bool { return t <= takeProper }

// takes returns what take may be, sorted.
func takes() []string {
	return slices.Sorted(maps.Keys(takings))
}

// said finds values that words announce: "my name is …", "… speaking". It is
// read-only.
type said struct {
	phrases map[string][]announcement // by first word
	answers []float64                 // scores of items that read the whole text as an answer
	letters []string                  // the literal of each phrase
	begins  [256]uint32               // by the first letter of a phrase in ASCII: the lengths of its first word
}

// announcement is one phrase that stands next to a value.
type announcement struct {
	words []string // normal form
	mark  mark
	start bool // the phrase must begin a line or a sentence
	back  bool // the value stands before the phrase
	take  taking
	score float64
}

// mark is what must or may stand between a phrase and its value.
type mark uint8

const (
	noMark    mark = iota
	colonMark      // ":", "=", "-" or a line end must follow
	commaMark      // "," or a line end must follow
	askMark        // "?" must follow
	dotMark        // "." may follow: an abbreviation
)

var marks = map[byte]mark{':': colonMark, ',': commaMark, '?': askMark, '.': dotMark}

// newSaid compiles a rule's said items, which checkSaid has accepted; nil when
// there are none.
func newSaid(y []saidYAML) *said {
	if len(y) == 0 {
		return nil
	}
	names.Load()
	s := &said{phrases: map[string][]announcement{}}
	for _, item := range y {
		take, score := takings[item.Take], item.Score.or(defaultScore)
		if take == takeAnswer {
			s.answers = append(s.answers, score)
			continue
		}
		for _, text := range item.After {
			s.add(text, announcement{take: take, score: score})
		}
		for _, text := range item.Before {
			s.add(text, announcement{take: take, score: score, back: true})
		}
	}
	return s
}

// wordsAsked finds the words of a prompt rule; nil when there are none.
func wordsAsked(words []string) *said {
	if len(words) == 0 {
		return nil
	}
	s := &said{phrases: map[string][]announcement{}}
	for _, written := range words {
		for _, text := range alternatives(written) {
			s.add(text, announcement{take: takeWords})
		}
	}
	return s
}

// add indexes one phrase. A mark at its end must stand in the text too; "^" in
// front means the beginning of a line or sentence.
func (s *said) add(text string, a announcement) {
	a.words = spokenWords(text)
	if len(a.words) == 0 {
		return
	}
	a.start = strings.HasPrefix(text, "^")
	if !a.back {
		a.mark = marks[text[len(text)-1]]
	}
	first := a.words[0]
	s.phrases[first] = append(s.phrases[first], a)
	s.begins[first[0]] |= 1 << min(len(first), 31)
	s.letters = append(s.letters, literalOf(clue(a.words)))
}

// spokenWords splits a phrase as a voice reads texts: unlike the words of context,
// "cvv2" is one.
func spokenWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !inWord(r) })
	for i, word := range words {
		words[i] = normalWord(word)
	}
	return words
}

// clues are words that a text seldom holds without announcing somebody, whatever
// longer words stand with them: "name on the order".
var clues = setOf("name names under nombre nome nom namen naam nama wife husband lives")

// clue returns the part of a phrase by which texts with it are found.
func clue(words []string) []string {
	for i, word := range words {
		if clues[word] {
			return words[i : i+1]
		}
	}
	if !slices.ContainsFunc(words, func(word string) bool { return len(word) > 1 }) {
		return words[len(words)-1:] // "i'm": an i alone is in every text
	}
	return words
}

// literals returns lower-case ASCII literals, one of which a text holds when a
// phrase with a word in ASCII is in it; nil when any text may match.
func (s *said) literals() []string {
	if len(s.answers) > 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.letters), func(letters string) bool { return letters == "" })
}

// foreign tells whether a phrase has no word in ASCII.
func (s *said) foreign() bool { return slices.Contains(s.letters, "") }

// match calls yield for every value between from and to that words announce
// which begin at first or later and before last.
func (s *said) match(b *body, from, to, first, last int, yield func(start, end int, score float64)) {
	v := &voice{body: b, from: from, to: to}
	if len(s.answers) > 0 && first == from {
		v.answer(func(start, end int) {
			for _, score := range s.answers {
				yield(start, end, score)
			}
		})
	}
	if len(s.phrases) == 0 {
		return
	}
	for first > from && first < to && inWord(b.at(first-1)) && inWord(b.at(first)) {
		first++ // a word that began before
	}
	for w, ok := v.next(first); ok && w.start < last; w, ok = v.next(w.end) {
		letter := v.body.at(w.start)
		if letter < utf8.RuneSelf && s.begins[lower(byte(letter))]&(1<<min(w.end-w.start, 31)) == 0 && v.plain(w) {
			continue
		}
		candidates := s.phrases[string(v.key(w))]
		for i := range candidates {
			if start, end, found := v.announced(&candidates[i], w); found {
				yield(start, end, candidates[i].score)
			}
		}
	}
}

// announced reads the value of a phrase whose first word is w.
func (v *voice) announced(a *announcement, w span) (start, end int, ok bool) {
	if a.start && !v.begins(w.start) {
		return 0, 0, false
	}
	last := w
	for _, word := range a.words[1:] {
		following, more := v.next(last.end)
		if !more || !v.close(last.end, following.start) || string(v.key(following)) != word {
			return 0, 0, false
		}
		last = following
	}
	if a.take == takeWords {
		return w.start, last.end, a.mark != commaMark || last.end < v.to && v.body.at(last.end) == ','
	}
	if a.back {
		return v.nameBefore(w.start, a.take)
	}
	at, marked := v.skipMark(last.end, a.mark)
	switch {
	case !marked:
		return 0, 0, false
	case a.take == takeWord:
		return v.wordAfter(at)
	}
	return v.nameAfter(at, a.take)
}

// begins tells whether a place is the beginning of a line or sentence.
func (v *voice) begins(at int) bool {
	for at > v.from && unicode.IsSpace(v.body.at(at-1)) && v.body.at(at-1) != '\n' {
		at--
	}
	return at == v.from || strings.ContainsRune("\n.!?,;:>*-(", v.body.at(at-1))
}

// close tells whether two words of a phrase stand next to each other.
func (v *voice) close(end, start int) bool {
	if start-end > maxPhraseGap {
		return false
	}
	for ; end < start; end++ {
		if endsSentence(v.body.at(end)) && v.body.at(end) != '.' {
			return false
		}
	}
	return true
}

// skipMark steps over what stands between a phrase and its value; false when
// the wanted mark is missing or another one ends the sentence.
func (v *voice) skipMark(at int, want mark) (int, bool) {
	seen := want == noMark || want == dotMark
	for end := min(v.to, at+maxPhraseGap); at < end; at++ {
		r := v.body.at(at)
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return at, seen
		case want == dotMark && r == '.', want == askMark && r == '?':
			seen = true
		case r == '\n':
			seen = seen || want == colonMark || want == commaMark
		case want == colonMark && strings.ContainsRune(":=-", r), want == commaMark && r == ',':
			seen = true
		case endsSentence(r):
			return at, false
		}
	}
	return at, seen
}

// wordAfter takes all up to the next space, without the punctuation at its end.
// A word that stands around values ("not", "is", "please") is none.
func (v *voice) wordAfter(at int) (start, end int, ok bool) {
	most := min(v.to, at+MaxFinding)
	for end = at; end < most && !unicode.IsSpace(v.body.at(end)); end++ {
	}
	for end > at && strings.ContainsRune(".,;:!?)]}>\"'", v.body.at(end-1)) {
		end--
	}
	if end == at {
		return 0, 0, false
	}
	if w, more := v.next(at); more && w.start == at && w.end == end && names.Look(v.key(w))&names.Stop != 0 {
		return 0, 0, false
	}
	return at, end, true
}

// said runs an entry's said items where phrases may begin.
func (sc *scan) said(e *entry, f frame, first, last int) {
	e.said.match(&sc.body, f.from, f.end, first, last, func(start, end int, score float64) {
		sc.spoken(e, f, start, end, score)
	})
}
