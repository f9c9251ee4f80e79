//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// writers is how many goroutines put load on.
const writers = 64

// valueSize is about that of a sealed value.
const valueSize = 250

// figure is what one turn measured.
type figure struct {
	perSec   float64
	p50, p99 time.Duration
	cpu      time.Duration // of this process for each, whatever else the machine does
}

// load runs work in goroutines for a while; n counts up over all of them.
func load(ctx context.Context, each time.Duration, goroutines int, work func(ctx context.Context, n int64) error) (figure, error) {
	var count atomic.Int64
	took := make([][]time.Duration, goroutines)
	failed := make([]error, goroutines)
	var all sync.WaitGroup
	before := cpuTime()
	started := time.Now()
	for g := range goroutines {
		all.Go(func() {
			for time.Since(started) < each && ctx.Err() == nil {
				began := time.Now()
				if failed[g] = work(ctx, count.Add(1)); failed[g] != nil {
					return
				}
				took[g] = append(took[g], time.Since(began))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(started)
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return figure{}, err
	}
	total := slices.Concat(took...)
	slices.Sort(total)
	return figure{
		perSec: float64(len(total)) / elapsed.Seconds(),
		p50:    total[len(total)/2], p99: total[len(total)*99/100],
		cpu: (cpuTime() - before) / time.Duration(len(total)),
	}, nil
}

// cpuTime is the processor time that this process has used, user and system.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// contender is one of those that are compared.
type contender struct {
	name string
	work func(ctx context.Context, n int64) error
}

// compare lets contenders take turns and prints medians; ratios are to the first.
func compare(ctx context.Context, p plan, out io.Writer, title string, contenders ...contender) error {
	figures := map[string][]figure{}
	for round := -1; round < p.rounds; round++ {
		for i := range contenders {
			c := contenders[(i+max(round, 0))%len(contenders)]
			each := p.each
			if round < 0 {
				each = 200 * time.Millisecond // warm
			}
			f, err := load(ctx, each, writers, c.work)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round >= 0 {
				figures[c.name] = append(figures[c.name], f)
			}
		}
	}
	fmt.Fprintln(out, title)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "per second\tratio\tp50\tp99\tCPU each\t ")
	reference := median(figures[contenders[0].name])
	for _, c := range contenders {
		m := median(figures[c.name])
		fmt.Fprintf(table, "%.0f\t%.2f\t%s\t%s\t%s\t  %s\n", m.perSec, m.perSec/reference.perSec, brief(m.p50), brief(m.p99), brief(m.cpu), c.name)
	}
	return table.Flush()
}

// median is the middle of each figure by itself.
func median(all []figure) figure {
	var rates []float64
	var p50, p99, cpu []time.Duration
	for _, f := range all {
		rates, p50, p99, cpu = append(rates, f.perSec), append(p50, f.p50), append(p99, f.p99), append(cpu, f.cpu)
	}
	slices.Sort(rates)
	slices.Sort(p50)
	slices.Sort(p99)
	slices.Sort(cpu)
	middle := len(all) / 2
	return figure{perSec: rates[middle], p50: p50[middle], p99: p99[middle], cpu: cpu[middle]}
}

// brief is a duration with three digits that mean something.
func brief(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%.1f µs", float64(d.Nanoseconds())/1000)
	}
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

// spread names record n so that neighbours in time lie far apart, as keyed hashes
// do.
func spread(n int64) string {
	return fmt.Sprintf("value/%016x%016x", uint64(n)*0x9e3779b97f4a7c15, uint64(n))
}

// recordOf is a record like that of a value.
func recordOf(n int64) store.Record {
	return store.Record{Key: spread(n), Value: make([]byte, valueSize), Expires: time.Now().Add(24 * time.Hour)}
}
