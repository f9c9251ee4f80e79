// Package store keeps sealed records: what was acknowledged is still there
// after a crash, what has expired is never seen again, and of several writers
// of one record exactly one wins.
//
// A store knows nothing of what it holds. Callers hand over bytes that are
// already sealed, under keys that hold no plain id (they hash first), so a
// stolen file, backup or disk page tells nothing. Meaning lives above: a
// conversation, a value, an undelivered message are all records with a version,
// an expiry and, when something is to be done later, a due time.
//
// Every backend passes the suite in store/storetest unchanged.
package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// Bounds of what a store takes. A delivery has at most 4 MiB; sealed, with its
// envelope, it fits a value.
const (
	// MaxKey is the longest key in bytes.
	MaxKey = 512
	// MaxValue is the longest value in bytes.
	MaxValue = 8 << 20
	// MaxRecords is how many records one Put takes.
	MaxRecords = 16_384
	// MaxPut is how many bytes of values one Put takes.
	MaxPut = 32 << 20
	// MaxPage is how many records one List, Lease or Sweep handles; a larger
	// limit counts as this one.
	MaxPage = 1_000
	// PageBytes ends a page of List or Lease early: the record that reaches it
	// is the last of its page.
	PageBytes = 16 << 20
)

// The errors a caller is meant to tell apart, with [errors.Is]. Any other error
// is a fault of the backend (disk, network) that may pass.
var (
	// ErrNotFound says that there is no record, or that it has expired.
	ErrNotFound = errors.New("no such record")
	// ErrConflict says that a record is not at the version that the caller saw:
	// read it again and decide anew.
	ErrConflict = errors.New("record was changed by another writer")
	// ErrTooLarge says that a value or a Put is over its bound.
	ErrTooLarge = errors.New("record is too large")
	// ErrInvalid says that the call itself is wrong: a key outside the grammar,
	// no expiry, a time that cannot be kept, the same key twice, a limit below 1.
	ErrInvalid = errors.New("invalid record or request")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("store is closed")
	// ErrLocked says that another process holds the store.
	ErrLocked = errors.New("store is held by another process")
)

// Record is one sealed entry.
type Record struct {
	// Key is 1 to MaxKey printable ASCII bytes without space. The part before
	// the first slash says what the record is ("conversation", "value") and is
	// what Lease finds due records by.
	Key string
	// Value is sealed by the caller; at most MaxValue bytes.
	Value []byte
	// Version is what the caller read; 0 in a Put means that no such record may
	// exist. The store sets it: every write gives a version that is larger than
	// the one it replaces and that this key never had before, deleted and
	// created again or not, so a stale writer can never bring an erased record
	// back.
	Version uint64
	// Expires is required. From that instant on the record is not there: reads
	// do not see it, and Version 0 may take its key. Times are kept to the
	// microsecond at least, and come back in UTC.
	Expires time.Time
	// Due is when something is to be done with the record; zero means never.
	Due time.Time
}

// Store keeps records. All methods may be called from many goroutines.
//
// A method that writes has made its change durable when it returns nil: it
// survives kill -9 and power loss. When the context ends while a write waits,
// the error is the context's and the outcome is unknown: the change may have
// happened, or may still happen; read before trying again. Values that come
// back belong to the caller, and the store does not keep those it is given.
//
// Expiry is told by the store's own clock, not the caller's; Lease and Sweep
// compare with the instant they are given.
type Store interface {
	// Get returns the record at key, or ErrNotFound when there is none or it
	// has expired.
	Get(ctx context.Context, key string) (Record, error)

	// Put writes all records or none. Each must be at the Version given (0: must
	// not exist), else nothing is written and the error is ErrConflict. Between
	// comparing and writing no other write comes in. No record is nil and no
	// error. Beyond the bounds: ErrTooLarge; one key twice, a key outside the
	// grammar, no expiry: ErrInvalid.
	Put(ctx context.Context, records ...Record) error

	// Delete removes the record at key if it is at this version; version 0
	// removes it at whatever version. ErrConflict when it has changed,
	// ErrNotFound when it is not there or has expired.
	Delete(ctx context.Context, key string, version uint64) error

	// DeletePrefix removes every record whose key starts with prefix, expired
	// ones too, and says how many. It works in steps: after an error some are
	// gone and calling again goes on. An empty prefix is ErrInvalid.
	DeletePrefix(ctx context.Context, prefix string) (int, error)

	// List returns up to limit records whose key starts with prefix (all, when
	// empty) and is greater than after, ordered by the bytes of the key. Expired
	// ones are left out. A page may be shorter than limit (PageBytes): only an
	// empty one is the end. Pages are not one snapshot.
	List(ctx context.Context, prefix, after string, limit int) ([]Record, error)

	// Lease hands out up to limit records under prefix whose Due is not after
	// now, the longest due first, ties by key. In the same step their Due moves
	// to now+lease and their Version changes, so no other caller gets them until
	// the lease is over; a worker that dies leaves them to be leased again. The
	// returned records carry the new Due and Version, which Put and Delete need
	// to finish. A worker whose lease ran out gets ErrConflict from them. Lease
	// must be more than zero, prefix may be empty.
	Lease(ctx context.Context, prefix string, now time.Time, lease time.Duration, limit int) ([]Record, error)

	// Sweep removes up to limit records that have expired at now, the longest
	// expired first, and says how many. Call it again while it returns limit.
	Sweep(ctx context.Context, now time.Time, limit int) (int, error)

	// Close finishes the writes that wait, refuses new ones with ErrClosed,
	// and returns when nothing of the store runs any more. Closing twice is no
	// error.
	Close() error
}

