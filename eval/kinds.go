package eval

import (
	"cmp"
	"maps"
	"slices"
)

// CorpusResult is a corpus, kind by kind.
type CorpusResult struct {
	Corpus     string       `json:"corpus"`
	Rows       int          `json:"rows"`
	Texts      int          `json:"texts"`       // user turns and single texts
	FalseTexts int          `json:"false_texts"` // of them, with a finding besides labels
	Kinds      []KindResult `json:"kinds"`
	Confused   []Confusion  `json:"confused,omitempty"`
}

// KindResult is what was found of a kind. A figure without a case is 0.
type KindResult struct {
	Kind      string  `json:"kind"`
	Labels    int     `json:"labels"`
	Found     int     `json:"found"`
	Findings  int     `json:"findings"`
	Right     int     `json:"right"` // findings that overlap a label
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	F2        float64 `json:"f2"`
	Misses    []Miss  `json:"misses,omitempty"`
	Wrong     []Miss  `json:"wrong,omitempty"`
}

// Confusion counts labels of a type that were found as another kind.
type Confusion struct {
	Label string `json:"label"`
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// kindTally counts labels and findings of one kind.
type kindTally struct{ recall, precision tally }

// corpusTally counts those of all kinds in one corpus.
type corpusTally struct {
	labels   *Map
	result   CorpusResult
	kinds    map[string]*kindTally
	confused map[[2]string]int // a label's type and the kind that was found
}

// byKind measures a corpus kind by kind.
func byKind(name string, labels *Map, turns []scanned) CorpusResult {
	c := corpusTally{labels, CorpusResult{Corpus: name}, map[string]*kindTally{}, map[[2]string]int{}}
	for i := range turns {
		if turns[i].index == 0 {
			c.result.Rows++
		}
		if turns[i].row.Labelled {
			c.turn(&turns[i])
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c.kinds)) {
		c.result.Kinds = append(c.result.Kinds, c.kinds[kind].result(kind, name))
	}
	for pair, count := range c.confused {
		c.result.Confused = append(c.result.Confused, Confusion{pair[0], pair[1], count})
	}
	slices.SortFunc(c.result.Confused, func(a, b Confusion) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Kind, b.Kind))
	})
	return c.result
}

func (c *corpusTally) kind(name string) *kindTally {
	if c.kinds[name] == nil {
		c.kinds[name] = &kindTally{}
	}
	return c.kinds[name]
}

// turn counts the labels and the findings of one turn.
func (c *corpusTally) turn(t *scanned) {
	for _, label := range t.Labels {
		found := label.hidden(t.Text, t.findings)
		c.kind(c.labels.kind(label.Type)).recall.count(found, func() Miss { return t.missed(label) })
		if kind := t.confused(label, c.labels); found && kind != "" {
			c.confused[[2]string{label.Type, kind}]++
		}
	}
	if t.row.partly() {
		return
	}
	for _, f := range t.findings {
		c.kind(f.Kind).precision.count(t.labelled(f), func() Miss { return t.wrong(f) })
	}
	if !t.Bot {
		var besides tally
		falseTexts(&Line{}, c.labels, t, &besides)
		c.result.Texts += besides.of
		c.result.FalseTexts += besides.of - besides.good
	}
}

// confused gives the kind as which a label was found when none of its own kinds
// was found there; "" otherwise, and for labels whose kinds nobody named.
func (t *scanned) confused(label Label, labels *Map) string {
	kinds := labels.kinds(label.Type)
	if len(kinds) == 0 {
		return ""
	}
	other, length := "", 0
	for _, f := range t.findings {
		if !f.overlaps(label) {
			continue
		}
		if slices.Contains(kinds, f.Kind) {
			return ""
		}
		if shared := min(f.End, label.End) - max(f.Start, label.Start); shared > length {
			other, length = f.Kind, shared
		}
	}
	return other
}

func (k *kindTally) result(kind, corpus string) KindResult {
	r := KindResult{
		Kind: kind, Labels: k.recall.of, Found: k.recall.good, Findings: k.precision.of, Right: k.precision.good,
		Recall: k.recall.value("recall"), Precision: k.precision.value("precision"),
		Misses: k.recall.misses, Wrong: k.precision.misses,
	}
	if weighted := 4*r.Precision + r.Recall; weighted > 0 {
		r.F2 = 5 * r.Precision * r.Recall / weighted
	}
	for _, list := range [][]Miss{r.Misses, r.Wrong} {
		for i := range list {
			list[i].Corpus = corpus
		}
	}
	return r
}
