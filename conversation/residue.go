package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piiproxy/piiproxy/store"
)

// Residue is what a platform holds of a person that no store of ours does: a
// message with personal data that was typed into the chat.
type Residue struct {
	Message string    `json:"message"` // the platform's id
	Kinds   []string  `json:"kinds"`
	At      time.Time `json:"at"`
	// Platform and Retention say who holds it, and for how long by its own word.
	Platform  string `json:"platform"`
	Retention string `json:"retention"`
}

// residuePrefix is what the store keys of residues start with.
const residuePrefix = "residue/"

// ResidueStore is what the ledger needs of a store.Store.
type ResidueStore interface {
	Store
	List(ctx context.Context, prefix, after string, limit int) ([]store.Record, error)
	Delete(ctx context.Context, key string, version uint64) error
}

// Ledger keeps residues for as long as conversations live, sealed under their
// data keys: an export lists them, and an erasure of the conversation ends them.
type Ledger struct {
	store ResidueStore
	now   func() time.Time
}

// NewLedger opens the ledger over a store.
func NewLedger(s ResidueStore, now func() time.Time) *Ledger { return &Ledger{s, now} }

func residueKey(c *Conversation, message string) string {
	return residuePrefix + c.path + "/" + encoding.EncodeToString(c.Derive("piiproxy residue", message)[:16])
}

// Note keeps a residue; the same message again is one. It is durable on return.
func (l *Ledger) Note(ctx context.Context, c *Conversation, r Residue) error {
	key := residueKey(c, r.Message)
	plain, err := json.Marshal(r)
	if err != nil {
		return errors.New("encoding a residue")
	}
	sealed, err := c.Seal(plain, binding("piiproxy residue", c.Account, c.ID, key))
	if err != nil {
		return err
	}
	err = l.store.Put(ctx, store.Record{Key: key, Value: sealed, Expires: l.now().Add(Lifetime)})
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("writing a residue: %w", err)
	}
	return nil
}

// Forget drops the residue of a message that the person took back.
func (l *Ledger) Forget(ctx context.Context, c *Conversation, message string) error {
	err := l.store.Delete(ctx, residueKey(c, message), 0)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("erasing a residue: %w", err)
	}
	return nil
}

// List returns the residues of a conversation, in no order. Errors: ErrTampered,
// and faults of the store.
func (l *Ledger) List(ctx context.Context, c *Conversation) ([]Residue, error) {
	var list []Residue
	prefix, after := residuePrefix+c.path+"/", ""
	for {
		page, err := l.store.List(ctx, prefix, after, store.MaxPage)
		if err != nil {
			return nil, fmt.Errorf("listing residues: %w", err)
		}
		if len(page) == 0 {
			return list, nil
		}
		for _, record := range page {
			after = record.Key
			plain, err := c.Open(record.Value, binding("piiproxy residue", c.Account, c.ID, record.Key))
			if err != nil {
				return nil, ErrTampered
			}
			var r Residue
			if json.Unmarshal(plain, &r) != nil {
				return nil, ErrTampered
			}
			list = append(list, r)
		}
	}
}
