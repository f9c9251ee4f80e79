package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/piiproxy/piiproxy/store"
)

// The buckets. The due index has one bucket inside for each collection (the part
// of a key before the first slash), so that looking for due messages does not
// step over due links.
var (
	bucketFormat  = []byte("format")
	bucketRecords = []byte("records")
	bucketExpiry  = []byte("expiry")
	bucketDue     = []byte("due")
	keyFormat     = []byte("version")
)

// formatVersion is what this program writes and the only one it reads.
const formatVersion = "1"

// headerSize is version, expiry and due time before the value, eight bytes each.
const headerSize = 24

// errDamaged says that a row is not what this package writes.
var errDamaged = errors.New("a record in the store file is damaged: restore it from a backup")

// prepare makes the buckets of a new file and checks the format of an old one.
func prepare(db *bbolt.DB) error {
	return db.Update(func(tx *bbolt.Tx) error {
		known := tx.Bucket(bucketFormat)
		if known == nil {
			for _, name := range [][]byte{bucketFormat, bucketRecords, bucketExpiry, bucketDue} {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			return tx.Bucket(bucketFormat).Put(keyFormat, []byte(formatVersion))
		}
		if string(known.Get(keyFormat)) != formatVersion {
			return errors.New("the file was written by another version of piiproxy: use that version, or set store.path to a new file")
		}
		return nil
	})
}

// transaction is the buckets within one transaction. The indexes are opened when
// they are asked for: a read of one record, which is most of what is done, would
// spend a fifth of its time on them.
type transaction struct {
	tx           *bbolt.Tx
	records      *bbolt.Bucket
	byTime, todo *bbolt.Bucket // nil until asked for
	changed      bool
	writes       uint64 // of a snapshot: how many had begun before
}

func begin(tx *bbolt.Tx) *transaction {
	return &transaction{tx: tx, records: tx.Bucket(bucketRecords)}
}

// expiry is the index by expiry.
func (t *transaction) expiry() *bbolt.Bucket {
	if t.byTime == nil {
		t.byTime = t.tx.Bucket(bucketExpiry)
	}
	return t.byTime
}

// due is the index by due time, a bucket for each collection.
func (t *transaction) due() *bbolt.Bucket {
	if t.todo == nil {
		t.todo = t.tx.Bucket(bucketDue)
	}
	return t.todo
}

// header is what stands before a value.
type header struct {
	version, expires, due uint64 // times in nanoseconds since 1970; due 0: never
}

func (h header) expiredAt(now time.Time) bool {
	return !time.Unix(0, int64(h.expires)).After(now)
}

func parseHeader(row []byte) (header, error) {
	if len(row) < headerSize {
		return header{}, errDamaged
	}
	return header{
		version: binary.BigEndian.Uint64(row),
		expires: binary.BigEndian.Uint64(row[8:]),
		due:     binary.BigEndian.Uint64(row[16:]),
	}, nil
}

// encodeRow copies a record into a row whose version is still to be set.
func encodeRow(r *store.Record) []byte {
	row := make([]byte, headerSize, headerSize+len(r.Value))
	binary.BigEndian.PutUint64(row[8:], uint64(r.Expires.UnixNano()))
	if !r.Due.IsZero() {
		binary.BigEndian.PutUint64(row[16:], uint64(r.Due.UnixNano()))
	}
	return append(row, r.Value...)
}

// decodeRow copies a row, which is only valid within its transaction.
func decodeRow(key string, row []byte) (store.Record, error) {
	h, err := parseHeader(row)
	if err != nil {
		return store.Record{}, err
	}
	r := store.Record{
		Key:     key,
		Value:   bytes.Clone(row[headerSize:]),
		Version: h.version,
		Expires: time.Unix(0, int64(h.expires)).UTC(),
	}
	if h.due != 0 {
		r.Due = time.Unix(0, int64(h.due)).UTC()
	}
	return r, nil
}

func (t *transaction) get(key string, now time.Time) (store.Record, bool, error) {
	row := t.records.Get([]byte(key))
	if row == nil {
		return store.Record{}, false, nil
	}
	h, err := parseHeader(row)
	if err != nil || h.expiredAt(now) {
		return store.Record{}, false, err
	}
	r, err := decodeRow(key, row)
	return r, err == nil, err
}

// version returns the version at key, 0 when there is no record that lives.
func (t *transaction) version(key string, now time.Time) (uint64, error) {
	row := t.records.Get([]byte(key))
	if row == nil {
		return 0, nil
	}
	h, err := parseHeader(row)
	if err != nil || h.expiredAt(now) {
		return 0, err
	}
	return h.version, nil
}

// put sets the version in row and writes it with its index entries.
func (t *transaction) put(key string, row []byte) (uint64, error) {
	if err := t.remove(key); err != nil {
		return 0, err
	}
	// One sequence for all records, raised by every write: no version ever
	// comes twice, not even for a key that was deleted in between.
	version, err := t.records.NextSequence()
	if err != nil {
		return 0, err
	}
	binary.BigEndian.PutUint64(row, version)
	h, err := parseHeader(row)
	if err != nil {
		return 0, err
	}
	t.changed = true
	if err := t.records.Put([]byte(key), row); err != nil {
		return 0, err
	}
	if err := t.expiry().Put(indexKey(h.expires, key), nil); err != nil {
		return 0, err
	}
	if h.due == 0 {
		return version, nil
	}
	index, err := t.due().CreateBucketIfNotExists([]byte(collection(key)))
	if err != nil {
		return 0, err
	}
	return version, index.Put(indexKey(h.due, key), nil)
}

// remove takes a record and its index entries away; none there is no error.
func (t *transaction) remove(key string) error {
	row := t.records.Get([]byte(key))
	if row == nil {
		return nil
	}
	h, err := parseHeader(row)
	if err != nil {
		return err
	}
	t.changed = true
	if err := t.expiry().Delete(indexKey(h.expires, key)); err != nil {
		return err
	}
	if index := t.due().Bucket([]byte(collection(key))); h.due != 0 && index != nil {
		if err := index.Delete(indexKey(h.due, key)); err != nil {
			return err
		}
	}
	return t.records.Delete([]byte(key))
}

func (t *transaction) list(prefix, after string, limit int, now time.Time) ([]store.Record, error) {
	var page []store.Record
	size := 0
	cursor := t.records.Cursor()
	key, row := cursor.Seek([]byte(max(prefix, after)))
	for ; key != nil && strings.HasPrefix(string(key), prefix); key, row = cursor.Next() {
		if string(key) <= after {
			continue
		}
		h, err := parseHeader(row)
		if err != nil {
			return nil, err
		}
		if h.expiredAt(now) {
			continue
		}
		r, err := decodeRow(string(key), row)
		if err != nil {
			return nil, err
		}
		page = append(page, r)
		if size += len(r.Value); len(page) == limit || size >= store.PageBytes {
			break
		}
	}
	return page, nil
}

// keys returns up to limit keys that start with prefix, expired or not.
func (t *transaction) keys(prefix string, limit int) []string {
	var found []string
	cursor := t.records.Cursor()
	key, _ := cursor.Seek([]byte(prefix))
	for ; key != nil && strings.HasPrefix(string(key), prefix) && len(found) < limit; key, _ = cursor.Next() {
		found = append(found, string(key))
	}
	return found
}
