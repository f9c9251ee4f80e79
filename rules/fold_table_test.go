package rules

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TestFoldTableForms tries every character: one that is a compatibility form of
// printable ASCII reads as that, or as the digit or letter that it stands for.
func TestFoldTableForms(t *testing.T) {
	table := folds()
	count := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		text := string(norm.NFKC.Properties([]byte(string(r))).Decomposition())
		if !printable(text) || r >= tableEnd && foldRune(r) == r {
			continue
		}
		count++
		got := string(foldRune(r))
		if reads := table.of(r); reads.kind() == asSeveral {
			got = table.several[reads&^kindMask]
		}
		inside := text[0] == '(' || text[len(text)-1] == '.' || text[len(text)-1] == ','
		if got != text && !(inside && len(got) <= 2 && unicode.In([]rune(got)[0], unicode.Nd, unicode.L)) && table.of(r).kind() != asSymbol {
			t.Errorf("U+%04X %c reads %q, its form is %q", r, r, got, text)
		}
	}
	if count < 1400 {
		t.Errorf("%d forms", count)
	}
}

// TestFoldTableKinds wants what the lists say to be in the table, and ordinary
// letters to stay.
func TestFoldTableKinds(t *testing.T) {
	table := folds()
	for text, kind := range map[string]reading{
		"éüñøłếǎ": asAccented, "асеорхАВЕοΑᴀꓮ": asLookalike, "一零玖": asNumeral, "👍❤★©": asSymbol, "°′€£": asItself,
		"жяЯ語한アß": asItself, "\u0301\u0332\u0941": asMark, "\u200b\u202a\ufeff\u00ad": asNothing, "🇦🇿": asFlag,
	} {
		for _, r := range text {
			if got := table.of(r).kind(); got != kind {
				t.Errorf("%c is of kind %d, want %d", r, got>>12, kind>>12)
			}
		}
	}
	for digit, text := range hanDigits {
		for _, r := range text {
			if reads := table.of(r); reads.kind() != asNumeral || reads.char() != rune('0'+digit) {
				t.Errorf("%c reads %q", r, reads.char())
			}
		}
	}
}
