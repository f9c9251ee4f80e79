package eval

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// locate finds the value of a row that names it instead of its place: span is
// how the text spells it, perhaps with what stands around it ("n=…;", a URL),
// so that the value itself counts where it stands in the span as it is; without
// one the letters and digits of contains stand in the text in this order, in
// pieces, with words between them.
func locate(text, span, contains string) (Label, error) {
	if span != "" {
		start := strings.Index(text, span)
		if start < 0 {
			return Label{}, errors.New(`"span" is not in the text`)
		}
		for _, value := range spellings(contains) {
			if at := strings.Index(span, value); at >= 0 && value != "" {
				return Label{Start: start + at, End: start + at + len(value)}, nil
			}
		}
		return Label{Start: start, End: start + len(span)}, nil
	}
	pieces := scattered(text, contains)
	if pieces == nil {
		return Label{}, errors.New(`"contains" is not in the text`)
	}
	return Label{Start: pieces[0][0], End: pieces[len(pieces)-1][1], pieces: pieces}, nil
}

// spellings are the plain ways to write a value: as it is, in a URL, and its
// letters and digits alone.
func spellings(value string) []string {
	return []string{value, strings.ReplaceAll(value, "+", "%2B"), strings.Map(onlyMeaning, value)}
}

// scattered gives the words of the text that, one after another, make up the
// value; nil if there are none.
func scattered(text, value string) [][2]int {
	rest := strings.Map(onlyMeaning, value)
	if rest == "" {
		return nil
	}
	var pieces [][2]int
	for _, word := range words(text) {
		piece := text[word[0]:word[1]]
		if strings.HasPrefix(rest, piece) {
			pieces = append(pieces, word)
			if rest = rest[len(piece):]; rest == "" {
				return pieces
			}
		}
	}
	return nil
}

func onlyMeaning(r rune) rune {
	if meaning(r) {
		return r
	}
	return -1
}

// words are the maximal runs of letters and digits.
func words(text string) [][2]int {
	var found [][2]int
	start := -1
	for i, r := range text + " " {
		switch {
		case meaning(r) && start < 0:
			start = i
		case !meaning(r) && start >= 0:
			found = append(found, [2]int{start, i})
			start = -1
		}
	}
	return found
}

// meaning says that a character is part of what a value says: a letter, a
// digit, or a sign that stands for one (circled, squared).
func meaning(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || (r >= 0x1F100 && r <= 0x1F1FF)
}

// hidden says that findings together cover every letter and digit of the
// label; of a label without any, everything but spaces.
func (l Label) hidden(text string, findings []Finding) bool {
	pieces := l.pieces
	if pieces == nil {
		pieces = [][2]int{{l.Start, l.End}}
	}
	any := false
	for _, piece := range pieces {
		value := text[piece[0]:piece[1]]
		all := !strings.ContainsFunc(value, meaning)
		for i, r := range value {
			if !meaning(r) && (!all || unicode.IsSpace(r)) {
				continue
			}
			if any = true; !covered(piece[0]+i, findings) {
				return false
			}
		}
	}
	return any
}

func covered(at int, findings []Finding) bool {
	for _, f := range findings {
		if f.Start <= at && at < f.End {
			return true
		}
	}
	return false
}

// overlaps says that the finding touches the label.
func (f Finding) overlaps(l Label) bool { return f.Start < l.End && l.Start < f.End }

// maxShape bounds what a report shows of a value's form, in characters.
const maxShape = 48

// shape shows the form of a value and none of it: every digit is 9, every
// letter a, other characters outside ASCII a question mark.
func shape(value string) string {
	masked := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsNumber(r):
			return '9'
		case unicode.IsLetter(r):
			return 'a'
		case unicode.IsMark(r):
			return -1
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, value)
	if utf8.RuneCountInString(masked) > maxShape {
		masked = masked[:maxShape] + "…"
	}
	return masked
}
