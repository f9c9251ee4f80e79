package audit_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

// TestRotationUnderLoad: 64 goroutines, a new file every few lines: nothing that
// was acknowledged is missing, and the chain holds over all files.
func TestRotationUnderLoad(t *testing.T) {
	s := newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, MaxBytes: 64 << 10, Signer: s, Observe: func(fault string) { t.Error("fault:", fault) }})
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 40 {
				record := l.Record
				if j%10 == 0 {
					record = l.RecordDurable
				}
				event := reveal
				event.Request = fmt.Sprintf("%d/%d", i, j)
				if err := record(event); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{l.Head()}, Each: func(_ string, _ int, line audit.Line) error {
		seen[line.Request]++
		return nil
	}}, path)
	if report.Count != 0 || report.Bare != 0 || len(report.Files) < 10 {
		t.Errorf("report is %+v", report)
	}
	for i := range 64 {
		for j := range 40 {
			if n := seen[fmt.Sprintf("%d/%d", i, j)]; n != 1 {
				t.Fatalf("event %d/%d is there %d times", i, j, n)
			}
		}
	}
	for _, file := range report.Files {
		if found, err := os.Stat(file); err != nil || found.Mode().Perm() != 0o600 || found.Size() > 70<<10 {
			t.Errorf("%s: %v (%v)", file, found, err)
		}
	}
}

// A log may be verified while it is written and rotated.
func TestVerifyWhileWriting(t *testing.T) {
	s := newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, MaxBytes: 16 << 10, Signer: s})
	if err := l.RecordDurable(reveal); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var writing sync.WaitGroup
	writing.Go(func() {
		for !stop.Load() {
			if err := l.Record(reveal); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(20 * time.Microsecond)
		}
	})
	for range 30 {
		head := l.Head() // the log said it before the files are read
		report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
		if report.Count != 0 && !(report.Count == 1 && report.Problems[0].Reason == audit.ReasonTorn) {
			t.Errorf("report is %+v", report)
		}
	}
	stop.Store(true)
	writing.Wait()
}

// states are what each step of a rotation leaves on disk, as rotate.go lists them.
var states = map[string]func(dir string, closing, whole, next []byte) error{
	"the closing line is torn": func(dir string, closing, whole, _ []byte) error {
		return write(dir, "audit.jsonl", append(slices.Clone(whole), closing[:len(closing)/2]...))
	},
	"the closing line": func(dir string, closing, whole, _ []byte) error {
		return write(dir, "audit.jsonl", append(slices.Clone(whole), closing...))
	},
	"an empty next file": func(dir string, closing, whole, _ []byte) error {
		return errors.Join(write(dir, "audit.jsonl", append(slices.Clone(whole), closing...)), write(dir, "audit.jsonl.next", nil))
	},
	"a torn next file": func(dir string, closing, whole, next []byte) error {
		return errors.Join(write(dir, "audit.jsonl", append(slices.Clone(whole), closing...)), write(dir, "audit.jsonl.next", next[:40]))
	},
	"a next file": func(dir string, closing, whole, next []byte) error {
		return errors.Join(write(dir, "audit.jsonl", append(slices.Clone(whole), closing...)), write(dir, "audit.jsonl.next", next))
	},
	"the full file has both names": func(dir string, closing, whole, next []byte) error {
		return errors.Join(write(dir, "audit.jsonl", append(slices.Clone(whole), closing...)), write(dir, "audit.jsonl.next", next),
			os.Link(filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, fmt.Sprintf("audit-%012d.jsonl", bytes.Count(whole, []byte("\n"))+1))))
	},
	"the next file has the name": func(dir string, closing, whole, next []byte) error {
		return errors.Join(write(dir, fmt.Sprintf("audit-%012d.jsonl", bytes.Count(whole, []byte("\n"))+1), append(slices.Clone(whole), closing...)), write(dir, "audit.jsonl", next))
	},
}

func write(dir, name string, content []byte) error {
	return os.WriteFile(filepath.Join(dir, name), content, 0o600)
}

