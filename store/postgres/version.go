package postgres

import "context"

// LastVersion draws a version: it is above all that were given before.
func (s *Store) LastVersion(ctx context.Context) (last uint64, err error) {
	err = s.do(ctx, false, func(ctx context.Context) error { return s.pool.QueryRow(ctx, s.sql.next).Scan(&last) })
	return last, err
}

// RaiseVersion sees that later versions are above this one. Nobody else may write
// meanwhile: a sequence that is set is set for all.
func (s *Store) RaiseVersion(ctx context.Context, version uint64) error {
	return s.do(ctx, false, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, s.sql.raise, int64(version))
		return err
	})
}
