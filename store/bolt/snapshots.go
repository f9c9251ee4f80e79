package bolt

import (
	"errors"
	"sync"

	"go.etcd.io/bbolt"
)

// maxIdle bounds the snapshots that wait for their next reader.
const maxIdle = 16

// snapshots keeps read transactions for the next reader: to begin and end one
// costs more than to read a record. Each is used by one reader at a time. None is
// kept while the writer works: it would hold pages that are free, stand in the way
// of a file that grows, and not see what is just being written.
type snapshots struct {
	db *bbolt.DB

	mutex   sync.Mutex
	idle    []*transaction
	writing bool
	writes  uint64 // begun; a snapshot from before the last one is not used again
}

// take gives a snapshot of all that was acknowledged before.
func (s *snapshots) take() (*transaction, error) {
	s.mutex.Lock()
	if last := len(s.idle) - 1; last >= 0 {
		t := s.idle[last]
		s.idle = s.idle[:last]
		s.mutex.Unlock()
		return t, nil
	}
	writes := s.writes
	if s.writing {
		writes-- // it may not see what is being written: never used again
	}
	s.mutex.Unlock()
	tx, err := s.db.Begin(false)
	if err != nil {
		return nil, err
	}
	t := begin(tx)
	t.writes = writes
	return t, nil
}

// giveBack keeps a snapshot for the next reader, or ends it.
func (s *snapshots) giveBack(t *transaction) error {
	s.mutex.Lock()
	if !s.writing && t.writes == s.writes && len(s.idle) < maxIdle {
		s.idle = append(s.idle, t)
		s.mutex.Unlock()
		return nil
	}
	s.mutex.Unlock()
	return t.tx.Rollback()
}

// update runs a write with no snapshot kept.
func (s *snapshots) update(write func(*bbolt.Tx) error) error {
	err := s.drop()
	if err == nil {
		err = s.db.Update(write)
	}
	s.mutex.Lock()
	s.writing = false
	s.mutex.Unlock()
	return err
}

// drop ends what is idle and keeps nothing more until the write is over.
func (s *snapshots) drop() error {
	s.mutex.Lock()
	s.writing = true
	s.writes++
	idle := s.idle
	s.idle = nil
	s.mutex.Unlock()
	var err error
	for _, t := range idle {
		err = errors.Join(err, t.tx.Rollback())
	}
	return err
}

// close ends all snapshots, for good.
func (s *snapshots) close() error {
	return errors.Join(s.drop(), s.db.Close())
}
