package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentenceAround widens bytes start to end of a text to the sentence around
// them, at most MaxFinding bytes each way: with the marks that open and close
// it ("¿", "?", a closing quote), without the blanks around it. A line end
// always ends a sentence; a full stop only before a blank, and not behind an
// abbreviation ("card no. please").
func sentenceAround(text string, start, end int) (from, to int) {
	from = start
	for from > 0 && start-from < MaxFinding {
		r, size := utf8.DecodeLastRuneInString(text[:from])
		if opensSentence(r) {
			from -= size
			break
		}
		if stopsSentence(text, from-size, r) {
			if !lineEnd(r) {
				from += closing(text[from:start])
			}
			break
		}
		from -= size
	}
	from += len(text[from:start]) - len(strings.TrimLeftFunc(text[from:start], unicode.IsSpace))
	to = end
	for to < len(text) && to-end < MaxFinding {
		r, size := utf8.DecodeRuneInString(text[to:])
		if opensSentence(r) || lineEnd(r) {
			break
		}
		to += size
		if stopsSentence(text, to-size, r) {
			to += closing(text[to:])
			break
		}
	}
	return from, end + len(strings.TrimRightFunc(text[end:to], unicode.IsSpace))
}

// stopsSentence tells whether the character r at a byte of a text ends a
// sentence.
func stopsSentence(text string, at int, r rune) bool {
	if lineEnd(r) {
		return true
	}
	if !strings.ContainsRune(".!?;…", r) {
		return false
	}
	behind := text[at+utf8.RuneLen(r):]
	next, _ := utf8.DecodeRuneInString(behind)
	if r == '.' && behind != "" && (unicode.IsLetter(next) || unicode.IsDigit(next) || strings.ContainsRune("-/@_,:", next)) {
		return false // 12.5, d.o.b., bot.example
	}
	return r != '.' || !abbreviated(text[:at])
}

// abbreviations end in a full stop that ends no sentence.
var abbreviations = setOf("no nr num núm nº st tel sr sra mr mrs ms dr exp eg ie zb etc ej ex approx incl")

// abbreviated tells whether a text ends in an abbreviation, the number of a
// list ("1") or a single letter ("z.B").
func abbreviated(text string) bool {
	last := strings.LastIndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	word := text[last+1:]
	if last >= 0 {
		_, size := utf8.DecodeRuneInString(text[last:])
		word = text[last+size:]
	}
	line := text[strings.LastIndexByte(text, '\n')+1:]
	if word != "" && strings.TrimLeft(line, " \t*_-") == word && strings.Trim(word, "0123456789") == "" {
		return true
	}
	return abbreviations[normalWord(word)] || utf8.RuneCountInString(word) == 1 && unicode.IsLetter(rune(word[0]))
}

// closing returns the length of what belongs to the end of a sentence behind
// its first mark: "?!", a closing quote, a bracket, the end of *bold* unless a
// word follows, and emoji on the same line.
func closing(text string) int {
	rest := strings.TrimLeft(text, ".!?…)]\"'”’»")
	if bold := strings.TrimLeft(rest, "*_"); bold == "" || blank(bold) {
		rest = bold
	}
	if emoji := strings.TrimLeftFunc(rest, func(r rune) bool { return r == ' ' || drawn(r) }); len(emoji) < len(strings.TrimLeft(rest, " ")) {
		rest = emoji
	}
	return len(text) - len(rest)
}

func blank(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsSpace(r)
}

// drawn tells emoji and what joins and tints them.
func drawn(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk) || r == '\u200D' || '\uFE00' <= r && r <= '\uFE0F'
}

func opensSentence(r rune) bool { return r == '¿' || r == '¡' }

func lineEnd(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }
