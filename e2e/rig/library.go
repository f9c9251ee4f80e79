package rig

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Happening is one line that a library bot reported.
type Happening struct {
	Event   string            `json:"event"`
	Port    int               `json:"port"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"` // of raw: the request as it came
	What    string            `json:"what"`
	ID      string            `json:"id"`
	From    string            `json:"from"`
	To      string            `json:"to"`
	Type    string            `json:"type"`
	Name    string            `json:"name"`
	Text    string            `json:"text"`
	Payload string            `json:"payload"`
	Status  string            `json:"status"`
	Message json.RawMessage   `json:"message"`

	Line string `json:"-"` // the whole line, for messages of failed tests
}

// LibraryBot is a bot made with a published library, in a process of its own.
type LibraryBot struct {
	Name string
	URL  string // its webhook

	mu      sync.Mutex
	seen    []Happening
	printed transcript // standard error
}

// Access is what a bot must know to call the platform. Clear is a text that
// it sends when somebody writes "clear"; Environ is NAME=value for its process.
type Access struct {
	Graph, Token, Secret, Phone, Clear string
	Environ                            []string
}

// StartNode starts a bot of the bots folder with Node.js.
func StartNode(t testing.TB, script string, access Access) *LibraryBot {
	t.Helper()
	command := exec.Command("node", script)
	command.Dir = filepath.Join(home(), "bots")
	return startLibrary(t, script, command, access)
}

// StartGo starts the bot of the gobot folder.
func StartGo(t testing.TB, access Access) *LibraryBot {
	t.Helper()
	return startLibrary(t, "gobot", exec.Command(programs.gobot), access)
}

func startLibrary(t testing.TB, name string, command *exec.Cmd, access Access) *LibraryBot {
	t.Helper()
	b := &LibraryBot{Name: name}
	command.Env = append(clean(os.Environ()),
		"GRAPH_URL="+access.Graph, "ACCESS_TOKEN="+access.Token, "APP_SECRET="+access.Secret, "PHONE_ID="+access.Phone, "CLEAR_TEXT="+access.Clear,
		"NODE_NO_WARNINGS=1")
	command.Env = append(command.Env, access.Environ...)
	command.Stderr = &b.printed
	command.SysProcAttr = dieWithParent()
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// The bot ends when its standard input does.
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	done := make(chan struct{})
	go b.listen(stdout, done)
	t.Cleanup(func() {
		_ = stdin.Close()
		<-done
		_ = command.Wait()
		if t.Failed() {
			t.Logf("what %s printed on standard error:\n%s", name, tail(b.printed.bytes(), 4<<10))
		}
	})
	started := b.Await(t, "listening", func(h Happening) bool { return h.Event == "listening" })
	b.URL = fmt.Sprintf("http://127.0.0.1:%d/webhook", started.Port)
	return b
}

func (b *LibraryBot) listen(stdout io.Reader, done chan struct{}) {
	defer close(done)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		h := Happening{Line: lines.Text()}
		if json.Unmarshal(lines.Bytes(), &h) != nil {
			h.Event = "noise" // a library's own console.log
		}
		b.mu.Lock()
		b.seen = append(b.seen, h)
		b.mu.Unlock()
	}
}

// Happenings are all reports so far.
func (b *LibraryBot) Happenings() []Happening {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Happening(nil), b.seen...)
}

// Printed is what the bot's process wrote on standard error.
func (b *LibraryBot) Printed() []byte { return b.printed.bytes() }

// Await waits for a report; what names it in the failure.
func (b *LibraryBot) Await(t testing.TB, what string, fits func(Happening) bool) Happening {
	t.Helper()
	var found Happening
	Eventually(t, func() bool {
		for _, h := range b.Happenings() {
			if fits(h) {
				found = h
				return true
			}
		}
		return false
	}, func() string {
		return fmt.Sprintf("%s did not report %q; it reported:\n%s%s", b.Name, what, b.story(), tail(b.printed.bytes(), 2<<10))
	})
	return found
}

// story is all reports in short, for failures.
func (b *LibraryBot) story() string {
	var story strings.Builder
	for _, h := range b.Happenings() {
		if h.Event == "raw" {
			fmt.Fprintf(&story, "  raw %s %s\n", h.Method, h.Body)
			continue
		}
		fmt.Fprintf(&story, "  %s\n", h.Line)
	}
	return story.String()
}

// Complaints are the reports of things that must not happen: a signature that
// the library refused, a call that it could not make.
func (b *LibraryBot) Complaints() []string {
	var complaints []string
	for _, h := range b.Happenings() {
		if h.Event == "invalid" || h.Event == "failed" || h.Event == "noise" {
			complaints = append(complaints, h.Line)
		}
	}
	return complaints
}
