package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// results are measurements by workload and contender.
type results map[string]map[string][]measurement

func (r results) add(work, contender string, m measurement) {
	if r[work] == nil {
		r[work] = map[string][]measurement{}
	}
	r[work][contender] = append(r[work][contender], m)
}

// median is the middle of each figure by itself.
func (r results) median(work, contender string) measurement {
	all := r[work][contender]
	return measurement{
		perSec:   middle(all, func(m measurement) float64 { return m.perSec }),
		p50:      middle(all, func(m measurement) time.Duration { return m.p50 }),
		p99:      middle(all, func(m measurement) time.Duration { return m.p99 }),
		cpu:      middle(all, func(m measurement) time.Duration { return m.cpu }),
		resident: middle(all, func(m measurement) int64 { return m.resident }),
	}
}

func middle[T cmp.Ordered](all []measurement, figure func(measurement) T) T {
	figures := make([]T, 0, len(all))
	for _, m := range all {
		figures = append(figures, figure(m))
	}
	slices.Sort(figures)
	var none T
	if len(figures) == 0 {
		return none
	}
	return figures[len(figures)/2]
}

// report prints a table per workload. A ratio over 1 is more than plain
// goproxy: good for requests, bad for the rest.
func report(out io.Writer, f *field, r results) {
	for _, work := range workloads() {
		fmt.Fprintf(out, "%s (%d bytes)\n", work.name, len(work.requests[0].body))
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "requests/s\tratio\tp50\tratio\tp99\tratio\tCPU/message\tratio\tresident\tratio\t ")
		reference := r.median(work.name, base)
		for _, c := range f.contenders {
			m := r.median(work.name, c.name)
			fmt.Fprintf(table, "%.0f\t%.2f\t%s\t%.2f\t%s\t%.2f\t%s\t%.2f\t%.0f MB\t%.2f\t  %s\n",
				m.perSec, m.perSec/reference.perSec,
				brief(m.p50), ratio(m.p50, reference.p50), brief(m.p99), ratio(m.p99, reference.p99),
				brief(m.cpu), ratio(m.cpu, reference.cpu),
				float64(m.resident)/1e6, float64(m.resident)/float64(reference.resident), c.name)
		}
		_ = table.Flush() // the writer below is standard output
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "resident memory before any load:")
	for _, c := range f.contenders {
		fmt.Fprintf(out, "  %-24s %5.1f MB  %s\n", c.name, float64(c.idle)/1e6, c.version)
	}
	for _, why := range f.absent {
		fmt.Fprintln(out, "not measured:", why)
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// brief is a duration with three digits that mean something.
func brief(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
