package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// index is what leads from a value to a token that was drawn for it. Its record
// is written in the same put as the value's and has its expiry. It is found with
// the value and the conversation's secret only.
type index struct {
	key     string
	hash    string
	token   string // "": there is none, or it has expired
	version uint64
}

func indexPrefix(c *conversation.Conversation) string { return "index/" + c.Path() + "/" }

// indexBinding is the associated data: account, conversation and hash, which is
// one of kind and canonical form.
func indexBinding(c *conversation.Conversation, hash string) []byte {
	ad := appendText(nil, "piiproxy index")
	for _, part := range []string{c.Account, c.ID, hash} {
		ad = appendText(ad, part)
	}
	return ad
}

// index reads which token was drawn for a value.
func (v *Vault) index(ctx context.Context, c *conversation.Conversation, kind, canonical string) (index, error) {
	hash := encoding.EncodeToString(c.Derive("piiproxy index record", kind, canonical)[:16])
	x := index{key: indexPrefix(c) + hash, hash: hash}
	record, err := v.store.Get(ctx, x.key)
	if errors.Is(err, store.ErrNotFound) {
		return x, nil
	}
	if err != nil {
		return index{}, fmt.Errorf("reading the token of a value: %w", err)
	}
	x.version = record.Version
	plain, err := c.Open(record.Value, indexBinding(c, hash))
	if err != nil || len(plain) != indexLength || plain[0] != indexFormat {
		return index{}, ErrTampered
	}
	if time.Unix(0, int64(binary.BigEndian.Uint64(plain[1:]))).After(v.now()) {
		x.token = tokenWith(kind, string(plain[9:]))
	}
	return x, nil
}

const (
	indexFormat = 1
	indexLength = 9 + idLength
)

// record makes the record that leads to a token: format byte, expiry in
// nanoseconds and the token's id, always of one length.
func (x index) record(c *conversation.Conversation, token string, expires time.Time) (store.Record, error) {
	plain := binary.BigEndian.AppendUint64(append(make([]byte, 0, indexLength), indexFormat), uint64(expires.UnixNano()))
	plain = append(plain, token[len(token)-idLength:]...)
	sealed, err := c.Seal(plain, indexBinding(c, x.hash))
	if err != nil {
		return store.Record{}, fmt.Errorf("sealing the token of a value: %w", err)
	}
	return store.Record{Key: x.key, Value: sealed, Version: x.version, Expires: expires}, nil
}
