package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/audit"
)

// signer is a key as the key set has it.
type signer struct {
	private ed25519.PrivateKey
	id      string
}

func newSigner(t testing.TB) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	return signer{private, hex.EncodeToString(sum[:8])}
}

func (s signer) Sign(message []byte) []byte { return ed25519.Sign(s.private, message) }
func (s signer) SigningKeyID() string       { return s.id }
func (s signer) keys() map[string]ed25519.PublicKey {
	return map[string]ed25519.PublicKey{s.id: s.private.Public().(ed25519.PublicKey)}
}

func openedWith(t testing.TB, c audit.Config) *audit.Log {
	t.Helper()
	l, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// book is a closed log of several files, of which every fifth line is signed at
// once, as those of people are.
func book(t testing.TB, s signer, n int) (path string, head audit.Head) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, MaxBytes: 4 << 10, Signer: s})
	for i := range n {
		event, record := reveal, l.Record
		event.Request = fmt.Sprintf("req-%d", i)
		if i%5 == 2 {
			record = l.RecordDurable
		}
		if err := record(event); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path, l.Head()
}

func files(t testing.TB, path string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "audit*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found) // '-' sorts before '.'
	return found
}

func verified(t testing.TB, v audit.Verifier, path string) audit.Report {
	t.Helper()
	report, err := v.Log(path)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestSigned(t *testing.T) {
	s := newSigner(t)
	path, head := book(t, s, 40)
	report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
	if report.Count != 0 || report.Bare != 0 || len(report.Files) < 4 || report.Head.String() != head.String() || report.First != 1 || uint64(report.Lines) != head.Seq {
		t.Fatalf("report is %+v", report)
	}
	if report.Signed < 8 || report.Signed > report.Lines/2+4 {
		t.Errorf("%d of %d lines are signed", report.Signed, report.Lines)
	}
	last := files(t, path)
	for _, file := range last[:len(last)-1] {
		lines := bytes.Split(bytes.TrimSpace(read(t, file)), []byte("\n"))
		if end := lines[len(lines)-1]; !bytes.Contains(end, []byte(`"action":"audit_closed"`)) || !bytes.Contains(end, []byte(`"signature":"`)) {
			t.Errorf("%s ends in %s", file, end)
		}
	}
	parsed, err := audit.ParseHead(head.String())
	if err != nil || parsed.Seq != head.Seq || !strings.HasPrefix(head.Hash, parsed.Hash) {
		t.Errorf("head %s is read as %v (%v)", head, parsed, err)
	}
}

// A decision on a message is covered by a signature soon, with nobody recording
// anything more.
func TestCheckpoint(t *testing.T) {
	s := newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, Signer: s})
	for range 3 {
		if err := l.Record(reveal); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(time.Minute); !bytes.Contains(read(t, path), []byte(`"audit_checkpoint"`)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no checkpoint within a minute")
		}
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || report.Bare != 0 || report.Lines != 4 || report.Signed != 2 {
		t.Errorf("report is %+v", report)
	}
}

