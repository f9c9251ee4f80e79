package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// instancePrefix is where instances say which keys they have. It is in plain:
	// ids of keys are no secret, and an instance with an older folder must be able
	// to read it.
	instancePrefix = "meta/instance/"
	// announceEvery is how often; forgotten is after how long an instance that has
	// ended no longer counts.
	announceEvery = 20 * time.Second
	forgotten     = 70 * time.Second

	// usePrefix is where instances count sealings, by key.
	usePrefix = "meta/sealings/"
	// useKept outlasts every key.
	useKept = 100 * 365 * 24 * time.Hour

	// turnKey is held by the one instance that moves records.
	turnKey  = "meta/rotation"
	turnLast = time.Minute
)

// Instance is what a running instance says of itself.
type Instance struct {
	Keys    []string `json:"keys"` // sealing keys that it opens
	Primary string   `json:"primary"`
	Signing []string `json:"signing"` // signing keys that it has
}

// Instances reads what the running instances have said, at most 70 s ago.
func Instances(ctx context.Context, s store.Store) (map[string]Instance, error) {
	found := map[string]Instance{}
	after := ""
	for {
		records, err := s.List(ctx, instancePrefix, after, page)
		if err != nil {
			return nil, fmt.Errorf("reading what instances say: %w", err)
		}
		if len(records) == 0 {
			return found, nil
		}
		for _, record := range records {
			after = record.Key
			var said Instance
			if err := json.Unmarshal(record.Value, &said); err != nil {
				return nil, errors.New("reading what instances say: a record is altered")
			}
			found[record.Key[len(instancePrefix):]] = said
		}
	}
}

// Forget forgets all instances. It is for whoever alone has a store: those that it
// says are running have been killed.
func Forget(ctx context.Context, s store.Store) error {
	_, err := s.DeletePrefix(ctx, instancePrefix)
	if err == nil {
		err = s.Delete(ctx, turnKey, 0)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("forgetting instances that were killed: %w", err)
	}
	return nil
}

// Sealings reads how often each key has sealed, over all instances. What was
// sealed in the 20 s before an instance was killed is missing.
func Sealings(ctx context.Context, s store.Store) (map[string]uint64, error) {
	found := map[string]uint64{}
	records, err := s.List(ctx, usePrefix, "", page)
	if err != nil {
		return nil, fmt.Errorf("reading how often keys have sealed: %w", err)
	}
	for _, record := range records {
		var n uint64
		if err := json.Unmarshal(record.Value, &n); err != nil {
			return nil, errors.New("reading how often keys have sealed: a record is altered")
		}
		found[record.Key[len(usePrefix):]] = n
	}
	return found, nil
}

// overwrite writes a record whatever is there.
func overwrite(ctx context.Context, s store.Store, key string, expires time.Time, value func(old []byte) ([]byte, error)) error {
	for range 100 {
		record, err := s.Get(ctx, key)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		fresh, err := value(record.Value)
		if err != nil {
			return err
		}
		err = s.Put(ctx, store.Record{Key: key, Value: fresh, Version: record.Version, Expires: expires})
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

// addSealings adds to the count of a key.
func addSealings(ctx context.Context, s store.Store, id string, more uint64, now time.Time) error {
	return overwrite(ctx, s, usePrefix+id, now.Add(useKept), func(old []byte) ([]byte, error) {
		var n uint64
		if len(old) > 0 {
			if err := json.Unmarshal(old, &n); err != nil {
				n = 0 // better than to count no more
			}
		}
		return json.Marshal(n + more)
	})
}
