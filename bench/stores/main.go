//go:build linux

// Stores measures the stores beside what they are made of: bolt beside a loop
// that commits the same rows in groups and does nothing else, PostgreSQL beside a
// loop that runs the same statements; known values through the vault; what a
// reveal waits for; and how all of it changes with the number of records.
//
//	go run ./bench/stores           some minutes
//	go run ./bench/stores -short    for a look
//	go run ./bench/stores -large    also ten million records in a file
//
// What can be compared between machines are the ratios. Those compared run in
// turns, so that noise hits all alike. PostgreSQL is Debian's, on this machine,
// with fsync on. Nothing here is asserted in a test.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench/stores:", err)
		os.Exit(1)
	}
}

// plan is how much is measured.
type plan struct {
	rounds int
	each   time.Duration // of load, per contender and round
	sizes  []int         // records in the store, of the curve
	large  bool          // also ten million, in the file
}

// parts are what is measured, in this order.
var parts = []struct {
	name    string
	measure func(ctx context.Context, p plan, folder string, out io.Writer) error
}{{"file", fileBesideBare}, {"database", databaseBesideBare}, {"vault", throughVault}, {"curve", curves}}

// million is a round number of records.
const million = 1_000_000

func run(ctx context.Context, arguments []string, out io.Writer) error {
	p := plan{rounds: 5, each: 2 * time.Second, sizes: []int{10_000, million}}
	flags := flag.NewFlagSet("stores", flag.ContinueOnError)
	short := flags.Bool("short", false, "one round of half a second each, and small stores")
	flags.IntVar(&p.rounds, "rounds", p.rounds, "turns for every contender")
	flags.DurationVar(&p.each, "each", p.each, "load for each contender in a turn")
	flags.BoolVar(&p.large, "large", false, "also ten million records in a file, about five minutes and 10 GB")
	only := flags.String("only", "", "one part of it: file, database, vault or curve")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *short {
		p.rounds, p.each, p.sizes = 1, time.Second/2, []int{10_000, 50_000}
	}
	folder, err := os.MkdirTemp("", "piiproxy-stores-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	fmt.Fprintf(out, "machine: %d cores, %s/%s, %s; %d rounds of %s\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), p.rounds, p.each)
	for _, part := range parts {
		if *only != "" && *only != part.name {
			continue
		}
		if err := part.measure(ctx, p, folder, out); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintln(out)
	}
	return nil
}
