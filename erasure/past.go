package erasure

import (
	"context"
	"slices"

	"github.com/piiproxy/piiproxy/store"
)

// PolicyWay is the Order.Way of an erasure that nobody asked for: the conversation's
// policy ends it, and may keep a transcript.
const PolicyWay = "policy"

// Past is what stays of a conversation that ended by its policy, until its person or
// somebody for them asks for an erasure. It lies under a prefix that the
// conversation's path gives.
type Past struct {
	Branch
	// Root is what the keys of all such records start with, whoever they are of.
	Root string
}

// Count implements Part.
func (p Past) Count(ctx context.Context, subjects []Subject) ([]int, error) {
	return p.Branch.Count(ctx, pasts(subjects))
}

// Erase implements Part.
func (p Past) Erase(ctx context.Context, subjects []Subject) ([]int, error) {
	return p.Branch.Erase(ctx, pasts(subjects))
}

// pasts are the subjects with all conversations that they ever had.
func pasts(subjects []Subject) []Subject {
	subjects = slices.Clone(subjects)
	for i := range subjects {
		s := &subjects[i]
		if s.Paths = slices.Concat(s.Paths, s.Earlier); !s.Asked {
			s.Paths = nil
		}
	}
	return subjects
}

// there says whether there is any such record, of anybody.
func (p Past) there(ctx context.Context) (bool, error) {
	records, err := p.Store.List(ctx, p.Root, "", 1)
	return len(records) > 0, err
}

// recollect finds the conversations that people had before, by their tombstones,
// where anything may be left of them. It looks through all, once for all subjects.
func (e *Eraser) recollect(ctx context.Context, subjects []Subject) error {
	if !slices.ContainsFunc(subjects, func(s Subject) bool { return s.Asked }) {
		return nil
	}
	left := false
	for _, part := range e.config.Parts {
		past, ok := part.(Past)
		if !ok {
			continue
		}
		there, err := past.there(ctx)
		if err != nil {
			return err
		}
		left = left || there
	}
	if !left {
		return nil
	}
	return walk(ctx, e.config.Records.Conversations, prefix, func(record store.Record) error {
		past, err := e.unseal(record)
		if err != nil {
			return nil // observed where it matters
		}
		for i := range subjects {
			s := &subjects[i]
			if s.Account == past.Account && s.Known(past.Hashes) && !slices.Contains(s.Paths, past.Paths[0]) {
				s.Earlier = append(s.Earlier, past.Paths...)
			}
		}
		return nil
	})
}
