package rules

import (
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// reading is what the fold table holds for a character: a kind in the upper
// four bits and what the character reads as in the lower twelve.
type reading uint16

const (
	asItself    reading = iota << 12 // stays
	asASCII                          // always the ASCII character in the low bits
	asNothing                        // takes no room; with extends, belongs to the character before
	asMark                           // combining: nothing on an ASCII character
	asSeveral                        // several ASCII characters: place in table.several
	asSymbol                         // picture or sign: a separator between digits
	asLookalike                      // letter of another script in the shape of the ASCII one in the low bits
	asAccented                       // Latin letter; low bits: the letter without accents
	asNumeral                        // numeral that is an ordinary word too; low bits: its digit
	asFlag                           // regional indicator; low bits: its letter
	asTurn                           // starts or ends a right-to-left override
)

const (
	extends     reading = 1
	kindMask    reading = 0xF << 12
	hangulDigit reading = 0x80 // in a numeral: a syllable that other words begin with

	brailleSign          = '⠼' // makes digits of the letters that follow
	brailleStart reading = 0x100
)

func (f reading) kind() reading { return f & kindMask }
func (f reading) char() rune    { return rune(f & 0x7F) }

const (
	tableEnd = 0x20000 // what lies above is CJK, tags and selectors
	pageSize = 256
)

// foldTable is a two-level table over all characters below tableEnd.
type foldTable struct {
	index   [tableEnd / pageSize]uint16
	pages   [][pageSize]reading // page 0: everything stays
	several []string
}

// folds builds the table once, in about a millisecond.
var folds = sync.OnceValue(newFoldTable)

func (t *foldTable) of(r rune) reading {
	if r < 0x80 {
		return asItself
	}
	if r >= tableEnd {
		if unicode.Is(unicode.Variation_Selector, r) {
			return asNothing | extends
		}
		if unicode.Is(unicode.Cf, r) {
			return asNothing
		}
		return asItself
	}
	return t.pages[t.index[r/pageSize]][r%pageSize]
}

func (t *foldTable) set(r rune, f reading) {
	if r < 0x80 || r >= tableEnd {
		return
	}
	page := &t.index[r/pageSize]
	if *page == 0 {
		t.pages = append(t.pages, [pageSize]reading{})
		*page = uint16(len(t.pages) - 1)
	}
	t.pages[*page][r%pageSize] = f
}

// setAll gives the characters of text one reading.
func (t *foldTable) setAll(text string, f reading) {
	for _, r := range text {
		t.set(r, f)
	}
}

// setRuns reads each run of count characters as first and what follows it.
func (t *foldTable) setRuns(runs []foldRun, kind reading) {
	for _, run := range runs {
		for i := range run.count {
			t.set(run.start+i, kind|reading(run.first+i))
		}
	}
}

// setMany makes r read as several ASCII characters.
func (t *foldTable) setMany(r rune, text string) {
	t.several = append(t.several, text)
	t.set(r, asSeveral|reading(len(t.several)-1))
}

// newFoldTable lets the special overrule the general.
func newFoldTable() *foldTable {
	t := &foldTable{pages: make([][pageSize]reading, 1, 320)}
	for _, table := range []*unicode.RangeTable{unicode.S, unicode.P, unicode.Co} {
		t.setTable(table, asSymbol)
	}
	t.setTable(unicode.Sc, asItself) // what stands by a currency sign is an amount
	t.setAll(kept, asItself)
	t.setTable(unicode.M, asMark)
	t.setTable(unicode.Cf, asNothing)
	t.setTable(unicode.Zs, asASCII|' ')
	t.setTable(unicode.Pd, asASCII|'-')
	for r := rune(0x80); r < 0xA0; r++ {
		t.set(r, asNothing) // controls
	}
	t.setForms()
	t.setDigits()
	t.setTable(unicode.Variation_Selector, asNothing|extends)
	for _, written := range punctuation {
		t.setAll(written.text, asASCII|reading(written.as))
	}
	t.setAll(blanks, asNothing)
	t.setAll(attached, asNothing|extends)
	t.setAll("\u2120\u2122", asSymbol) // service and trade mark: no part of the word before
	t.setAll("\u202C\u202D\u202E", asTurn)
	for _, l := range lookalikes {
		t.setAll(l.text, asLookalike|reading(l.as))
	}
	for digit, text := range hanDigits {
		t.setAll(text, asNumeral|reading('0'+digit))
	}
	for digit, text := range hangulDigits {
		t.setAll(text, asNumeral|hangulDigit|reading('0'+digit))
	}
	t.set(brailleSign, asNumeral|brailleStart)
	for letter := range rune(26) {
		t.set(0x1F1E6+letter, asFlag|reading('A'+letter))
	}
	return t
}

func (t *foldTable) setTable(table *unicode.RangeTable, f reading) {
	eachRune(table, func(r rune) { t.set(r, f) })
}

// eachRune visits the characters of a table below tableEnd.
func eachRune(table *unicode.RangeTable, visit func(r rune)) {
	for _, span := range table.R16 {
		for r := rune(span.Lo); r <= rune(span.Hi); r += rune(span.Stride) {
			visit(r)
		}
	}
	for _, span := range table.R32 {
		for r := rune(span.Lo); r <= rune(span.Hi) && r < tableEnd; r += rune(span.Stride) {
			visit(r)
		}
	}
}

// setForms reads compatibility forms (Unicode Standard Annex #15) of ASCII text
// as that text, and finds the plain letter of accented Latin ones.
func (t *foldTable) setForms() {
	var buffer []byte
	for _, block := range compatibilityBlocks {
		for r := block[0]; r <= block[1]; r++ {
			buffer = append(buffer[:0], string(r)...)
			text := string(norm.NFKC.Properties(buffer).Decomposition())
			switch {
			case text == "":
			case printable(text) && len(text) == 1:
				t.set(r, asASCII|reading(text[0]))
			case len(text) == 3 && text[0] == '(' && text[2] == ')' && printable(text):
				t.set(r, asASCII|reading(text[1])) // ⑴ and ⒜ stand for the character in them
			case printable(text):
				t.setMany(r, text)
			case isLetter(rune(text[0])) && unicode.Is(unicode.Latin, r):
				t.set(r, asAccented|reading(text[0]))
			}
		}
	}
	for _, l := range stroked {
		t.setAll(l.text, asAccented|reading(l.as))
	}
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7F {
			return false
		}
	}
	return text != ""
}

// setDigits reads decimal digits of all scripts and the signs that stand for
// one digit or for a number of two.
func (t *foldTable) setDigits() {
	eachRune(unicode.Nd, func(r rune) { t.set(r, asASCII|reading(foldDigit(r))) })
	t.setRuns(digitRuns, asASCII)
	t.setRuns(letterRuns, asASCII)
	for _, run := range numberRuns {
		for i := range run.count {
			n := run.first + i*run.step
			t.setMany(run.start+i, string([]rune{'0' + n/10, '0' + n%10}))
		}
	}
}

// foldDigit maps a decimal digit to ASCII. Unicode encodes decimal digits in
// contiguous ascending runs of ten that start at zero (The Unicode Standard,
// section 4.6), so the value follows from the place in the run; the mathematical
// digits at U+1D7CE are five such runs without a gap.
func foldDigit(r rune) rune {
	start := r
	for unicode.Is(unicode.Nd, start-1) {
		start--
	}
	return '0' + (r-start)%10
}
