// Package postgres is a store in a PostgreSQL database, for a fleet: any number
// of instances work on one table, and what one has acknowledged all the others
// see.
//
// Each method is one statement, so that a known value costs one round trip and a
// write one more sync. Statements lock records in the order of their keys; what
// the database ends because of another transaction (a serialization failure, a
// deadlock) is tried again here. Time is told by the database, so the clocks of
// the instances may differ.
//
// The SQL is also CockroachDB's and YugabyteDB's; docs/scale-out.md says what
// those need. Errors of the driver and the server may quote addresses, keys or
// values: none of their text comes out of this package, only what happened.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/piiproxy/piiproxy/store"
)

// Config says where the store is.
type Config struct {
	// URL is a postgres:// URL with whatever parameters libpq and pgx know:
	// sslmode, several hosts, pool_max_conns (default 10), connect_timeout
	// (default 5 s). Through PgBouncer in transaction mode it needs
	// default_query_exec_mode=exec. It may hold a password and is never quoted.
	URL string
	// Renewed is the URL as it is now, where passwords change while the store is
	// open: each new connection takes user and password from it. Nil: from URL.
	Renewed func() string
	// Table is the records' table; letters a-z, digits and underscores. It is
	// made when it is missing. Several stores can share a database.
	Table string
	// Timeout ends each operation, whatever its context says, so that a database
	// that hangs holds nobody for ever; zero means 15 seconds.
	Timeout time.Duration
	// Look opens what is there and makes or changes nothing; ErrNoTable when the
	// table is not there, or not of this version.
	Look bool
	// Now is the store's clock, for tests; nil means the database's.
	Now func() time.Time
}

// Store is a store.Store in one table. Make it with Open.
type Store struct {
	pool    *pgxpool.Pool
	sql     statements
	timeout time.Duration
	now     func() time.Time

	mutex  sync.Mutex
	closed bool
	active sync.WaitGroup // operations under way
}

// ErrNoTable says that the table has to be made or brought up to date, by opening
// the store without Config.Look.
var ErrNoTable = errors.New("the table is not there, or not of this version")

var _ store.Store = (*Store)(nil)

// tableName is short enough that the names of its indexes are not cut off.
var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

// Open connects, brings the table to this program's version and checks what the
// promises of a store need from the server. Its errors say what to do and never
// quote the URL.
func Open(ctx context.Context, config Config) (*Store, error) {
	if !tableName.MatchString(config.Table) {
		return nil, errors.New("opening store: a table's name has up to 48 letters a-z, digits and underscores")
	}
	if config.Timeout == 0 {
		config.Timeout = 15 * time.Second
	}
	settings, err := poolSettings(config)
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("opening store: %w", faultOf(ctx, err))
	}
	s := &Store{pool: pool, sql: statementsFor(config.Table), timeout: config.Timeout, now: config.Now}
	if err := s.prepare(ctx, config); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening store: %w", err)
	}
	return s, nil
}

// prepare brings the table up to date and checks the order of its versions.
func (s *Store) prepare(ctx context.Context, config Config) error {
	if config.Look {
		at := 0
		err := s.do(ctx, true, func(ctx context.Context) (err error) {
			at, err = version(ctx, s.pool, config.Table)
			return err
		})
		if err == nil && at != newest {
			return ErrNoTable
		}
		return err
	}
	err := s.do(ctx, true, func(ctx context.Context) error { return migrate(ctx, s.pool, config.Table) })
	if err != nil {
		return err
	}
	return s.do(ctx, true, func(ctx context.Context) error { return checkVersions(ctx, s.pool, s.sql.next) })
}

// Close lets what is under way finish and closes the connections.
func (s *Store) Close() error {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.active.Wait()
	s.pool.Close()
	return nil
}

// begin counts an operation in, unless the store is closed.
func (s *Store) begin() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.closed {
		return store.ErrClosed
	}
	s.active.Add(1)
	return nil
}

// clock is the parameter that statements take for the instant of expiry; nil
// lets the database tell it.
func (s *Store) clock() *time.Time {
	if s.now == nil {
		return nil
	}
	now := s.now()
	return &now
}
