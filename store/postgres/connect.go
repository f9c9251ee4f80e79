package postgres

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connections is how many a store opens at most, where its URL does not say. A
// PostgreSQL takes 100 as it comes: that is five instances with two stores each.
const connections = 10

// errURL says no more than this: a URL that cannot be read may be a password.
var errURL = errors.New("this is no PostgreSQL URL: write postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full")

// poolSettings are those of the URL, bounded.
func poolSettings(config Config) (*pgxpool.Config, error) {
	parsed, err := url.Parse(config.URL)
	if err != nil || (parsed.Scheme != "postgres" && parsed.Scheme != "postgresql") {
		return nil, errURL
	}
	settings, err := pgxpool.ParseConfig(config.URL)
	if err != nil {
		return nil, errURL
	}
	if !parsed.Query().Has("pool_max_conns") {
		settings.MaxConns = connections
	}
	settings.MaxConns = max(settings.MaxConns, 2) // checkVersions holds two
	if !parsed.Query().Has("connect_timeout") {
		settings.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	// One that was idle is asked first whether it lives; where a firewall has
	// forgotten it, nobody will ever answer.
	settings.PingTimeout = time.Second
	settings.MaxConnLifetimeJitter = settings.MaxConnLifetime / 10
	direct := settings.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement
	settings.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		hasten(c)
		return renew(c, config.Renewed)
	}
	settings.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return admit(ctx, c, direct, config.Timeout) }
	return settings, nil
}

// renew takes user and password from the URL as it is now.
func renew(c *pgx.ConnConfig, renewed func() string) error {
	if renewed == nil {
		return nil
	}
	now, err := pgx.ParseConfig(renewed())
	if err != nil {
		return refusal(errURL.Error())
	}
	c.User, c.Password = now.User, now.Password
	return nil
}

// admit looks at a new connection before it is used: what the server acknowledges
// must be on its disk, and it must take writes. On a connection of our own the
// session is set so; behind PgBouncer in transaction mode a session is shared,
// and the role's settings must say it.
func admit(ctx context.Context, c *pgx.Conn, direct bool, timeout time.Duration) error {
	var commit, sync, readOnly string
	const look = `SELECT coalesce(current_setting('synchronous_commit', true), 'on'),
		coalesce(current_setting('fsync', true), 'on'), current_setting('transaction_read_only')`
	if err := c.QueryRow(ctx, look).Scan(&commit, &sync, &readOnly); err != nil {
		return err
	}
	switch {
	case sync == "off":
		return refusal("the server runs with fsync off: what it acknowledges may be lost; switch it on")
	case readOnly == "on":
		return refusal("the server takes no writes: it is a standby, or default_transaction_read_only is on; " +
			"with several hosts in the URL add target_session_attrs=read-write")
	case commit == "off" || commit == "local":
		if !direct {
			return refusal("synchronous_commit is " + commit + ": what the server acknowledges may be lost; " +
				"run ALTER ROLE ... SET synchronous_commit = on for the role in the URL")
		}
		if _, err := c.Exec(ctx, `SET synchronous_commit = on`); err != nil {
			return err
		}
	}
	if !direct {
		return nil
	}
	// The server gives up what nobody waits for any more.
	_, err := c.Exec(ctx, strings.Replace(`SET statement_timeout = N`, "N", strconv.FormatInt(timeout.Milliseconds(), 10), 1))
	return err
}

// refusal is an error whose text is ours and may be shown.
type refusal string

func (r refusal) Error() string { return string(r) }
