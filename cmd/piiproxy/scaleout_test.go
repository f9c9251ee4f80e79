//go:build linux

package main

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
)

// sqlBlocks are the SQL of docs/scale-out.md, a statement each.
func sqlBlocks(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/scale-out.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks [][]string
	for _, part := range strings.Split(string(text), "```sql\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, strings.Split(strings.TrimSuffix(strings.TrimSpace(block), ";"), ";\n"))
	}
	return blocks
}

// TestScaleOutDocument does what docs/scale-out.md says: its SQL makes databases
// that a service runs on, as their owners and as a role that may not change tables.
func TestScaleOutDocument(t *testing.T) {
	server := pgtest.Start(t)
	at := func(user, database string) string {
		u, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		if user != "" {
			u.User = url.User(user)
		}
		u.Path = "/" + database
		return u.String()
	}
	run := func(database string, statements ...string) {
		t.Helper()
		connection, err := pgx.Connect(t.Context(), at("", database))
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
	blocks := sqlBlocks(t)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of SQL, want the databases and the rights", len(blocks))
	}
	set, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	run("postgres", blocks[0]...)
	if _, err := start(t, databaseSettings(t, at("piiproxy_values", "piiproxy_values"), at("piiproxy_keys", "piiproxy_keys")), set); err != nil {
		t.Fatalf("as the owners: %v", err)
	}
	run("piiproxy_values", blocks[1]...)
	for i := range blocks[1] {
		if i > 0 { // the role is there
			run("piiproxy_keys", strings.ReplaceAll(blocks[1][i], "piiproxy_values", "piiproxy_keys"))
		}
	}
	s, err := start(t, databaseSettings(t, at("piiproxy_run", "piiproxy_values"), at("piiproxy_run", "piiproxy_keys")), set)
	if err != nil {
		t.Fatalf("as a role that owns nothing: %v", err)
	}
	if err := s.ready(); err != nil {
		t.Error(err)
	}
	for _, each := range []store.Store{s.stores.values, s.stores.conversations} {
		if err := each.Put(t.Context(), store.Record{Key: "value/a", Expires: time.Now().Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		if _, err := each.Lease(t.Context(), "value/", time.Now(), time.Minute, 1); err != nil {
			t.Error(err)
		}
		if n, err := each.DeletePrefix(t.Context(), "value/"); err != nil || n != 1 {
			t.Errorf("deleted %d (%v)", n, err)
		}
	}
	for _, wrong := range []string{"piiproxy_keys", "piiproxy_values"} {
		other := map[string]string{"piiproxy_keys": "piiproxy_values", "piiproxy_values": "piiproxy_keys"}[wrong]
		if _, err := pgx.Connect(t.Context(), at(wrong, other)); err == nil {
			t.Errorf("%s may connect to %s", wrong, other)
		}
	}
}
