package rules

import (
	"cmp"
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

func (s bitset) union(t bitset) bitset {
	for len(s) < len(t) {
		s = append(s, 0)
	}
	for i := range t {
		s[i] |= t[i]
	}
	return s
}

// lexicon is every context phrase of a library, found word by word.
type lexicon struct {
	words   map[string]int32 // normal form to number
	byFirst [][]int32        // by number of a word: phrases that begin with it
	phrases []phrase
	ids     map[string]int32 // by the words joined with spaces
	rules   []bitset         // by phrase: the rules that it is near for
}

// phrase is one near or far phrase.
type phrase struct {
	words []int32
	text  string // as a rule has it
}

func newLexicon() *lexicon {
	return &lexicon{words: map[string]int32{}, ids: map[string]int32{}}
}

// bitset is a set of small numbers: phrases of the lexicon, or rules.
type bitset []uint64

func (s bitset) has(id int32) bool {
	word := int(id >> 6)
	return word < len(s) && s[word]&(1<<(id&63)) != 0
}

func (s bitset) with(id int32) bitset {
	for int(id>>6) >= len(s) {
		s = append(s, 0)
	}
	s[id>>6] |= 1 << (id & 63)
	return s
}

// add numbers the phrases of a list. Phrases without a letter or digit are left
// out; check complains about them.
func (l *lexicon) add(list []string) bitset {
	var set bitset
	for _, text := range list {
		words := wordsOf(text)
		if len(words) == 0 {
			continue
		}
		key := strings.Join(words, " ")
		id, known := l.ids[key]
		if !known {
			id = int32(len(l.phrases))
			l.ids[key] = id
			numbers := make([]int32, len(words))
			for i, word := range words {
				numbers[i] = l.number(word)
			}
			l.byFirst[numbers[0]] = append(l.byFirst[numbers[0]], id)
			l.phrases = append(l.phrases, phrase{numbers, text})
		}
		set = set.with(id)
	}
	return set
}

func (l *lexicon) number(word string) int32 {
	number, known := l.words[word]
	if !known {
		number = int32(len(l.words))
		l.words[word] = number
		l.byFirst = append(l.byFirst, nil)
	}
	return number
}

// term is one word of a text: its place in characters, and its number in the
// lexicon, -1 for words of no phrase.
type term struct {
	start, end int32
	word       int32
}

// mention is a context phrase in a text, from word first to word last.
type mention struct {
	phrase      int32
	first, last int32
}

// surroundings are the words of a text and the phrases among them. The last
// words of the turn before come first, with places below zero, because a
// question's words are the context of its answer.
type surroundings struct {
	terms    []term
	mentions []mention // ordered by first
	field    []int32   // phrases in the name of the JSON member
	near     bitset    // rules that find a near phrase anywhere in them
	read     bool
}

// surroundings reads the context of the text, once.
func (sc *scan) readSurroundings() {
	s := &sc.around
	if s.read {
		return
	}
	s.read = true
	l := sc.set.library.lexicon
	s.terms, s.mentions, s.field = s.terms[:0], s.mentions[:0], s.field[:0]
	if turns := sc.context.Before; len(turns) > 0 {
		for _, word := range lastWords(turns[len(turns)-1].Text, maxWindow) {
			number, known := l.words[word]
			if !known {
				number = -1
			}
			s.terms = append(s.terms, term{-1, -1, number})
		}
	}
	s.terms = sc.body.terms(s.terms, l)
	s.mentions = l.mentions(s.mentions, s.terms)
	clear(s.near)
	for _, m := range s.mentions {
		s.near = s.near.union(l.rules[m.phrase])
	}
	if sc.context.Field == "" || carriers[strings.ToLower(sc.context.Field)] {
		return
	}
	var field []term
	for _, word := range fieldWords(sc.context.Field) {
		if number, known := l.words[word]; known {
			field = append(field, term{word: number})
		} else {
			field = append(field, term{word: -1})
		}
	}
	for _, m := range l.mentions(nil, field) {
		s.field = append(s.field, m.phrase)
		s.near = s.near.union(l.rules[m.phrase])
	}
}

// carriers are the members of payloads that hold whatever a person says: their
// names tell nothing of it.
var carriers = map[string]bool{"text": true, "body": true, "message": true, "title": true, "subtitle": true, "caption": true}

// mentions appends the phrases among terms, in order.
func (l *lexicon) mentions(found []mention, terms []term) []mention {
	for i := range terms {
		if terms[i].word < 0 {
			continue
		}
		for _, id := range l.byFirst[terms[i].word] {
			if l.phrases[id].at(terms, i) {
				found = append(found, mention{id, int32(i), int32(i + len(l.phrases[id].words) - 1)})
			}
		}
	}
	return found
}

// at tells whether p begins at word i.
func (p *phrase) at(terms []term, i int) bool {
	if i+len(p.words) > len(terms) {
		return false
	}
	for j, word := range p.words {
		if terms[i+j].word != word {
			return false
		}
	}
	return true
}

// between returns the words that stand before characters start to end and
// after them: numbers of the last and the first.
func (s *surroundings) between(start, end int) (left, right int) {
	left, _ = slices.BinarySearchFunc(s.terms, int32(start), func(t term, at int32) int { return cmp.Compare(t.end, at+1) })
	right, _ = slices.BinarySearchFunc(s.terms, int32(end), func(t term, at int32) int { return cmp.Compare(t.start, at) })
	return left - 1, right
}

// nearest returns the phrase of set that stands nearest to the words left and
// right of a match, wholly within window words, and the number of words
// between. Of two as near the longer one counts. Phrases behind the match count
// as behind words further off: what names a value mostly stands before it.
func (s *surroundings) nearest(set bitset, left, right, window, behind int) (best int32, at int, ok bool) {
	from, _ := slices.BinarySearchFunc(s.mentions, int32(left-window), func(m mention, first int32) int { return cmp.Compare(m.first, first) })
	length := int32(0)
	for _, m := range s.mentions[from:] {
		if int(m.first) > right+window {
			break
		}
		distance := 0
		switch {
		case int(m.last) <= left && left-int(m.first) < window:
			distance = left - int(m.last)
		case int(m.first) >= right && int(m.last)-right < window:
			distance = int(m.first) - right + behind
		default:
			continue
		}
		if !set.has(m.phrase) || ok && (distance > at || distance == at && m.last-m.first <= length) {
			continue
		}
		best, at, ok, length = m.phrase, distance, true, m.last-m.first
	}
	return best, at, ok
}

// inField returns the phrase of set in the name of the JSON member.
func (s *surroundings) inField(set bitset) (int32, bool) {
	for _, id := range s.field {
		if set.has(id) {
			return id, true
		}
	}
	return 0, false
}

// terms appends the words of the body.
func (b *body) terms(list []term, l *lexicon) []term {
	var buffer [maxWordBytes]byte
	for at := 0; at < b.length(); {
		if !isWordRune(b.at(at)) {
			at++
			continue
		}
		start, simple := at, true
		number := sortOf(b.at(at)) == digit
		for ; at < b.length() && isWordRune(b.at(at)) && (sortOf(b.at(at)) == digit) == number; at++ {
			r := b.at(at)
			if r >= 0x80 || at-start >= maxWordBytes {
				simple = false
				continue
			}
			if at-start < maxWordBytes {
				buffer[at-start] = lower(byte(r))
			}
		}
		word, known := int32(-1), false
		if simple {
			word, known = l.words[string(buffer[:at-start])]
		} else {
			word, known = l.words[normalWord(b.slice(start, at))]
		}
		if !known {
			word = -1
		}
		list = append(list, term{int32(start), int32(at), word})
	}
	return list
}

// maxWordBytes is the longest word of a phrase that is looked up without
// copying it.
const maxWordBytes = 32

// isWordRune tells what words consist of.
func isWordRune(r rune) bool {
	if r < 0x80 {
		return isAlphanumeric(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
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

// wordsOf splits text into words in normal form: runs of letters and marks, or
// of digits, lower case, accents removed, so that "Número" and "numero" are one
// word, and "cvv2" are two. Apostrophes and hyphens separate words.
func wordsOf(text string) []string {
	var words []string
	start, number := -1, false
	for i, r := range text {
		within := isWordRune(r)
		if start >= 0 && (!within || number != (sortOf(r) == digit)) {
			words = append(words, normalWord(text[start:i]))
			start = -1
		}
		if within && start < 0 {
			start, number = i, sortOf(r) == digit
		}
	}
	if start >= 0 {
		words = append(words, normalWord(text[start:]))
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
