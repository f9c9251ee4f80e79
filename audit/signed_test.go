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
	bare := 0
	for bare == 0 { // a line that comes after a second is signed itself
		if err := l.Record(reveal); err != nil {
			t.Fatal(err)
		}
		bare = verified(t, audit.Verifier{Keys: s.keys()}, path).Bare
	}
	for end := time.Now().Add(time.Minute); verified(t, audit.Verifier{Keys: s.keys()}, path).Bare > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no signature within a minute")
		}
	}
	if report := verified(t, audit.Verifier{Keys: s.keys()}, path); report.Count != 0 || !bytes.Contains(read(t, path), []byte(`"audit_checkpoint"`)) {
		t.Errorf("report is %+v", report)
	}
}

// unsealed is a log whose writer was killed with lines that no signature covers.
func unsealed(t *testing.T, s signer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := openedWith(t, audit.Config{Path: path, Signer: s})
	for verified(t, audit.Verifier{}, path).Bare != 3 { // a line that comes after a second is signed itself
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
