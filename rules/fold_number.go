package rules

import (
	"strings"
	"sync"
	"unicode"
)

// wordKind is what a word does in a number that is said digit by digit.
type wordKind uint8

const (
	noNumber wordKind = iota
	wordUnit          // 0 to 9
	wordTeen          // 10 to 19
	wordTen           // 20, 30 … 90, and numbers that are one word (21)
	wordHundred
	wordThousand
	wordTimes  // the next digit so often
	wordAnd    // inside one number
	wordPlus   // the sign before a telephone number
	wordParts  // what is said for a separator
	wordWeak   // zero, but another word by itself
	wordSounds // sounds like a digit; speech recognisers write it
	wordAt     // the sign of an address; a value if it is nothing else
	wordLow    // a sign of addresses that numbers do not have
	wordDigits // digits as such
)

// numberWord is a word in normal form: lower case, accents removed.
type numberWord struct {
	text  string
	kind  wordKind
	value rune   // number, times, or the separator
	langs uint32 // languages that it is a word of
}

// languages of number words.
const (
	english uint32 = 1 << iota
	spanish
	portuguese
	french
	german
	italian
	dutch
	hindi
	malay
	russian
	turkish
	polish
	tagalog
	arabic
	swedish
	romanian
	vietnamese
	thai
	allLanguages uint32 = 1<<iota - 1
	// sureLanguages have number words that are no other words.
	sureLanguages = english | spanish | portuguese | french | german | italian
)

// vocabulary finds number words by hash.
type vocabulary struct {
	filter [1 << 8]uint64 // which hashes, shortened, may be there
	pairs  [26]uint32     // by first letter: second letters
	starts [1 << 6]uint64 // which hashes of the first letters of words may be
	finals [1 << 6]uint64 // and of the last
	all    [1 << 6]uint64 // as starts, of words for signs too
	words  map[uint32]numberWord
	runes  int // of the longest word
}

// vocabularyOf builds the vocabulary once.
var vocabularyOf = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{words: map[uint32]numberWord{}}
	for _, l := range spokenLists {
		v.addList(l.units, wordUnit, l.lang, func(i rune) rune { return i })
		v.addList(l.teens, wordTeen, l.lang, func(i rune) rune { return 10 + i })
		v.addList(l.tens, wordTen, l.lang, func(i rune) rune { return 10 * (i + 2) })
	}
	v.addCompounds()
	for _, other := range spokenOthers {
		for _, word := range strings.Fields(other.words) {
			v.add(numberWord{word, other.kind, other.value, other.lang})
		}
	}
	return v
}

func (v *vocabulary) addList(list string, kind wordKind, lang uint32, value func(i rune) rune) {
	for i, spellings := range strings.Fields(list) {
		for _, word := range strings.Split(spellings, "|") {
			v.add(numberWord{word, kind, value(rune(i)), lang})
		}
	}
}

// addCompounds adds the numbers of two digits that are one word: veintidós,
// ventuno. (German ones fall apart into words by themselves.)
func (v *vocabulary) addCompounds() {
	units := strings.Fields("uno|un dos tres cuatro cinco seis siete ocho nueve")
	for i, unit := range units {
		for _, spelling := range strings.Split(unit, "|") {
			v.add(numberWord{"veinti" + spelling, wordTen, 21 + rune(i), spanish})
		}
	}
	for t, ten := range strings.Fields(spokenLists[5].tens) {
		for u, unit := range strings.Fields(spokenLists[5].units)[1:] {
			stem := ten
			if unit == "uno" || unit == "otto" {
				stem = ten[:len(ten)-1]
			}
			v.add(numberWord{stem + unit, wordTen, 10*rune(t+2) + rune(u+1), italian})
		}
	}
}

func (v *vocabulary) add(w numberWord) {
	hash := newWordHash()
	size := 0
	for _, r := range w.text {
		hash.add(normalLetter(r))
		if size++; size != startLetters {
			continue
		}
		v.all[hash.sum>>6&63] |= 1 << (hash.sum & 63)
		if w.kind < wordParts {
			v.starts[hash.sum>>6&63] |= 1 << (hash.sum & 63)
		}
	}
	if text := plainForm(w.text); len(text) > 1 {
		v.pairs[text[0]-'a'] |= 1 << (text[1] - 'a')
	}
	if letters := []rune(w.text); size >= startLetters && w.kind < wordParts {
		final := hashOf(letters[size-startLetters:])
		v.finals[final>>6&63] |= 1 << (final & 63)
	}
	known, ok := v.words[hash.sum]
	if ok && (known.kind != w.kind || known.value != w.value) {
		return // the first meaning stays
	}
	w.langs |= known.langs
	v.words[hash.sum] = w
	v.filter[hash.sum>>6&255] |= 1 << (hash.sum & 63)
	v.runes = max(v.runes, size)
}

// startLetters is how many letters of a word tell whether it may be several
// number words without spaces; as many last ones do too. (Words of two letters
// do not begin or end one.)
const startLetters = 3

// mayBegin tells whether a word may begin with these characters; it looks at
// ASCII letters only. Words of one letter are not asked for.
func (v *vocabulary) mayBegin(text []rune) bool {
	if text[0] >= 0x80 || len(text) > 1 && text[1] >= 0x80 {
		return true
	}
	return len(text) > 1 && isLetter(text[1]) && v.pairs[text[0]|0x20-'a']>>(text[1]|0x20-'a')&1 != 0
}

// opens tells whether a word of the vocabulary may have these first letters.
func (v *vocabulary) opens(start uint32) bool { return v.all[start>>6&63]>>(start&63)&1 != 0 }

// begins tells whether a number word may have these first letters.
func (v *vocabulary) begins(start uint32) bool { return v.starts[start>>6&63]>>(start&63)&1 != 0 }

// ends tells whether a number word may have these last letters.
func (v *vocabulary) ends(letters []rune) bool {
	final := hashOf(letters)
	return v.finals[final>>6&63]>>(final&63)&1 != 0
}

func hashOf(letters []rune) uint32 {
	hash := newWordHash()
	for _, r := range letters {
		hash.add(normalLetter(r))
	}
	return hash.sum
}

// wordHash is 32-bit FNV-1a over characters.
type wordHash struct{ sum uint32 }

func newWordHash() wordHash { return wordHash{2166136261} }

func (h *wordHash) add(r rune) { h.sum = (h.sum ^ uint32(r)) * 16777619 }

// find returns the word of a hash, when it reads as text does.
func (v *vocabulary) find(hash wordHash, text []rune) (numberWord, bool) {
	if v.filter[hash.sum>>6&255]>>(hash.sum&63)&1 == 0 {
		return numberWord{}, false
	}
	word, ok := v.words[hash.sum]
	if !ok {
		return word, false
	}
	i := 0
	for _, r := range word.text {
		if i >= len(text) || normalLetter(text[i]) != normalLetter(r) {
			return word, false
		}
		i++
	}
	return word, i == len(text)
}

// normalLetter lowers a letter and takes its accents off.
func normalLetter(r rune) rune {
	switch {
	case r < 0x80:
		return lowerASCII(r)
	case 'а' <= r && r <= 'я', 0x590 <= r && r < 0x10A0: // lower, and scripts without case
		return r
	}
	if reads := folds().of(r); reads.kind() == asAccented {
		return lowerASCII(reads.char())
	}
	return unicode.ToLower(r)
}
