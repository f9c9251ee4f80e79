package rules

import (
	"cmp"
	"slices"
	"strings"
)

// asks finds the prompts of an outbound text. An ignore pattern counts in the
// sentence in which the prompt stands, so that "We never share it. Please type
// your card number" is a prompt and "never share your card number" is not.
func (sc *scan) asks() ([]Ask, error) {
	var asks []Ask
	err := sc.windows(func(f frame) error {
		if sc.several {
			sc.readWindow(f)
		}
		for i := range sc.set.prompts {
			ask, err := sc.ask(&sc.set.prompts[i], f)
			if err != nil {
				return err
			}
			asks = append(asks, ask...)
		}
		return nil
	})
	slices.SortStableFunc(asks, func(a, b Ask) int { return cmp.Compare(a.Start, b.Start) })
	return asks, err
}

// ask runs one prompt rule over one window; at most one ask a sentence.
func (sc *scan) ask(p *activePrompt, f frame) ([]Ask, error) {
	var asks []Ask
	var sentences []int // that ask already
	for i := range p.patterns {
		pattern := &p.patterns[i]
		if !sc.set.unfiltered && !pattern.when.met(&sc.profile) {
			continue
		}
		var spans [][2]int
		err := sc.match(pattern, f, func(start, end int) { spans = append(spans, [2]int{start, end}) })
		if err != nil {
			return nil, err
		}
		for _, span := range spans {
			first, last := sc.sentence(span[0], span[1], f.from, f.end)
			ignored, err := sc.ignored(p, first, last)
			if err != nil {
				return nil, err
			}
			if ignored || slices.Contains(sentences, first) {
				continue
			}
			sentences = append(sentences, first)
			start, stop := sc.body.span(span[0], span[1])
			asks = append(asks, Ask{Rule: p.id, Asks: slices.Clone(p.asks), Start: start, End: stop, Mode: p.mode})
		}
	}
	return asks, nil
}

// ignored tells whether one of p's ignore patterns matches in a sentence.
func (sc *scan) ignored(p *activePrompt, first, last int) (bool, error) {
	for i := range p.ignore {
		found := false
		err := sc.match(&p.ignore[i], frame{first, first, last, last}, func(int, int) { found = true })
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// sentence widens a span to the sentence around it, inside a window.
func (sc *scan) sentence(start, end, from, to int) (int, int) {
	for start > from && !endsSentence(sc.body.at(start-1)) {
		start--
	}
	for end < to && !endsSentence(sc.body.at(end)) {
		end++
	}
	return start, end
}

func endsSentence(r rune) bool { return strings.ContainsRune(".!?;\n\r¿¡", r) }
