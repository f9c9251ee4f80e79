package postgres

import "strings"

// statements are the SQL of one table. $1 is always the clock: the instant that
// tells what has expired, or NULL for the database's own.
type statements struct {
	get, put, remove, removePrefix, list, lease, leaseAll, sweep, next, raise string
}

// live is true of records that are there at the clock.
const live = `expires > coalesce($1::timestamptz, statement_timestamp())`

func statementsFor(table string) statements {
	fill := strings.NewReplacer("{{table}}", table, "{{live}}", live)
	return statements{
		get:          fill.Replace(getSQL),
		put:          fill.Replace(putSQL),
		remove:       fill.Replace(removeSQL),
		removePrefix: fill.Replace(removePrefixSQL),
		list:         fill.Replace(listSQL),
		lease:        fill.Replace(strings.ReplaceAll(leaseSQL, "{{collection}}", "collection = $7")),
		leaseAll:     fill.Replace(strings.ReplaceAll(leaseSQL, "{{collection}}", "collection >= $7")),
		sweep:        fill.Replace(sweepSQL),
		next:         fill.Replace(nextSQL),
		raise:        fill.Replace(raiseSQL),
	}
}

const getSQL = `
SELECT value, version, expires, due FROM {{table}} WHERE key = $2 AND {{live}}`

// putSQL writes all of the records given or none.
//
// held locks those that are there, in order, and sees them as they are once the
// lock is held; from then on nobody else changes them. wrong counts those that
// are not as the caller saw them: with one of these nothing is written and the
// answer is 0. What nobody could lock is a key that did not exist. Where another
// transaction makes it first, the update finds a live record at another version
// and leaves it, and a record is missing among the written: dividing by zero
// then ends the whole statement, which takes the others back. Versions are drawn
// while the row is locked, so that a later write has a larger one.
const putSQL = `
WITH given AS MATERIALIZED (
	SELECT key, collection, value, version, expires, due
	FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
		AS g (key, collection, value, version, expires, due)
), held AS MATERIALIZED (
	SELECT key, CASE WHEN {{live}} THEN version ELSE 0 END AS version
	FROM {{table}} WHERE key = ANY($2::bytea[]) ORDER BY key FOR UPDATE
), wrong AS MATERIALIZED (
	SELECT count(*) AS n FROM given LEFT JOIN held ON held.key = given.key
	WHERE coalesce(held.version, 0) <> given.version
), written AS (
	INSERT INTO {{table}} (key, collection, value, version, expires, due)
	SELECT key, collection, value, CASE WHEN version = 0 THEN nextval('{{table}}_version') ELSE version END, expires, due
	FROM given WHERE (SELECT n FROM wrong) = 0 ORDER BY key
	ON CONFLICT (key) DO UPDATE SET
		value = excluded.value, version = nextval('{{table}}_version'), expires = excluded.expires, due = excluded.due
	WHERE {{table}}.version = excluded.version OR NOT ({{table}}.{{live}})
	RETURNING 1
)
SELECT CASE WHEN (SELECT n FROM wrong) > 0 THEN 0
	ELSE 1 / (CASE WHEN (SELECT count(*) FROM written) = (SELECT count(*) FROM given) THEN 1 ELSE 0 END) END`

const removeSQL = `
DELETE FROM {{table}} WHERE key = $2 AND {{live}} AND ($3::bigint = 0 OR version = $3::bigint)`

// removePrefixSQL names what it removes by an array: a planner that does not know
// the limit would read the whole table to join it with a subquery.
const removePrefixSQL = `
DELETE FROM {{table}} WHERE key = ANY (ARRAY(
	SELECT key FROM {{table}} WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3 FOR UPDATE))`

// listSQL ends a page at the record that reaches $6 bytes.
const listSQL = `
SELECT key, value, version, expires, due FROM (
	SELECT key, value, version, expires, due, sum(octet_length(value)) OVER (ORDER BY key) - octet_length(value) AS ahead
	FROM (
		SELECT key, value, version, expires, due FROM {{table}}
		WHERE key >= $2 AND key < $3 AND key > $4 AND {{live}} ORDER BY key LIMIT $5
	) AS part
) AS weighed
WHERE ahead < $6 ORDER BY key`

// leaseSQL moves what is due. What another lease or a write holds at this moment
// is left to it. It ends at the record that reaches $8 bytes.
const leaseSQL = `
WITH found AS MATERIALIZED (
	SELECT key, due, octet_length(value) AS size FROM {{table}}
	WHERE {{collection}} AND key >= $2 AND key < $3 AND due <= $4 AND {{live}}
	ORDER BY due, key LIMIT $6 FOR UPDATE SKIP LOCKED
), page AS MATERIALIZED (
	SELECT key, due, sum(size) OVER (ORDER BY due, key) - size AS ahead FROM found
), leased AS (
	UPDATE {{table}} AS r SET due = $5, version = nextval('{{table}}_version')
	FROM page WHERE r.key = page.key AND page.ahead < $8
	RETURNING r.key, r.value, r.version, r.expires, r.due, page.due AS was
)
SELECT key, value, version, expires, due FROM leased ORDER BY was, key`

const sweepSQL = `
DELETE FROM {{table}} WHERE key = ANY (ARRAY(
	SELECT key FROM {{table}} WHERE expires <= $1 ORDER BY expires, key LIMIT $2 FOR UPDATE SKIP LOCKED))`

const nextSQL = `SELECT nextval('{{table}}_version')`

const raiseSQL = `SELECT setval('{{table}}_version', greatest($1::bigint, nextval('{{table}}_version')))`
