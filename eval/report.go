package eval

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Report is what an evaluation measured.
type Report struct {
	Lines       []LineResult   `json:"lines,omitempty"`
	NotMeasured []string       `json:"not_measured,omitempty"` // lines whose corpora were not all given
	Corpora     []CorpusResult `json:"corpora,omitempty"`
}

// LineResult is a line with its value.
type LineResult struct {
	Line    string   `json:"line"`
	Measure string   `json:"measure"`
	Value   float64  `json:"value"`
	Least   *float64 `json:"at_least,omitempty"`
	Most    *float64 `json:"at_most,omitempty"`
	Count   int      `json:"n"`
	Missed  int      `json:"missed"`
	OK      bool     `json:"ok"`
	Misses  []Miss   `json:"misses,omitempty"`
}

// Held says that every line was measured and holds its floor.
func (r *Report) Held() bool {
	return len(r.NotMeasured) == 0 && !slices.ContainsFunc(r.Lines, func(l LineResult) bool { return !l.OK })
}

// Options choose what is measured.
type Options struct {
	Map    *Map
	Floors *Floors // nil: none
	Only   string  // only lines with this in their name; "" is all
	Kinds  bool    // measure every corpus kind by kind
}

// Reads says whether a file is measured: with floors only those that a line
// names are, so that a folder may hold others.
func (o Options) Reads(path string) bool {
	return o.Floors == nil || slices.ContainsFunc(o.Floors.Lines, func(l Line) bool { return slices.Contains(l.In, corpusName(path)) })
}

// Run measures. The same corpora and rules give the same report.
func Run(ctx context.Context, judge Judge, corpora []Corpus, options Options) (*Report, error) {
	s := newScanner(judge, options.Map)
	report := &Report{}
	if options.Floors != nil {
		if err := report.lines(ctx, s, corpora, options); err != nil {
			return nil, err
		}
	}
	if options.Kinds {
		for _, corpus := range corpora {
			turns, err := s.corpus(ctx, corpus, reading{})
			if err != nil {
				return nil, err
			}
			report.Corpora = append(report.Corpora, byKind(corpus.Name, options.Map, turns))
		}
	}
	return report, nil
}

func (r *Report) lines(ctx context.Context, s *scanner, corpora []Corpus, options Options) error {
	for i := range options.Floors.Lines {
		line := &options.Floors.Lines[i]
		if !strings.Contains(line.Name, options.Only) {
			continue
		}
		given := slices.DeleteFunc(slices.Clone(corpora), func(c Corpus) bool { return !slices.Contains(line.In, c.Name) })
		if len(given) < len(line.In) {
			r.NotMeasured = append(r.NotMeasured, line.Name)
			continue
		}
		result, err := measureLine(ctx, s, line, given)
		if err != nil {
			return err
		}
		r.Lines = append(r.Lines, result)
	}
	return nil
}

func measureLine(ctx context.Context, s *scanner, line *Line, corpora []Corpus) (LineResult, error) {
	var all tally
	for _, corpus := range corpora {
		turns, err := s.corpus(ctx, corpus, line.reading())
		if err != nil {
			return LineResult{}, fmt.Errorf("%s: %w", line.Name, err)
		}
		before := len(all.misses)
		for i := range turns {
			if line.turn(&turns[i]) {
				measures[line.Measure](line, s.labels, &turns[i], &all)
			}
		}
		for i := before; i < len(all.misses); i++ {
			all.misses[i].Corpus = corpus.Name
		}
	}
	return LineResult{
		Line: line.Name, Measure: line.Measure, Value: all.value(line.Measure), Least: line.Least, Most: line.Most,
		Count: all.of, Missed: all.of - all.good, OK: all.holds(line), Misses: all.misses,
	}, nil
}
