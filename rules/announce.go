package rules

import (
	"maps"
	"slices"
	"strings"
)

// saidAt is a phrase of a said entry, by the literal that calls it up.
type saidAt struct {
	entry  int32
	phrase *announcement
	back   int // words of the phrase before the one with the literal
}

// listPhrases lists the phrases of entry i under their literals. Those that
// have none run in texts with words beyond ASCII.
func (x *index) listPhrases(i int32) {
	s, full := x.entries[i].said, false
	for _, first := range slices.Sorted(maps.Keys(s.phrases)) {
		list := s.phrases[first]
		for j := range list {
			words := list[j].words
			literal := literalOf(clue(words))
			id, known := x.literals.ids[literal]
			if !known {
				full = full || literal != "" // the automaton has no room for it
				continue
			}
			at := placeOf(literal, words)
			x.phrases[id] = append(x.phrases[id], saidAt{i, &list[j], at})
		}
	}
	if full {
		x.always = append(x.always, i)
	}
	if s.foreign() {
		x.foreign = append(x.foreign, i)
	}
}

// placeOf returns which of words a literal comes from.
func placeOf(literal string, words []string) int {
	bare := strings.Trim(literal, border)
	for i, word := range words {
		if word == bare || len(word) > maxLiteral && strings.HasPrefix(word, bare) {
			return i
		}
	}
	return 0
}

// announce reads what the phrases announce whose literal begins at begin.
func (sc *scan) announce(list []saidAt, begin int, f frame) {
	if begin > f.from && inWord(sc.body.at(begin-1)) {
		return // inside a word
	}
	v := voice{body: &sc.body, from: f.from, to: f.end}
	for i := range list {
		r := &list[i]
		w, ok := v.next(begin)
		for k := 0; k < r.back && ok; k++ {
			w, ok = v.previous(w.start)
		}
		if !ok || string(v.key(w)) != r.phrase.words[0] {
			continue
		}
		e := &sc.index.entries[r.entry]
		if !sc.wants(e) {
			continue
		}
		if start, end, found := v.announced(r.phrase, w); found {
			sc.spoken(e, f, start, end, r.phrase.score)
		}
	}
}

// previous returns the last word before a place.
func (v *voice) previous(at int) (w span, ok bool) {
	for at > v.from && !inWord(v.body.at(at-1)) {
		at--
	}
	for w = (span{at, at}); w.start > v.from && inWord(v.body.at(w.start-1)); w.start-- {
	}
	return w, w.end > w.start
}

// spoken proposes a value that words announce, or notes a prompt's words.
func (sc *scan) spoken(e *entry, f frame, start, end int, score float64) {
	switch {
	case start < f.owned || start >= f.next:
	case e.prompt != nil:
		sc.asking = append(sc.asking, asking{e.prompt, start, end, true})
	default:
		sc.score(sc.set.byRule[e.rule.order], &pattern{score: score, name: "said"}, start, end)
	}
}
