package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// walk is where a verification is.
type walk struct {
	verifier Verifier
	report   Report

	path   string // of the file that is read
	before string // the name of the one before
	number int    // of the line in its file

	seq       uint64 // of the last line that was in its place
	prev      string // its hash
	found     []bool // which of the heads are there
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
		w.found[i] = true
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
		case w.found[i]:
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
