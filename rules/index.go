package rules

import (
	"cmp"
	"slices"
)

// index finds the patterns of one direction that may match a text.
type index struct {
	literals  *literals
	entries   []entry
	byLiteral [][]int32 // entries that are looked for where the literal stands
	byDigits  []int32   // entries without a literal, fewest digits first
	always    []int32   // entries that nothing tells of
}

// entry is one pattern of a rule or prompt rule.
type entry struct {
	rule    *rule    // nil for a prompt rule
	prompt  *prompt  // nil for a rule
	pattern *pattern // nil for said
	said    *said
	when    condition
	before  int // characters of a match before the literal, at most
}

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
		for i := range p.patterns {
			if d == Outbound {
				x.entries = append(x.entries, entry{prompt: p, pattern: &p.patterns[i]})
			}
		}
	}
	var texts []string
	for _, e := range x.entries {
		for _, list := range e.lists() {
			texts = append(texts, list.texts...)
		}
	}
	x.literals = newLiterals(texts)
	x.byLiteral = make([][]int32, len(x.literals.list))
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
	return []wordList{{texts, unbounded}}
}

// anchor decides what calls an entry up.
func (x *index) anchor(i int32) {
	e := &x.entries[i]
	if e.pattern != nil {
		e.when = conditionOf(e.pattern.need, x.literals)
	}
	for _, list := range e.lists() { // the most telling first
		want, ok := x.literals.set(list.texts)
		if !ok {
			continue
		}
		e.before = list.before
		for _, w := range want {
			for bit := range 64 {
				if w.mask&(1<<bit) != 0 {
					id := w.word<<6 + int32(bit)
					x.byLiteral[id] = append(x.byLiteral[id], i)
				}
			}
		}
		return
	}
	if e.when.digits > 0 {
		x.byDigits = append(x.byDigits, i)
		return
	}
	x.always = append(x.always, i)
}

// job is an entry and the characters that its matches lie in.
type job struct {
	entry      int32
	start, end int
}

// jobs collects what may match in a frame.
func (sc *scan) jobs(f frame) []job {
	x := sc.index
	list := sc.queue[:0]
	if sc.set.unfiltered {
		for i := range x.entries {
			list = append(list, job{int32(i), f.from, f.end})
		}
		return list
	}
	for _, h := range sc.profile.hits {
		for _, i := range x.byLiteral[h.literal] {
			e := &x.entries[i]
			begin := f.from + int(h.end-x.literals.list[h.literal].length)
			list = append(list, e.around(i, begin, begin, f))
		}
	}
	for _, i := range x.byDigits {
		if x.entries[i].when.digits > sc.profile.digits {
			break
		}
		list = sc.nearDigits(list, i, f)
	}
	for _, i := range x.always {
		list = append(list, job{i, f.from, f.end})
	}
	return list
}

// around returns where matches of e lie whose literal begins at first to last.
func (e *entry) around(i int32, first, last int, f frame) job {
	if e.pattern == nil || !e.pattern.need.local {
		return job{i, f.from, f.end}
	}
	need := &e.pattern.need
	return job{i, max(f.from, first-min(e.before, need.extent.width)), min(f.end, last+need.extent.width)}
}

// nearDigits adds the places where enough digits for entry i stand together.
func (sc *scan) nearDigits(list []job, i int32, f frame) []job {
	e := &sc.index.entries[i]
	width := e.pattern.need.extent.width
	if !e.pattern.need.local || width > windowRunes/4 {
		return append(list, job{i, f.from, f.end})
	}
	places := sc.digitPlaces(f)
	for first := 0; first+e.when.digits <= len(places); first++ {
		last := first + e.when.digits - 1
		if int(places[last]-places[first]) < width {
			list = append(list, job{i, max(f.from, int(places[last])-width+1), min(f.end, int(places[first])+width)})
		}
	}
	return list
}

// digitPlaces returns where the digits of a frame stand, read once.
func (sc *scan) digitPlaces(f frame) []int32 {
	if len(sc.places) == 0 {
		for at := f.from; at < f.end; at++ {
			if sortOf(sc.body.at(at)) == digit {
				sc.places = append(sc.places, int32(at))
			}
		}
	}
	return sc.places
}

// merge sorts jobs by entry and place, joins those that overlap and drops those
// whose entries do not run or cannot match.
func (sc *scan) merge(list []job, f frame) []job {
	slices.SortFunc(list, func(a, b job) int { return cmp.Or(cmp.Compare(a.entry, b.entry), cmp.Compare(a.start, b.start)) })
	kept := list[:0]
	for i, j := range list {
		if i > 0 && list[i-1].entry == j.entry { // judged already
			if n := len(kept); n > 0 && kept[n-1].entry == j.entry {
				if j.start <= kept[n-1].end {
					kept[n-1].end = max(kept[n-1].end, j.end)
				} else {
					kept = append(kept, j)
				}
			}
			continue
		}
		if sc.wants(&sc.index.entries[j.entry], f) {
			kept = append(kept, j)
		}
	}
	return kept
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
	if longest == "" {
		return ""
	}
	return border + longest[:min(len(longest), maxLiteral)] + map[bool]string{true: border}[len(longest) <= maxLiteral]
}
