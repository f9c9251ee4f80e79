package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/piiproxy/piiproxy/store"
)

// tries is how often an operation starts that the database ends because of
// another one; between two it waits longer each time, up to a fifth of a second.
const tries = 20

// do runs an operation within the store's timeout. One that the database has
// undone, or has not seen, is run again; so is one that reads where its connection
// broke, as all of them do when a server restarts. What comes back is the
// contract's error, the context's or one of ours: never the driver's text.
func (s *Store) do(ctx context.Context, reads bool, operation func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.active.Done()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for try := 1; ; try++ {
		err := operation(bounded)
		if broken(err) || bounded.Err() != nil && ctx.Err() == nil {
			s.pool.Reset() // a server that died or hangs has taken the other connections with it
		}
		again := undone(err) || pgconn.SafeToRetry(err) || reads && broken(err)
		if !again || try == tries || !pause(bounded, try) {
			return s.answer(ctx, err)
		}
	}
}

// pause waits before another try; false when there is no time for it.
func pause(ctx context.Context, try int) bool {
	longest := min(200*time.Millisecond, time.Millisecond<<min(try, 10))
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// SQLSTATE codes, PostgreSQL manual, appendix A.
const (
	divisionByZero       = "22012" // how the statement for Put takes itself back
	readOnlyTransaction  = "25006"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	adminShutdown        = "57P01" // with a standby to wait for, it may have committed
	crashShutdown        = "57P02"
)

func code(err error) string {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return said.Code
	}
	return ""
}

// undone says that the database has taken an operation back and it may run again.
// A unique violation is what two sessions get that make one table or record at
// the same instant where the database's upsert does not see it.
func undone(err error) bool {
	switch code(err) {
	case serializationFailure, deadlockDetected, uniqueViolation:
		return true
	}
	return false
}

// broken says that the connection ended under the operation: neither did its
// time end, nor did the server answer it, nor was there none to connect to.
func broken(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, ours := errors.AsType[refusal](err)
	said := code(err)
	return err != nil && !connecting && !ours && (said == "" || said == adminShutdown || said == crashShutdown) && !pgconn.Timeout(err) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) &&
		!errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, store.ErrConflict)
}

// answer turns what an operation ended with into what callers may see.
func (s *Store) answer(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return store.ErrNotFound
	case errors.Is(err, store.ErrConflict):
		return err
	case code(err) == divisionByZero:
		return store.ErrConflict
	case code(err) == readOnlyTransaction:
		s.pool.Reset() // the server has become a standby: look for the new one
	}
	return faultOf(ctx, err)
}

// fault is an error of the database or the way to it. Its text is ours; it
// unwraps to the context's error where that ended the operation.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.cause }

// faultOf says what happened in words of ours.
func faultOf(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &fault{"waiting for the database, the outcome of a write is unknown: " + ended.Error(), ended}
	}
	if said, ok := errors.AsType[refusal](err); ok {
		return said
	}
	if said := code(err); said != "" {
		return &fault{text: "the database answered with an error, SQLSTATE " + said + hint(said)}
	}
	if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
		return &fault{text: "the database did not answer in time, the outcome of a write is unknown"}
	}
	return &fault{text: wayFault(err)}
}

// wayFault names what went wrong on the way to the server.
func wayFault(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "reaching the database: its host name has no address: check the host in the URL"
	}
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	if authority || name || certificate {
		return "reaching the database: its certificate is not trusted: check sslmode and sslrootcert in the URL"
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "reaching the database: nothing listens there: check that it runs, and host and port in the URL"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return "reaching the database: it takes no connection: check that it runs, and the URL"
	}
	return "the connection to the database broke, the outcome of a write is unknown"
}

// hint says what to do about the errors of a set-up.
func hint(code string) string {
	switch code {
	case "28000", "28P01":
		return ": it refuses the user or the password: check the URL and pg_hba.conf"
	case "3D000":
		return ": there is no such database: create it, or check the URL"
	case "42501", "3F000":
		return ": the role lacks a right, or the schema: see docs/scale-out.md for what it needs"
	case "53300":
		return ": it has no connection left: raise max_connections, or lower pool_max_conns in the URL"
	case "53100":
		return ": its disk is full"
	case "57P03":
		return ": it is starting or stopping"
	}
	return ""
}
