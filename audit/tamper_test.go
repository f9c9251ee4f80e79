package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/piiproxy/piiproxy/audit"
)

// rechained writes lines anew from one on, each with a hash that fits; with a
// signer also with a signature, under the id that was there.
func rechained(t *testing.T, lines []string, from int, by *signer) {
	t.Helper()
	for i := from; i < len(lines); i++ {
		body, _, ok := strings.Cut(lines[i], `,"hash":"`)
		if !ok {
			t.Fatal("a line without a hash")
		}
		if i > from { // hold on to the line before
			_, before, _ := strings.Cut(lines[i-1], `,"hash":"`)
			at := strings.Index(body, `"prev":"`) + len(`"prev":"`)
			body = body[:at] + before[:64] + body[at+64:]
		}
		signs := strings.Contains(lines[i], `"signature":"`)
		if signs && by == nil {
			body = body[:strings.LastIndex(body, `,"key":"`)]
		}
		sum := sha256.Sum256([]byte(body))
		hash := hex.EncodeToString(sum[:])
		lines[i] = body + `,"hash":"` + hash
		if signs && by != nil {
			signature := base64Of(by.Sign([]byte("piiproxy audit line\x00" + hash)))
			lines[i] += `","signature":"` + signature
		}
		lines[i] += "\"}\n"
	}
}

