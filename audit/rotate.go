package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A file is closed in these steps, each of which may be the last before a crash:
//
//	the closing line, signed, and everything on disk
//	NAME.jsonl.next with the line that goes on, on disk and locked
//	the full file gets its second name, NAME-NUMBER.jsonl (a hard link)
//	NAME.jsonl.next takes the first name (a rename)
//
// At any moment NAME.jsonl is a whole chain's end, and locked. What an unfinished
// one left behind is taken away when the log is opened.
const nextSuffix = ".next"

// rotate closes the file and goes on in a new one. Where that fails the file goes
// on growing, and it is tried again later: a line is worth more than a size. The
// caller holds the lock.
func (l *Log) rotate() {
	if err := l.rotation(); err != nil {
		l.next = l.tail.offset + max(l.config.MaxBytes/8, 1)
		l.observe(FaultRotation)
	}
}

func (l *Log) rotation() error {
	if err := l.current(); err != nil {
		return err // another file has its name, which must not get that of a closed one
	}
	if err := l.write(Event{Actor: self, Action: ActionClosed}, true); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		l.unsure.Store(true)
		return err
	}
	closed := closedName(l.config.Path, l.tail.seq)
	next, end, err := l.successor(filepath.Base(closed))
	if err != nil {
		return err
	}
	if err := l.swap(closed); err != nil {
		return errors.Join(err, next.Close(), os.Remove(l.config.Path+nextSuffix))
	}
	old := l.file
	l.file, l.tail, l.next = next, end, l.config.MaxBytes
	l.reached(end.seq)
	return old.Close() // on disk already
}

// successor makes the file that goes on, with its first line.
func (l *Log) successor(before string) (*os.File, tail, error) {
	path := l.config.Path + nextSuffix
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, tail{}, err
	}
	line, end, err := l.continued(before)
	if err == nil {
		_, err = file.Write(line)
	}
	if err == nil {
		err = errors.Join(lock(file), file.Sync())
	}
	if err != nil {
		return nil, tail{}, errors.Join(err, file.Close(), os.Remove(path))
	}
	return file, end, nil
}

// continued is the first line of a file that goes on after another.
func (l *Log) continued(before string) (line []byte, end tail, err error) {
	e := stamped(Event{Actor: self, Action: ActionContinued, Reason: before})
	line, hash, err := encode(e, l.tail.seq+1, l.tail.hash, l.config.Signer)
	return line, tail{seq: l.tail.seq + 1, hash: hash, offset: int64(len(line))}, err
}

// swap gives the full file its second name and its first name to the next one.
func (l *Log) swap(closed string) error {
	if err := os.Link(l.config.Path, closed); err != nil {
		return fmt.Errorf("naming the full file: %w", err)
	}
	if err := os.Rename(l.config.Path+nextSuffix, l.config.Path); err != nil {
		return errors.Join(err, os.Remove(closed))
	}
	return syncFolder(filepath.Dir(l.config.Path))
}

// tidy takes away what a rotation that did not finish has left: the log goes on in
// the file that was full, and is closed again.
func (l *Log) tidy() error {
	if err := os.Remove(l.config.Path + nextSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	closed, err := closedFiles(l.config.Path)
	if err != nil || len(closed) == 0 {
		return err
	}
	last := closed[len(closed)-1]
	if found, err := os.Stat(last); err != nil || !os.SameFile(mine, found) {
		return err
	}
	return os.Remove(last) // a second name of the same file
}

// closedName is the name of a closed file by the seq of its last line; names sort
// as the chain goes.
func closedName(path string, last uint64) string {
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%012d%s", strings.TrimSuffix(path, ext), last, ext)
}

// closedFiles lists the closed files of a log, oldest first.
func closedFiles(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("listing closed audit logs: %w", err)
	}
	var found []string
	for _, entry := range entries {
		name := filepath.Join(filepath.Dir(path), entry.Name())
		if number, ok := closedNumber(path, name); ok && closedName(path, number) == name {
			found = append(found, name)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return found, nil
}

func closedNumber(path, name string) (uint64, bool) {
	ext := filepath.Ext(path)
	digits, ok := strings.CutPrefix(name, strings.TrimSuffix(path, ext)+"-")
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(strings.TrimSuffix(digits, ext), 10, 64)
	return number, err == nil
}
