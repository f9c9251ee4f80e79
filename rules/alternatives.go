package rules

import "strings"

// maxAlternatives bounds the phrases that one entry of words stands for.
const maxAlternatives = 256

// alternatives writes out a phrase with choices: "(your|the|) card" is "your
// card", "the card" and "card". Groups do not nest; brackets without a "|" are
// punctuation. Nil: there are more than maxAlternatives, one is empty, or
// groups nest.
func alternatives(phrase string) []string {
	list := []string{""}
	for phrase != "" {
		before, choices, after := nextChoice(phrase)
		if strings.ContainsAny(before, "|") || strings.ContainsAny(strings.Join(choices, ""), "(") {
			return nil
		}
		var longer []string
		for _, start := range list {
			for _, choice := range choices {
				longer = append(longer, start+before+choice)
			}
		}
		if list, phrase = longer, after; len(list) > maxAlternatives {
			return nil
		}
	}
	for _, text := range list {
		if len(spokenWords(text)) == 0 {
			return nil
		}
	}
	return list
}

// nextChoice splits a phrase at its first group of choices; without one, the
// whole phrase stands before it.
func nextChoice(phrase string) (before string, choices []string, after string) {
	for from := 0; ; {
		open := strings.IndexByte(phrase[from:], '(')
		if open < 0 {
			return phrase, []string{""}, ""
		}
		open += from
		end := strings.IndexByte(phrase[open:], ')')
		if end < 0 {
			return phrase, []string{""}, ""
		}
		if group := phrase[open+1 : open+end]; strings.Contains(group, "|") {
			return phrase[:open], strings.Split(group, "|"), phrase[open+end+1:]
		}
		from = open + end
	}
}
