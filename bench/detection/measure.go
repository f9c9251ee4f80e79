package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// contender is one way to look through a text. It returns how much it found,
// so that nothing can be left out by the compiler.
type contender struct {
	name string
	scan func(text string) int
}

// workload is texts that are scanned one by one.
type workload struct {
	name  string
	texts []string
}

func (w workload) bytes() (total int) {
	for _, text := range w.texts {
		total += len(text)
	}
	return total
}

// report measures and prints one table a workload.
func report(loads []workload, list []contender, rounds int, each time.Duration) {
	for _, load := range loads {
		turns := make([][]float64, len(list)) // ns a pass over the texts
		for range rounds {
			for i, c := range list {
				turns[i] = append(turns[i], pass(load, c, each))
			}
		}
		fmt.Printf("%s (%d texts, %d bytes)\n", load.name, len(load.texts), load.bytes())
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		_, _ = fmt.Fprintln(out, "\tµs a text\tMB/s\ttimes the first\tallocations a text\t")
		base := 0.0
		for i, c := range list {
			slices.Sort(turns[i])
			median := turns[i][len(turns[i])/2]
			if i == 0 {
				base = median
			}
			count := float64(len(load.texts))
			_, _ = fmt.Fprintf(out, "%s\t%.2f\t%.1f\t%.1f\t%.2f\t\n", c.name, median/count/1e3, float64(load.bytes())/median*1e3,
				median/base, allocations(load, c))
		}
		_ = out.Flush()
		fmt.Println()
	}
}

// pass returns the ns of one pass over the texts, as measured over a while.
func pass(load workload, c contender, each time.Duration) float64 {
	passes, found, start := 0, 0, time.Now()
	for time.Since(start) < each || passes == 0 {
		for range max(1, 1000/len(load.texts)) { // the clock costs more than a short scan
			for _, text := range load.texts {
				found += c.scan(text)
			}
			passes++
		}
	}
	took := time.Since(start)
	runtime.KeepAlive(found)
	return float64(took.Nanoseconds()) / float64(passes)
}

func allocations(load workload, c contender) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, text := range load.texts {
		c.scan(text)
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(len(load.texts))
}
