package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

var (
	_ recorder = (*audit.Log)(nil)
	_ recorder = audit.Nop{}
)

type recorder interface {
	Record(audit.Event) error
	RecordDurable(audit.Event) error
}

var reveal = audit.Event{
	Time: time.Date(2026, 3, 14, 9, 26, 53, 589793238, time.UTC), Actor: "ann", Action: "reveal", Account: "shop",
	Conversation: "abcdefgh234567xy", Kinds: []string{"credit_card", "cvv"}, Count: 2, Reason: "chargeback", Request: "req-1",
	Purpose: "dispute", Source: "192.0.2.7", Result: audit.Done, Rules: "02d0dd0521df",
}

func opened(t testing.TB, path string) *audit.Log {
	t.Helper()
	l, err := audit.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// written makes a closed log with n events.
func written(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new", "audit.jsonl")
	l := opened(t, path)
	for i := range n {
		event := reveal
		event.Request = fmt.Sprintf("req-%d", i)
		if err := l.Record(event); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func wantIntact(t *testing.T, path string, lines int) {
	t.Helper()
	if n, err := audit.Verify(path); n != lines || err != nil {
		t.Errorf("verified %d lines (%v), want %d", n, err, lines)
	}
}

func wantBroken(t *testing.T, doing, path string, line int, reason string) {
	t.Helper()
	n, err := audit.Verify(path)
	var broken *audit.Problem
	if !errors.As(err, &broken) || broken.Line != line || broken.Reason != reason || n != line-1 {
		t.Errorf("%s: %d lines hold, then %v, want line %d %s", doing, n, err, line, reason)
	}
}

func TestLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := opened(t, path)
	if err := l.RecordDurable(reveal); err != nil {
		t.Fatal(err)
	}
	if err := l.Record(audit.Event{Actor: "piiproxy", Action: "mask"}); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(read(t, path)), "\n")
	body := `{"seq":1,"prev":"` + strings.Repeat("0", 64) + `","time":"2026-03-14T09:26:53.589793238Z","actor":"ann","action":"reveal",` +
		`"account":"shop","conversation":"abcdefgh234567xy","kinds":["credit_card","cvv"],"count":2,"reason":"chargeback","request":"req-1",` +
		`"purpose":"dispute","source":"192.0.2.7","result":"done","rules":"02d0dd0521df"`
	hash := sha256.Sum256([]byte(body))
	if want := body + `,"hash":"` + hex.EncodeToString(hash[:]) + "\"}\n"; lines[0] != want {
		t.Errorf("line is\n%swant\n%s", lines[0], want)
	}
	var second struct {
		Seq  int
		Prev string
		Time time.Time
	}
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil {
		t.Fatal(err)
	}
	if second.Seq != 2 || second.Prev != hex.EncodeToString(hash[:]) || second.Time.IsZero() {
		t.Errorf("second line is %s", lines[1])
	}
	if found, err := os.Stat(path); err != nil || found.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v (%v)", found.Mode(), err)
	}
	wantIntact(t, path, 2)
}

