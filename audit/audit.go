// Package audit keeps the record of who did or decided what: appended only,
// chained and signed line by line, and never a value in it.
//
// A log is one JSON object a line. "hash" is the SHA-256 of the line up to it;
// "prev" is the hash of the line before, zeros for the very first; "seq" counts
// from 1. A line that was altered, taken out, put in or moved breaks the chain.
// A line with a "key" also has a "signature" (Ed25519, RFC 8032) over its hash:
// through the chain it covers every line before it, so that nobody without the key
// can write the log anew. What people do is signed at once, what is decided on
// messages within a second. What was cut off at the end shows against a Head that
// somebody kept, and only against that.
//
// A file that is full is closed under a name of its own, and the next one goes on
// with the same chain: its first line names the file before. Nothing here deletes
// a file.
//
// The action comes second: who cannot record must not act. Record and
// RecordDurable return an error when the line is not in the file.
package audit

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed says that the log has been closed.
var ErrClosed = errors.New("audit log is closed")

// errUnsure is what every durable line gets after the disk has refused one: the
// system may have dropped what it could not write, and says so only once.
var errUnsure = errors.New("writing audit log to disk: it failed before, so what the file holds is not sure: mend the disk, then restart")

// errGone is what durable lines get while the file does not have its name: nobody
// would find them.
var errGone = errors.New("writing audit log: its file was moved or taken away under the running process: put it back, or restart")

// Config says where a log is and what it needs.
type Config struct {
	// Path is the file that is written: NAME.jsonl. Closed files stand beside it
	// as NAME-NUMBER.jsonl, by the seq of their last line.
	Path string
	// MaxBytes is from what size a file is closed; 0 means never.
	MaxBytes int64
	// Signer signs; nil leaves the lines unsigned.
	Signer Signer
	// Rules gives the digest of the rules in force, for events that name none; it
	// may be nil.
	Rules func() string
	// Observe hears of what fails in the background, one of Faults; it may be nil.
	Observe func(fault string)
}

// What can fail where no caller is told: the log goes on and tries again.
const (
	FaultCheckpoint = "checkpoint" // lines stay unsigned
	FaultRotation   = "rotation"   // the file grows over its size
	FaultDisk       = "disk"       // the disk refuses: no order is taken until a restart
	FaultGone       = "file_gone"  // the file was moved or taken away: no order is taken until it is back
)

// Log is an open audit log, for many goroutines. One process has it at a time.
type Log struct {
	config Config

	mutex  sync.Mutex
	file   *os.File // nil when closed
	tail   tail
	failed bool  // the file may end in a torn line
	next   int64 // size from which the file is closed

	bare    int       // lines since the last signature
	since   time.Time // when the first of them was written
	signed  time.Time // when a line was signed last
	pending bool      // a timer runs

	syncing sync.Mutex    // one at a time writes to disk, for all who wait
	synced  atomic.Uint64 // seq of the last line that is on disk for sure
	unsure  atomic.Bool   // the disk has refused a write
}

// tail is where the chain ends.
type tail struct {
	seq    uint64
	hash   string
	offset int64 // of the end of the last whole line
}

// Record appends an event. It survives kill -9 at once, and power loss about a
// second later where the log is signed. It is for the decision on every message.
func (l *Log) Record(e Event) error {
	_, _, err := l.append(e, false)
	return err
}

// RecordDurable appends a signed event and returns when it, and all before it, are
// on disk. It is for what people do: reveal, erase, change a mode or a key.
func (l *Log) RecordDurable(e Event) error {
	if l.unsure.Load() {
		return errUnsure
	}
	file, seq, err := l.append(e, true)
	if err != nil {
		return err
	}
	// Outside the lock: the messages of others need not wait for the disk.
	return l.sync(file, seq)
}

// sync returns when a line is on disk. Lines that wait together cost one write.
func (l *Log) sync(file *os.File, seq uint64) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if l.synced.Load() >= seq {
		return nil
	}
	if l.unsure.Load() {
		// The disk refused while this line waited: the system says so once, and the
		// next write to disk looks well without the lines that it dropped.
		return errUnsure
	}
	l.mutex.Lock()
	last := l.tail.seq
	var named error
	if l.file != nil {
		file = l.file // a file before it is on disk since it was closed
		named = l.current()
	}
	l.mutex.Unlock()
	err := file.Sync()
	switch {
	case l.synced.Load() >= seq: // it was closed meanwhile, and written to disk before
		return nil
	case err != nil:
		l.unsure.Store(true)
		return fmt.Errorf("writing audit log to disk: %w", err)
	case named != nil:
		return errGone
	}
	l.reached(last)
	return nil
}

// reached notes that all lines up to seq are on disk.
func (l *Log) reached(seq uint64) {
	for old := l.synced.Load(); old < seq && !l.synced.CompareAndSwap(old, seq); old = l.synced.Load() {
	}
}

// append writes one line and returns the file that it is in and its seq.
func (l *Log) append(e Event, sign bool) (*os.File, uint64, error) {
	if err := e.check(); err != nil {
		return nil, 0, err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil {
		return nil, 0, ErrClosed
	}
	if l.config.MaxBytes > 0 && l.tail.offset >= l.next {
		l.rotate()
	}
	if e.Rules == "" && l.config.Rules != nil {
		e.Rules = l.config.Rules()
	}
	if err := l.write(e, sign); err != nil {
		return nil, 0, err
	}
	return l.file, l.tail.seq, nil
}

// write puts a line at the end of the file. The caller holds the lock.
func (l *Log) write(e Event, sign bool) error {
	now := time.Now()
	if e.Time.IsZero() {
		e.Time = now
	}
	if l.failed {
		// What was written of the line that failed must not stand before this
		// one.
		if err := l.file.Truncate(l.tail.offset); err != nil {
			return fmt.Errorf("repairing audit log: %w", err)
		}
		l.failed = false
	}
	var signer Signer
	if sign || now.Sub(l.signed) >= checkpointAfter {
		signer = l.config.Signer
	}
	line, hash, err := encode(e, l.tail.seq+1, l.tail.hash, signer)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(line); err != nil {
		l.failed = true
		return fmt.Errorf("writing audit log: %w", err)
	}
	l.tail = tail{seq: l.tail.seq + 1, hash: hash, offset: l.tail.offset + int64(len(line))}
	l.cover(now, signer != nil)
	return nil
}

// Head is where the chain ends now.
func (l *Log) Head() Head {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return Head{Seq: l.tail.seq, Hash: l.tail.hash}
}

// Close signs what is not signed yet, writes everything to disk and lets go of the
// file. Closing twice is no error.
func (l *Log) Close() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.file == nil {
		return nil
	}
	var problem error
	if l.bare > 0 && l.config.Signer != nil {
		problem = l.write(checkpoint, true)
	}
	file := l.file
	err := file.Sync()
	if err == nil {
		l.reached(l.tail.seq)
	}
	l.file = nil
	if err := errors.Join(problem, err, file.Close()); err != nil {
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
