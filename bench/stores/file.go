//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/piiproxy/piiproxy/store/bolt"
)

// bareFile commits rows in groups and does nothing else: no comparing, no
// conflicts, no contexts.
type bareFile struct {
	db    *bbolt.DB
	rows  chan bareRow
	ended chan struct{}
}

type bareRow struct {
	key, row, index []byte
	done            chan error
}

// group is as many as one transaction takes, as in store/bolt.
const group = 512

func openBareFile(path string) (*bareFile, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("records"))
		_, other := tx.CreateBucket([]byte("expiry"))
		return errors.Join(err, other)
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	b := &bareFile{db: db, rows: make(chan bareRow, group), ended: make(chan struct{})}
	go b.write()
	return b, nil
}

func (b *bareFile) write() {
	defer close(b.ended)
	for first := range b.rows {
		batch := []bareRow{first}
		for more := true; more && len(batch) < group; {
			select {
			case r, open := <-b.rows:
				if more = open; open {
					batch = append(batch, r)
				}
			default:
				more = false
			}
		}
		err := b.db.Update(func(tx *bbolt.Tx) error {
			records, expiry := tx.Bucket([]byte("records")), tx.Bucket([]byte("expiry"))
			for _, r := range batch {
				if err := errors.Join(records.Put(r.key, r.row), expiry.Put(r.index, nil)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, r := range batch {
			r.done <- err
		}
	}
}

// put writes the rows that the store writes for a record.
func (b *bareFile) put(n int64) error {
	r := recordOf(n)
	row := make([]byte, 24, 24+len(r.Value))
	binary.BigEndian.PutUint64(row[8:], uint64(r.Expires.UnixNano()))
	index := append(binary.BigEndian.AppendUint64(nil, uint64(r.Expires.UnixNano())), r.Key...)
	done := make(chan error, 1)
	b.rows <- bareRow{[]byte(r.Key), append(row, r.Value...), index, done}
	return <-done
}

func (b *bareFile) close() error {
	close(b.rows)
	<-b.ended
	return b.db.Close()
}

// fileBesideBare compares Put of store/bolt with the bare loop.
func fileBesideBare(ctx context.Context, p plan, folder string, out io.Writer) (err error) {
	bare, err := openBareFile(filepath.Join(folder, "bare.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	ours, err := bolt.Open(bolt.Config{Path: filepath.Join(folder, "ours.db")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.Close()) }()
	var bareCount, ourCount counter
	return compare(ctx, p, out, "file: new records, 64 at once, each durable",
		contender{"bare group commit", func(context.Context, int64) error { return bare.put(bareCount.next()) }},
		contender{"store/bolt", func(ctx context.Context, _ int64) error { return ours.Put(ctx, recordOf(ourCount.next())) }})
}
