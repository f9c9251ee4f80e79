package rules

import (
	"cmp"
	"slices"
)

// index finds the patterns of one direction that may match a text.
type index struct {
	literals  *literals
	entries   []entry
	byLiteral [][]int32  // entries that are looked for where the literal stands
	phrases   [][]saidAt // phrases that are looked for where the literal stands
	byDigits  []int32    // entries without a literal, fewest digits first
	always    []int32    // entries that nothing tells of
	foreign   []int32    // entries that nothing tells of in a text that is not ASCII
}

// entry is one pattern of a rule or prompt rule.
type entry struct {
	rule    *rule    // nil for a prompt rule
	prompt  *prompt  // nil for a rule
	pattern *pattern // nil for said
	said    *said    // of a rule, or the words of a prompt rule
	when    condition
	before  int // characters of a match before the literal, at most
}

// late tells that a pattern's rule looks for findings of other kinds.
func (e *entry) late() bool { return e.pattern != nil && e.rule != nil && len(e.rule.kinds) > 0 }

// newIndex indexes what texts of a direction are scanned with.
func newIndex(l *Library, d Direction) *index {
	x := &index{}
	for _, r := range l.rules {
		if r.direction >= 0 && Direction(r.direction) != d {
			continue
		}
		for i := range r.patterns {
			x.entries = append(x.entries, entry{rule: r, pattern: &r.patterns[i]})
		}
		if r.said != nil {
			x.entries = append(x.entries, entry{rule: r, said: r.said})
		}
	}
	for _, p := range l.prompts {
		if d != Outbound {
			break
		}
		for i := range p.patterns {
			x.entries = append(x.entries, entry{prompt: p, pattern: &p.patterns[i]})
		}
		if p.said != nil {
			x.entries = append(x.entries, entry{prompt: p, said: p.said})
		}
	}
	var texts []string
	for _, e := range x.entries {
		for _, list := range e.lists() {
			texts = append(texts, list.texts...)
		}
	}
	triggers := foldTrigger()
	x.literals = newLiterals(append(texts, triggers...))
	x.literals.triggers(triggers)
	x.byLiteral = make([][]int32, len(x.literals.list))
	x.phrases = make([][]saidAt, len(x.literals.list))
	for i := range x.entries {
		x.anchor(int32(i))
	}
	slices.SortStableFunc(x.byDigits, func(a, b int32) int {
		return cmp.Compare(x.entries[a].when.digits, x.entries[b].when.digits)
	})
	return x
}

// lists returns the lists of literals that e needs one each of.
func (e *entry) lists() []wordList {
	if e.said == nil {
		return e.pattern.need.words
	}
	texts := e.said.literals()
	if len(texts) == 0 {
		return nil
	}
	return []wordList{{texts: texts, before: unbounded}}
}

// anchor decides what calls an entry up: the most telling list of literals,
// else digits, else every text.
func (x *index) anchor(i int32) {
	e := &x.entries[i]
	if e.pattern != nil {
		e.when = conditionOf(e.pattern.need, x.literals)
	}
	if e.said != nil && len(e.said.answers) == 0 {
		x.listPhrases(i)
		return
	}
	for _, list := range e.lists() {
		want, ok := x.literals.set(list.texts)
		if !ok {
			continue
		}
		e.before = list.before
		x.call(want, i)
		if list.partly {
			x.foreign = append(x.foreign, i)
		}
		return
	}
	if e.when.digits > 0 {
		x.byDigits = append(x.byDigits, i)
		return
	}
	x.always = append(x.always, i)
}

// call lists entry i under every wanted literal.
func (x *index) call(want wanted, i int32) {
	for _, w := range want {
		for bit := range 64 {
			if w.mask&(1<<bit) != 0 {
				id := w.word<<6 + int32(bit)
				x.byLiteral[id] = append(x.byLiteral[id], i)
			}
		}
	}
}

// literalOf returns the longest word of a phrase in ASCII, with its borders:
// a text without it does not hold the phrase. "" when there is none.
func literalOf(phrase []string) string {
	longest := ""
	for _, word := range phrase {
		if len(word) > len(longest) && ascii(word) {
			longest = word
		}
	}
	switch {
	case longest == "":
		return ""
	case len(longest) > maxLiteral:
		return border + longest[:maxLiteral]
	}
	return border + longest + border
}
