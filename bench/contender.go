package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// contender is one proxy under test, in processes of its own.
type contender struct {
	name, version string
	bot, public   string // host:port of its two sides; the same for simple ones
	prefix        string // of paths on the bot side
	process       *exec.Cmd
	idle          int64 // resident bytes before any load
}

// target is where a workload goes.
func (c *contender) target(work workload) string {
	if work.side == publicSide {
		return "http://" + c.public + work.path
	}
	return "http://" + c.bot + c.prefix + work.path
}

// field is everything that runs during the bench.
type field struct {
	contenders []*contender
	absent     []string // what could not run, and why
	processes  []*exec.Cmd
}

// stop ends every process that the bench started.
func (f *field) stop() {
	for _, process := range f.processes {
		_ = process.Process.Signal(syscall.SIGTERM)
	}
	for _, process := range f.processes {
		ended := make(chan struct{})
		go func() {
			_ = process.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = process.Process.Kill()
			<-ended
		}
	}
}

// start brings the upstream and all contenders up.
func start(ctx context.Context, folder string) (*field, error) {
	f := &field{}
	addresses, err := freeAddresses(9)
	if err != nil {
		return nil, err
	}
	upstream := addresses[0]
	if err := f.startAll(ctx, folder, upstream, addresses[1:]); err != nil {
		f.stop()
		return nil, err
	}
	time.Sleep(time.Second) // idle is idle when start-up is over
	for _, c := range f.contenders {
		if c.idle, err = c.resident(); err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, nil
}

func (f *field) startAll(ctx context.Context, folder, upstream string, addresses []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if _, err := f.launch(ctx, upstream, nil, self, "serve", "upstream", upstream); err != nil {
		return err
	}
	if err := f.nginx(ctx, folder, addresses[0], upstream); err != nil {
		return err
	}
	for i, kind := range []string{"reverseproxy", "reverseproxy-pool", "goproxy"} {
		address := addresses[1+i]
		process, err := f.launch(ctx, address, nil, self, "serve", kind, address, upstream)
		if err != nil {
			return err
		}
		f.contenders = append(f.contenders, &contender{name: names[kind], bot: address, public: address, process: process})
	}
	return f.piiproxy(ctx, folder, upstream, addresses[4:])
}

// base is the contender that the others are compared with.
const base = "plain goproxy"

var names = map[string]string{
	"reverseproxy": "httputil.ReverseProxy", "reverseproxy-pool": "ReverseProxy with pool", "goproxy": base,
}

// launch starts a process and waits until address accepts connections.
func (f *field) launch(ctx context.Context, address string, environ []string, name string, arguments ...string) (*exec.Cmd, error) {
	process := exec.CommandContext(ctx, name, arguments...)
	process.Env = append(os.Environ(), environ...)
	process.Stderr = os.Stderr
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(name), err)
	}
	f.processes = append(f.processes, process)
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			return process, connection.Close()
		}
	}
	return nil, fmt.Errorf("%s does not listen on %s after 20 seconds", filepath.Base(name), address)
}

// freeAddresses finds ports on loopback that nobody listens on.
func freeAddresses(n int) ([]string, error) {
	var addresses []string
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			_ = listener.Close()
		}
	}()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(errors.New("no free port on 127.0.0.1"), err)
		}
		held = append(held, listener)
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
