package eval

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Print writes the report for people, with the worst misses: the shapes that
// were missed most, and where to look. most is how many shapes; 0 shows none.
func (r *Report) Print(w io.Writer, most int) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	p := printer{out: table}
	if len(r.Lines) > 0 {
		p.lines(r.Lines)
	}
	for i, c := range r.Corpora {
		if i > 0 || len(r.Lines) > 0 {
			p.print("\n")
		}
		p.corpus(c, most)
	}
	p.err = cmp.Or(p.err, table.Flush())
	p.out = w
	for _, l := range r.Lines {
		if !l.OK {
			p.misses(l.Line, l.Misses, most)
		}
	}
	if len(r.NotMeasured) > 0 {
		p.print("\nnot measured, because a corpus was not given: %s\n", strings.Join(r.NotMeasured, "; "))
	}
	return p.err
}

// printer keeps the first error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format, args...)
	}
}

func (p *printer) lines(lines []LineResult) {
	p.print("line\tvalue\tfloor\tn\tmissed\tok\n")
	below := 0
	for _, l := range lines {
		ok := "yes"
		if !l.OK {
			ok = "NO"
			below++
		}
		p.print("%s\t%s\t%s\t%d\t%d\t%s\n", l.Line, figure(l.Measure, l.Value), l.floor(), l.Count, l.Missed, ok)
	}
	p.print("\n%d of %d lines hold\n", len(lines)-below, len(lines))
}

func (l LineResult) floor() string {
	if l.Most != nil {
		return "≤ " + figure(l.Measure, *l.Most)
	}
	floor := "≥ " + figure(l.Measure, *l.Least)
	if l.Count < FewLabels {
		floor += ", 1 miss"
	}
	return floor
}

func figure(measure string, value float64) string {
	if measure == "false_per_1000" {
		return fmt.Sprintf("%.2f", value)
	}
	return fmt.Sprintf("%.4f", value)
}

func (p *printer) corpus(c CorpusResult, most int) {
	p.print("%s: %d rows, %d texts", c.Corpus, c.Rows, c.Texts)
	if c.Texts > 0 {
		p.print(", false texts %d (%.2f per 1,000)", c.FalseTexts, 1000*float64(c.FalseTexts)/float64(c.Texts))
	}
	p.print("\nkind\tlabels\trecall\tfindings\tprecision\tF2\n")
	for _, k := range c.Kinds {
		p.print("%s\t%d\t%s\t%d\t%s\t%s\n", k.Kind, k.Labels, share(k.Recall, k.Labels), k.Findings,
			share(k.Precision, k.Findings), share(k.F2, min(k.Labels, k.Findings)))
	}
	for _, k := range c.Kinds {
		p.misses(k.Kind+" missed", k.Misses, most)
		p.misses(k.Kind+" besides labels", k.Wrong, most)
	}
	for _, confusion := range c.Confused {
		p.print("%s found as %s: %d\n", confusion.Label, confusion.Kind, confusion.Count)
	}
}

func share(value float64, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", value)
}

// misses groups by label or rule and shape, the most frequent first.
func (p *printer) misses(title string, misses []Miss, most int) {
	if len(misses) == 0 || most <= 0 {
		return
	}
	p.print("\n%s, %d:\n", title, len(misses))
	groups := group(misses)
	for _, g := range groups[:min(most, len(groups))] {
		first := g[0]
		p.print("  %d × %s %s  (%s, turn %d)\n", len(g), cmp.Or(first.Label, first.Rule), first.Shape, first.Row, first.Turn)
	}
	if more := len(groups) - most; more > 0 {
		p.print("  and %d more shapes\n", more)
	}
}

func group(misses []Miss) [][]Miss {
	at := map[[3]string]int{}
	var groups [][]Miss
	for _, m := range misses {
		key := [3]string{m.Label, m.Rule, m.Shape}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], m)
	}
	slices.SortStableFunc(groups, func(a, b []Miss) int { return cmp.Compare(len(b), len(a)) })
	return groups
}
