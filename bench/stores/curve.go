//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// curves measures stores of growing size.
func curves(ctx context.Context, p plan, folder string, out io.Writer) error {
	fmt.Fprintln(out, "by the number of records in the store (memory: the process's own, without mapped files)")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "records\treads/s\tp99\twrites/s\tp99\tmemory\tfilled in\t ")
	sizes := p.sizes
	if p.large {
		sizes = append(slices.Clone(sizes), 10*million)
	}
	for _, n := range sizes {
		path := filepath.Join(folder, fmt.Sprintf("curve%d.db", n))
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			return err
		}
		if err := errors.Join(point(ctx, p, table, "bolt", s, n), s.Close(), os.Remove(path)); err != nil {
			return err
		}
	}
	for _, n := range p.sizes {
		d, err := openDatabase(ctx)
		if err != nil {
			return err
		}
		if err := errors.Join(point(ctx, p, table, "postgres", d.store, n), d.close()); err != nil {
			return err
		}
	}
	return table.Flush()
}

// ordered names record n of a filled store: in order, so that filling goes fast.
func ordered(n int) string { return fmt.Sprintf("value/%016x%016x", uint64(n)<<36, n) }

// point fills a store and measures it.
func point(ctx context.Context, p plan, table io.Writer, name string, s store.Store, n int) error {
	started := time.Now()
	for i := 0; i < n; i += store.MaxPage {
		page := make([]store.Record, min(store.MaxPage, n-i))
		for k := range page {
			// The expiry goes up, as it does in life.
			page[k] = store.Record{Key: ordered(i + k), Value: make([]byte, valueSize), Expires: started.Add(24*time.Hour + time.Duration(i+k)*time.Microsecond)}
		}
		if err := s.Put(ctx, page...); err != nil {
			return err
		}
	}
	filled := time.Since(started)
	read := func(ctx context.Context, _ int64) error {
		_, err := s.Get(ctx, ordered(rand.IntN(n)))
		return err
	}
	var made counter
	write := func(ctx context.Context, _ int64) error { return s.Put(ctx, recordOf(made.next())) }
	reads, err := turns(ctx, p, read)
	if err != nil {
		return err
	}
	writes, err := turns(ctx, p, write)
	if err != nil {
		return err
	}
	own, err := ownMemory()
	if err != nil {
		return err
	}
	fmt.Fprintf(table, "%d\t%.0f\t%s\t%.0f\t%s\t%d MB\t%s\t  %s\n", n, reads.perSec, brief(reads.p99), writes.perSec, brief(writes.p99), own>>20, filled.Round(time.Second), name)
	return nil
}

func turns(ctx context.Context, p plan, work func(context.Context, int64) error) (figure, error) {
	var figures []figure
	for range p.rounds {
		f, err := load(ctx, p.each, writers, work)
		if err != nil {
			return f, err
		}
		figures = append(figures, f)
	}
	return median(figures), nil
}

// ownMemory is what the process holds beside mapped files (proc(5), RssAnon).
func ownMemory() (int64, error) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	var kib int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kib); err != nil {
		return 0, errors.New("the kernel does not tell RssAnon")
	}
	return kib << 10, nil
}
