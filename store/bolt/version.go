package bolt

import "context"

// LastVersion is the largest version that the store has given.
func (s *Store) LastVersion(ctx context.Context) (last uint64, err error) {
	err = s.view(ctx, func(t *transaction) error {
		last = t.records.Sequence()
		return nil
	})
	return last, err
}

// RaiseVersion sees that later versions are above this one.
func (s *Store) RaiseVersion(ctx context.Context, version uint64) error {
	return s.do(ctx, 0, func(t *transaction) (refusal, fault error) {
		if t.records.Sequence() >= version {
			return nil, nil
		}
		t.changed = true
		return nil, t.records.SetSequence(version)
	})
}
