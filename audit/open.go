package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Reasons of ActionRecovered: what was found when the log was opened.
const (
	// RecoveredTorn: a line that a crash tore was cut off.
	RecoveredTorn = "torn_line"
	// RecoveredUnsigned: the writer ended before it signed its last lines. This
	// line is signed, and covers them from now on.
	RecoveredUnsigned = "unsigned_lines"
	// RecoveredGone: there were closed files, but none that goes on after them.
	RecoveredGone = "file_gone"
	// RecoveredCut: the log does not have a line that it had once, as whoever opens
	// it knows (see Log.Has).
	RecoveredCut = "lines_gone"
)

// Open opens the log at path, unsigned and in one file: see Config.Open.
func Open(path string) (*Log, error) { return Config{Path: path}.Open() }

// Open opens a log, and makes it with mode 0600 (its folder with 0700) when it is
// missing. A last line that was torn by a crash is cut off, and a line of its own
// says so. It does not check the whole chain: Verifier does.
func (c Config) Open() (*Log, error) {
	l, err := c.open()
	if err != nil {
		return nil, fmt.Errorf("opening audit log %s: %w", c.Path, err)
	}
	return l, nil
}

// Look reads where the log at path ends, and changes nothing. A log that is being
// written may end in a torn line, which is none yet. An error says that Open would
// fail, too.
func Look(path string) (Head, error) {
	file, err := os.Open(path)
	if err != nil {
		return Head{}, fmt.Errorf("opening audit log: %w", err)
	}
	defer file.Close()
	l := &Log{file: file}
	if _, err := l.findEnd(); err != nil {
		return Head{}, fmt.Errorf("opening audit log %s: %w", path, err)
	}
	return Head{l.tail.seq, l.tail.hash}, nil
}

func (c Config) open() (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
		return nil, fmt.Errorf("making its folder: %w", err)
	}
	if target, err := filepath.EvalSymlinks(c.Path); err == nil {
		c.Path = target // what is renamed and linked later is the file itself
	}
	c.Path = filepath.Clean(c.Path)
	file, err := os.OpenFile(c.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{config: c, file: file, next: c.MaxBytes}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *Log) begin() error {
	if err := lock(l.file); err != nil {
		return err
	}
	if err := l.current(); err != nil {
		return err
	}
	if err := l.narrow(); err != nil {
		return err
	}
	if err := l.tidy(); err != nil {
		return err
	}
	end, err := l.findEnd()
	if err != nil {
		return err
	}
	if l.tail.offset == 0 {
		if err := syncFolder(filepath.Dir(l.config.Path)); err != nil {
			return fmt.Errorf("writing its folder to disk: %w", err)
		}
	}
	return l.recover(end)
}

// recover mends what an earlier writer left, and says so.
func (l *Log) recover(end end) error {
	if end.torn > 0 {
		if err := l.file.Truncate(l.tail.offset); err != nil {
			return fmt.Errorf("cutting off a torn line: %w", err)
		}
	}
	reason := ""
	switch {
	case l.tail.seq == 0:
		closed, err := closedFiles(l.config.Path)
		if err != nil {
			return err
		}
		if len(closed) > 0 {
			return l.goOn(closed[len(closed)-1])
		}
		if end.torn > 0 {
			reason = RecoveredTorn
		}
	case end.torn > 0:
		reason = RecoveredTorn
	case end.bare && l.config.Signer != nil:
		reason = RecoveredUnsigned
	}
	if reason == "" {
		return nil
	}
	return l.RecordDurable(Event{Actor: self, Action: ActionRecovered, Reason: reason})
}

// goOn begins a file after a closed one whose successor is gone. Whoever took it
// away cannot have the chain begin anew as if nothing had been.
func (l *Log) goOn(closed string) error {
	before, err := os.Open(closed)
	if err != nil {
		return err
	}
	defer before.Close()
	last := &Log{config: l.config, file: before}
	if _, err := last.findEnd(); err != nil {
		return fmt.Errorf("the file before it, %s: %w", filepath.Base(closed), err)
	}
	l.tail = tail{seq: last.tail.seq, hash: last.tail.hash}
	line, end, err := l.continued(filepath.Base(closed))
	if err != nil {
		return err
	}
	if _, err := l.file.Write(line); err != nil {
		return err
	}
	l.tail = end
	return l.RecordDurable(Event{Actor: self, Action: ActionRecovered, Reason: RecoveredGone})
}

// current sees that the file still has its name: another process may have closed it
// while this one waited for nothing.
func (l *Log) current() error {
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(l.config.Path)
	if err != nil {
		return err
	}
	if !os.SameFile(mine, named) {
		return errors.New("another process has just closed this file and begun the next: try again")
	}
	return nil
}

// syncFolder makes a new file's name durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // has no such call
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func (l *Log) narrow() error {
	found, err := l.file.Stat()
	if err != nil {
		return err
	}
	if !found.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	if runtime.GOOS == "windows" || found.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := l.file.Chmod(0o600); err != nil {
		return fmt.Errorf("others may read the file, and its mode cannot be narrowed: run chmod 600 on it: %w", err)
	}
	return nil
}

func stamped(e Event) Event {
	e.Time = time.Now()
	return e
}
