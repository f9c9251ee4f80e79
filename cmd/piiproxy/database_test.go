//go:build linux

package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/config"
	"github.com/piiproxy/piiproxy/keys"
	"github.com/piiproxy/piiproxy/redact"
	"github.com/piiproxy/piiproxy/store/postgres/pgtest"
	"github.com/piiproxy/piiproxy/vault"
)

// secretURL puts a password into the URL of a test's database, which takes any.
func secretURL(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "canary-hunter2")
	return u.String()
}

// databaseSettings are a configuration whose stores lie in databases.
func databaseSettings(t *testing.T, values, conversations string) *config.Config {
	t.Helper()
	folder := t.TempDir()
	settings := config.Default()
	settings.Rules = []string{filepath.Join(folder, "rules.yaml")}
	if err := os.WriteFile(settings.Rules[0], []byte(oneRule("dogs", "dog", "dog")), 0o600); err != nil {
		t.Fatal(err)
	}
	settings.Store = config.Store{Driver: "postgres", Path: filepath.Join(folder, "piiproxy.db"), URL: config.Literal(values)}
	if conversations != "" {
		settings.Store.KeysURL = config.Literal(conversations)
	}
	settings.Keys.Path = filepath.Join(folder, "keys")
	return settings
}

func start(t *testing.T, settings *config.Config, set *keys.Set) (*service, error) {
	t.Helper()
	s, err := assemble(t.Context(), settings, set, zap.NewNop(), func(v *vault.Vault) redact.Vault { return v })
	if err == nil {
		t.Cleanup(func() {
			if err := s.close(); err != nil {
				t.Error(err)
			}
		})
	}
	return s, err
}

// TestDatabase: several instances start at once on empty databases, all under one
// key set; another key set is refused; a database that went away is an error that
// shows no password, and no hand is needed when it comes back.
func TestDatabase(t *testing.T) {
	server := pgtest.Start(t)
	own, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	other, err := keys.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	values, conversations := secretURL(t, server.Database(t)), secretURL(t, server.Database(t))
	for name, keysURL := range map[string]string{"one database": "", "two databases": conversations} {
		var all sync.WaitGroup
		for range 4 {
			settings := databaseSettings(t, values, keysURL)
			all.Go(func() {
				if s, err := start(t, settings, own); err != nil {
					t.Errorf("%s: %v", name, err)
				} else if err := s.ready(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
	}
	if _, err := start(t, databaseSettings(t, values, ""), other); err == nil || !strings.Contains(err.Error(), "another key set") {
		t.Errorf("another key set: %v", err)
	}
	s, err := start(t, databaseSettings(t, values, ""), own)
	if err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := s.ready(); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("without a database: %v", err)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); s.ready() != nil; {
		if time.Now().After(deadline) {
			t.Fatalf("the database is back: %v", s.ready())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestCheckDatabase: check says what serve will make, what is there, and what is
// wrong, and makes nothing itself.
func TestCheckDatabase(t *testing.T) {
	server := pgtest.Start(t)
	t.Setenv("APP_SECRET", appSecret)
	t.Setenv("VERIFY_TOKEN", verifyToken)
	t.Setenv("DATABASE", secretURL(t, server.Database(t)))
	folder := t.TempDir()
	file := filepath.Join(folder, "piiproxy.yaml")
	if err := os.WriteFile(file, []byte(`
public_url: https://chat.example.com
listen: {public: "127.0.0.1:0", bot: "localhost:0", admin: "127.0.0.2:0", ops: "127.0.0.3:0"}
apps: [{name: main, app_secret: "${APP_SECRET}", verify_token: "${VERIFY_TOKEN}"}]
accounts: [{name: shop, app: main, channel: messenger, bot_url: "http://127.0.0.1:9/", regions: [US]}]
rules: [rules.yaml]
store: {driver: postgres, url: "${DATABASE}"}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "rules.yaml"), []byte(oneRule("dogs", "dog", "dog")), 0o600); err != nil {
		t.Fatal(err)
	}
	piiproxy := func(want int, args ...string) string {
		t.Helper()
		var out, problems strings.Builder
		if code := run(t.Context(), append(args, "-c", file), strings.NewReader(""), &out, &problems); code != want {
			t.Fatalf("%v ended with %d, want %d:\n%s%s", args, code, want, out.String(), problems.String())
		}
		if strings.Contains(out.String()+problems.String(), "canary-hunter2") {
			t.Errorf("%v shows the password", args)
		}
		return out.String() + problems.String()
	}
	wants := func(got string, wanted ...string) {
		t.Helper()
		for _, want := range wanted {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in:\n%s", want, got)
			}
		}
	}
	piiproxy(exitFine, "keys", "init")
	for range 2 { // the first makes nothing
		wants(piiproxy(exitFine, "check"), "table piiproxy_values of store.url is not there yet", "table piiproxy_keys of store.url is not there yet")
	}
	settings, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := openKeys(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, settings, set); err != nil {
		t.Fatal(err)
	}
	wants(piiproxy(exitFine, "check"), "table piiproxy_values of store.url opened", "table piiproxy_keys of store.url opened")
	server.Kill()
	wants(piiproxy(exitFound, "check"), "store.url: opening store: reaching the database: nothing listens there")
	wants(piiproxy(exitFailed, "serve"), "store.url: opening store: reaching the database")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	good := os.Getenv("DATABASE")
	for change, says := range map[[2]string]string{
		{"?", "?default_transaction_read_only=on&"}: "the server takes no writes",
		{"/test1?", "/missing?"}:                    "there is no such database",
		{"?", "?fsync_of_the_moon=on&"}:             "SQLSTATE 42704",
	} {
		t.Setenv("DATABASE", strings.Replace(good, change[0], change[1], 1))
		wants(piiproxy(exitFound, "check"), says)
	}
}