func TestCrashInRotation(t *testing.T) {
	s := newSigner(t)
	path, _ := book(t, s, 12)
	first, second := read(t, files(t, path)[0]), read(t, files(t, path)[1])
	at := bytes.LastIndexByte(first[:len(first)-1], '\n') + 1
	whole, closing, next := first[:at], first[at:], second[:bytes.IndexByte(second, '\n')+1]
	if !bytes.Contains(closing, []byte("audit_closed")) || !bytes.Contains(next, []byte("audit_continued")) {
		t.Fatal("these are not the lines of a rotation")
	}
	for name, left := range states {
		dir := t.TempDir()
		if err := left(dir, closing, whole, next); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "audit.jsonl")
		for range 2 { // a crash, a start, and enough lines for the next file
			l := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10, Signer: s, Observe: func(fault string) { t.Errorf("%s: %s", name, fault) }})
			for range 10 {
				if err := l.Record(reveal); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{l.Head()}}, path)
			if report.Count != 0 || report.First != 1 || len(report.Files) < 2 {
				t.Errorf("%s: %+v", name, report)
			}
		}
		if _, err := os.Stat(path + ".next"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the next file is left: %v", name, err)
		}
	}
}

// Whoever takes the newest file away does not get a chain that begins anew.
func TestFileGone(t *testing.T) {
	s := newSigner(t)
	path, head := book(t, s, 20)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10, Signer: s}).Close(); err != nil {
		t.Fatal(err)
	}
	report := verified(t, audit.Verifier{Keys: s.keys()}, path)
	if report.Count != 1 || report.Problems[0].Reason != audit.ReasonFile || report.Problems[0].File != path || report.Problems[0].Line != 2 {
		t.Errorf("report is %+v", report)
	}
	report = verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
	if report.Count != 2 || report.Problems[1].Reason != audit.ReasonHead {
		t.Errorf("with a head: %+v", report)
	}
}

// A file that cannot be closed goes on: a line is worth more than a size.
func TestRotationFails(t *testing.T) {
	s := newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	faults := 0
	l := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10, Signer: s, Observe: func(fault string) {
		if faults++; fault != audit.FaultRotation {
			t.Error(fault)
		}
	}})
	if err := os.MkdirAll(path+".next/in/the/way", 0o700); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := l.RecordDurable(reveal); err != nil {
			t.Fatal(err)
		}
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || len(report.Files) != 1 || faults < 2 || faults > 15 {
		t.Errorf("%d faults, report is %+v", faults, report)
	}
	if err := os.RemoveAll(path + ".next"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := l.RecordDurable(reveal); err != nil {
			t.Fatal(err)
		}
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || len(report.Files) < 2 {
		t.Errorf("with room again: %+v", report)
	}
}

// TestKilled kills a process that writes and rotates, again and again: what it
// said was recorded is there, once, and the chain holds.
func TestKilled(t *testing.T) {
	if path := os.Getenv("AUDIT_TEST_PATH"); path != "" {
		busy(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	said := map[string]bool{}
	for round := range 12 {
		command := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		command.Env = append(os.Environ(), "AUDIT_TEST_PATH="+path, "AUDIT_TEST_ROUND="+strconv.Itoa(round))
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for n := 0; ; n++ {
			if n == 10+7*round {
				_ = command.Process.Kill()
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				break // what it said before it was killed has been read
			}
			if request := strings.TrimSuffix(line, "\n"); strings.HasPrefix(request, "r") {
				said[request] = true
			}
		}
		_ = command.Wait() // it was killed
	}
	if len(said) < 100 {
		t.Fatalf("only %d events were recorded", len(said))
	}
	if err := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10}).Close(); err != nil {
		t.Fatal(err)
	}
	report := verified(t, audit.Verifier{Each: func(_ string, _ int, line audit.Line) error {
		delete(said, line.Request)
		return nil
	}}, path)
	if report.Count != 0 || len(said) > 0 || len(report.Files) < 3 {
		t.Errorf("%d events are missing, %d files, problems %v", len(said), len(report.Files), report.Problems)
	}
}

// busy records until it is killed, and says what it has recorded.
func busy(t *testing.T, path string) {
	l := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10, Signer: newSigner(t)})
	for i := 0; ; i++ {
		event := reveal
		event.Request = fmt.Sprintf("r%s-%d", os.Getenv("AUDIT_TEST_ROUND"), i)
		if err := l.RecordDurable(event); err != nil {
			t.Fatal(err)
		}
		fmt.Println(event.Request)
	}
}
