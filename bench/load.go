package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// measurement is what one contender did under load.
type measurement struct {
	requests int
	perSec   float64
	p50, p99 time.Duration
	cpu      time.Duration // of the contender's processes, per message
	resident int64         // bytes
}

// generator makes load.
type generator interface {
	name() string
	run(ctx context.Context, url string, work workload, each time.Duration, connections int) (measurement, error)
}

func chooseLoad(p plan, folder string) generator {
	if path, err := exec.LookPath("wrk"); err == nil && !p.own {
		return &wrk{path: path, folder: folder}
	}
	return ours{}
}

// wrk drives load with wrk(1), which costs less of the machine than any Go
// program and so leaves more of it to the contenders.
type wrk struct{ path, folder string }

func (w *wrk) name() string {
	version, _ := exec.Command(w.path, "-v").CombinedOutput() // exits 1
	first, _, _ := strings.Cut(string(version), " [")
	return strings.TrimSpace(first)
}

func (w *wrk) run(ctx context.Context, url string, work workload, each time.Duration, connections int) (measurement, error) {
	script, err := w.script(work)
	if err != nil {
		return measurement{}, err
	}
	// wrk counts whole seconds only.
	seconds := strconv.Itoa(max(1, int(each.Round(time.Second)/time.Second)))
	output, err := exec.CommandContext(ctx, w.path, "-t1", "-c", strconv.Itoa(connections), "-d", seconds+"s", "--latency", "-s", script, url).CombinedOutput()
	if err != nil {
		return measurement{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	return parseWrk(string(output))
}

// script writes the requests of a workload as a Lua file, once.
func (w *wrk) script(work workload) (string, error) {
	file := filepath.Join(w.folder, regexp.MustCompile(`\W+`).ReplaceAllString(work.name, "-")+".lua")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	var lua bytes.Buffer
	lua.WriteString("local list = {}\nlocal n = 0\nfunction init(args)\n  local h\n")
	for _, r := range work.requests {
		fmt.Fprintf(&lua, "  h = {[\"Content-Type\"] = %q}\n", work.contentType())
		if r.signature != "" {
			fmt.Fprintf(&lua, "  h[\"X-Hub-Signature-256\"] = %q\n", r.signature)
		}
		fmt.Fprintf(&lua, "  list[#list + 1] = wrk.format(\"POST\", nil, h, %q)\n", r.body) // Lua's escapes are Go's, in ASCII
	}
	lua.WriteString("end\nfunction request()\n  n = n % #list + 1\n  return list[n]\nend\n")
	return file, os.WriteFile(file, lua.Bytes(), 0o600)
}

func parseWrk(output string) (measurement, error) {
	for _, bad := range []string{"Non-2xx", "Socket errors"} {
		if at := strings.Index(output, bad); at >= 0 {
			line, _, _ := strings.Cut(output[at:], "\n")
			return measurement{}, fmt.Errorf("not every request was answered with success: %s", line)
		}
	}
	var m measurement
	find := func(pattern string) string {
		if match := regexp.MustCompile(pattern).FindStringSubmatch(output); match != nil {
			return match[1]
		}
		return ""
	}
	var err error
	if m.requests, err = strconv.Atoi(find(`(\d+) requests in`)); err != nil {
		return m, fmt.Errorf("wrk said nothing that can be read:\n%s", output)
	}
	m.perSec, _ = strconv.ParseFloat(find(`Requests/sec:\s+([\d.]+)`), 64)
	m.p50, _ = time.ParseDuration(find(`50%\s+(\S+)`))
	m.p99, _ = time.ParseDuration(find(`99%\s+(\S+)`))
	return m, nil
}

// ours is a load generator for machines without wrk: connections that are
// kept, one request at a time on each.
type ours struct{}

func (ours) name() string { return "the built-in generator (install wrk for less load from the load)" }

func (ours) run(ctx context.Context, url string, work workload, each time.Duration, connections int) (measurement, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	took := make([][]time.Duration, connections)
	failed := make([]error, connections)
	start := time.Now()
	var all sync.WaitGroup
	for c := range connections {
		all.Go(func() { took[c], failed[c] = walk(ctx, client, url, work, c) })
	}
	all.Wait()
	elapsed := time.Since(start)
	for _, err := range failed {
		if err != nil {
			return measurement{}, err
		}
	}
	latencies := slices.Concat(took...)
	if len(latencies) == 0 {
		return measurement{}, fmt.Errorf("no request was answered in %s", each)
	}
	slices.Sort(latencies)
	return measurement{
		requests: len(latencies), perSec: float64(len(latencies)) / elapsed.Seconds(),
		p50: latencies[len(latencies)/2], p99: latencies[len(latencies)*99/100],
	}, nil
}

// walk sends one request after the other until the time is over.
func walk(ctx context.Context, client *http.Client, url string, work workload, from int) ([]time.Duration, error) {
	var took []time.Duration
	for n := from; ; n++ {
		r := work.requests[n%len(work.requests)]
		post, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(r.body))
		if err != nil {
			return took, err
		}
		post.Header.Set("Content-Type", work.contentType())
		if r.signature != "" {
			post.Header.Set("X-Hub-Signature-256", r.signature)
		}
		start := time.Now()
		answer, err := client.Do(post)
		if ctx.Err() != nil {
			return took, nil
		}
		if err != nil {
			return took, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if ctx.Err() != nil {
			return took, nil
		}
		if err != nil || answer.StatusCode != http.StatusOK {
			return took, fmt.Errorf("status %d (error: %w)", answer.StatusCode, err)
		}
		took = append(took, time.Since(start))
	}
}
