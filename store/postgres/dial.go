package postgres

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// parting is how long a connection whose call was given up may take to tell the
// server so. The driver takes up to 15 s, and as long the connection holds its
// place in the pool: a network that hangs for two seconds would keep the store
// from recovering for seventeen. The server gives up by its statement_timeout
// what it was not told.
const parting = time.Second

// hasten bounds the parting of connections to come.
func hasten(config *pgx.ConnConfig) {
	d := &dialer{dial: config.DialFunc}
	config.DialFunc = d.connect
	config.AfterConnect = func(context.Context, *pgconn.PgConn) error {
		d.up.Store(true)
		return nil
	}
}

// dialer dials for one connection. What it dials once that is up are the requests
// to cancel, which the driver sends on connections of their own.
type dialer struct {
	dial pgconn.DialFunc
	up   atomic.Bool
}

func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if !d.up.Load() {
		c, err := d.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return hasty{c}, nil
	}
	end := time.Now().Add(parting)
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	c, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(end)
}

// hasty is a connection that waits for nothing longer than parting, where a
// deadline is set at all: the driver sets none but to interrupt or to part.
type hasty struct{ net.Conn }

// SetDeadline implements net.Conn.
func (h hasty) SetDeadline(t time.Time) error {
	if longest := time.Now().Add(parting); t.After(longest) {
		t = longest
	}
	return h.Conn.SetDeadline(t)
}
