package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What is measured under too much load: a piiproxy with some places, before a
// platform that takes its time, so that what it can do is known and neither the
// machine nor the load itself is the bound.
const (
	places      = 8
	slowAnswer  = 200 * time.Millisecond // as Graph takes for a send
	capacity    = places * 5.0           // calls a second
	overload    = 8
	idleWanted  = 10_000
	idleAtOnce  = 64
	idleQuiet   = 40 * time.Second // after which piiproxy has given back what it needs no more
	descriptors = 200              // that a process needs beside its connections
)

// measureCrowd prints what those get who are let in when eight times as many come as
// can be served, and what connections cost that only stand there.
func measureCrowd(ctx context.Context, out io.Writer, folder string, each time.Duration) error {
	answer := func(wait time.Duration) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(wait)
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			_, _ = io.WriteString(w, upstreamAnswer)
		})
	}
	admission := fmt.Sprintf("limits: {admission: {calls: %d, per_account: %d, queue: %d, wait: 100ms}}", places, places, places)
	err := withOwn(ctx, filepath.Join(folder, "overload"), answer(slowAnswer), func(c *contender) error {
		return measureOverload(ctx, out, c, each)
	}, admission)
	if err != nil {
		return err
	}
	return withOwn(ctx, filepath.Join(folder, "idle"), answer(0), func(c *contender) error { return measureIdle(ctx, out, c) })
}

// withOwn runs a piiproxy of its own before a platform that is only listened to.
func withOwn(ctx context.Context, folder string, platform http.Handler, do func(*contender) error, more ...string) error {
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: platform, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(peer) }()
	defer server.Close()
	addresses, err := freeAddresses(4)
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	field := &field{}
	defer field.stop()
	if err := field.piiproxy(ctx, folder, peer.Addr().String(), addresses, more...); err != nil {
		return err
	}
	return do(field.contenders[0])
}

// crowdOf is what became of calls that came at a steady pace, whoever waited.
type crowdOf struct {
	mu      sync.Mutex
	served  []time.Duration
	refused []time.Duration
	failed  error
}

func measureOverload(ctx context.Context, out io.Writer, c *contender, each time.Duration) error {
	if _, err := comes(ctx, c, capacity/2, each/2); err != nil { // warm
		return err
	}
	unloaded, err := comes(ctx, c, capacity/2, each)
	if err != nil {
		return err
	}
	before, err := c.resident()
	if err != nil {
		return err
	}
	loaded, err := comes(ctx, c, overload*capacity, each)
	if err != nil {
		return err
	}
	after, err := c.resident()
	if err != nil {
		return err
	}
	calm, busy := percentile(unloaded.served, 99), percentile(loaded.served, 99)
	seconds := each.Seconds()
	fmt.Fprintf(out, "too much load (%d places before a platform that answers in %s: %v calls/s fit):\n", places, slowAnswer, int(capacity))
	fmt.Fprintf(out, "  half of it:     %5.0f/s served, p99 %s\n", float64(len(unloaded.served))/seconds, brief(calm))
	fmt.Fprintf(out, "  %d times it:     %5.0f/s served, p99 %s, x%.2f; %.0f/s refused, p99 %s; %.1f MB before, %.1f MB after\n\n",
		overload, float64(len(loaded.served))/seconds, brief(busy), ratio(busy, calm),
		float64(len(loaded.refused))/seconds, brief(percentile(loaded.refused, 99)), float64(before)/1e6, float64(after)/1e6)
	return nil
}

// comes sends calls at a pace, for a time, and waits for all of them.
func comes(ctx context.Context, c *contender, perSecond float64, each time.Duration) (*crowdOf, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096, DisableCompression: true}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	crowd := &crowdOf{}
	var all sync.WaitGroup
	start, sent := time.Now(), 0
	for passed := time.Duration(0); passed < each && ctx.Err() == nil; passed = time.Since(start) {
		for ; float64(sent) < passed.Seconds()*perSecond; sent++ {
			all.Go(func() { crowd.call(ctx, client, c) })
		}
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	if crowd.failed == nil && len(crowd.served) == 0 {
		crowd.failed = errors.New("no call was served")
	}
	return crowd, errors.Join(crowd.failed, ctx.Err())
}

// cleanSend is a call of a bot with nothing in it.
const cleanSend = `{"recipient":{"id":"7120348890000001"},"messaging_type":"RESPONSE","message":{"text":"Thank you, we are looking into it."}}`

func (crowd *crowdOf) call(ctx context.Context, client *http.Client, c *contender) {
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.bot+c.prefix+"/v23.0/me/messages", strings.NewReader(cleanSend))
	if err != nil {
		crowd.fail(err)
		return
	}
	post.Header.Set("Content-Type", "application/json")
	start := time.Now()
	answer, err := client.Do(post)
	if err != nil {
		crowd.fail(err)
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	took := time.Since(start)
	crowd.mu.Lock()
	defer crowd.mu.Unlock()
	switch answer.StatusCode {
	case http.StatusOK:
		crowd.served = append(crowd.served, took)
	case http.StatusServiceUnavailable:
		crowd.refused = append(crowd.refused, took)
	default:
		crowd.failed = fmt.Errorf("answered %d", answer.StatusCode)
	}
}

func (crowd *crowdOf) fail(err error) {
	crowd.mu.Lock()
	defer crowd.mu.Unlock()
	crowd.failed = err
}

// percentile is 0 of nothing.
func percentile(of []time.Duration, n int) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return of[len(of)*n/100]
}

// measureIdle opens connections, makes one call on each, and leaves them open.
func measureIdle(ctx context.Context, out io.Writer, c *contender) error {
	n := idleWanted
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) // each process of ours does it by itself
		n = min(n, int(limit.Max)-descriptors)
	}
	before, err := c.resident()
	if err != nil {
		return err
	}
	open := make([]net.Conn, n)
	defer func() {
		for _, connection := range open {
			if connection != nil {
				_ = connection.Close()
			}
		}
	}()
	failed := make([]error, idleAtOnce)
	var all sync.WaitGroup
	for worker := range idleAtOnce {
		all.Go(func() {
			for i := worker; i < n && failed[worker] == nil && ctx.Err() == nil; i += idleAtOnce {
				open[i], failed[worker] = stand(c)
			}
		})
	}
	all.Wait()
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return err
	}
	busy, err := c.resident()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(idleQuiet):
	}
	after, err := c.resident()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d idle connections, one call made on each: %.1f MB before, %.1f MB after the calls, %.1f MB when they only stand there (%.1f KiB each)\n\n",
		n, float64(before)/1e6, float64(busy)/1e6, float64(after)/1e6, float64(after-before)/float64(n)/1024)
	return nil
}

// stand makes a call on a connection of its own and keeps it.
func stand(c *contender) (net.Conn, error) {
	connection, err := net.Dial("tcp", c.bot)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(connection, "POST %s/v23.0/me/messages HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.prefix, len(cleanSend), cleanSend)
	if err != nil {
		return connection, err
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(connection, 1024), nil)
	if err != nil {
		return connection, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d", answer.StatusCode)
	}
	return connection, err
}
