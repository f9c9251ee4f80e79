package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
)

// TestManyHeads: each of a day's heads counts, however many there are.
func TestManyHeads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := opened(t, path)
	var heads []audit.Head
	for range 200 {
		if err := l.Record(reveal); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, l.Head())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if report := verified(t, audit.Verifier{Heads: heads}, path); report.Count != 0 {
		t.Fatalf("%+v", report)
	}
	whole := read(t, path)
	if err := os.Truncate(path, int64(len(whole)-len(whole)/20)); err != nil { // some ten lines
		t.Fatal(err)
	}
	report := verified(t, audit.Verifier{Heads: heads}, path)
	missed := 0
	for _, problem := range report.Problems {
		if problem.Reason == audit.ReasonHead {
			missed++
		}
	}
	if want := 200 - int(report.Head.Seq); missed != want || missed == 0 {
		t.Errorf("%d heads missed of %d that were cut off", missed, want)
	}
}

// TestVerifyThroughLink: where audit.path is a link, the closed files are beside what
// it leads to, and are read and missed all the same.
func TestVerifyThroughLink(t *testing.T) {
	s := newSigner(t)
	path, _ := book(t, s, 60)
	link := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	names := files(t, path)
	if report := verified(t, audit.Verifier{Keys: s.keys()}, link); len(report.Files) != len(names) || report.First != 1 {
		t.Errorf("read %d of %d files", len(report.Files), len(names))
	}
	if err := os.Remove(names[1]); err != nil {
		t.Fatal(err)
	}
	report := verified(t, audit.Verifier{Keys: s.keys()}, link)
	if report.Count == 0 || report.Problems[0].Reason != audit.ReasonFile {
		t.Errorf("a closed file is gone: %s", fmt.Sprint(report.Problems))
	}
}
