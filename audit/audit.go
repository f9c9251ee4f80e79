// Package audit keeps the record of who did or decided what: appended only,
// each line chained to the one before by a hash, and never a value in it.
//
// The file is one JSON object a line. "hash" is the SHA-256 of the line up to
// it; "prev" is the hash of the line before, zeros for the first; "seq" counts
// from 1. A line that was altered, taken out, put in or moved breaks the chain
// and Verify names it. The chain has no key: it shows tampering to whoever kept
// a hash from before (a copy of the last line is enough), and lines cut off at
// the end show only against such a copy.
//
// The action comes second: who cannot record must not act. Record and
// RecordDurable return an error when the line is not in the file.
package audit

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Bounds of an event.
const (
	maxText  = 512 // bytes of one field
	maxKinds = 256
	maxLine  = 64 << 10
)

// ErrEvent says that an event has no actor or action, is over its bounds (512
// bytes a field, 256 kinds), or has something in a field that must not be there:
// Conversation takes a keyed hash of a-z2-7 and Kinds take [a-z0-9_]+, so that no
// user id and no value gets into them by mistake. Source takes an IP address,
// Result one of its words, Rules hexadecimal digits.
var ErrEvent = errors.New("audit event is incomplete, too long, or holds what it must not")

// ErrClosed says that the log has been closed.
var ErrClosed = errors.New("audit log is closed")

// Event is one thing done or decided. No field ever holds message text, a value,
// a token or a user id.
type Event struct {
	// Time is when; zero means now.
	Time time.Time
	// Actor is who: a user of the console, a command, "piiproxy" itself.
	Actor string
	// Action is what, from a closed list of the caller's: "reveal", "mode".
	Action string
	// Account is the account's name, if there is one.
	Account string
	// Conversation is the keyed hash that logs show.
	Conversation string
	// Kinds are the kinds of personal data that it was about.
	Kinds []string
	// Count is how many values, records or messages.
	Count int
	// Reason is why: a reason of the closed list, or what the operator gave.
	Reason string
	// Request is the request_id of the log line.
	Request string
	// Purpose is what for, from the caller's own list: "chargeback".
	Purpose string
	// Source is the IP address that an order came from, without a port; empty
	// for what piiproxy decides itself.
	Source string
	// Result is Done, Refused or Failed; empty on decisions about messages,
	// whose Reason says it.
	Result string
	// Rules is the digest of the rules in force.
	Rules string
}

// Results of what somebody ordered. The line is written before the action, so it
// says Done of what is about to be done; where that failed, a second line with
// the same Request says Failed.
const (
	Done    = "done"
	Refused = "refused"
	Failed  = "failed"
)

func (e *Event) check() error {
	for _, text := range []string{e.Actor, e.Action, e.Account, e.Conversation, e.Reason, e.Request, e.Purpose, e.Rules} {
		if len(text) > maxText {
			return ErrEvent
		}
	}
	if !e.closed() {
		return ErrEvent
	}
	if e.Actor == "" || e.Action == "" || len(e.Kinds) > maxKinds || !made(e.Conversation, isHash) {
		return ErrEvent
	}
	for _, kind := range e.Kinds {
		if kind == "" || len(kind) > maxText/8 || !made(kind, isKind) {
			return ErrEvent
		}
	}
	return nil
}

// closed says whether the fields hold nothing that is not of their few shapes.
func (e *Event) closed() bool {
	if e.Source != "" {
		if source, err := netip.ParseAddr(e.Source); err != nil || source.Zone() != "" {
			return false
		}
	}
	switch e.Result {
	case "", Done, Refused, Failed:
		return made(e.Rules, isDigit16)
	}
	return false
}

func made(text string, of func(byte) bool) bool {
	for i := range len(text) {
		if !of(text[i]) {
			return false
		}
	}
	return true
}

func isHash(b byte) bool { return 'a' <= b && b <= 'z' || '2' <= b && b <= '7' }

func isDigit16(b byte) bool { return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' }

func isKind(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '_' }

// Log is an open audit log, for many goroutines. One process has it at a time.
type Log struct {
	mutex  sync.Mutex
	file   *os.File
	path   string
	tail   tail
	failed bool // the file may end in a torn line
}

// tail is where the chain ends.
type tail struct {
	seq    uint64
	hash   string
	offset int64 // of the end of the last whole line
}

// Open opens the log at path, and makes it with mode 0600 (its folder with 0700)
// when it is missing. A last line that was torn by a crash is cut off, and a line
// of its own says so. It does not check the whole chain: Verify does.
func Open(path string) (*Log, error) {
	l, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("opening audit log %s: %w", path, err)
	}
	return l, nil
}

func open(path string) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making its folder: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l := &Log{file: file, path: path}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *Log) begin() error {
	if err := lock(l.file); err != nil {
		return err
	}
	if err := l.narrow(); err != nil {
		return err
	}
	torn, err := l.findTail()
	if err != nil {
		return err
	}
	if l.tail.offset == 0 {
		if err := syncFolder(filepath.Dir(l.path)); err != nil {
			return fmt.Errorf("writing its folder to disk: %w", err)
		}
	}
	if torn == 0 {
		return nil
	}
	if err := l.file.Truncate(l.tail.offset); err != nil {
		return fmt.Errorf("cutting off a torn line: %w", err)
	}
	return l.RecordDurable(Event{Actor: "piiproxy", Action: "audit_recovered", Reason: "torn_line"})
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

// Record appends an event and leaves it to the operating system when it reaches
// the disk: it survives kill -9, but not power loss. It is for the decision on
// every message.
func (l *Log) Record(e Event) error {
	_, err := l.append(e)
	return err
}

// RecordDurable appends an event and returns when it, and all before it, are on
// disk. It is for what people do: reveal, erase, change a mode or a key.
func (l *Log) RecordDurable(e Event) error {
	file, err := l.append(e)
	if err != nil {
		return err
	}
	// Outside the lock: the messages of others need not wait for the disk.
	if err := file.Sync(); err != nil {
		return fmt.Errorf("writing audit log to disk: %w", err)
	}
	return nil
}

// append writes one line and returns the file that it is in.
func (l *Log) append(e Event) (*os.File, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil {
		return nil, ErrClosed
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if l.failed {
		// What was written of the line that failed must not stand before this
		// one.
		if err := l.file.Truncate(l.tail.offset); err != nil {
			return nil, fmt.Errorf("repairing audit log: %w", err)
		}
		l.failed = false
	}
	line, hash, err := encode(e, l.tail.seq+1, l.tail.hash)
	if err != nil {
		return nil, err
	}
	if _, err := l.file.Write(line); err != nil {
		l.failed = true
		return nil, fmt.Errorf("writing audit log: %w", err)
	}
	l.tail = tail{seq: l.tail.seq + 1, hash: hash, offset: l.tail.offset + int64(len(line))}
	return l.file, nil
}

// Close writes everything to disk and lets go of the file. Closing twice is no
// error.
func (l *Log) Close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("closing audit log: %w", err)
	}
	return nil
}

// Nop records nothing, for the demo.
type Nop struct{}

// Record does nothing.
func (Nop) Record(Event) error { return nil }

// RecordDurable does nothing.
func (Nop) RecordDurable(Event) error { return nil }
