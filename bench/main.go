// Bench measures what piiproxy costs beside other proxies: nginx that passes
// bytes on, httputil.ReverseProxy with and without a buffer pool, and plain
// goproxy in reverse mode. All run on this machine in one run, each as its own
// process, before the same upstream, under the same load, in turns, so that
// noise hits all alike. Figures are medians over the turns; what can be
// compared between machines is the ratio to plain goproxy.
//
//	go run ./bench           about three minutes
//	go run ./bench -short    about a minute, for a look
//	go run ./bench -files    large files up and down, alone
//	go run ./bench -crowd    too much load, and 10,000 idle connections, alone
//
// Load goes to 127.0.0.1 only. It comes from wrk where that is installed, and
// from a generator of our own elsewhere. Nothing here is asserted in a test.
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
	var err error
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		err = serve(ctx, os.Args[2:])
	} else {
		err = run(ctx, os.Args[1:], os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is how much is measured.
type plan struct {
	rounds      int
	each        time.Duration // of load, per contender and workload and round
	connections int
	own         bool // use our generator although wrk is there
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	p := plan{rounds: 3, each: 2 * time.Second, connections: 32}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	short := flags.Bool("short", false, "one round of a second each")
	files := flags.Bool("files", false, "only large files up and down")
	crowd := flags.Bool("crowd", false, "only what too much load and idle connections do")
	flags.IntVar(&p.rounds, "rounds", p.rounds, "turns for every contender")
	flags.DurationVar(&p.each, "each", p.each, "load for each contender and workload in a turn")
	flags.IntVar(&p.connections, "connections", p.connections, "connections that the load comes over")
	flags.BoolVar(&p.own, "own", false, "use the built-in load generator even where wrk is installed")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *short {
		p.rounds, p.each = 1, time.Second
	}

	folder, err := os.MkdirTemp("", "piiproxy-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if *files {
		describe(out, p, ours{})
		return measureFiles(ctx, out, folder, p.rounds, fileSize)
	}
	if *crowd {
		describe(out, p, ours{})
		return measureCrowd(ctx, out, folder, p.each)
	}
	field, err := start(ctx, folder)
	if err != nil {
		return err
	}
	defer field.stop()
	load := chooseLoad(p, folder)
	describe(out, p, load)
	results, err := measure(ctx, p, field, load)
	if err != nil {
		return err
	}
	report(out, field, results)
	if err := measureForms(ctx, out, folder, formsFilled); err != nil {
		return err
	}
	if err := measureFiles(ctx, out, folder, p.rounds, fileSize); err != nil {
		return err
	}
	return measureCrowd(ctx, out, folder, p.each)
}

// describe says what ran where, so that figures can be read later.
func describe(out io.Writer, p plan, load generator) {
	fmt.Fprintf(out, "machine: %d cores, %s of memory, %s/%s, %s\n",
		runtime.NumCPU(), memory(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprintf(out, "load:    %s, %d connections, %d rounds of %s for each contender and workload\n\n",
		load.name(), p.connections, p.rounds, p.each)
}

// memory is the machine's memory as the kernel tells it.
func memory() string {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return "an unknown amount"
	}
	var kib float64
	if _, err := fmt.Sscanf(string(info), "MemTotal: %f kB", &kib); err != nil {
		return "an unknown amount"
	}
	return fmt.Sprintf("%.1f GiB", kib/(1<<20))
}

// measure runs every workload against every contender in turns.
func measure(ctx context.Context, p plan, field *field, load generator) (results, error) {
	all := results{}
	for round := -1; round < p.rounds; round++ {
		by, each := load, p.each
		if round < 0 { // warm: pools, caches, values seen before
			by, each = ours{}, 200*time.Millisecond
		}
		for _, work := range workloads() {
			for i := range field.contenders {
				c := field.contenders[(i+max(round, 0))%len(field.contenders)]
				m, err := once(ctx, by, work, c, each, p.connections)
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", c.name, work.name, err)
				}
				if round >= 0 {
					all.add(work.name, c.name, m)
				}
			}
		}
	}
	return all, ctx.Err()
}

// once puts load on one contender and reads what it used meanwhile.
func once(ctx context.Context, load generator, work workload, c *contender, each time.Duration, connections int) (measurement, error) {
	before, err := c.cpu()
	if err != nil {
		return measurement{}, err
	}
	m, err := load.run(ctx, c.target(work), work, each, connections)
	if err != nil {
		return m, err
	}
	after, err := c.cpu()
	if err != nil {
		return m, err
	}
	m.cpu = (after - before) / time.Duration(max(m.requests, 1))
	m.resident, err = c.resident()
	return m, err
}
