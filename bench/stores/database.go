//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// counter gives each new record a number.
type counter struct{ atomic.Int64 }

func (c *counter) next() int64 { return c.Add(1) }

// database is a server with two equal tables.
type database struct {
	server *pgtest.Server
	store  *postgres.Store
	pool   *pgxpool.Pool // of the bare loop, as large
	put    string        // the statement for Put, on the bare loop's table
	get    string
}

func openDatabase(ctx context.Context) (*database, error) {
	// The statements are read from the server, where the store ran them.
	server, err := pgtest.New("track_activity_query_size=16384")
	if err != nil {
		return nil, err
	}
	d := &database{server: server}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *database) prepare(ctx context.Context) error {
	url, err := d.server.NewDatabase()
	if err != nil {
		return err
	}
	if d.pool, err = pgxpool.New(ctx, url+"&pool_max_conns=10"); err != nil {
		return err
	}
	twin, err := postgres.Open(ctx, postgres.Config{URL: url, Table: "bare"})
	if err != nil {
		return err
	}
	d.put, err = d.statement(ctx, "INSERT INTO bare", func() error { return twin.Put(ctx, recordOf(0)) })
	if err == nil {
		d.get, err = d.statement(ctx, "FROM bare WHERE key = $2", func() error { _, err := twin.Get(ctx, spread(0)); return err })
	}
	if err := errors.Join(err, twin.Close()); err != nil {
		return err
	}
	d.store, err = postgres.Open(ctx, postgres.Config{URL: url, Table: "ours"})
	return err
}

// statement is the last one that holds part, once work has run.
func (d *database) statement(ctx context.Context, part string, work func() error) (text string, err error) {
	if err := work(); err != nil {
		return "", err
	}
	const ask = `SELECT query FROM pg_stat_activity WHERE position($1 IN query) > 0 AND pid <> pg_backend_pid() LIMIT 1`
	if err := d.pool.QueryRow(ctx, ask, part).Scan(&text); err != nil {
		return "", fmt.Errorf("the server does not show the statement with %q", part)
	}
	return text, nil
}

func (d *database) close() error {
	var err error
	if d.store != nil {
		err = d.store.Close()
	}
	if d.pool != nil {
		d.pool.Close()
	}
	return errors.Join(err, d.server.Close())
}

// bare runs the store's statement for one new record and nothing around it.
func (d *database) bare(ctx context.Context, n int64) error {
	r := recordOf(n)
	done := 0
	return d.pool.QueryRow(ctx, d.put, (*time.Time)(nil), [][]byte{[]byte(r.Key)}, [][]byte{[]byte("value")}, [][]byte{r.Value},
		[]int64{0}, []time.Time{r.Expires}, []*time.Time{nil}).Scan(&done)
}

// databaseBesideBare compares Put and Get of store/postgres with bare loops.
func databaseBesideBare(ctx context.Context, p plan, _ string, out io.Writer) (err error) {
	d, err := openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var bareCount, ourCount counter
	err = compare(ctx, p, out, "PostgreSQL: new records, 64 at once over 10 connections, each durable",
		contender{"bare pgx", func(ctx context.Context, _ int64) error { return d.bare(ctx, bareCount.next()) }},
		contender{"store/postgres", func(ctx context.Context, _ int64) error { return d.store.Put(ctx, recordOf(ourCount.next())) }})
	if err != nil {
		return err
	}
	known := min(bareCount.Load(), ourCount.Load())
	return compare(ctx, p, out, "PostgreSQL: known records",
		contender{"bare pgx", func(ctx context.Context, n int64) error {
			var value []byte
			var version int64
			var expires time.Time
			var due *time.Time
			return d.pool.QueryRow(ctx, d.get, (*time.Time)(nil), []byte(spread(1+n%known))).Scan(&value, &version, &expires, &due)
		}},
		contender{"store/postgres", func(ctx context.Context, n int64) error {
			_, err := d.store.Get(ctx, spread(1+n%known))
			return err
		}})
}
