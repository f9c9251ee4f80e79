package rules

import (
	"errors"
	"slices"
	"strings"
)

// checkSaid says what is wrong with a rule's said items.
func checkSaid(items []saidYAML) (problems []error) {
	for _, item := range items {
		take, known := takings[item.Take]
		switch {
		case !known:
			problems = append(problems, errors.New("take "+quote(item.Take)+suggest(item.Take, takes())+" must be one of "+strings.Join(takes(), ", ")))
		case take == takeAnswer && len(item.After)+len(item.Before) > 0:
			problems = append(problems, errors.New("take "+item.Take+" reads a whole text; leave after and before out"))
		case take != takeAnswer && len(item.After)+len(item.Before) == 0:
			problems = append(problems, errors.New("nothing announces the value; add phrases to after or before"))
		case !take.backward() && len(item.Before) > 0:
			problems = append(problems, errors.New("take "+item.Take+" reads what stands after words; use after"))
		}
		for _, text := range slices.Concat(item.After, item.Before) {
			if len(wordsOf(text)) == 0 || len(text) > 200 {
				problems = append(problems, errors.New("phrase "+quote(text)+" needs a letter or digit and at most 200 bytes"))
			}
		}
	}
	return problems
}
