package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Proxy is a running piiproxy. Its folder holds everything that it may write.
type Proxy struct {
	Dir   string // configuration, keys, data, tmp
	File  string // the configuration
	Setup Setup

	public, bot, admin, ops, forward string
	certificate                      *certificate // of the public listener; nil: no TLS
	store, keys, database            string       // of a fleet; empty: files of its own
	environ                          []string
	client                           *http.Client
	mu                               sync.Mutex
	command                          *exec.Cmd
	ended                            chan struct{}
	output                           transcript // every line of every start
}

// transcript is what a process printed; safe while it still prints.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the transcript.
func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *transcript) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text.Bytes())
}

// NewProxy reserves a folder and addresses, so that bots can be told where
// piiproxy will be before it is configured with where they are.
func NewProxy(t testing.TB) *Proxy {
	t.Helper()
	dir := t.TempDir()
	addresses := freeAddresses(t, 5)
	for _, folder := range []string{"data", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return &Proxy{
		Dir: dir, File: filepath.Join(dir, "piiproxy.yaml"),
		public: addresses[0], bot: addresses[1], admin: addresses[2], ops: addresses[3], forward: addresses[4],
		client: &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{}},
	}
}

// NewFleet is NewProxy for n instances that share a database and a key set. Start
// the first one first: it makes the keys.
func NewFleet(t testing.TB, n int, database string) []*Proxy {
	t.Helper()
	fleet := make([]*Proxy, n)
	for i := range fleet {
		p := NewProxy(t)
		p.store, p.database, p.keys = "{driver: postgres, url: \"${DATABASE_URL}\"}", database, filepath.Join(p.Dir, "keys")
		if i > 0 {
			p.keys = fleet[0].keys
		}
		fleet[i] = p
	}
	return fleet
}

// Start writes the configuration, makes keys, starts piiproxy and waits until
// it is ready. The process ends with the test, which fails when piiproxy ever
// panicked or, built with -race, raced.
func (p *Proxy) Start(t testing.TB, setup Setup) {
	t.Helper()
	p.Setup = setup
	p.environ = p.write(t)
	if p.keys == "" || strings.HasPrefix(p.keys, p.Dir) {
		if output, err := p.Command("keys", "init", "-c", p.File); err != nil {
			t.Fatalf("piiproxy keys init: %v\n%s", err, output)
		}
	}
	t.Cleanup(func() {
		p.Kill()
		p.client.CloseIdleConnections()
		for _, sign := range []string{"WARNING: DATA RACE", `"event":"panic"`, "panic:", "fatal error:"} {
			if bytes.Contains(p.output.bytes(), []byte(sign)) {
				t.Errorf("piiproxy printed %q", sign)
			}
		}
		if t.Failed() {
			t.Logf("what piiproxy printed:\n%s", tail(p.output.bytes(), 8<<10))
		}
	})
	p.Run(t)
}

// Command runs a piiproxy command to its end.
func (p *Proxy) Command(arguments ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, Binary(), arguments...)
	command.Dir, command.Env = p.Dir, append(clean(os.Environ()), p.environ...)
	output, err := command.CombinedOutput()
	_, _ = p.output.Write(output)
	return output, err
}

// Run starts the process and waits until it is ready.
func (p *Proxy) Run(t testing.TB) {
	t.Helper()
	command := exec.Command(Binary(), "serve", "-c", p.File)
	command.Dir, command.Env = p.Dir, append(clean(os.Environ()), p.environ...)
	command.Stdout, command.Stderr = &p.output, &p.output
	command.SysProcAttr = dieWithParent()
	if err := command.Start(); err != nil {
		t.Fatalf("starting piiproxy: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	p.mu.Lock()
	p.command, p.ended = command, ended
	p.mu.Unlock()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("piiproxy serve ended at once:\n%s", tail(p.output.bytes(), 8<<10))
		default:
		}
		if reply := p.Ops(context.Background(), "/readyz"); reply.Err == nil && reply.Status == http.StatusOK {
			return
		}
	}
	t.Fatalf("piiproxy was not ready after %s:\n%s", patience, tail(p.output.bytes(), 8<<10))
}

// Signal sends a signal to the process.
func (p *Proxy) Signal(signal syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.command != nil {
		_ = p.command.Process.Signal(signal)
	}
}

