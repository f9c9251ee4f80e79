package audit

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Verifier checks logs. It takes no lock: a log may be written while it is read.
type Verifier struct {
	// Keys are the public keys that may have signed, by id. Without any only the
	// chain is checked, which whoever can write the files can also write anew.
	Keys map[string]ed25519.PublicKey
	// Heads that the log said earlier: the chain must have them all.
	Heads []Head
	// Each is called with every line that holds; an error ends the reading.
	Each func(file string, number int, line Line) error
	// Progress is called every 100,000 lines with their number so far.
	Progress func(lines int)

	seen func(seq uint64, hash string) // every line that is in its place
}

// Report is what was found.
type Report struct {
	Files []string `json:"files"`
	Lines int      `json:"lines"`
	First uint64   `json:"first"` // seq
	Head  Head     `json:"-"`     // of the last line
	// Held is how many lines there are before the first problem.
	Held int `json:"held"`
	// Signed lines, and Bare ones after the last of them.
	Signed int `json:"signed"`
	Bare   int `json:"bare"`
	// Recovered lines say that a writer did not end in order.
	Recovered int `json:"recovered"`
	// Problems are the first 100; Count is how many there are.
	Problems []Problem `json:"problems"`
	Count    int       `json:"count"`
}

// maxProblems bounds what is told: what is broken throughout needs no list.
const maxProblems = 100

// progressEvery is how many lines pass between two calls of Progress.
const progressEvery = 100_000

// bareFor is for how long lines of a log that is signed may stand without a
// signature: a second, and some for a busy machine.
const bareFor = 10 * time.Second

// Verify checks the chain of the log at path, with the closed files beside it, and
// returns how many lines hold, from the first on. When one does not, the error is a
// *Problem that names it.
func Verify(path string) (n int, err error) {
	report, err := Verifier{}.Log(path)
	if err == nil && report.Count > 0 {
		err = &report.Problems[0]
	}
	return report.Held, err
}

// Log checks the file at path and the closed ones beside it.
func (v Verifier) Log(path string) (Report, error) {
	for range 10 {
		before, err := closedFiles(path)
		if err != nil {
			return Report{}, fmt.Errorf("verifying audit log: %w", err)
		}
		current, err := os.Open(path)
		if err != nil {
			return Report{}, fmt.Errorf("verifying audit log: %w", err)
		}
		after, err := closedFiles(path)
		if err == nil && len(before) == len(after) {
			report, err := v.files(before, current, path)
			return report, errors.Join(err, current.Close())
		}
		if err := errors.Join(err, current.Close()); err != nil { // a file was closed meanwhile: look again
			return Report{}, fmt.Errorf("verifying audit log: %w", err)
		}
	}
	return Report{}, errors.New("verifying audit log: files are closed faster than they can be listed: try again")
}

// Files checks files in the order in which they are given.
func (v Verifier) Files(paths ...string) (Report, error) { return v.files(paths, nil, "") }

func (v Verifier) files(closed []string, current *os.File, path string) (Report, error) {
	w := &walk{verifier: v, report: Report{Problems: []Problem{}}, prev: firstPrev}
	for _, each := range closed {
		file, err := os.Open(each)
		if err != nil {
			return w.report, fmt.Errorf("verifying audit log: %w", err)
		}
		if err := errors.Join(w.file(file, each), file.Close()); err != nil {
			return w.report, err
		}
	}
	if current != nil {
		if err := w.file(current, path); err != nil {
			return w.report, err
		}
	}
	w.finish()
	return w.report, nil
}

// walk is where a verification is.
type walk struct {
	verifier Verifier
	report   Report

	path   string // of the file that is read
	before string // the name of the one before
	number int    // of the line in its file

	seq       uint64 // of the last line that was in its place
	prev      string // its hash
	found     uint64 // bits of the heads that are there
	bareSince time.Time
	bareAt    Problem // where the lines without a signature begin
	last      time.Time
}

// file reads one file.
func (w *walk) file(file io.Reader, path string) error {
	w.before, w.path, w.number = filepath.Base(w.path), path, 0
	w.report.Files = append(w.report.Files, path)
	reader := bufio.NewReaderSize(file, maxLine)
	for {
		raw, err := reader.ReadSlice('\n')
		w.number++
		switch {
		case errors.Is(err, io.EOF) && len(raw) == 0:
			w.number--
			return nil
		case errors.Is(err, io.EOF):
			w.problem(ReasonTorn, "")
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			w.report.Lines++
			w.problem(ReasonMalformed, "longer than any line")
			if err := skipLine(reader); err != nil {
				return fmt.Errorf("verifying audit log: %w", err)
			}
			continue
		case err != nil:
			return fmt.Errorf("verifying audit log: %w", err)
		}
		if err := w.line(raw); err != nil {
			return err
		}
	}
}

