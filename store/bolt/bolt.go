// Package bolt is a store in one file, for one process: nothing to run beside
// piiproxy, and a write that was acknowledged survives kill -9 and power loss.
//
// One goroutine writes. It takes every write that waits, compares and applies
// them one after the other in one transaction, and one sync to disk pays for
// all of them; a conflict in one of them touches no other. Reads go past it, on
// a snapshot.
//
// The file holds four buckets: the format, the records by key, and two indexes,
// by expiry and by due time. It never shrinks, and freed pages keep their old
// bytes until they are used again, which is why only sealed bytes belong here.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/piiproxy/piiproxy/store"
)

// Config says where the store is.
type Config struct {
	// Path is the file. It is made with mode 0600 when it is missing, its folder
	// with 0700; a wider mode of the file is narrowed.
	Path string
	// Now is the store's clock; nil means time.Now.
	Now func() time.Time
	// LockTimeout is how long Open waits for another process to let go of the
	// file; zero means one second.
	LockTimeout time.Duration
}

// Store is a store.Store in one file. Make it with Open.
type Store struct {
	readers  *snapshots
	now      func() time.Time
	requests chan *request
	stopping chan struct{} // closed by Close: no new writes
	stopped  chan struct{} // closed by the writer: nothing runs any more
	once     sync.Once
	closed   error
}

var _ store.Store = (*Store)(nil)

// Open opens the store at config.Path and makes it when there is none. The error
// is store.ErrLocked when another process holds it, and says what to do; other
// errors say whether the file can be read, and whether it is a store at all.
func Open(config Config) (*Store, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.LockTimeout == 0 {
		config.LockTimeout = time.Second
	}
	db, err := openFile(config)
	if err != nil {
		return nil, fmt.Errorf("opening store %s: %w", config.Path, err)
	}
	if err := prepare(db); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", config.Path, errors.Join(err, db.Close()))
	}
	s := &Store{
		readers:  &snapshots{db: db},
		now:      config.Now,
		requests: make(chan *request, maxBatch),
		stopping: make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	go s.write()
	return s, nil
}

func openFile(config Config) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(config.Path), 0o700); err != nil {
		return nil, fmt.Errorf("making its folder: %w", err)
	}
	isNew, err := narrow(config.Path)
	if err != nil {
		return nil, err
	}
	db, err := bbolt.Open(config.Path, 0o600, &bbolt.Options{
		Timeout: config.LockTimeout,
		// A store that expires most of what it holds has a long list of free
		// pages: rebuilt at start it costs nothing per commit.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
	})
	switch {
	case err == nil && isNew:
		if err := syncFolder(filepath.Dir(config.Path)); err != nil {
			return nil, fmt.Errorf("writing its folder to disk: %w", errors.Join(err, db.Close()))
		}
		return db, nil
	case err == nil:
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%w, most likely a running `piiproxy serve`: stop that one first, "+
			"or let this command speak to its admin listener", store.ErrLocked)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("the file is not a piiproxy store, or it is damaged: "+
			"restore it from a backup, or set store.path to a new file: %w", err)
	default:
		return nil, err
	}
}

// narrow takes the rights of others from a file that is already there.
func narrow(path string) (isNew bool, err error) {
	found, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if found.IsDir() {
		return false, errors.New("it is a folder: set store.path to a file")
	}
	if runtime.GOOS == "windows" || found.Mode().Perm()&0o077 == 0 {
		return false, nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return false, fmt.Errorf("others may read the file, and its mode cannot be narrowed: run chmod 600 on it: %w", err)
	}
	return false, nil
}

// syncFolder makes a new file's name as durable as what is written to it.
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

// Close finishes what waits and releases the file.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.stopping)
		<-s.stopped
		s.closed = s.readers.close()
	})
	return s.closed
}

// Get reads on a snapshot: it waits for no writer.
func (s *Store) Get(ctx context.Context, key string) (store.Record, error) {
	if err := store.CheckKey(key); err != nil {
		return store.Record{}, err
	}
	var found store.Record
	err := s.view(ctx, func(t *transaction) error {
		r, ok, err := t.get(key, s.now())
		if err != nil {
			return err
		}
		if !ok {
			return store.ErrNotFound
		}
		found = r
		return nil
	})
	return found, err
}

// List reads one page on a snapshot.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error) {
	limit, err := checkScan(prefix, limit)
	if err != nil {
		return nil, err
	}
	if err := store.CheckPrefix(after); err != nil {
		return nil, err
	}
	var page []store.Record
	err = s.view(ctx, func(t *transaction) error {
		page, err = t.list(prefix, after, limit, s.now())
		return err
	})
	return page, err
}

// view runs read on a snapshot.
func (s *Store) view(ctx context.Context, read func(*transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := s.readers.take()
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	if err != nil {
		return err
	}
	err = read(t)
	if ended := s.readers.giveBack(t); ended != nil {
		return errors.Join(err, ended)
	}
	return err
}

func checkScan(prefix string, limit int) (int, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return 0, err
	}
	return store.CheckPage(limit)
}
