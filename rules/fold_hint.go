package rules

import (
	"slices"
	"strings"
	"sync"
)

// A foldHint tells whether an ASCII text may say more than it shows, so that it
// is worth folding. Whoever passes over the text anyway fills it:
//
//   - look for the literals of foldTrigger in the text, ASCII lower case;
//   - call hit for each occurrence, in the order of their ends and longer ones
//     first, with the literal's place in the list and the end in the text;
//   - ask worth: whether there is any of foldSigns, and how many digits;
//   - then call body.foldASCII, which may still find that nothing changes.
//
// A text that is not worth it never changes by being folded (a fuzz test).
type foldHint struct {
	row     wordRow
	other   wordRow // one of another language: "dash" begins like ten in Hindi
	numbers bool    // enough number words close together, somewhere
	plus    bool
	at, dot bool // words for the signs of an address
	sureAt  bool // one that is nothing else, or in brackets
	site    bool // a full stop and a common top-level domain
	like    bool // one letter, drawn like a digit, three times
	said    bool // worth found words that may stand for digits or signs
}

// triggerKind is what a literal of foldTrigger means.
type triggerKind uint8

const (
	triggersNumber triggerKind = iota
	triggersPlus
	triggersAt
	triggersSureAt
	triggersDot
	triggersSite
	triggersLike
)

type foldTriggers struct {
	literals []string
	kinds    []triggerKind
	langs    []uint32 // of number words
}

// foldTrigger returns the literals that make a text worth folding, lower case.
func foldTrigger() []string { return triggersOf().literals }

var triggersOf = sync.OnceValue(newFoldTriggers)

func newFoldTriggers() *foldTriggers {
	t := &foldTriggers{}
	for _, word := range vocabularyOf().words {
		t.addWord(word)
	}
	for _, before := range " \n\t\r-_*" {
		t.add(triggersAt, 0, string(before)+"at", string(before)+"aet")
	}
	for _, bracket := range "([{<" {
		for _, blank := range []string{"", " ", "\n", "\t", "\r"} {
			t.add(triggersSureAt, 0, string(bracket)+blank+"at", string(bracket)+blank+"aet")
		}
	}
	t.add(triggersDot, 0, "(.)", "[.]", "{.}", "<.>", " .", "\n.", "\t.", "\r.")
	t.add(triggersLike, 0, triples...)
	for label := range topLabels {
		t.add(triggersSite, 0, "."+label)
	}
	return t
}

func (t *foldTriggers) add(kind triggerKind, langs uint32, literals ...string) {
	for _, literal := range literals {
		if at := slices.Index(t.literals, literal); at >= 0 {
			t.langs[at] |= langs
			continue
		}
		t.literals, t.kinds, t.langs = append(t.literals, literal), append(t.kinds, kind), append(t.langs, langs)
	}
}

func (t *foldTriggers) addWord(word numberWord) {
	text := plainForm(word.text)
	switch {
	case text == "":
	case word.kind <= wordTimes && len(text) > shortWord:
		t.add(triggersNumber, word.langs, text)
	case word.kind <= wordTimes:
		for after := range rune(0x80) {
			if isWordJoint(after) {
				t.add(triggersNumber, word.langs, text+string(after))
			}
		}
	case word.kind == wordPlus:
		t.add(triggersPlus, 0, text)
	case word.kind == wordAt && word.value != 0:
		t.add(triggersSureAt, 0, text)
	case word.kind == wordParts && word.value == '.':
		t.add(triggersDot, 0, text)
	}
}

// plainForm returns a number word in ASCII, "" when it has none.
func plainForm(word string) string {
	var text strings.Builder
	for _, r := range word {
		if r = normalLetter(r); r >= 0x80 {
			return ""
		}
		text.WriteRune(r)
	}
	return text.String()
}

// hit notes an occurrence of a literal in a text.
func (h *foldHint) hit(text string, literal, end int) {
	t := triggersOf()
	size := len(t.literals[literal])
	start := end - size
	inside := start > 0 && isLetter(rune(text[start-1])) // of a word, or after its first letters
	switch t.kinds[literal] {
	case triggersNumber:
		if h.row.ends(start, t.langs[literal]) && !h.other.ends(start, t.langs[literal]) {
			h.row, h.other = h.other, h.row
		}
		if start < h.row.last || inside && start != h.row.last && (h.row.count == 0 || start-h.row.last > maxWordGap) {
			return // a part of the one before, or of some other word
		}
		if h.row.ends(start, t.langs[literal]) {
			h.other = h.row
		}
		count := h.row.add(start, end, 1, t.langs[literal])
		if rest := len(text) - end; rest <= shortWord+spokenReach && endsShort(text[end:]) {
			count++ // of a word that is looked for with a separator after it
		}
		h.numbers = h.numbers || count >= h.row.least()
	case triggersPlus:
		h.plus = h.plus || !inside
		h.row.last = end
	case triggersAt:
		h.at = true
	case triggersSureAt:
		h.at, h.sureAt = true, true
	case triggersDot:
		h.dot = h.dot || !inside || !isLetter(rune(text[start]))
	case triggersSite:
		h.site = true
	case triggersLike:
		h.like = true
	}
}

// endsShort tells whether a text ends with a number word of two letters.
func endsShort(rest string) bool {
	at := len(rest) - shortWord
	if at < 0 || at > 0 && isLetter(rune(rest[at-1])) {
		return false
	}
	letters := []rune{rune(lower(rest[at])), rune(lower(rest[at+1]))}
	word, ok := vocabularyOf().find(wordHash{hashOf(letters)}, letters)
	return ok && word.kind <= wordTimes
}

// minHintDigits is how many digits a text has in which signs may hide a number:
// of nine characters at least half.
const minHintDigits = 4

// foldSigns are the characters of which one makes a text worth folding.
const foldSigns = "\\@=&%<+"

// worth tells whether a text with any of foldSigns, or none, and with so many
// digits is worth calling foldASCII.
func (h *foldHint) worth(signs bool, digits int) bool {
	h.said = h.numbers || h.plus && digits >= minRun-1 || h.sureAt || h.at && (h.dot || h.site) || h.dot && signs
	return h.said || signs || digits >= minHintDigits || h.like && digits > 0
}