// TestTampering does everything that can be done to a line, at each line of a log
// of several files.
func TestTampering(t *testing.T) {
	s, other := newSigner(t), newSigner(t)
	path, head := book(t, s, 24)
	names := files(t, path)
	contents := make([][]byte, len(names))
	var owner []int // file of each line
	var all []string
	for i, name := range names {
		contents[i] = read(t, name)
		for _, line := range bytes.SplitAfter(contents[i], []byte("\n")) {
			if len(line) > 0 {
				owner, all = append(owner, i), append(all, string(line))
			}
		}
	}
	if len(names) < 3 {
		t.Fatalf("the log has %d files", len(names))
	}
	// until is how many lines later it has to show at the latest: the next line
	// holds on to this one, and the next signature to all before.
	kinds := map[string]struct {
		do    func(lines []string, at int) []string
		until func(at int) int
	}{
		"a letter changed":     {func(l []string, i int) []string { l[i] = strings.Replace(l[i], `"actor":"`, `"actor":"x`, 1); return l }, func(i int) int { return i }},
		"a hash changed":       {func(l []string, i int) []string { l[i] = strings.Replace(l[i], `"hash":"`, `"hash":"0`, 1); return l }, func(i int) int { return i }},
		"changed and rehashed": {changed(nil), func(i int) int { return i + 1 }},
		"taken out":            {func(l []string, i int) []string { return slices.Delete(l, i, i+1) }, func(i int) int { return i }},
		"repeated":             {func(l []string, i int) []string { return slices.Insert(l, i, l[i]) }, func(i int) int { return i + 1 }},
		"moved": {func(l []string, i int) []string {
			j := min(i+1, len(l)-1) - max(0, i+2-len(l))
			l[i], l[j] = l[j], l[i]
			return l
		}, func(i int) int { return i }},
		"garbage put in":        {func(l []string, i int) []string { return slices.Insert(l, i, "{}\n") }, func(i int) int { return i }},
		"written anew unsigned": {func(l []string, i int) []string { l = changed(nil)(l, i); rechained(t, l, i, nil); return l }, func(int) int { return len(all) }},
		"written anew, signed by another": {func(l []string, i int) []string {
			l = changed(nil)(l, i)
			rechained(t, l, i, &other)
			return l
		}, func(int) int { return len(all) }},
	}
	checked := 0
	for name, kind := range kinds {
		for at := range all {
			if at == len(all)-1 && (name == "changed and rehashed" || name == "taken out") {
				continue // the end: only a head tells
			}
			tampered := kind.do(slices.Clone(all), at)
			place(t, names, owner, tampered)
			report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
			checked++
			if report.Count == 0 {
				t.Errorf("%s at line %d of the chain: not found", name, at+1)
				continue
			}
			if held := report.Held; held < at-1 || held > kind.until(at) {
				t.Errorf("%s at line %d of the chain: %d lines hold, first problem %v", name, at+1, held, &report.Problems[0])
			}
		}
	}
	if checked < 200 {
		t.Errorf("only %d ways were tried", checked)
	}
	for i, name := range names {
		if err := os.WriteFile(name, contents[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path); report.Count != 0 {
		t.Errorf("the log as it was: %+v", report)
	}
}

// changed alters a line and gives it a hash that fits, and no signature.
func changed(*signer) func(lines []string, at int) []string {
	return func(lines []string, at int) []string {
		body, _, _ := strings.Cut(strings.Replace(lines[at], `"actor":"`, `"actor":"x`, 1), `,"hash":"`)
		if key := strings.LastIndex(body, `,"key":"`); key > 0 {
			body = body[:key]
		}
		sum := sha256.Sum256([]byte(body))
		lines[at] = body + `,"hash":"` + hex.EncodeToString(sum[:]) + "\"}\n"
		return lines
	}
}

// place writes lines back into their files.
func place(t *testing.T, names []string, owner []int, lines []string) {
	t.Helper()
	parts := make([]strings.Builder, len(names))
	for i, line := range lines {
		parts[owner[min(i, len(owner)-1)]].WriteString(line)
	}
	for i, name := range names {
		if err := os.WriteFile(name, []byte(parts[i].String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Lines cut off at the end show against a head, wherever the cut is, and only
// against a head.
func TestCutOff(t *testing.T) {
	s := newSigner(t)
	path, head := book(t, s, 5)
	whole := read(t, path)
	lines := bytes.SplitAfter(bytes.TrimSpace(whole), []byte("\n"))
	for keep := range len(lines) {
		if err := os.WriteFile(path, bytes.Join(lines[:keep], nil), 0o600); err != nil {
			t.Fatal(err)
		}
		if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 {
			t.Errorf("%d lines kept, no head: %+v", keep, report)
		}
		report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
		if report.Count != 1 || report.Problems[0].Reason != audit.ReasonHead || report.Problems[0].Line != keep {
			t.Errorf("%d lines kept, with a head: %+v", keep, report)
		}
	}
}

// Whole files that are gone, in another's place or of another installation.
func TestFilesTampered(t *testing.T) {
	s, other := newSigner(t), newSigner(t)
	foreign, _ := book(t, other, 60)
	for i := range len(files(t, foreign)) {
		path, head := book(t, s, 60)
		names := files(t, path)
		if len(names) != len(files(t, foreign)) || len(names) < 5 {
			t.Fatalf("%d and %d files", len(names), len(files(t, foreign)))
		}
		whole := read(t, names[i])
		v := audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}
		find := func(doing, file, reason string) {
			t.Helper()
			report, err := v.Log(path)
			if i == len(names)-1 && doing == "gone" {
				if !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s of file %d: %v", doing, i, err)
				}
				return
			}
			if err != nil || report.Count == 0 || filepath.Base(report.Problems[0].File) != filepath.Base(file) || report.Problems[0].Reason != reason {
				t.Errorf("%s of file %d: %v %+v", doing, i, err, report)
			}
		}
		if err := os.WriteFile(names[i], read(t, files(t, foreign)[i]), 0o600); err != nil {
			t.Fatal(err)
		}
		if report := verified(t, v, path); report.Count == 0 || report.Problems[0].File != names[i] || report.Problems[0].Line != 1 {
			t.Errorf("another installation's file %d: %+v", i, report)
		}
		if err := os.Remove(names[i]); err != nil {
			t.Fatal(err)
		}
		if i > 0 { // the first may be where the operator keeps old ones
			find("gone", names[min(i+1, len(names)-1)], audit.ReasonFile)
		} else if report := verified(t, v, path); report.Count != 0 || report.First == 1 {
			t.Errorf("the oldest file is elsewhere: %+v", report)
		}
		if i > 0 {
			if err := os.WriteFile(names[i], read(t, names[i-1]), 0o600); err != nil {
				t.Fatal(err)
			}
			find("the one before in the place", names[i], audit.ReasonOutOfOrder)
		}
		if err := os.WriteFile(names[i], whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if report := verified(t, v, path); report.Count != 0 {
			t.Errorf("the files as they were: %+v", report)
		}
	}
}
