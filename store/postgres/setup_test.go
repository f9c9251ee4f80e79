//go:build linux

package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// run executes SQL as the server's superuser.
func run(t *testing.T, url string, statements ...string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	for _, statement := range statements {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// openTogether opens several stores on one empty table at the same time.
func openTogether(t *testing.T, url string, instances int) []store.Store {
	t.Helper()
	stores := make([]store.Store, instances)
	var opening sync.WaitGroup
	for i := range stores {
		opening.Go(func() {
			opened, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: "records"})
			if err != nil {
				t.Errorf("instance %d: %v", i, err)
				return
			}
			stores[i] = opened
		})
	}
	opening.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() {
		for _, s := range stores {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return stores
}

// TestInstances: of all workers of all instances that make the same records, each
// record has one maker.
func TestInstances(t *testing.T) {
	const instances, workers, values = 3, 64, 1000
	stores := openTogether(t, pgtest.Start(t).Database(t), instances)
	var won [values]atomic.Int64
	var all sync.WaitGroup
	for i := range instances * workers {
		all.Go(func() {
			for v := range values / workers * 4 {
				n := (v*17 + i%workers*values/workers) % values // they meet in many places
				record := store.Record{Key: fmt.Sprintf("value/%04d", n), Value: []byte(fmt.Sprint(i)), Expires: time.Now().Add(time.Hour)}
				err := stores[i/workers].Put(t.Context(), record)
				if err == nil {
					won[n].Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					t.Errorf("worker %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
	made := 0
	for n := range won {
		if won[n].Load() > 1 {
			t.Errorf("record %d has %d makers", n, won[n].Load())
		}
		made += int(min(1, won[n].Load()))
	}
	for i, s := range stores {
		listed, err := s.List(t.Context(), "value/", "", store.MaxPage)
		if err != nil || len(listed) != made || made == 0 {
			t.Errorf("instance %d sees %d records (%v), %d were made", i, len(listed), err, made)
		}
	}
}

// TestRefusals: what does not keep a store's promises is not opened, and the error
// says what to do without the URL.
func TestRefusals(t *testing.T) {
	server := pgtest.Start(t)
	lazy := pgtest.Start(t, "fsync=off")
	good := server.Database(t)
	newer := server.Database(t)
	run(t, newer, `CREATE TABLE records_format (version BIGINT PRIMARY KEY)`, `INSERT INTO records_format VALUES (1000)`)
	stocks := server.Database(t)
	run(t, stocks, `CREATE SEQUENCE records_version CACHE 10`)
	poor := server.Database(t)
	run(t, poor, `CREATE ROLE poor LOGIN`, `REVOKE ALL ON SCHEMA public FROM PUBLIC`)
	with := func(url, more string) string { return url + "&" + more }
	as := func(url, user string) string { return strings.Replace(url, "piiproxy@", user+"@", 1) }
	for name, test := range map[string]struct{ url, want string }{
		"no url":          {"canary", "this is no PostgreSQL URL"},
		"broken url":      {"postgres://canary:canary%2@db/x", "this is no PostgreSQL URL"},
		"no port":         {"postgres://canary:canary@127.0.0.1:99999/x", "this is no PostgreSQL URL"},
		"nobody there":    {"postgres://canary:canary@127.0.0.1:1/canary", "nothing listens there"},
		"no such name":    {"postgres://canary:canary@canary.invalid/canary", "host name has no address"},
		"no TLS":          {strings.Replace(good, "sslmode=disable", "sslmode=require", 1), "it takes no connection"},
		"no such user":    {as(good, "canary"), "refuses the user or the password"},
		"no such base":    {strings.Replace(good, "/test1", "/canary", 1), "no such database"},
		"no rights":       {as(poor, "poor"), "lacks a right, or the schema"},
		"fsync off":       {lazy.URL(), "fsync off"},
		"standby":         {with(good, "default_transaction_read_only=on"), "takes no writes"},
		"async, pooled":   {with(good, "synchronous_commit=off&default_query_exec_mode=exec"), "synchronous_commit is off"},
		"newer table":     {newer, "later version"},
		"stocked numbers": {stocks, "in stocks"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := postgres.Open(t.Context(), postgres.Config{URL: test.url, Table: "records"})
			if err == nil {
				t.Fatal("it opens", s.Close())
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("error is %q, want one with %q", err, test.want)
			}
		})
	}
	if _, err := postgres.Open(t.Context(), postgres.Config{URL: good, Table: "records; DROP TABLE x"}); err == nil {
		t.Error("a table's name is SQL")
	}
}

// TestSynchronousCommit: a role or database that commits without waiting for the
// disk is told otherwise for each session.
func TestSynchronousCommit(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	run(t, url, `ALTER DATABASE test1 SET synchronous_commit = off`)
	s := openAt(t, url)
	// The sessions of the store are asked by another: pg_stat_activity has no
	// settings, but a trigger runs in the session that writes.
	run(t, url,
		`CREATE TABLE seen (setting TEXT)`,
		`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$`,
		`CREATE TRIGGER note BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION note()`)
	if err := s.Put(t.Context(), store.Record{Key: "value/a", Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	var setting string
	if err := connection.QueryRow(t.Context(), `SELECT setting FROM seen`).Scan(&setting); err != nil || setting != "on" {
		t.Errorf("a put ran with synchronous_commit %q (%v)", setting, err)
	}
}

// TestLook makes nothing.
func TestLook(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	look := postgres.Config{URL: url, Table: "records", Look: true}
	for range 2 {
		if _, err := postgres.Open(t.Context(), look); !errors.Is(err, postgres.ErrNoTable) {
			t.Fatalf("looking at an empty database: %v", err)
		}
	}
	openAt(t, url)
	s, err := postgres.Open(t.Context(), look)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestDatabaseClock: without a clock of the store's own the database tells what
// has expired, to the microsecond.
func TestDatabaseClock(t *testing.T) {
	server := pgtest.Start(t)
	s := openAt(t, server.Database(t))
	soon := time.Now().Add(time.Second + 123456*time.Nanosecond)
	if err := s.Put(t.Context(), store.Record{Key: "value/a", Expires: soon}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), "value/a")
	if err != nil || !got.Expires.Equal(soon.Truncate(time.Microsecond)) {
		t.Fatalf("expires at %v (%v), want %v", got.Expires, err, soon)
	}
	time.Sleep(time.Until(soon) + 10*time.Millisecond) // one machine, one clock
	if _, err := s.Get(t.Context(), "value/a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after it expired: %v", err)
	}
}

// TestRenewed: a new connection has the user of the URL as it is now.
func TestRenewed(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	var now atomic.Value
	now.Store(url)
	s, err := postgres.Open(t.Context(), postgres.Config{URL: url, Table: "records", Renewed: func() string { return now.Load().(string) }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run(t, url, `CREATE ROLE later LOGIN SUPERUSER`)
	now.Store(strings.Replace(url, "piiproxy@", "later@", 1))
	run(t, url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'piiproxy' AND pid <> pg_backend_pid() AND query LIKE '%records%'`)
	if _, err := s.Get(t.Context(), "value/a"); !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	users := 0
	const count = `SELECT count(*) FROM pg_stat_activity WHERE usename = 'later'`
	if err := connection.QueryRow(t.Context(), count).Scan(&users); err != nil || users == 0 {
		t.Errorf("%d connections of the new user (%v)", users, err)
	}
}
