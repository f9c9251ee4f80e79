package media

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrUnread is what the extractor gives for a file that it cannot tell about: it
// is over a limit, or the program failed, took too long, was killed, or printed
// what is no text. Such a file is not clean.
var ErrUnread = errors.New("media: the extractor could not read the file")

// ErrBusy says that all slots of the extractor were taken for as long as a run
// may take.
var ErrBusy = errors.New("media: the extractor has no free slot")

// Program is what an Extractor runs.
type Program struct {
	// Command is the program, by its full path, and its arguments; no shell is
	// between. It gets the file on standard input, which it may also open as
	// /dev/stdin and read in any order, and prints its text in UTF-8.
	Command []string
	// Types are media types that it reads, or all of a kind: image/*.
	Types []string
	// Confine is a command that sets limits and becomes the one that its further
	// arguments name: memory in bytes and seconds of the processor are put before
	// them (see Confine). Empty: nothing but time and output is bounded.
	Confine []string
	Timeout time.Duration
	Input   int64 // bytes of a file; it is held in memory
	Output  int64 // bytes of its text
	Memory  int64 // bytes of one process
	Slots   int   // runs at a time, each of which holds its file
}

// Extractor has files read that hold words in a form that the rules cannot read:
// scanned pages, PDF. It runs a program of the operator's for each, with bounded
// time, memory and output, an empty environment, and no way to write files. A nil
// Extractor reads nothing. It is safe for concurrent use.
type Extractor struct {
	program Program
	slots   chan struct{}
}

// NewExtractor makes an extractor. The program is read-only from then on.
func NewExtractor(program Program) *Extractor {
	return &Extractor{program: program, slots: make(chan struct{}, program.Slots)}
}

// Reads says that files of this type are to be read.
func (e *Extractor) Reads(t Type) bool {
	return e != nil && slices.ContainsFunc(e.program.Types, func(wanted string) bool {
		if kind, all := strings.CutSuffix(wanted, "/*"); all {
			return strings.HasPrefix(t.MIME, kind+"/")
		}
		return t.MIME == wanted || families[wanted] != "" && families[wanted] == families[t.MIME]
	})
}

// Reading is a file with its text. The file is read from its beginning, and its
// memory and slot are given back by Close.
type Reading struct {
	io.Reader
	Size  int64 // bytes of the file
	Text  string
	close func() error
}

// Close implements io.Closer.
func (r *Reading) Close() error { return r.close() }

// Read holds a file in memory and has it read. Errors are ErrUnread, ErrBusy, the
// context's, and those of the file's reader.
func (e *Extractor) Read(ctx context.Context, file io.Reader) (*Reading, error) {
	wait := time.NewTimer(e.program.Timeout)
	defer wait.Stop()
	select {
	case e.slots <- struct{}{}:
	case <-wait.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	held, size, err := hold(file, e.program.Input)
	if err != nil {
		<-e.slots
		return nil, err
	}
	reading := &Reading{Reader: io.NewSectionReader(held, 0, size), Size: size, close: sync.OnceValue(func() error {
		<-e.slots
		return held.Close()
	})}
	if reading.Text, err = e.program.run(ctx, held); err != nil {
		return nil, errors.Join(err, reading.Close())
	}
	return reading, nil
}

// printed keeps what a program prints, up to a bound.
type printed struct {
	content []byte
	most    int64
	over    bool
	stop    func() // called when it prints more
}

// Write implements io.Writer.
func (p *printed) Write(more []byte) (int, error) {
	if int64(len(p.content)+len(more)) > p.most {
		p.over = true
		p.stop()
		return 0, io.ErrShortWrite
	}
	p.content = append(p.content, more...)
	return len(more), nil
}