func TestReopen(t *testing.T) {
	path := written(t, 3)
	for range 3 {
		l := opened(t, path)
		if err := l.RecordDurable(reveal); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	wantIntact(t, path, 6)
	wantIntact(t, written(t, 0), 0)
}

// TestVerifyNamesTheLine for everything that can be done to a line.
func TestVerifyNamesTheLine(t *testing.T) {
	for name, test := range map[string]struct {
		change func(lines [][]byte) [][]byte
		line   int
		reason string
	}{
		"altered":          {func(l [][]byte) [][]byte { l[4] = bytes.Replace(l[4], []byte("shop"), []byte("stop"), 1); return l }, 5, "altered"},
		"altered hash":     {func(l [][]byte) [][]byte { l[4][len(l[4])-4] ^= 1; return l }, 5, "altered"},
		"altered last":     {func(l [][]byte) [][]byte { l[9] = bytes.Replace(l[9], []byte("shop"), []byte("stop"), 1); return l }, 10, "altered"},
		"altered first":    {func(l [][]byte) [][]byte { l[0] = bytes.Replace(l[0], []byte("ann"), []byte("bob"), 1); return l }, 1, "altered"},
		"taken out":        {func(l [][]byte) [][]byte { return append(l[:4], l[5:]...) }, 5, "missing"},
		"first taken out":  {func(l [][]byte) [][]byte { return l[1:] }, 1, "missing"},
		"swapped":          {func(l [][]byte) [][]byte { l[4], l[5] = l[5], l[4]; return l }, 5, "missing"},
		"repeated":         {func(l [][]byte) [][]byte { l[5] = l[4]; return l }, 6, "out_of_order"},
		"not ours":         {func(l [][]byte) [][]byte { l[4] = []byte("{}\n"); return l }, 5, "malformed"},
		"an empty line":    {func(l [][]byte) [][]byte { l[4] = []byte("\n"); return l }, 5, "malformed"},
		"an endless line":  {func(l [][]byte) [][]byte { l[4] = bytes.Repeat([]byte("x"), 1<<20); return l }, 5, "malformed"},
		"torn":             {func(l [][]byte) [][]byte { l[9] = l[9][:len(l[9])-1]; return l }, 10, "torn"},
		"another's hash":   {func(l [][]byte) [][]byte { l[4] = rehashed(l[4], "shop", "stop"); return l }, 6, "replaced"},
		"an unknown field": {func(l [][]byte) [][]byte { l[4] = rehashed(l[4], `"account"`, `"amount"`); return l }, 5, "malformed"},
	} {
		path := written(t, 10)
		lines := bytes.SplitAfter(read(t, path), []byte("\n"))
		changed := bytes.Join(test.change(lines[:10]), nil)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		wantBroken(t, name, path, test.line, test.reason)
	}
	if _, err := audit.Verify(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// rehashed alters a line and gives it a hash that fits.
func rehashed(line []byte, old, new string) []byte {
	body, _, _ := strings.Cut(strings.Replace(string(line), old, new, 1), `,"hash"`)
	hash := sha256.Sum256([]byte(body))
	return []byte(body + `,"hash":"` + hex.EncodeToString(hash[:]) + "\"}\n")
}

// TestTorn: whatever is left of the last line, opening cuts it off and says so,
// and the chain goes on.
func TestTorn(t *testing.T) {
	whole := read(t, written(t, 3))
	second := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := second; cut < len(whole); cut++ {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := opened(t, path)
		if err := l.Record(reveal); err != nil {
			t.Fatal(err)
		}
		want := 4
		if cut == second {
			want = 3 // nothing was torn
		}
		wantIntact(t, path, want)
		if said := bytes.Contains(read(t, path), []byte(`"action":"audit_recovered","reason":"torn_line"`)); said != (want == 4) {
			t.Errorf("cut at %d: recovery is noted: %v", cut, said)
		}
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	wantIntact(t, path, 1)
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		setup func(t *testing.T, path string)
		say   string
	}{
		"an altered last line": {func(t *testing.T, path string) {
			content := bytes.Replace(read(t, path), []byte("req-2"), []byte("req-9"), 1)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "evidence"},
		"another file": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("listen:\n  public: x\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "evidence"},
		"a large file without lines": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "evidence"},
		"a log in use": {func(t *testing.T, path string) { opened(t, path) }, "piiproxy serve"},
		"a folder": {func(t *testing.T, path string) {
			if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "directory"},
	} {
		path := written(t, 3)
		if head, err := audit.Look(path); err != nil || head.Seq != 3 {
			t.Fatalf("looking: %v %v", head, err)
		}
		test.setup(t, path)
		if _, err := audit.Look(path); (err == nil) != (name == "a log in use") {
			t.Errorf("%s: looking says %v", name, err)
		}
		if _, err := audit.Open(path); err == nil || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error is %v, want one with %q and the path", name, err, test.say)
		}
	}
	path := written(t, 1)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	if found, err := os.Stat(path); err != nil || found.Mode().Perm() != 0o600 {
		t.Errorf("a wide mode is %v after opening (%v)", found.Mode(), err)
	}
}

func TestEventBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := opened(t, path)
	for name, change := range map[string]func(*audit.Event){
		"no actor":                  func(e *audit.Event) { e.Actor = "" },
		"no action":                 func(e *audit.Event) { e.Action = "" },
		"a long reason":             func(e *audit.Event) { e.Reason = strings.Repeat("x", 513) },
		"an id as conversation":     func(e *audit.Event) { e.Conversation = "psid:1234567890" },
		"a number as conversation":  func(e *audit.Event) { e.Conversation = "491511234567" },
		"a value as kind":           func(e *audit.Event) { e.Kinds = []string{"ann@example.org"} },
		"a number with marks":       func(e *audit.Event) { e.Kinds = []string{"4111-1111"} },
		"an empty kind":             func(e *audit.Event) { e.Kinds = []string{""} },
		"a name as source":          func(e *audit.Event) { e.Source = "ann.example.org" },
		"a port in the source":      func(e *audit.Event) { e.Source = "192.0.2.7:443" },
		"a zone in the source":      func(e *audit.Event) { e.Source = "fe80::1%4111111111111111" },
		"a result of no list":       func(e *audit.Event) { e.Result = "fine" },
		"a name of rules":           func(e *audit.Event) { e.Rules = "ann's" },
		"a long purpose":            func(e *audit.Event) { e.Purpose = strings.Repeat("x", 513) },
		"more kinds than there are": func(e *audit.Event) { e.Kinds = make([]string, 257) },
	} {
		event := reveal
		change(&event)
		if err := l.Record(event); !errors.Is(err, audit.ErrEvent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	widest := reveal
	for _, text := range []*string{&widest.Actor, &widest.Action, &widest.Account, &widest.Reason, &widest.Request, &widest.Purpose} {
		*text = strings.Repeat("\x01", 512)
	}
	widest.Kinds = nil
	for range 256 {
		widest.Kinds = append(widest.Kinds, strings.Repeat("k", 64))
	}
	for range 2 {
		if err := l.RecordDurable(widest); err != nil {
			t.Fatal(err)
		}
	}
	wantIntact(t, path, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	wantIntact(t, path, 2)
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	for _, record := range []func(audit.Event) error{l.Record, l.RecordDurable} {
		if err := record(reveal); !errors.Is(err, audit.ErrClosed) {
			t.Errorf("recording after closing: %v", err)
		}
	}
}

func TestConcurrent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := opened(t, path)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 20 {
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
	wantIntact(t, path, 64*20)
	for i := range 64 {
		if !bytes.Contains(read(t, path), fmt.Appendf(nil, `"request":"%d/19"`, i)) {
			t.Errorf("an event of %d is missing", i)
		}
	}
}

func TestNop(t *testing.T) {
	if err := errors.Join(audit.Nop{}.Record(reveal), audit.Nop{}.RecordDurable(reveal)); err != nil {
		t.Error(err)
	}
}

func BenchmarkRecord(b *testing.B) {
	l := opened(b, filepath.Join(b.TempDir(), "audit.jsonl"))
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Record(reveal); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecordDurable(b *testing.B) {
	l := opened(b, filepath.Join(b.TempDir(), "audit.jsonl"))
	for b.Loop() {
		if err := l.RecordDurable(reveal); err != nil {
			b.Fatal(err)
		}
	}
}
