package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// indexKey orders by time, then key.
func indexKey(nanoseconds uint64, key string) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(key)), nanoseconds), key...)
}

// collection is the part of a key before its first slash.
func collection(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}

// expired returns up to limit keys whose time has come at now, oldest first.
func (t *transaction) expired(now time.Time, limit int) []string {
	var found []string
	cursor := t.expiry().Cursor()
	for entry, _ := cursor.First(); entry != nil && len(found) < limit; entry, _ = cursor.Next() {
		at, key, err := splitIndex(entry)
		if err != nil || at.After(now) {
			break
		}
		found = append(found, key)
	}
	return found
}

// waiting is one entry of the due index.
type waiting struct {
	due time.Time
	key string
}

// dueUnder returns up to limit records that are due at now and live at clock,
// the longest due first.
func (t *transaction) dueUnder(prefix string, now, clock time.Time, limit int) ([]waiting, error) {
	var found []waiting
	for _, name := range t.collections(prefix) {
		more, err := t.dueIn(name, prefix, now, clock, limit)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b waiting) int {
		if order := a.due.Compare(b.due); order != 0 {
			return order
		}
		return strings.Compare(a.key, b.key)
	})
	return found[:min(limit, len(found))], nil
}

// collections names the due indexes that prefix reaches into.
func (t *transaction) collections(prefix string) [][]byte {
	if strings.Contains(prefix, "/") {
		return [][]byte{[]byte(collection(prefix))}
	}
	var names [][]byte
	cursor := t.due().Cursor()
	name, _ := cursor.Seek([]byte(prefix))
	for ; name != nil && bytes.HasPrefix(name, []byte(prefix)); name, _ = cursor.Next() {
		names = append(names, name)
	}
	return names
}

func (t *transaction) dueIn(name []byte, prefix string, now, clock time.Time, limit int) ([]waiting, error) {
	index := t.due().Bucket(name)
	if index == nil {
		return nil, nil
	}
	var found []waiting
	cursor := index.Cursor()
	for entry, _ := cursor.First(); entry != nil && len(found) < limit; entry, _ = cursor.Next() {
		at, key, err := splitIndex(entry)
		if err != nil {
			return nil, err
		}
		if at.After(now) {
			break
		}
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		version, err := t.version(key, clock)
		if err != nil {
			return nil, err
		}
		if version != 0 {
			found = append(found, waiting{due: at, key: key})
		}
	}
	return found, nil
}

func splitIndex(entry []byte) (time.Time, string, error) {
	if len(entry) < 9 {
		return time.Time{}, "", fmt.Errorf("index: %w", errDamaged)
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(entry))), string(entry[8:]), nil
}
