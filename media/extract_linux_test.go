package media_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/piiproxy/piiproxy/media"
)

// TestMain is also the command that confines, as `piiproxy confine` is.
func TestMain(m *testing.M) {
	if len(os.Args) > 4 && os.Args[1] == "confine" {
		memory, _ := strconv.ParseInt(os.Args[2], 10, 64)
		seconds, _ := strconv.ParseInt(os.Args[3], 10, 64)
		_, _ = os.Stderr.WriteString(media.Confine(memory, seconds, os.Args[4:]).Error())
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// program runs a script of the shell that gets the file on its standard input.
func program(script string) media.Program {
	return media.Program{
		Command: []string{"/bin/sh", "-c", script}, Confine: []string{"/proc/self/exe", "confine"}, Types: []string{"application/pdf", "image/*"},
		Timeout: 20 * time.Second, Input: 1 << 20, Output: 1 << 16, Memory: 256 << 20, Slots: 1,
	}
}

// extract has a script read a file.
func extract(t *testing.T, p media.Program, file string) (string, error) {
	t.Helper()
	reading, err := media.NewExtractor(p).Read(t.Context(), strings.NewReader(file))
	if err != nil {
		return "", err
	}
	defer func() { _ = reading.Close() }()
	if again, err := io.ReadAll(reading); string(again) != file || reading.Size != int64(len(file)) || err != nil {
		t.Errorf("the file became %d bytes, %v", len(again), err)
	}
	return reading.Text, nil
}

// A program gets the file and gives its text, and knows nothing of ours.
func TestExtract(t *testing.T) {
	t.Setenv("SECRET", "Canary")
	for script, want := range map[string]string{
		"cat":                            "a file",
		"tr a-z A-Z":                     "A FILE",
		"true":                           "",
		"env | grep -c Canary; true":     "0\n",
		"cat /dev/stdin; cat /dev/stdin": "a filea file",
		"echo changed > /dev/stdin; tail -c 4 /dev/stdin": "file",
		"pwd": "/\n",
		"ulimit -c; ulimit -f; ulimit -d; ulimit -t": "0\n0\n262144\n20\n",
	} {
		if text, err := extract(t, program(script), "a file"); err != nil || text != want {
			t.Errorf("%s: %q, %v", script, text, err)
		}
	}
	large := strings.Repeat("x", 1<<20)
	if text, err := extract(t, program("head -c 5"), large); err != nil || text != "xxxxx" {
		t.Errorf("a program that reads a part: %q, %v", text, err)
	}
}

// What a program does not tell about in its limits is unread, never clean.
func TestExtractFails(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct {
		script string
		change func(*media.Program)
	}{
		"exits with an error": {"cat; exit 1", nil},
		"is killed":           {"kill -9 $$", nil},
		"is not there":        {"", func(p *media.Program) { p.Command = []string{"/nonexistent"} }},
		"is not there alone":  {"", func(p *media.Program) { p.Command, p.Confine = []string{"/nonexistent"}, nil }},
		"takes too long":      {"exec sleep 60", func(p *media.Program) { p.Timeout = 100 * time.Millisecond }},
		"prints too much":     {"exec cat /dev/zero", nil},
		"prints a byte more":  {"printf 12345", func(p *media.Program) { p.Output = 4 }},
		"prints no UTF-8":     {`printf '\377'`, nil},
		"writes a file":       {"cat > " + folder + "/file", nil},
		"file too large":      {"cat", func(p *media.Program) { p.Input = 5 }},
	} {
		p := program(test.script)
		if test.change != nil {
			test.change(&p)
		}
		if text, err := extract(t, p, "a file"); !errors.Is(err, media.ErrUnread) {
			t.Errorf("%s: %d bytes of text, %v", name, len(text), err)
		}
	}
	if left, err := os.ReadFile(filepath.Join(folder, "file")); err == nil && len(left) > 0 {
		t.Error("a program wrote the file away")
	}
}

// Memory is bounded for each process that the program starts.
func TestExtractMemory(t *testing.T) {
	script := "head -c 64000000 /dev/zero | sort | wc -c" // sort holds the one line
	p := program(script)
	if text, err := extract(t, p, ""); err != nil || strings.TrimSpace(text) != "64000001" {
		t.Errorf("enough memory: %q, %v", text, err)
	}
	p.Memory = 32 << 20
	if text, err := extract(t, p, ""); err == nil && strings.TrimSpace(text) == "64000001" {
		t.Error("a child took more memory than it may")
	}
}

// Children that a program leaves behind end with it, however it ends.
func TestExtractEndsGroup(t *testing.T) {
	mark := strconv.Itoa(os.Getpid())
	p := program("sleep 1001." + mark + " >/dev/null &")
	if _, err := extract(t, p, ""); err != nil {
		t.Error(err)
	}
	p = program("sleep 1002." + mark + " & wait")
	p.Timeout = 200 * time.Millisecond
	if _, err := extract(t, p, ""); !errors.Is(err, media.ErrUnread) {
		t.Errorf("waited too long: %v", err)
	}
	for _, duration := range []string{"1001." + mark, "1002." + mark} {
		left := true
		for range 500 { // what was killed takes a moment to leave
			left = left && runs(t, "sleep\x00"+duration)
		}
		if left {
			t.Errorf("sleep %s is left", duration)
		}
	}
	p = program("setsid sleep 1003." + mark + " & sleep 1004." + mark) // it leaves the group, and is found by its arguments
	p.Timeout = 200 * time.Millisecond
	_, _ = extract(t, p, "")
	if !runs(t, "sleep\x001003."+mark) {
		t.Error("processes are not found by their arguments")
	}
	kill(t, "sleep\x001003."+mark)
}

// Where orphans come to this process, as they do to the first one of a container,
// none stays as a zombie.
func TestExtractLeavesNoZombies(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	if _, err := extract(t, program("for i in 1 2 3; do sleep 1005 >/dev/null & done"), ""); err != nil {
		t.Error(err)
	}
	if process, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("child %d is left, %v", process, err)
	}
}

// runs says that a process with these arguments is there.
func runs(t *testing.T, arguments string) bool { return len(processes(t, arguments)) > 0 }

func kill(t *testing.T, arguments string) {
	for _, process := range processes(t, arguments) {
		_ = syscall.Kill(process, syscall.SIGKILL)
	}
}

func processes(t *testing.T, arguments string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, file := range files {
		content, err := os.ReadFile(file)
		if process, _ := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && strings.HasPrefix(string(content), arguments) {
			found = append(found, process)
		}
	}
	return found
}

// Who finds no slot waits for one, in its bounds.
func TestExtractSlots(t *testing.T) {
	e := media.NewExtractor(program("cat"))
	first, err := e.Read(t.Context(), strings.NewReader("one"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Read(ctx, strings.NewReader("two")); !errors.Is(err, context.Canceled) {
		t.Errorf("no slot: %v", err)
	}
	_, _ = first.Close(), first.Close()
	second, err := e.Read(t.Context(), strings.NewReader("two"))
	if err != nil || second.Text != "two" {
		t.Fatalf("a free slot: %v", err)
	}
	_ = second.Close()
	p := program("exec sleep 60")
	p.Timeout = 100 * time.Millisecond
	short := media.NewExtractor(p)
	for range 2 { // a failure gives its slot back
		if _, err := short.Read(t.Context(), strings.NewReader("x")); !errors.Is(err, media.ErrUnread) {
			t.Errorf("too short: %v", err)
		}
	}
}

// Only the types that were listed are read.
func TestExtractorReads(t *testing.T) {
	e := media.NewExtractor(program("cat"))
	for head, want := range map[string]bool{"%PDF-1.4\n": true, "GIF89a\x01\x00": true, "hello": false, "\x00\x01": false, container("isom"): false} {
		if e.Reads(media.Sniff([]byte(head))) != want {
			t.Errorf("%q: %v", head, !want)
		}
	}
	var none *media.Extractor
	if none.Reads(media.Sniff([]byte("%PDF-1.4\n"))) {
		t.Error("no extractor reads")
	}
}
