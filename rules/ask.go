package rules

import (
	"cmp"
	"slices"
	"strings"
)

// asking is a match of a prompt rule, in characters.
type asking struct {
	prompt     *prompt
	start, end int
	words      bool // words of the rule: whether they are asked for is open
}

// asks judges what the prompt rules matched. An ignore pattern counts in the
// sentence in which the prompt stands, so that "We never share it. Please type
// your card number" is a prompt and "never share your card number" is not. At
// most one ask a sentence and rule.
func (sc *scan) asks() ([]Ask, error) {
	if len(sc.asking) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(sc.asking, func(a, b asking) int {
		return cmp.Or(cmp.Compare(a.prompt.order, b.prompt.order), cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	sc.asking = sc.widest(sc.asking)
	var asks []Ask
	var asked *prompt
	sentence := -1 // that asks already
	for _, m := range sc.asking {
		if err := sc.spend(); err != nil { // a sentence may be long, and hold the words often
			return nil, err
		}
		first, last := sc.sentence(m.start, m.end, max(0, m.start-MaxFinding), min(sc.body.length(), m.end+MaxFinding))
		if m.prompt == asked && first == sentence {
			continue
		}
		p := sc.set.byPrompt[m.prompt.order]
		if m.words && !sc.requests(first, last, m.start, m.end) {
			continue
		}
		ignored, err := sc.ignored(p, first, last)
		if err != nil {
			return nil, err
		}
		if ignored {
			continue
		}
		asked, sentence = m.prompt, first
		start, end := sc.body.span(m.start, m.end)
		from, to := sentenceAround(sc.body.text, start, end)
		asks = append(asks, Ask{Rule: p.id, Asks: slices.Clone(p.asks), Start: start, End: end, From: from, To: to, Mode: p.mode})
	}
	slices.SortStableFunc(asks, func(a, b Ask) int { return cmp.Compare(a.Start, b.Start) })
	return asks, nil
}

// maxAskedSpan bounds the characters of a phrase that names what is asked for;
// longer ones are not compared with what they overlap.
const maxAskedSpan = 256

// widest drops words that share characters with longer words of another rule
// which runs: "card number" in "identity card number", "your address" before
// "address of e-mail".
func (sc *scan) widest(list []asking) []asking {
	var named []asking
	for _, a := range list {
		if a.words && sc.set.byPrompt[a.prompt.order] != nil {
			named = append(named, a)
		}
	}
	slices.SortFunc(named, func(a, b asking) int { return cmp.Compare(a.start, b.start) })
	return slices.DeleteFunc(list, func(a asking) bool {
		first, _ := slices.BinarySearchFunc(named, a.start-maxAskedSpan, func(n asking, start int) int { return cmp.Compare(n.start, start) })
		for _, n := range named[first:] {
			if !a.words || n.start >= a.end {
				return false
			}
			if n.prompt != a.prompt && n.end > a.start && n.end-n.start > a.end-a.start {
				return true
			}
		}
		return false
	})
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
