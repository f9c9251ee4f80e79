package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Uses of keys, as operators see them.
const (
	Sealing = "sealing"
	Signing = "signing"
	Naming  = "naming"
)

// States of keys. Staged: opens (or verifies) and has never sealed (or signed).
// Retiring: has sealed, and only opens now.
const (
	Primary  = "primary"
	Staged   = "staged"
	Retiring = "retiring"
)

// Key describes one key.
type Key struct {
	ID    string `json:"id"`
	Use   string `json:"use"`
	State string `json:"state"`
	// Made and Promoted are zero where a folder does not know: made by an earlier
	// version, or its ring.json was lost.
	Made     time.Time `json:"made,omitzero"`
	Promoted time.Time `json:"promoted,omitzero"`
}

// ring is ring.json: what Tink's key sets do not say about their keys. It holds no
// secret, and nothing opens or fails to open by it.
type ring struct {
	Keys []moment `json:"keys"`
	// Destroyed are sealing keys that were retired while records were sealed under
	// them: an operator has given those records up.
	Destroyed []string `json:"destroyed,omitempty"`
}

// moment is when something happened to a key.
type moment struct {
	ID       string    `json:"id"`
	Made     time.Time `json:"made,omitzero"`
	Promoted time.Time `json:"promoted,omitzero"`
}

func (r *ring) find(id string) *moment {
	if r == nil {
		return &moment{ID: id}
	}
	if i := slices.IndexFunc(r.Keys, func(m moment) bool { return m.ID == id }); i >= 0 {
		return &r.Keys[i]
	}
	r.Keys = append(r.Keys, moment{ID: id})
	return &r.Keys[len(r.Keys)-1]
}

// encoded is the file, without keys that are gone.
func (r *ring) encoded(from keysets) ([]byte, error) {
	list, err := r.describe(from)
	if err != nil {
		return nil, err
	}
	r.Keys = slices.DeleteFunc(r.Keys, func(m moment) bool {
		return !slices.ContainsFunc(list, func(k Key) bool { return k.ID == m.ID })
	})
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", fileRing, err)
	}
	return append(content, '\n'), nil
}

func parseRing(content []byte) (*ring, error) {
	r := new(ring)
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(r); err != nil {
		return nil, errors.New("is damaged: take it away (it only says when keys were made), or restore it from the backup")
	}
	return r, nil
}

// describe lists the keys of the sets, the oldest of each first.
func (r *ring) describe(from keysets) ([]Key, error) {
	var list []Key
	for _, each := range from.named() {
		passed := false
		for i := range each.handle.Len() {
			entry, err := each.handle.Entry(i)
			if err != nil {
				return nil, errors.New("a key set cannot be listed")
			}
			id, err := each.id(entry)
			if err != nil {
				return nil, err
			}
			known := r.find(id)
			key := Key{ID: id, Use: each.use, State: Retiring, Made: known.Made, Promoted: known.Promoted}
			switch {
			case entry.IsPrimary():
				key.State, passed = Primary, true
			case passed && known.Promoted.IsZero():
				key.State = Staged // keys are added at the end
			}
			list = append(list, key)
		}
	}
	return list, nil
}

// named is a key set and what it is for.
type named struct {
	use, file string
	handle    *keyset.Handle
	id        func(*keyset.Entry) (string, error)
}

func (k keysets) named() []named {
	plain := func(entry *keyset.Entry) (string, error) { return idOf(entry), nil }
	return []named{
		{Sealing, fileAEAD, k.sealing, plain},
		{Naming, filePRF, k.naming, plain},
		{Signing, fileSign, k.signing, signingID},
	}
}

func signingID(entry *keyset.Entry) (string, error) {
	public, err := publicOf(entry)
	if err != nil {
		return "", err
	}
	return KeyID(public), nil
}