// Kill ends the process as kill -9 does and waits for its end.
func (p *Proxy) Kill() {
	p.Signal(syscall.SIGKILL)
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// Stop asks the process to end and returns its exit code.
func (p *Proxy) Stop(t testing.TB) int {
	t.Helper()
	p.Signal(syscall.SIGTERM)
	return p.Exit(t)
}

// Exit waits for the end of the process and returns its exit code.
func (p *Proxy) Exit(t testing.TB) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("piiproxy did not end within %s", patience)
	}
	return p.command.ProcessState.ExitCode()
}

// Process is the id of the running process.
func (p *Proxy) Process() int { return p.command.Process.Pid }

// Logs are all lines that the process printed so far, over all its starts.
func (p *Proxy) Logs() []byte { return p.output.bytes() }

// Webhook is the address of an app's webhook.
func (p *Proxy) Webhook(app App) string {
	scheme := "http"
	if p.certificate != nil {
		scheme = "https"
	}
	return scheme + "://" + p.public + "/webhook/" + app.Name
}

// Public is the host and port that the platform sees.
func (p *Proxy) Public() string { return p.public }

// ForwardSide is the address of the forward proxy, where Setup has one.
func (p *Proxy) ForwardSide() string { return p.forward }

// BotSide is the host and port that the bot sees.
func (p *Proxy) BotSide() string { return p.bot }

// Graph is the base URL that an account's bot uses in place of the
// platform's.
func (p *Proxy) Graph(account string) string { return "http://" + p.bot + "/" + account }

// Ops reads a page of the listener for machines that watch.
func (p *Proxy) Ops(ctx context.Context, page string) Reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.ops+page, nil)
	if err != nil {
		return Reply{Err: err}
	}
	return Do(p.client, request)
}

// Send posts a JSON body to a Graph path through the bot listener.
func (p *Proxy) Send(ctx context.Context, target, token string, body []byte) Reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.bot+target, bytes.NewReader(body))
	if err != nil {
		return Reply{Err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return Do(p.client, request)
}

// freeAddresses finds ports that nobody listens on, below those that the
// kernel gives to outgoing connections: a port must still be free when a
// killed piiproxy comes back.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	var addresses []string
	for tries := 0; len(addresses) < n && tries < 1000; tries++ {
		address := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(17000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		defer listener.Close() // all at the end, so that they differ
		addresses = append(addresses, address)
	}
	if len(addresses) < n {
		t.Fatal("no free ports between 15000 and 32000 on 127.0.0.1")
	}
	return addresses
}

// StoreFull makes every write of the process to a file fail, or lets them
// work again.
func (p *Proxy) StoreFull(t testing.TB, full bool) {
	t.Helper()
	limit := ^uint64(0)
	if full {
		limit = 0
	}
	if err := limitFileSize(p.Process(), limit); err != nil {
		t.Fatalf("playing a full disk: %v", err)
	}
}

// clean is an environment without proxies: nothing here may leave the machine.
func clean(environ []string) []string {
	var kept []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(strings.ToLower(pair), "=")
		if !strings.HasSuffix(name, "_proxy") {
			kept = append(kept, pair)
		}
	}
	return kept
}

func tail(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	return append([]byte(fmt.Sprintf("… %d bytes before …\n", len(text)-n)), text[len(text)-n:]...)
}

var errNoSource = errors.New("the source of piiproxy is not beside the e2e folder")

// Resident is the memory that the process holds, in bytes.
func (p *Proxy) Resident(t testing.TB) int64 {
	t.Helper()
	return p.memory(t, "VmRSS")
}

// Peak is the most that it held since ResetPeak, in bytes.
func (p *Proxy) Peak(t testing.TB) int64 {
	t.Helper()
	return p.memory(t, "VmHWM")
}

// ResetPeak begins to look for the most that the process holds (proc(5),
// clear_refs).
func (p *Proxy) ResetPeak(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.Process()), []byte("5"), 0); err != nil {
		t.Fatalf("resetting the peak of memory: %v", err)
	}
}

func (p *Proxy) memory(t testing.TB, figure string) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process()))
	if err != nil {
		t.Fatalf("reading the memory of piiproxy: %v", err)
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		var kib int64
		if n, _ := fmt.Sscanf(line, figure+": %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	t.Fatal("the kernel does not tell the memory of piiproxy")
	return 0
}