// unsealed is a log whose writer was killed with lines that no signature covers.
func unsealed(t *testing.T, s signer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, Signer: s})
	for range 4 { // the first is signed, and nothing was for a second before
		if err := l.Record(reveal); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(copied, read(t, path), 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

// What was not signed when the writer was killed is signed when the log is opened,
// and a line says so: nobody's lines get in unseen.
func TestUnsignedLines(t *testing.T) {
	s := newSigner(t)
	path := unsealed(t, s)
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || report.Bare != 3 || report.Recovered != 0 {
		t.Errorf("report is %+v", report)
	}
	if err := openedWith(t, audit.Config{Path: path, Signer: s}).Close(); err != nil {
		t.Fatal(err)
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || report.Bare != 0 || report.Recovered != 1 {
		t.Errorf("report is %+v", report)
	}
	if !bytes.Contains(read(t, path), []byte(`"action":"audit_recovered","reason":"unsigned_lines"`)) {
		t.Error("no line says so")
	}
}

// A log of an earlier version, without signatures, goes on with them.
func TestSignedAfterUpgrade(t *testing.T) {
	path := written(t, 10)
	s := newSigner(t)
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 1 || report.Problems[0].Reason != audit.ReasonUnsigned || report.Problems[0].Line != 1 {
		t.Errorf("nothing is signed: %+v", report)
	}
	if err := openedWith(t, audit.Config{Path: path, Signer: s}).Close(); err != nil {
		t.Fatal(err)
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || report.Lines != 11 || report.Recovered != 1 {
		t.Errorf("report is %+v", report)
	}
}

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

// A key that is not given is named; one that was rotated away still verifies.
func TestKeysRotated(t *testing.T) {
	first, second := newSigner(t), newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for _, s := range []signer{first, second} {
		l := openedWith(t, audit.Config{Path: path, Signer: s})
		if err := errors.Join(l.RecordDurable(reveal), l.Close()); err != nil {
			t.Fatal(err)
		}
	}
	both := first.keys()
	both[second.id] = second.keys()[second.id]
	if report := verified(t, audit.Verifier{Keys: both}, path); report.Count != 0 || report.Signed != 2 {
		t.Errorf("both keys: %+v", report)
	}
	report := verified(t, audit.Verifier{Keys: second.keys()}, path)
	if report.Count != 1 || report.Problems[0].Reason != audit.ReasonKey || report.Problems[0].Detail != first.id || report.Problems[0].Line != 1 {
		t.Errorf("one key: %+v", report)
	}
}

func base64Of(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func BenchmarkRecordSigned(b *testing.B) {
	l := openedWith(b, audit.Config{Path: filepath.Join(b.TempDir(), "audit.jsonl"), MaxBytes: 64 << 20, Signer: newSigner(b)})
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Record(reveal); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecordDurableSigned(b *testing.B) {
	l := openedWith(b, audit.Config{Path: filepath.Join(b.TempDir(), "audit.jsonl"), MaxBytes: 64 << 20, Signer: newSigner(b)})
	for b.Loop() {
		if err := l.RecordDurable(reveal); err != nil {
			b.Fatal(err)
		}
	}
}

// 64 at once, as under load: they share writes to disk.
func BenchmarkRecordDurableTogether(b *testing.B) {
	l := openedWith(b, audit.Config{Path: filepath.Join(b.TempDir(), "audit.jsonl"), MaxBytes: 64 << 20, Signer: newSigner(b)})
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.RecordDurable(reveal); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	s := newSigner(b)
	path, _ := book(b, s, 2000)
	lines := 0
	for b.Loop() {
		lines += verified(b, audit.Verifier{Keys: s.keys()}, path).Lines
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}

// Whoever has the key can sign a log that was written anew from the beginning: it
// shows against a head that was kept elsewhere.
func TestWrittenAnewWithTheKey(t *testing.T) {
	s := newSigner(t)
	_, head := book(t, s, 20)
	path, other := book(t, s, 30)
	if report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{other}}, path); report.Count != 0 {
		t.Fatalf("the other log: %+v", report)
	}
	report := verified(t, audit.Verifier{Keys: s.keys(), Heads: []audit.Head{head}}, path)
	if report.Count != 1 || report.Problems[0].Reason != audit.ReasonHead {
		t.Errorf("report is %+v", report)
	}
}

// A signature of the same key over something else is none of a line.
func TestSignatureIsForLines(t *testing.T) {
	s := newSigner(t)
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, Signer: stranger{s}})
	if err := errors.Join(l.RecordDurable(reveal), l.Close()); err != nil {
		t.Fatal(err)
	}
	report := verified(t, audit.Verifier{Keys: s.keys()}, path)
	if report.Count != 1 || report.Problems[0].Reason != audit.ReasonSignature {
		t.Errorf("report is %+v", report)
	}
}

// stranger signs the hash alone, as something that is no audit log might.
type stranger struct{ signer }

func (s stranger) Sign(message []byte) []byte {
	return s.signer.Sign(bytes.TrimPrefix(message, []byte("piiproxy audit line\x00")))
}
