package postgres

import (
	"context"
	"embed"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed migrations/*.sql
var migrations embed.FS

// newest is the number of the last migration; a table at it needs none.
const newest = 1

// errNewer says that a later program has been here.
const errNewer = refusal("the table was written by a later version of piiproxy: use that version, or name another database")

// migrate brings the table to the newest version. Several instances may start at
// once: the advisory lock lets one work and the others find it done. Where the
// database has no such lock (CockroachDB takes the call and does nothing) the
// statements themselves may run twice. A table that is up to date asks for no
// right to change it.
func migrate(ctx context.Context, pool *pgxpool.Pool, table string) error {
	if at, err := version(ctx, pool, table); err != nil || at == newest {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockOf(table)); err != nil {
			return err
		}
		at, err := version(ctx, tx, table)
		if err != nil {
			return err
		}
		for n := at + 1; n <= newest; n++ {
			if err := apply(ctx, tx, table, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockOf is a number that no other program is likely to lock.
func lockOf(table string) int64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte("piiproxy store " + table))
	return int64(hash.Sum64())
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryRow(ctx context.Context, sql string, arguments ...any) pgx.Row
}

// version is the number of the last migration that a table has had, 0 for one
// that does not exist.
func version(ctx context.Context, q queryer, table string) (int, error) {
	var there bool
	const exists = `SELECT EXISTS (SELECT 1 FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_name = $1::text)`
	if err := q.QueryRow(ctx, exists, table+"_format").Scan(&there); err != nil || !there {
		return 0, err
	}
	at := 0
	if err := q.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM `+table+`_format`).Scan(&at); err != nil {
		return 0, err
	}
	if at > newest {
		return 0, errNewer
	}
	return at, nil
}

func apply(ctx context.Context, tx pgx.Tx, table string, n int) error {
	text, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", n))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+table+`_format (version BIGINT NOT NULL PRIMARY KEY)`); err != nil {
		return err
	}
	for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "{{table}}", table), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO `+table+`_format (version) VALUES ($1) ON CONFLICT DO NOTHING`, n)
	return err
}

// checkVersions sees that two connections draw versions in the order of time. A
// database that hands a stock of them to each connection would give a later
// write the smaller version.
func checkVersions(ctx context.Context, pool *pgxpool.Pool, next string) error {
	one, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer one.Release()
	two, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer two.Release()
	last := int64(0)
	for _, each := range []*pgxpool.Conn{one, two, one} {
		drawn := int64(0)
		if err := each.QueryRow(ctx, next).Scan(&drawn); err != nil {
			return err
		}
		if drawn <= last {
			return refusal("the database hands out the numbers of a sequence in stocks, out of order: " +
				"switch that off (YugabyteDB: ysql_sequence_cache_method=server)")
		}
		last = drawn
	}
	return nil
}
