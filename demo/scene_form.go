package demo

import (
	"slices"
	"strings"
)

// part shows a question that became a button: a sentence of the bot's that the
// platform did not get is what was asked, one that the bot did not write stands in
// its place.
func (l *line) part(stored, asked string, tokens map[string]bool) {
	l.Swapped = true
	left, right := sentencesOf(stored), sentencesOf(asked)
	l.Person.Words, l.Bot.Words = []word{}, []word{}
	met := map[int][]word{}
	for _, sentence := range right {
		words := []word{{Text: sentence, Mark: "asked"}}
		for i, other := range left {
			if met[i] != nil {
				continue
			}
			a, b := compare(strings.TrimSpace(other), strings.TrimSpace(sentence))
			if stands(b, tokens) {
				met[i], words = append(a, word{Text: spaceAfter(other)}), append(b, word{Text: spaceAfter(sentence)})
				break
			}
		}
		l.Bot.Words = append(l.Bot.Words, words...)
	}
	for i, sentence := range left {
		if met[i] == nil {
			met[i] = []word{{Text: sentence, Mark: "swap"}}
		}
		l.Person.Words = append(l.Person.Words, met[i]...)
	}
	l.Platform.Words = l.Person.Words
}

// stands reports whether a sentence differs from its counterpart in tokens only.
func stands(words []word, tokens map[string]bool) bool {
	return !slices.ContainsFunc(words, func(w word) bool {
		return w.Mark != "" && w.Mark != "token" && !tokens[w.Text]
	})
}

// sentencesOf cuts a text behind each mark that ends a sentence and the space
// after it.
func sentencesOf(text string) []string {
	var found []string
	start := 0
	for i := 0; i < len(text); i++ {
		next := i + 1
		if !strings.ContainsRune(".!?\n", rune(text[i])) || next < len(text) && !strings.ContainsRune(" \n", rune(text[next])) {
			continue
		}
		for next < len(text) && strings.ContainsRune(" \n", rune(text[next])) {
			next++
		}
		found, start, i = append(found, text[start:next]), next, next-1
	}
	if start < len(text) {
		found = append(found, text[start:])
	}
	return found
}

func spaceAfter(sentence string) string {
	return sentence[len(strings.TrimRight(sentence, " \n")):]
}

// inOrder sorts lines by time, with what a person filled in before the thanks
// for it: the bot may get it later.
func inOrder(lines []line) {
	slices.SortStableFunc(lines, func(a, b line) int { return a.At.Compare(b.At) })
	for i := 1; i < len(lines); i++ {
		if lines[i].Speaker == byForm && lines[i-1].Speaker == byPiiproxy {
			lines[i], lines[i-1] = lines[i-1], lines[i]
		}
	}
}

// formLine is a turn that a form made. The platform has no record of it.
func formLine(a arrival) line {
	return line{
		ID: a.id, Speaker: byForm, At: a.at, Tries: len(a.texts),
		Person:   cell{Words: []word{{Text: "Filled in the form"}}},
		Platform: cell{Words: []word{{Text: "Nothing. The form does not pass here."}}},
		Bot:      &cell{Words: []word{{Text: a.text, Mark: "token"}}, Raw: string(a.raw)},
	}
}

func tokensOf(rows []Row) map[string]bool {
	tokens := map[string]bool{}
	for _, row := range rows {
		tokens[row.Token] = true
	}
	return tokens
}

// tint marks tokens that look like values as what they are.
func tint(lines []line, tokens map[string]bool) {
	for i := range lines {
		for _, view := range []*cell{lines[i].Bot, lines[i].Echo} {
			for j := 0; view != nil && j < len(view.Words); j++ {
				if view.Words[j].Mark == "value" && tokens[view.Words[j].Text] {
					view.Words[j].Mark = "token"
				}
			}
		}
	}
}