// skipLine reads on to the next line.
func skipLine(reader *bufio.Reader) error {
	for {
		_, err := reader.ReadSlice('\n')
		if err == nil || errors.Is(err, io.EOF) {
			return nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// line checks one line and goes on behind it, whatever it is.
func (w *walk) line(raw []byte) error {
	w.report.Lines++
	if w.verifier.Progress != nil && w.report.Lines%progressEvery == 0 {
		w.verifier.Progress(w.report.Lines)
	}
	p, ok := split(raw)
	if !ok {
		w.problem(ReasonMalformed, "")
		return nil
	}
	line, ok := decode(raw, p)
	if sum(p.body) != p.hash {
		w.problem(ReasonAltered, "")
		if ok && line.Seq == w.seq+1 {
			w.seq, w.prev = line.Seq, p.hash // what comes next holds on to what was there
		}
		return nil
	}
	if !ok {
		w.problem(ReasonMalformed, "")
		return nil
	}
	if !w.place(line, p) {
		return nil
	}
	if w.verifier.seen != nil {
		w.verifier.seen(line.Seq, p.hash)
	}
	w.heads(line.Seq, p.hash)
	w.signature(line, p)
	if line.Action == ActionRecovered {
		w.report.Recovered++
		if line.Reason == RecoveredGone {
			w.problem(ReasonFile, "the file that went on here was gone when the log was opened")
		}
	}
	if w.verifier.Each != nil {
		return w.verifier.Each(w.path, w.number, line)
	}
	return nil
}

// place says whether a line is in its place.
func (w *walk) place(line Line, p parts) bool {
	switch {
	case w.report.First == 0 && w.seq == 0 && line.Action == ActionContinued && w.number == 1:
		// Older files are where the operator keeps them.
	case line.Seq <= w.seq:
		w.problem(ReasonOutOfOrder, "")
		return false
	case line.Seq > w.seq+1:
		w.gap(line)
	case line.Prev != w.prev:
		w.problem(ReasonReplaced, "")
	}
	if w.report.First == 0 {
		w.report.First = line.Seq
	}
	w.seq, w.prev = line.Seq, p.hash
	w.report.Head = Head{line.Seq, p.hash}
	return true
}

// gap tells of lines that are not there.
func (w *walk) gap(line Line) {
	lines := fmt.Sprintf("lines %d to %d of the chain", w.seq+1, line.Seq-1)
	if w.number == 1 && line.Action == ActionContinued && line.Reason != w.before && plainName(line.Reason) {
		w.problem(ReasonFile, fmt.Sprintf("%s, with %s", line.Reason, lines))
		return
	}
	w.problem(ReasonMissing, lines)
}

// plainName says that a text from a log may be shown: a file's name of ours.
func plainName(text string) bool {
	return len(text) <= 128 && text != "" && made(text, func(b byte) bool {
		return isKind(b) || 'A' <= b && b <= 'Z' || b == '-' || b == '.'
	})
}

func (w *walk) heads(seq uint64, hash string) {
	for i, head := range w.verifier.Heads {
		if head.Seq != seq {
			continue
		}
		w.found |= 1 << min(i, 63)
		if !head.is(hash) {
			w.problem(ReasonHead, fmt.Sprintf("line %d of the chain was another one: the log was written anew from there or before", seq))
		}
	}
}

// signature checks a line's signature, and keeps account of those that have none.
func (w *walk) signature(line Line, p parts) {
	at, err := time.Parse(time.RFC3339Nano, line.Time)
	if err == nil {
		w.last = at
	}
	if p.signature == "" {
		if w.report.Bare++; w.report.Bare == 1 {
			w.bareSince, w.bareAt = w.last, Problem{File: w.path, Line: w.number}
		}
		return
	}
	w.report.Signed++
	if len(w.verifier.Keys) > 0 {
		key, known := w.verifier.Keys[line.Key]
		switch {
		case !known && plainName(line.Key):
			w.problem(ReasonKey, line.Key)
			return
		case !known || !verifySignature(key, p.hash, p.signature):
			w.problem(ReasonSignature, "")
			return
		}
	}
	w.report.Bare = 0
}

// finish tells what shows only at the end.
func (w *walk) finish() {
	if w.report.Count == 0 {
		w.report.Held = w.report.Lines
	}
	if len(w.verifier.Keys) > 0 && w.report.Bare > 0 && (w.report.Signed == 0 || w.last.Sub(w.bareSince) > bareFor) {
		w.problemAt(w.bareAt, ReasonUnsigned, fmt.Sprintf("no signature covers this line and those after it, %d in all", w.report.Bare))
	}
	for i, head := range w.verifier.Heads {
		switch {
		case w.found&(1<<min(i, 63)) != 0:
		case head.Seq > w.seq:
			w.problem(ReasonHead, fmt.Sprintf("the log had line %d once and ends at line %d: what came after was cut off", head.Seq, w.seq))
		case w.report.First > head.Seq:
			w.problem(ReasonHead, fmt.Sprintf("line %d of the chain is in a file that is not among these, which begin at line %d: name it, too", head.Seq, w.report.First))
		default:
			w.problem(ReasonHead, fmt.Sprintf("line %d of the chain is not there", head.Seq))
		}
	}
}

func (w *walk) problem(reason, detail string) {
	w.problemAt(Problem{File: w.path, Line: w.number}, reason, detail)
}

func (w *walk) problemAt(at Problem, reason, detail string) {
	at.Reason, at.Detail = reason, detail
	if w.report.Count++; w.report.Count == 1 && w.report.Held == 0 {
		w.report.Held = max(0, w.report.Lines-1)
		if reason == ReasonTorn {
			w.report.Held = w.report.Lines // which it is none of
		}
	}
	if len(w.report.Problems) < maxProblems {
		w.report.Problems = append(w.report.Problems, at)
	}
}
