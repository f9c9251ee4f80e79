-- One table holds records, one sequence gives their versions. Keys are bytes:
-- they compare as bytes in every database and under every collation.
CREATE TABLE IF NOT EXISTS {{table}} (
	key        BYTEA       NOT NULL PRIMARY KEY,
	collection BYTEA       NOT NULL, -- the part of the key before its first slash
	value      BYTEA       NOT NULL,
	version    BIGINT      NOT NULL,
	expires    TIMESTAMPTZ NOT NULL,
	due        TIMESTAMPTZ           -- NULL: never
);
CREATE INDEX IF NOT EXISTS {{table}}_expires ON {{table}} (expires);
CREATE INDEX IF NOT EXISTS {{table}}_due ON {{table}} (collection, due, key) WHERE due IS NOT NULL;
CREATE SEQUENCE IF NOT EXISTS {{table}}_version CACHE 1;