// CheckKey reports whether key is within the grammar of Record.Key; the error is
// ErrInvalid and never quotes the key.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("%w: a key has 1 to %d bytes, this one %d", ErrInvalid, MaxKey, len(key))
	}
	return CheckPrefix(key)
}

// CheckPrefix reports whether prefix can start a key; the empty one can.
func CheckPrefix(prefix string) error {
	if len(prefix) > MaxKey {
		return fmt.Errorf("%w: a prefix has at most %d bytes, this one %d", ErrInvalid, MaxKey, len(prefix))
	}
	for i := range len(prefix) {
		if prefix[i] <= ' ' || prefix[i] > '~' {
			return fmt.Errorf("%w: byte %d of a key is not printable ASCII", ErrInvalid, i)
		}
	}
	return nil
}

// CheckTime reports whether t can be kept: after 1970 and before 2262, the span
// of 64-bit nanoseconds, which is also within what PostgreSQL keeps.
func CheckTime(t time.Time) error {
	if t.Before(time.Unix(0, 1)) || t.After(time.Unix(0, math.MaxInt64)) {
		return fmt.Errorf("%w: a time must be after 1970 and before 2262", ErrInvalid)
	}
	return nil
}

// CheckPage bounds limit by MaxPage; a limit below 1 is ErrInvalid.
func CheckPage(limit int) (int, error) {
	if limit < 1 {
		return 0, fmt.Errorf("%w: a limit below 1", ErrInvalid)
	}
	return min(limit, MaxPage), nil
}

// CheckPut is what every backend owes before it writes: bounds, grammar, times,
// and no key twice. Its errors never quote a key.
func CheckPut(records []Record) error {
	if len(records) > MaxRecords {
		return fmt.Errorf("%w: %d records in one put, at most %d", ErrTooLarge, len(records), MaxRecords)
	}
	total := 0
	seen := make(map[string]struct{}, len(records))
	for i := range records {
		if err := checkRecord(&records[i]); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
		if _, twice := seen[records[i].Key]; twice {
			return fmt.Errorf("record %d: %w: its key is in this put twice", i, ErrInvalid)
		}
		seen[records[i].Key] = struct{}{}
		total += len(records[i].Value)
	}
	if total > MaxPut {
		return fmt.Errorf("%w: %d bytes in one put, at most %d", ErrTooLarge, total, MaxPut)
	}
	return nil
}

func checkRecord(r *Record) error {
	if err := CheckKey(r.Key); err != nil {
		return err
	}
	if len(r.Value) > MaxValue {
		return fmt.Errorf("%w: a value of %d bytes, at most %d", ErrTooLarge, len(r.Value), MaxValue)
	}
	if err := CheckTime(r.Expires); err != nil {
		return fmt.Errorf("expires: %w", err)
	}
	if !r.Due.IsZero() {
		if err := CheckTime(r.Due); err != nil {
			return fmt.Errorf("due: %w", err)
		}
	}
	return nil
}
