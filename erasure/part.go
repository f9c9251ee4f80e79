package erasure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/piiproxy/piiproxy/conversation"
	"github.com/piiproxy/piiproxy/store"
)

// Subject is whom an erasure is about, in the names that records have for them.
type Subject struct {
	Account string
	// Paths are the person's conversations (conversation.Conversation.Path).
	Paths []string
	// Hashes are the person's ids as logs and lanes show them.
	Hashes []string
	// Until is when the person was erased: what came later is somebody new's.
	Until time.Time
	// Spare is the request id of a delivery that stays.
	Spare string
	// Asked says that somebody asked for it, and not only the conversation's policy.
	Asked bool
	// Earlier are the paths of the person's conversations that ended before.
	Earlier []string
	// Conversations are the same as Paths, where their keys are still in memory:
	// not when an erasure goes on that another process began.
	Conversations []*conversation.Conversation
}

// Has reports whether a conversation, by its id, is one of the subject's.
func (s *Subject) Has(account, id string) bool {
	return account == s.Account && slices.ContainsFunc(s.Paths, func(path string) bool { return strings.HasSuffix(path, "/"+id) })
}

// Known reports whether any of these hashes is the subject's.
func (s *Subject) Known(hashes []string) bool {
	return slices.ContainsFunc(hashes, func(hash string) bool { return slices.Contains(s.Hashes, hash) })
}

// Part is one of the places where something is kept of people. Both methods give
// one number for each subject. Erase may be called again for the same subjects,
// and by several processes at once: what is gone already is no error.
type Part interface {
	// Name is what reports call it: one word, such as links.
	Name() string
	// Count says how many records there are.
	Count(ctx context.Context, subjects []Subject) ([]int, error)
	// Erase removes them and says how many there were.
	Erase(ctx context.Context, subjects []Subject) ([]int, error)
}

// Branch is what lies under a prefix that a conversation's path gives.
type Branch struct {
	What   string
	Store  store.Store
	Prefix func(path string) string
}

// Name implements Part.
func (b Branch) Name() string { return b.What }

// Count implements Part.
func (b Branch) Count(ctx context.Context, subjects []Subject) ([]int, error) {
	return b.each(subjects, func(prefix string) (n int, err error) {
		err = walk(ctx, b.Store, prefix, func(store.Record) error { n++; return nil })
		return n, err
	})
}

// Erase implements Part.
func (b Branch) Erase(ctx context.Context, subjects []Subject) ([]int, error) {
	return b.each(subjects, func(prefix string) (int, error) { return b.Store.DeletePrefix(ctx, prefix) })
}

func (b Branch) each(subjects []Subject, do func(prefix string) (int, error)) ([]int, error) {
	counts := make([]int, len(subjects))
	var faults error
	for i, s := range subjects {
		for _, path := range s.Paths {
			n, err := do(b.Prefix(path))
			counts[i] += n
			faults = errors.Join(faults, err)
		}
	}
	return counts, faults
}

// Heap is what lies together for all people: each record is opened to see whose
// it is.
type Heap struct {
	What   string
	Store  store.Store
	Prefix string
	// Whose opens a record and says which subject it is of, -1 for none.
	Whose func(ctx context.Context, record store.Record, subjects []Subject) (int, error)
}

// Name implements Part.
func (h Heap) Name() string { return h.What }

// Count implements Part.
func (h Heap) Count(ctx context.Context, subjects []Subject) ([]int, error) {
	return h.each(ctx, subjects, func(store.Record) error { return nil })
}

// Erase implements Part.
func (h Heap) Erase(ctx context.Context, subjects []Subject) ([]int, error) {
	return h.each(ctx, subjects, func(record store.Record) error {
		err := h.Store.Delete(ctx, record.Key, 0)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
}

func (h Heap) each(ctx context.Context, subjects []Subject, do func(store.Record) error) ([]int, error) {
	counts := make([]int, len(subjects))
	var faults error
	err := walk(ctx, h.Store, h.Prefix, func(record store.Record) error {
		i, err := h.Whose(ctx, record, subjects)
		if err == nil && i >= 0 {
			counts[i]++
			err = do(record)
		}
		faults = errors.Join(faults, err)
		return nil
	})
	return counts, errors.Join(faults, err)
}

// walk visits every record under a prefix.
func walk(ctx context.Context, s store.Store, prefix string, visit func(store.Record) error) error {
	for after := ""; ; {
		page, err := s.List(ctx, prefix, after, store.MaxPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return nil
		}
		for _, record := range page {
			after = record.Key
			if err := visit(record); err != nil {
				return err
			}
		}
	}
}
