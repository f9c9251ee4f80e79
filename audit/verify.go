package audit

import (
	"crypto/ed25519"
	"errors"
	"fmt"
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
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // closed files stand beside the file itself, see Config.Open
	}
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
	w := &walk{verifier: v, report: Report{Problems: []Problem{}}, prev: firstPrev, found: make([]bool, len(v.Heads))}
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
